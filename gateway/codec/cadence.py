"""How often frames come, and how often they may, from their timestamps."""

from __future__ import annotations

from collections import deque
from statistics import median

from gateway.codec.decoder import TIME_BASE

WINDOW = 11
"""Intervals whose median counts: a third of a second of a usual call. A gap or a lost frame does not move a median."""

TOLERANCE = 0.2
"""Share by which the rate has to change to count: timestamps jitter."""


class Cadence:
    """Frames per second. `rate` begins as expected and moves only when the frames clearly come at another."""

    def __init__(self, expected: float) -> None:
        self.rate = expected
        self._last: int | None = None
        self._intervals: deque[int] = deque(maxlen=WINDOW)

    def note(self, timestamp: int) -> None:
        """A frame of this time, in 1/90000 s."""
        if self._last is not None and timestamp > self._last:
            self._intervals.append(timestamp - self._last)
        self._last = timestamp
        if len(self._intervals) == WINDOW:
            measured = 1 / float(median(self._intervals) * TIME_BASE)
            if abs(measured / self.rate - 1) > TOLERANCE:
                self.rate = measured


class FrameRateLimit:
    """Says which frames to drop so that no more than `frame_rate` a second are left, as evenly as they came.

    A frame may be early by a quarter of the interval: timestamps jitter, and a stream of just this rate loses nothing.
    """

    def __init__(self, frame_rate: float) -> None:
        self._interval = 1 / (frame_rate * float(TIME_BASE))
        self._due: float | None = None

    def admits(self, timestamp: int) -> bool:
        """Whether the frame of this time, in 1/90000 s, is to be kept."""
        if self._due is None or abs(timestamp - self._due) > 2 * self._interval:
            self._due = timestamp
        if timestamp < self._due - self._interval / 4:
            return False
        self._due += self._interval
        return True
