"""Our own SSRC, and what to do when somebody else uses it (RFC 3550 §8.2)."""

from __future__ import annotations

import random
from typing import Final

from gateway.rtp.core import Address

MEMORY: Final = 50.0
"""Seconds for which a conflicting address is remembered: ten report intervals of 5 s."""
MAX_ADDRESSES: Final = 16
"""Conflicting addresses that are remembered."""


class OwnSsrc:
    """A random SSRC that changes at most once per conflicting address: what then still comes from there is a loop.

    `announced`: the one to begin with, where an SDP told it. Packets of our own that come back are not a conflict; the
    caller tells them by their bytes and does not ask here.
    """

    def __init__(self, random: random.Random, *, announced: int | None = None) -> None:
        self._random = random
        self._conflicts: dict[Address, float] = {}
        self.value = random.getrandbits(32) if announced is None else announced

    def conflict(self, source: Address, now: float) -> bool:
        """Somebody at `source` uses our SSRC. True: `value` is a new one; say BYE for the old."""
        self._conflicts = {address: last for address, last in self._conflicts.items() if now - last < MEMORY}
        if source in self._conflicts:
            self._conflicts[source] = now
            return False
        if len(self._conflicts) == MAX_ADDRESSES:
            return False
        self._conflicts[source] = now
        self.value = (self.value + self._random.randrange(1, 1 << 32)) % (1 << 32)
        return True
