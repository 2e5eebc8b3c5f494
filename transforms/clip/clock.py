"""A call's time as a clip's: it goes by the call's steps, stands while nobody asks, and waits for what is not there."""

from __future__ import annotations

from collections import deque
from statistics import median

PAUSE = 1.0
"""Seconds. After a longer step than this the call itself stood still, and so did the clip behind it."""

STEPS_KEPT = 9
"""Of the call's steps, whose median says when it will ask next."""

NEAR = 0.004
"""Seconds by which a picture may be shown too early: what clocks of 1/90000 and 1/1000 s make of the same moment."""


class Clock:
    """One call's. `now`: seconds of the clip's line; it never goes back."""

    def __init__(self) -> None:
        self.now = 0.0
        self._asked: float | None = None
        self._steps: deque[float] = deque(maxlen=STEPS_KEPT)

    @property
    def spacing(self) -> float | None:
        """Seconds between two of the call's pictures; None where that is not known yet."""
        return median(self._steps) if self._steps else None

    def at(self, time: float, *, latest: float) -> float:
        """The clip's time at the call's `time`, but no later than `latest`."""
        step = max(time - self._asked, 0.0) if self._asked is not None else 0.0
        self._asked = time
        if step > PAUSE:
            step = self.spacing or 0.0
        elif step > 0:
            self._steps.append(step)
        self.now = max(self.now, min(self.now + step, latest))
        return self.now

    def asks_within(self, start: float, end: float) -> bool:
        """Whether the call, if it goes on as it does, asks for a picture at a moment from `start` until `end`."""
        spacing = self.spacing
        if spacing is None or end == float("inf"):
            return True
        steps = max(0, -int((self.now + NEAR - start) // spacing))  # to the first moment that is not before the start
        return self.now + NEAR + steps * spacing < end
