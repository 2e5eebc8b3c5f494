"""What a numeric address says of itself."""

from __future__ import annotations

import ipaddress


def is_multicast(host: str) -> bool:
    """Whether a numeric address is a group's. A name is not numeric and not a group."""
    try:
        return ipaddress.ip_address(host).is_multicast
    except ValueError:
        return False
