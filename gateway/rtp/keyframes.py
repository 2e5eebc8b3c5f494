"""Requests for key frames, tamed: many ask, one key frame answers."""

from __future__ import annotations

from typing import Final

MIN_INTERVAL: Final = 0.3
"""Seconds between key frames made on request: each costs the bits of ten ordinary frames."""
MAX_REQUESTERS: Final = 16
"""Whose last FIR number is remembered; one far end is one, the rest is room for its restarts."""


class KeyframeRequests:
    """Which requests for a key frame are passed on.

    The first is passed on at once. One that comes within `MIN_INTERVAL` of the last key frame, asked for or not, waits
    until that time is over, since the key frame may be what got lost; another key frame that leaves before answers it.
    """

    def __init__(self) -> None:
        self.answered = float("-inf")
        """When a key frame last left."""
        self._last = float("-inf")
        self._is_wanted = False
        self._commands: dict[int, int] = {}

    def ask(self) -> None:
        """The far end wants a key frame (PLI)."""
        self._is_wanted = True

    def command(self, requester: int, number: int) -> bool:
        """The far end wants a key frame (FIR): True unless this is its last command repeated (RFC 5104 §4.3.1.2)."""
        if self._commands.get(requester) == number:
            return False
        if requester not in self._commands and len(self._commands) >= MAX_REQUESTERS:
            del self._commands[next(iter(self._commands))]
        self._commands[requester] = number
        self._is_wanted = True
        return True

    def sent(self, now: float) -> None:
        """A key frame leaves: it answers every request so far."""
        self.answered = self._last = now
        self._is_wanted = False

    def due(self, now: float) -> bool:
        """Whether to ask the encoder for a key frame now; True once per request passed on."""
        if not self._is_wanted or now < self._last + MIN_INTERVAL:
            return False
        self._last = now
        self._is_wanted = False
        return True

    def next_timeout(self) -> float | None:
        """When to ask `due` again; None if nothing waits."""
        return self._last + MIN_INTERVAL if self._is_wanted else None
