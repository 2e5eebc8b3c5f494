"""How the far end receives us, by its reports (RFC 3550 §6.4.1)."""

from __future__ import annotations

from collections import deque
from typing import Final

from gateway.rtp.rtcp import ReportBlock

MAX_REPORTS: Final = 16
"""Sender reports that are remembered: a receiver refers to one of the last few."""


class FarEnd:
    """Loss, jitter and round trip time, the last measured on our own clock, whatever NTP line our reports tell."""

    def __init__(self) -> None:
        self._reports: deque[tuple[int, float]] = deque(maxlen=MAX_REPORTS)
        self.block: ReportBlock | None = None
        self.round_trip_time: float | None = None

    def reported(self, ntp: int, now: float) -> None:
        """A sender report with this 64-bit NTP time leaves."""
        self._reports.append((ntp >> 16 & 0xFFFFFFFF, now))

    def take(self, block: ReportBlock, now: float) -> None:
        """The far end reports on us."""
        self.block = block
        for last_sr, sent in self._reports:
            if last_sr == block.last_sr != 0:
                elapsed = now - sent - block.delay_since_last_sr / 65536
                self.round_trip_time = max(elapsed, 0.0)
