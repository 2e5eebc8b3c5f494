"""From which page a request comes, and under which name it called us.

A browser sends any page's requests to any server, this one included, and a name server can let any name mean 127.0.0.1.
Where a token is needed that is harmless: the page has none. Where none is, a server on loopback takes only requests
that call it by a loopback name (else a foreign page could rebind its own name to us) and that come from a page of ours
or from no page at all.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

ANY: Final = "*"


class Origins:
    """The pages that may call us: our own, and those allowed.

    Args:
        allowed: origins as a browser writes them (`https://example.org`), or `*` for all.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(allowed)

    def allows(self, origin: str, *, own: str) -> bool:
        """Whether a page of `origin` may call us, whose own origin is `own`."""
        return origin == own or self.is_listed(origin)

    def is_listed(self, origin: str) -> bool:
        """Whether `origin` was allowed by name, or all were."""
        return ANY in self._allowed or origin in self._allowed


def parse_origin(typed: str) -> str:
    """An origin as browsers write it (RFC 6454 §6.1): scheme, host, and the port where it is not the scheme's.

    Raises:
        ValueError: it is none.
    """
    if typed == ANY:
        return ANY
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError:
        raise ValueError("expected an origin such as https://example.org:8443, or *") from None
    has_more = parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in ("http", "https") or not parts.hostname or has_more:
        raise ValueError("expected an origin such as https://example.org:8443, or *")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_default = port in (None, {"http": 80, "https": 443}[parts.scheme])
    return f"{parts.scheme}://{host}" if is_default else f"{parts.scheme}://{host}:{port}"


def origin_of(headers: Mapping[str, str]) -> str | None:
    """The page a request comes from, as it says; `null` is a page that hides its name. None: no page."""
    return headers.get("Origin")


def is_loopback_host(host: str) -> bool:
    """Whether a Host header's name, with or without a port, means this machine whatever a name server says."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761 §6.3
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
