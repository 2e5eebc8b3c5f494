"""Which packets to ask for again, and when (RFC 4585 §6.2.1).

A missing packet may only be late. It is given a grace before the first request: as long as late packets have lately
taken to come by themselves, so that a path which reorders is not answered with retransmissions. Then it is asked for
every `RETRY` seconds, or less often where answers take longer, until it comes or the frame buffer no longer waits. But
requests and answers are lost like any packet, and a needless answer costs a packet where a frame given up costs a key
frame: however long answers take, `ATTEMPTS` requests fit into the wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

MIN_GRACE: Final = 0.004
"""Seconds. Packets that take two paths differ by a few milliseconds at most."""
RETRY: Final = 0.02
"""Seconds between two requests for the same packet: the round trip of most calls."""
ATTEMPTS: Final = 4
"""Requests that fit into the wait. With 5 % lost each way 1 packet in 100 stays missing after two, 1 in 10 000 after
four."""
MAX_REQUESTS: Final = 10
"""For one packet."""
MAX_MISSING: Final = 256
"""Packets asked for at a time. A longer gap is an outage, and a key frame mends it with less."""
_GRACE_MARGIN: Final = 1.25
_GRACE_DECAY: Final = 0.998
"""Per late packet: some 350 of them until the grace has halved, a few seconds of video on a path that reorders."""
_ANSWER_GAIN: Final = 1 / 8
"""RFC 6298's, for the time an answer takes."""


class Filled(Enum):
    """What a packet that had been missing tells."""

    REORDERED = 1
    """It came by itself."""
    RECOVERED = 2
    """It came after it was asked for."""


@dataclass(slots=True)
class _Missing:
    """A packet not there. `due`: when to ask (again)."""

    seen: float
    due: float
    requested: float = 0.0
    requests: int = 0


class MissingPackets:
    """Keeps the list of one source's missing packets. Sequence numbers are unwrapped ones.

    Keeps true: no packet is asked for after `deadline` seconds since it was seen to be missing, nor more than
    `MAX_REQUESTS` times, and at most `MAX_MISSING` are on the list.
    """

    def __init__(self, *, deadline: float) -> None:
        self._deadline = deadline
        self._missing: dict[int, _Missing] = {}
        self._highest: int | None = None
        self._grace = MIN_GRACE
        self._retry = RETRY

    def receive(self, sequence: int, now: float) -> Filled | None:
        """Note that a packet came; what it tells if it had been missing."""
        if self._highest is None:
            self._highest = sequence
        elif sequence <= self._highest:
            return self._fill(sequence, now)
        else:
            gap = range(self._highest + 1, sequence)
            self._highest = sequence
            if len(gap) + len(self._missing) <= MAX_MISSING:
                self._missing.update((number, _Missing(now, now + self._grace)) for number in gap)
        return None

    def due(self, now: float) -> tuple[int, ...]:
        """The packets to ask for now, in order; each is taken as asked."""
        self._give_up(now)
        requested = []
        for sequence, missing in self._missing.items():
            if missing.due <= now:
                missing.requests += 1
                missing.requested = now
                missing.due = now + self._spacing
                requested.append(sequence)
        return tuple(requested)

    def next_timeout(self) -> float | None:
        """When `due` next has something."""
        return min((missing.due for missing in self._missing.values()), default=None)

    @property
    def _spacing(self) -> float:
        """Seconds between two requests for the same packet."""
        return min(self._retry, (self._deadline - self._grace) / ATTEMPTS)

    def _give_up(self, now: float) -> None:
        """Forget those that nothing waits for any more."""
        hopeless = [
            sequence
            for sequence, missing in self._missing.items()
            if now >= missing.seen + self._deadline or missing.requests >= MAX_REQUESTS
        ]
        for sequence in hopeless:
            del self._missing[sequence]

    def _fill(self, sequence: int, now: float) -> Filled | None:
        """Take a packet off the list, and learn from how long it took: its lateness, or the answer's."""
        missing = self._missing.pop(sequence, None)
        if missing is None:
            return None
        if missing.requests == 0:
            lateness = (now - missing.seen) * _GRACE_MARGIN
            self._grace = min(max(lateness, self._grace * _GRACE_DECAY, MIN_GRACE), self._deadline / 2)
            return Filled.REORDERED
        if missing.requests == 1:
            answer = (now - missing.requested) * _GRACE_MARGIN
            self._retry = max(RETRY, self._retry + (answer - self._retry) * _ANSWER_GAIN)
        return Filled.RECOVERED
