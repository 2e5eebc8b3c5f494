"""How late the event loop is: a beat that asks to be woken every tenth of a second, and looks at the clock."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

BEAT = 0.1
"""Seconds between beats."""

REMEMBERED = 600
"""Beats: the last minute."""


class Heartbeat:
    """The lag of the loop it runs on; `on_lag` is told of each beat's, in seconds."""

    def __init__(self, *, on_lag: Callable[[float], None]) -> None:
        self._on_lag = on_lag
        self._lags: deque[float] = deque(maxlen=REMEMBERED)

    async def run(self) -> None:
        """Beat until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + BEAT, loop.time())
            await asyncio.sleep(due - loop.time())
            self.beat(loop.time() - due)

    def beat(self, lag: float) -> None:
        """Count one, so many seconds late."""
        self._lags.append(max(0.0, lag))
        self._on_lag(self._lags[-1])

    def percentile(self, share: float) -> float | None:
        """The lag that a `share` (0..1) of the last minute's beats did not exceed; None before the first."""
        if not self._lags:
            return None
        return sorted(self._lags)[max(0, math.ceil(share * len(self._lags)) - 1)]
