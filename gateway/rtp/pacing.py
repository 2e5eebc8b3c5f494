"""Large frames leave in small groups, so that a key frame's burst does not overrun the buffers on its way.

A key frame of 25 to 100 kB is 20 to 90 packets; sent at once they fill a router's queue and some are lost, which
costs the far end the frame and us another key frame. Ordinary frames are a few packets and leave at once: pacing must
not cost them a millisecond.

Where the rate of the link is being felt for, a queue on the way may hold no more than a frame or two of it. There a
large frame leaves at `RATE_FACTOR` times that rate, as in libwebrtc: it fills the queue by a good half of what it would
at once, and the losses that would cost another key frame do not happen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

BURST: Final = 16
"""Packets that leave at once: 19 kB, a frame of 4.6 Mb/s at 30 per second, and what any queue holds."""
GROUP_INTERVAL: Final = 0.001
"""Seconds between groups; an event loop's timers are no finer."""
MIN_GROUP: Final = 8
"""Packets: 77 Mb/s, below the 100 Mb/s of the slowest wire."""
MAX_SPREAD: Final = 0.01
"""Seconds in which any frame has left, a third of a frame's time at 30 per second."""

RATE_FACTOR: Final = 2.5
"""Of the rate told: libwebrtc's pacing factor. A frame has to leave faster than the next ones come."""
RATE_BURST: Final = 0.04
"""Seconds of the rate told that leave at once: a usual frame, be it somewhat large."""
MIN_RATE_BURST: Final = 4
"""Packets that leave at once whatever the rate."""
MIN_RATE: Final = 400_000
"""Bits per second: frames leave no slower than for this rate, for an encoder may not come down to a lower one."""
MAX_RATE_SPREAD: Final = 0.1
"""Seconds in which any frame has left where a rate is told: three frames' time at 30 per second."""

_MAX_GROUPS: Final = round(MAX_SPREAD / GROUP_INTERVAL)


class Pacer:
    """Hands packets out in order, each when it is due, and none later than a frame may take in all.

    `frames_left`: how many frames have been handed out whole.
    """

    def __init__(self) -> None:
        self.frames_left = 0
        self._first: list[bytes] = []
        self._paced: deque[tuple[float, bytes, bool]] = deque()

    def add(self, packets: Sequence[bytes], now: float, *, bits_per_second: int | None = None) -> None:
        """Take one frame's packets. `bits_per_second`: what the link is believed to carry, where somebody knows."""
        start = max(now, self._paced[-1][0] + GROUP_INTERVAL) if self._paced else now
        spread = _by_groups(packets) if bits_per_second is None else _by_rate(packets, bits_per_second)
        latest = now + (MAX_SPREAD if bits_per_second is None else MAX_RATE_SPREAD)
        for index, (packet, after) in enumerate(zip(packets, spread, strict=True)):
            self._paced.append((min(start + after, latest), packet, index == len(packets) - 1))

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


def _by_groups(packets: Sequence[bytes]) -> Iterator[float]:
    """Seconds after the first at which each packet leaves: so many at once, the others in groups."""
    group = max(MIN_GROUP, -(-(len(packets) - BURST) // _MAX_GROUPS))
    for index in range(len(packets)):
        yield 0.0 if index < BURST else (1 + (index - BURST) // group) * GROUP_INTERVAL


def _by_rate(packets: Sequence[bytes], bits_per_second: int) -> Iterator[float]:
    """Seconds after the first at which each packet leaves: a usual frame's at once, the others at a rate."""
    bits_per_second = max(bits_per_second, MIN_RATE)
    burst = max(bits_per_second * RATE_BURST, MIN_RATE_BURST * len(packets[0]) * 8)
    bits = 0
    for packet in packets:
        bits += len(packet) * 8
        yield max(bits - burst, 0.0) / (bits_per_second * RATE_FACTOR)
