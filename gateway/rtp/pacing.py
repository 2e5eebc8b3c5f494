"""Large frames leave in small groups, so that a key frame's burst does not overrun the buffers on its way.

A key frame of 25 to 100 kB is 20 to 90 packets; sent at once they fill a router's queue and some are lost, which
costs the far end the frame and us another key frame. Ordinary frames are a few packets and leave at once: pacing must
not cost them a millisecond.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

BURST: Final = 16
"""Packets that leave at once: 19 kB, a frame of 4.6 Mb/s at 30 per second, and what any queue holds."""
GROUP_INTERVAL: Final = 0.001
"""Seconds between groups; an event loop's timers are no finer."""
MIN_GROUP: Final = 8
"""Packets: 77 Mb/s, below the 100 Mb/s of the slowest wire."""
MAX_SPREAD: Final = 0.01
"""Seconds in which any frame has left, a third of a frame's time at 30 per second."""

_MAX_GROUPS: Final = round(MAX_SPREAD / GROUP_INTERVAL)


class Pacer:
    """Hands packets out in order, each when it is due, and none later than `MAX_SPREAD` after it came in.

    `frames_left`: how many frames have been handed out whole.
    """

    def __init__(self) -> None:
        self.frames_left = 0
        self._first: list[bytes] = []
        self._paced: deque[tuple[float, bytes, bool]] = deque()

    def add(self, packets: Sequence[bytes], now: float) -> None:
        """Take one frame's packets."""
        start = max(now, self._paced[-1][0] + GROUP_INTERVAL) if self._paced else now
        latest = now + MAX_SPREAD
        group = max(MIN_GROUP, -(-(len(packets) - BURST) // _MAX_GROUPS))
        for index, packet in enumerate(packets):
            groups_before = 0 if index < BURST else 1 + (index - BURST) // group
            due = min(start + groups_before * GROUP_INTERVAL, latest)
            self._paced.append((due, packet, index == len(packets) - 1))

    def add_first(self, packet: bytes) -> None:
        """Take a packet that goes before all others: a repetition, for which someone waits."""
        self._first.append(packet)

    def take(self, now: float) -> list[bytes]:
        """What is due by `now`, each once."""
        packets, self._first = self._first, []
        while self._paced and self._paced[0][0] <= now:
            _, packet, is_last = self._paced.popleft()
            packets.append(packet)
            self.frames_left += is_last
        return packets

    def take_all(self) -> list[bytes]:
        """All that waits, due or not."""
        return self.take(float("inf"))

    def next_timeout(self) -> float | None:
        """When the next packet of a frame is due; None if none waits."""
        return self._paced[0][0] if self._paced else None
