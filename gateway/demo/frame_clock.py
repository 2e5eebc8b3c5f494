"""Which frame is which on the two sides of a relay that gives its packets times of its own.

The caller's sender report says at which NTP time frame 0 was taken; the relay's says the same of its own timestamps,
for a relay keeps the source's clock (RFC 3550 §7.2). So the report alone tells the number of a frame that comes back.
Until it has come, the first picture is taken for frame 0: the caller does not begin before the relay listens.
"""

from __future__ import annotations

from gateway.rtp.core import SourceClock
from gateway.rtp.reports import NTP_SECOND

CLOCK_RATE = 90_000


class FrameClock:
    """Numbers frames from 0 by their times. `began`, set by the caller, is the 64-bit NTP time of frame 0."""

    def __init__(self, frame_rate: int) -> None:
        self.began = 0
        self._ticks = CLOCK_RATE // frame_rate
        self._zero: int | None = None

    def number(self, timestamp: int) -> int:
        """The number of the frame that came back with this timestamp, not wrapped."""
        if self._zero is None:
            self._zero = timestamp
        return round((timestamp - self._zero) / self._ticks)

    def confirm(self, report: SourceClock) -> bool:
        """Take what the relay reports; whether the numbers given so far were right."""
        since = round((report.ntp - self.began) * CLOCK_RATE / NTP_SECOND)
        before = self._zero
        self._zero = report.timestamp - since
        return before is None or abs(before - self._zero) < self._ticks / 2
