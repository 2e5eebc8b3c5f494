"""How often frames come, and how often they may, from their timestamps."""

from __future__ import annotations

from gateway.decoder import TIME_BASE

WINDOW = 30
"""Frames over which the rate is taken: one second of a usual call, long enough for jitter to cancel out."""

TOLERANCE = 0.2
"""Share by which the rate has to change to count: lost and dropped frames are no change of cadence."""


class Cadence:
    """Frames per second. `rate` begins as expected and moves only when a whole window says something clearly else."""

    def __init__(self, expected: float) -> None:
        self.rate = expected
        self._first: int | None = None
        self._count = 0

    def note(self, timestamp: int) -> None:
        """A frame of this time, in 1/90000 s."""
        if self._first is None or timestamp <= self._first:
            self._first, self._count = timestamp, 0
            return
        self._count += 1
        if self._count < WINDOW:
            return
        measured = self._count / float((timestamp - self._first) * TIME_BASE)
        if abs(measured / self.rate - 1) > TOLERANCE:
            self.rate = measured
        self._first, self._count = timestamp, 0


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
