"""How long frames take from last packet in to last packet out: over a call, in little memory, and as of late."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, deque

FLOOR = 1e-4
"""Seconds: what is faster counts as this."""

STEP = 1.02
"""Ratio of neighbouring bins: percentiles are exact to two per cent."""

MAX_PENDING = 1024
"""Frames on their way. Those dropped on the way never leave, so the oldest is forgotten."""


RECENT = 256
"""Frames that `recent` looks back: some nine seconds at 30 a second."""


class LatencyMeter:
    """Pairs arrivals with departures by timestamp, and counts the differences in bins of equal ratio."""

    def __init__(self) -> None:
        self._arrivals: OrderedDict[int, float] = OrderedDict()
        self._bins: Counter[int] = Counter()
        self._recent: deque[float] = deque(maxlen=RECENT)

    def arrived(self, timestamp: int, now: float) -> None:
        """The frame of this timestamp is here, whole."""
        self._arrivals[timestamp] = now
        if len(self._arrivals) > MAX_PENDING:
            self._arrivals.popitem(last=False)

    def left(self, timestamp: int, now: float) -> None:
        """It has been sent."""
        arrived = self._arrivals.pop(timestamp, None)
        if arrived is not None:
            self._recent.append(now - arrived)
            self._bins[round(math.log(max(now - arrived, FLOOR) / FLOOR, STEP))] += 1

    def percentile(self, share: float) -> float | None:
        """The latency in seconds that a `share` (0..1) of the frames did not exceed; None before the first."""
        wanted = math.ceil(share * self._bins.total())
        seen = 0
        for bin_ in sorted(self._bins):
            seen += self._bins[bin_]
            if seen >= wanted:
                return FLOOR * STEP**bin_
        return None

    def recent(self, share: float) -> float | None:
        """The same of the last frames alone: what the call is like now."""
        if not self._recent:
            return None
        return sorted(self._recent)[math.ceil(share * len(self._recent)) - 1 if share > 0 else 0]
