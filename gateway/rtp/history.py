"""What was sent lately, kept for those who missed it (RFC 4585 §6.2.1)."""

from __future__ import annotations

from typing import Final, NamedTuple

from gateway.rtp.rate_limit import TokenBucket

CAPACITY: Final = 1024
"""Packets, a power of two: one second at 10 Mb/s, and at most 1.2 MB."""
MAX_AGE: Final = 1.0
"""Seconds: what is older comes too late for any receiver's buffer."""
MIN_REPEAT_INTERVAL: Final = 0.01
"""Seconds before one packet is repeated again: a repetition is under way at least this long."""
MAX_REPEAT_INTERVAL: Final = 0.1
"""Seconds after which it may be, however long the way: a report on a machine that is busy tells a longer one."""
MAX_REPEATS: Final = 128
"""Packets repeated at one stroke: a whole lost key frame."""
REPEAT_RATE: Final = 1000.0
"""Packets per second repeated in the long run, 10 Mb/s: forged NACKs must not make a flood of us."""


class _Sent(NamedTuple):
    sequence_number: int
    packet: bytes
    sent: float
    repeated: float


class History:
    """The last `CAPACITY` packets by sequence number.

    No packet is repeated twice within `MIN_REPEAT_INTERVAL`, and all together no more than `MAX_REPEATS` at one stroke
    and `REPEAT_RATE` in the long run.
    """

    def __init__(self) -> None:
        self._slots: list[_Sent | None] = [None] * CAPACITY
        self._limit = TokenBucket(rate=REPEAT_RATE, burst=MAX_REPEATS)

    def add(self, sequence_number: int, packet: bytes, now: float) -> None:
        """Keep a packet that was just sent."""
        self._slots[sequence_number % CAPACITY] = _Sent(sequence_number, packet, now, float("-inf"))

    def holds(self, sequence_number: int, packet: bytes) -> bool:
        """Whether exactly these bytes were sent under this sequence number."""
        sent = self._slots[sequence_number % CAPACITY]
        return sent is not None and sent.packet == packet

    def repeat(self, sequence_number: int, now: float, *, round_trip_time: float = 0.0) -> bytes | None:
        """The packet to send once more; None if it is gone, too old, has just been repeated, or there were too many.

        What was repeated less than a `round_trip_time` ago may still be under way: whoever asks again cannot know.
        """
        sent = self._slots[sequence_number % CAPACITY]
        if sent is None or sent.sequence_number != sequence_number or now - sent.sent > MAX_AGE:
            return None
        if now - sent.repeated < max(
            MIN_REPEAT_INTERVAL, min(round_trip_time, MAX_REPEAT_INTERVAL)
        ) or not self._limit.take(now):
            return None
        self._slots[sequence_number % CAPACITY] = sent._replace(repeated=now)
        return sent.packet

    def is_too_old(self, sequence_number: int, now: float, *, since: float) -> bool:
        """Whether a packet that was sent at `since` or later is not repeated any more."""
        sent = self._slots[sequence_number % CAPACITY]
        if sent is None or sent.sequence_number != sequence_number:
            return False
        return since <= sent.sent < now - MAX_AGE
