"""How often a call's network looks at the picture: at each while there is time, at fewer when the machine is short.

A call whose worker has no time left drops whole pictures, which everyone sees. What can be spared sooner is the
network: it looks at one picture in two, three or four, and what it saw is moved along with the picture in between. The
pace is chosen by the share of its time that the worker is at work, decoding and encoding included: that grows with the
pictures as with whatever else the machine has to do, and nears 1 whether pictures are dropped or not.
"""

from __future__ import annotations

import math

from transforms.matting import SLOWEST_PACE

SPAN = 1.0
"""Seconds over which the worker's time is summed up: a key frame or a change of effect is a tenth of it."""

STRAINED = 0.75
"""Share of its time from which on a worker cannot even out a picture that takes twice as long as the others."""

EASED = 0.5
"""Share under which the worker would stay with one look more often; the gap to STRAINED keeps it from swinging."""

WORTHWHILE = 0.05
"""Share of its time that the pictures take at least, or else fewer looks at them would spare next to nothing."""

CALM, LONGEST_CALM = 5, 80
"""Spans of ease before a step back to more looks. They double where that step had soon to be taken back, so that a
load that comes and goes is not answered by looks that come and go."""


class Pace:
    """Steps through 1 .. SLOWEST_PACE for one call: up at once when the worker is strained, down when it long was not.

    It steps once in a SPAN at most, and by one.
    """

    def __init__(self) -> None:
        self._since: tuple[float, float] | None = None
        self._rendering = 0.0
        self._calm, self._eased_for = CALM, 0
        self._spans_since_easing = math.inf

    def rendered(self, now: float, *, busy: float, rendering: float, every: int) -> int:
        """The `every` to go on with, after one more picture.

        `busy`: seconds that the worker has been at work since whenever; `rendering`: those of them that this picture
        took from the matting to the composite; `every`: as it is.
        """
        if self._since is None:
            self._since = now, busy
            return every
        self._rendering += rendering
        since, busy_before = self._since
        if now - since < SPAN:
            return every
        share, of_rendering = (busy - busy_before) / (now - since), self._rendering / (now - since)
        self._since, self._rendering = (now, busy), 0.0
        return every + self._step(share, of_rendering, every)

    def _step(self, share: float, of_rendering: float, every: int) -> int:
        """1, 0 or -1. `share`: of its time that the worker is at work; `of_rendering`: that the pictures take of it."""
        self._spans_since_easing += 1
        if share >= STRAINED:
            self._eased_for = 0
            if every == SLOWEST_PACE or of_rendering < WORTHWHILE:
                return 0
            if self._spans_since_easing <= 2 * self._calm:
                self._calm, self._spans_since_easing = min(2 * self._calm, LONGEST_CALM), math.inf
            return 1
        if every == 1:
            return 0
        # At most: all of that may be the network's look.
        share_of_more_looks = share + of_rendering / (every - 1)
        self._eased_for = self._eased_for + 1 if share_of_more_looks < EASED else 0
        if self._eased_for < self._calm:
            return 0
        self._eased_for = self._spans_since_easing = 0
        return -1
