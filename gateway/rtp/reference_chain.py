"""Whether what comes can be decoded, and when to ask for the key frame that makes it so.

Each frame refers to those before it, back to a key frame. One missing link and all that follows is smeared until the
next key frame. So at a break one is asked for at once, and again every `REPEAT` seconds until it comes: the request, or
the key frame, may have been lost too.
"""

from __future__ import annotations

from typing import Final

REPEAT: Final = 0.5
"""Seconds between requests while nothing comes."""
MIN_INTERVAL: Final = 0.2
"""Seconds between requests in any case: a key frame is ten times a frame, and a lossy path chokes on several."""


class ReferenceChain:
    """One source's. It begins broken: nothing has come that decoding could begin with."""

    def __init__(self) -> None:
        self.is_whole = False
        self.has_begun = False
        """A key frame came once, so that a decoder has something to show."""
        self._last = float("-inf")
        self._due: float | None = None

    def broke(self, now: float) -> None:
        """A link is missing, or still missing."""
        self.is_whole = False
        if self._due is None:
            self._due = max(now, self._last + MIN_INTERVAL)

    def mend(self) -> None:
        """A key frame came whole."""
        self.is_whole = self.has_begun = True
        self._due = None

    def request_due(self, now: float) -> bool:
        """Whether to ask for a key frame now; True is taken as done."""
        if self._due is None or now < self._due:
            return False
        self._last, self._due = now, now + REPEAT
        return True

    def next_timeout(self) -> float | None:
        """When `request_due` will be True; None while the chain is whole."""
        return self._due
