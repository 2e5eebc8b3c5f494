"""How the far end receives us, by its reports (RFC 3550 §6.4.1)."""

from __future__ import annotations

from collections import deque
from typing import Final, TypedDict

from gateway.rtp.rtcp import ReportBlock

MAX_REPORTS: Final = 16
"""Sender reports that are remembered: a receiver refers to one of the last few."""


class Reception(TypedDict):
    """The last four fields of `SenderStats`."""

    packets_lost: int
    fraction_lost: float
    jitter: float
    round_trip_time: float | None


class FarEnd:
    """Loss, jitter and round trip time, the last measured on our own clock, whatever NTP line our reports tell."""

    def __init__(self) -> None:
        self._reports: deque[tuple[int, float]] = deque(maxlen=MAX_REPORTS)
        self.block: ReportBlock | None = None
        self.round_trip_time: float | None = None

    def reported(self, ntp: int, now: float) -> None:
        """A sender report with this 64-bit NTP time leaves."""
        self._reports.append((ntp >> 16 & 0xFFFFFFFF, now))

    def reception(self, clock_rate: int) -> Reception:
        """Its last word on how it receives us, in the units of `SenderStats`."""
        block = self.block
        return Reception(
            packets_lost=block.packets_lost if block else 0,
            fraction_lost=block.fraction_lost / 256 if block else 0.0,
            jitter=block.jitter / clock_rate if block else 0.0,
            round_trip_time=self.round_trip_time,
        )

    def take(self, block: ReportBlock, now: float) -> None:
        """The far end reports on us."""
        self.block = block
        for last_sr, sent in self._reports:
            if last_sr == block.last_sr != 0:
                elapsed = now - sent - block.delay_since_last_sr / 65536
                self.round_trip_time = max(elapsed, 0.0)
