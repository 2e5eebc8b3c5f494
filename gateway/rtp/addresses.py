"""What an address says of itself, and of its neighbour."""

from __future__ import annotations

import ipaddress

from gateway.rtp.core import Address


def is_multicast(host: str) -> bool:
    """Whether a numeric address is a group's. A name is not numeric and not a group."""
    try:
        return ipaddress.ip_address(host).is_multicast
    except ValueError:
        return False


def rtcp_address(rtp: Address, *, is_muxed: bool) -> Address:
    """Where one whose RTP comes from here hears RTCP: one port up (RFC 3550 §11), or right there (RFC 5761).

    Above the last port there is none; that one is the best guess left.
    """
    host, port = rtp
    return rtp if is_muxed else (host, min(port + 1, 0xFFFF))
