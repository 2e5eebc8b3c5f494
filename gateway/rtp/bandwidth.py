"""How much gets through to us, and when the sender is told (REMB, draft-alvestrand-rmcat-remb-03).

The estimate itself is somebody else's art, handed in as a `BandwidthEstimator`; here is only the telling.
"""

from __future__ import annotations

from typing import Final, Protocol

REPEAT_INTERVAL: Final = 1.0
"""Seconds: an estimate that stands is told again, for the last telling may have been lost (the draft's §2.3)."""
RISE_INTERVAL: Final = 0.2
"""Seconds between two tellings of a rise: the sender takes its first steps up within two seconds."""
NEWS: Final = 0.03
"""The share by which an estimate has to move to be news, as in libwebrtc."""


class BandwidthEstimator(Protocol):
    """Estimates a link by when its packets left and came."""

    @property
    def bits_per_second(self) -> int | None:
        """What gets through; None while nothing is known."""

    def receive(self, *, send_time: int, octets: int, ssrc: int, now: float) -> None:
        """A packet came. `send_time`: abs-send-time's 24 bits; `octets`: of payload and padding; `now` in seconds."""


class EstimateNews:
    """When an estimate is told: a fall at once, a rise soon, and again each second."""

    def __init__(self) -> None:
        self._told: int | None = None
        self._told_at = 0.0

    def due(self, estimate: int | None, now: float) -> bool:
        """Whether to tell `estimate` now; True once."""
        if estimate is None or not self._is_news(estimate, now - self._told_at):
            return False
        self._told, self._told_at = estimate, now
        return True

    def next_timeout(self) -> float | None:
        """When to ask again without a packet coming; None before the first telling."""
        return None if self._told is None else self._told_at + REPEAT_INTERVAL

    def _is_news(self, estimate: int, elapsed: float) -> bool:
        if self._told is None or elapsed >= REPEAT_INTERVAL or estimate < self._told * (1 - NEWS):
            return True
        return estimate > self._told * (1 + NEWS) and elapsed >= RISE_INTERVAL
