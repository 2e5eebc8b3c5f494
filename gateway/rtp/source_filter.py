"""Whose packets are the stream: the one source that is listened to, and when another takes its place.

Anybody can send to an open port. A source is an SSRC at an address; the first to send two packets with consecutive
sequence numbers (RFC 3550 §6.2.1's probation) is it. Another takes over only by the same two packets, and only once the
old one said BYE or was silent for `SILENCE`. Until then nothing of it is let through, but its last half second is held:
a sender that restarts opens with the key frame everything after refers to.

A source that jumps in its own sequence numbers (RFC 3550 A.1) has restarted under its old name: two consecutive packets
after the jump make it a new source, without the wait.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Generic, NamedTuple, TypeVar

from gateway.rtp.core import Address

SILENCE: Final = 0.1
"""Seconds without a packet after which another source may take over."""
PROBATION_REACH: Final = 16
"""Packets back that a neighbour in sequence is looked for: reordering reaches no further, a flood of odd ones would."""
MAX_HELD_AGE: Final = 0.5
"""Seconds of a waiting source's packets that are held: longer than two senders overlap when one hands over."""
MAX_HELD_PACKETS: Final = 1024
MAX_HELD_OCTETS: Final = 512 * 1024
"""Per waiting source; half a second at 8 Mb/s."""
MAX_CANDIDATES: Final = 8
"""Waiting sources: more come only from a flood of invented SSRCs, and the memory they take is bounded by this."""
MAX_DROPOUT: Final = 3000
"""Packets a sequence number may be ahead and still continue the stream (RFC 3550 A.1)."""
MAX_MISORDER: Final = 512
"""Packets it may be behind. RFC 3550's 100 is one key frame; a retransmission may come later than that."""

Item = TypeVar("Item")


class Origin(NamedTuple):
    """Who sends: an SSRC at an address."""

    ssrc: int
    address: Address


class Arrival(NamedTuple, Generic[Item]):
    """What came, and when."""

    item: Item
    received: float


class Admission(NamedTuple, Generic[Item]):
    """What may pass now, in order of arrival. `is_new_source`: it begins another source's stream."""

    arrivals: tuple[Arrival[Item], ...]
    is_new_source: bool = False


@dataclass(slots=True)
class _Candidate(Generic[Item]):
    """A source in waiting. `is_confirmed`: two consecutive packets came."""

    is_confirmed: bool = False
    held: deque[tuple[Arrival[Item], int, int]] = field(default_factory=deque)
    """Each with its sequence number and size."""
    octets: int = 0

    def hold(self, arrival: Arrival[Item], sequence_number: int, size: int) -> None:
        if not self.is_confirmed:
            neighbours = ((sequence_number - 1) & 0xFFFF, (sequence_number + 1) & 0xFFFF)
            latest = islice(reversed(self.held), PROBATION_REACH)
            self.is_confirmed = any(held in neighbours for _, held, _ in latest)
        self.held.append((arrival, sequence_number, size))
        self.octets += size

    def trim(self, now: float) -> int:
        """Let go of what is too old or too much; how many packets that was."""
        before = len(self.held)
        while self.held and (
            self.held[0][0].received < now - MAX_HELD_AGE
            or self.octets > MAX_HELD_OCTETS
            or len(self.held) > MAX_HELD_PACKETS
        ):
            self.octets -= self.held.popleft()[2]
        return before - len(self.held)


class SourceFilter(Generic[Item]):
    """Lets one source's packets through; the items are whatever the caller wants back (a packet, a datagram).

    Keeps true: at most one source at a time is let through, each packet at most once, and what is held is bounded.
    """

    def __init__(self) -> None:
        self.refused = 0
        """Packets that will never be let through."""
        self._current: Origin | None = None
        self._highest = 0
        self._last_heard = 0.0
        self._left_at: float | None = None
        self._candidates: dict[Origin, _Candidate[Item]] = {}

    @property
    def current(self) -> Origin | None:
        """The source that is listened to."""
        return self._current

    @property
    def has_left(self) -> bool:
        """Whether the current source said BYE, and did not go on sending."""
        return self._left_at is not None

    def continues(self, origin: Origin, sequence_number: int) -> bool:
        """Whether a packet belongs to the current source's stream, by name and by sequence number."""
        if origin != self._current:
            return False
        ahead = (sequence_number - self._highest) & 0xFFFF
        return ahead < MAX_DROPOUT or ahead > 0x10000 - MAX_MISORDER

    def offer(self, item: Item, *, origin: Origin, sequence_number: int, size: int, now: float) -> Admission[Item]:
        """Take a packet of `size` octets. What may pass comes back at once, or from a later `offer` or `poll`."""
        arrival = Arrival(item, now)
        if self.continues(origin, sequence_number):
            self._hear(sequence_number, now)
            return Admission((arrival,))
        candidate = self._candidate(origin)
        candidate.hold(arrival, sequence_number, size)
        self.refused += candidate.trim(now)
        return self._take_over(origin, now) if self._is_ready(origin, now) else Admission(())

    def leave(self, now: float) -> None:
        """The current source said BYE: the next need not wait. Call `poll` after it."""
        self._left_at = now

    def poll(self, now: float) -> Admission[Item]:
        """Let a waiting source take over if its time has come."""
        for origin, candidate in list(self._candidates.items()):
            self.refused += candidate.trim(now)
            if not candidate.held:
                del self._candidates[origin]
            elif self._is_ready(origin, now):
                return self._take_over(origin, now)
        return Admission(())

    def next_timeout(self) -> float | None:
        """When `poll` may have something."""
        if any(candidate.is_confirmed for candidate in self._candidates.values()):
            return self._last_heard + SILENCE
        return None

    def _hear(self, sequence_number: int, now: float) -> None:
        """Note that the current source is there. One that goes on sending after its BYE has not left."""
        if (sequence_number - self._highest) & 0xFFFF < MAX_DROPOUT:
            self._highest = sequence_number
        self._last_heard = now
        if self._left_at is not None and now - self._left_at > SILENCE:
            self._left_at = None

    def _candidate(self, origin: Origin) -> _Candidate[Item]:
        """Its place in the queue, moved to the end. The one longest unheard makes room, unconfirmed ones first."""
        candidate = self._candidates.pop(origin, None)
        if candidate is None:
            candidate = _Candidate()
            if len(self._candidates) >= MAX_CANDIDATES:
                unconfirmed = (other for other, waiting in self._candidates.items() if not waiting.is_confirmed)
                evicted = next(unconfirmed, next(iter(self._candidates)))
                self.refused += len(self._candidates.pop(evicted).held)
        self._candidates[origin] = candidate
        return candidate

    def _is_ready(self, origin: Origin, now: float) -> bool:
        if not self._candidates[origin].is_confirmed:
            return False
        is_free = self._current is None or self._left_at is not None or now >= self._last_heard + SILENCE
        return is_free or origin == self._current

    def _take_over(self, origin: Origin, now: float) -> Admission[Item]:
        """Make a waiting source the current one; the others start over."""
        held = self._candidates.pop(origin).held
        self.refused += sum(len(other.held) for other in self._candidates.values())
        self._candidates.clear()
        self._current, self._last_heard, self._left_at = origin, now, None
        self._highest = held[-1][1]
        return Admission(tuple(arrival for arrival, _, _ in held), is_new_source=True)
