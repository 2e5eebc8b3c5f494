"""Tickets: a permission to listen once, for where no header can be sent.

A browser's `EventSource` sends no `Authorization`, and a token in a URL ends up in logs. So whoever has a token buys a
ticket with it, and shows that in the URL: it is good once, soon, and for what its buyer may.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from time import time

from gateway.access.caller import Caller
from gateway.errors import Unauthorized

LIFETIME = 30.0
"""Seconds between buying it and showing it: one round trip."""
MOST = 1000
"""Tickets not shown yet; beyond it the oldest is worth nothing."""


class Tickets:
    """Those sold and not shown yet. `clock`: unix seconds."""

    def __init__(self, *, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._sold: dict[str, tuple[float, Caller]] = {}

    def sell(self, caller: Caller) -> tuple[str, float]:
        """A ticket for `caller`, and until when it is good, unix seconds."""
        while len(self._sold) >= MOST:
            del self._sold[next(iter(self._sold))]
        ticket, expires = secrets.token_urlsafe(24), self._clock() + LIFETIME
        self._sold[ticket] = expires, caller
        return ticket, expires

    def take(self, ticket: str) -> Caller:
        """Whoever bought it; from now on it is worth nothing.

        Raises:
            Unauthorized: it was never sold, was shown before, or has expired.
        """
        expires, caller = self._sold.pop(ticket, (0.0, None))
        if caller is None or expires <= self._clock():
            raise Unauthorized("the ticket is not valid: it is good once and for half a minute")
        return caller
