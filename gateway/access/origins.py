"""From which page a request comes, and under which name it called us.

A browser sends any page's requests to any server, this one included, and a name server can let any name mean 127.0.0.1.
Where a token is needed that is harmless: the page has none. Where none is, a server on loopback takes only requests
that call it by a loopback name (else a foreign page could rebind its own name to us) and that come from a page of ours
or from no page at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from gateway.options.serve_values import is_loopback

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


def is_loopback_host(host: str) -> bool:
    """Whether a Host header's name, with or without a port, means this machine whatever a name server says."""
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
