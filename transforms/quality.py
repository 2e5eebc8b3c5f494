"""How good a matte looks by itself: a score per picture, for whoever watches many calls and sees none of them.

Nobody knows the true alpha of a call, but a wrong matte shows. Its edge runs through what has one colour on both sides:
a hole in a jacket, a patch of screen left over, a chin cut off. What it calls background moves: somebody is there. It
blinks where the picture stands still; its area jumps while nothing moves; of two mattings that look, one sees another
person. Each of these faults is weighed by the error it came with on clips whose truth is known, so that they add up to
an estimate of the mean error of alpha; the score falls as that grows.

All of it is seen on a grid of some 30 000 samples of the picture and the matte, in a tenth of a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.quality import (
    AREA,
    BACKGROUND,
    BLINKING,
    CHANGED,
    GHOST,
    SUMS,
    UNSUPPORTED,
    judge,
    pick,
)
from transforms.matting import Matte
from transforms.picture import Picture, Size

LINES = 135
"""Places of the grid along the short side of the picture: every fourth sample of 540."""

HALF = 0.025
"""The mean error of alpha at which the score is one half: by then anyone sees it."""

UNSUPPORTED_COST = 10.0
GHOST_COST = 20.0
BLINKING_COST = 3.0
JUMP_COST = 5.0
DISAGREEMENT_COST = 0.05
"""What each fault adds to the estimated mean error: per share of the picture, and for mattings that see nothing alike.
The first by regression on the bench (`python -m tests.benchmarks.score`), the others in proportion to how much of the
picture is wrong when they show at all."""

BLINKING_AT_REST, BLINKING_PER_CHANGE = 0.003, 0.1
"""The share of the picture that blinks in good mattes too, edges that move by less than a sample, and how much more for
what changes: somebody who comes in looks like the wall here and there."""

JUMP_PER_CHANGE = 1.5
"""By how much of what changes in a picture the person's area may change with it."""

AGREEING = 0.9
"""The agreement of mattings that see the same person, each in its own sharpness."""


class QualityMeter:
    """Scores one stream's mattes, in order. It remembers the last picture and matte on the grid, of one size."""

    def __init__(self) -> None:
        self._size = Size(0, 0)
        self._grid = _Grid(Size(0, 0))

    def score(self, picture: Picture, matte: Matte) -> float:
        """0, of no use, .. 1, nothing to find fault with."""
        is_first = picture.size != self._size
        if is_first:
            self._size, self._grid = picture.size, _Grid(picture.size)
        seen = self._grid.seen(picture, matte.alpha, is_first=is_first)
        agreement = AGREEING if matte.agreement is None else min(max(0.0, matte.agreement), AGREEING)
        error = seen.error + DISAGREEMENT_COST * (AGREEING - agreement)
        return HALF / (HALF + error)


@dataclass(frozen=True, slots=True)
class Faults:
    """What looks wrong, as shares of the picture.

    `unsupported`: edges that the picture has not; `ghost`: background that moves, of `background`; `blinking`: alpha
    that changes where nothing does; `changed`: what does; `jump`: by how much the person's area has changed.
    """

    unsupported: float
    ghost: float
    background: float
    blinking: float
    changed: float
    jump: float

    @property
    def error(self) -> float:
        """The mean error of alpha, 0.., that such faults come with.

        Background that moves is a fault by its share of all that moves: beside somebody who moves there is a shadow.
        And where most of the background moves it is the camera that does, or the light.
        """
        ghost = self.ghost * max(0.0, 1 - 2 * self.ghost / self.background) if self.ghost else 0.0
        ghost *= self.ghost / max(self.changed, self.ghost) if self.ghost else 0.0
        return (
            UNSUPPORTED_COST * self.unsupported
            + GHOST_COST * ghost
            + BLINKING_COST * max(0.0, self.blinking - BLINKING_AT_REST - BLINKING_PER_CHANGE * self.changed)
            + JUMP_COST * max(0.0, self.jump - JUMP_PER_CHANGE * self.changed)
        )


class _Grid:
    """Samples of the pictures of one size, the last one's and this one's."""

    def __init__(self, size: Size) -> None:
        scale = min(1.0, LINES / min(size)) if all(size) else 0.0
        self._columns, self._rows = (max(1, round(side * scale)) for side in size)
        self._now = self._planes()
        self._before = self._planes()
        self._sums = np.zeros(SUMS)
        self._area = 0.0

    def seen(self, picture: Picture, alpha: NDArray[np.uint8], *, is_first: bool) -> Faults:
        """What of this matte looks wrong; `is_first`: there is no picture before to compare with."""
        self._now, self._before = self._before, self._now
        y, cb, cr, coverage = self._now
        for plane, out in zip(picture.planes, (y, cb, cr), strict=True):
            pick(plane.samples, plane.stride, *self._places(plane.height, plane.width), out)
        pick(alpha.reshape(-1), alpha.shape[1], *self._places(*alpha.shape), coverage)
        before = self._now if is_first else self._before
        judge(y, cb, cr, coverage, before[0], before[3], self._columns, self._rows, self._sums)
        shares = self._sums / (self._columns * self._rows)
        jump, self._area = (0.0 if is_first else abs(shares[AREA] - self._area)), shares[AREA]
        unsupported, ghost, background, blinking, changed = (
            float(shares[kind]) for kind in (UNSUPPORTED, GHOST, BACKGROUND, BLINKING, CHANGED)
        )
        return Faults(unsupported, ghost, background, blinking, changed, float(jump))

    def _places(self, height: int, width: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """The rows, and the columns, in the middles of the grid's cells stretched over a plane."""
        return _middles(self._rows, height), _middles(self._columns, width)

    def _planes(self) -> tuple[NDArray[np.uint8], ...]:
        """Y, Cb, Cr, alpha."""
        return tuple(np.zeros(self._columns * self._rows, np.uint8) for _ in range(4))


@lru_cache(maxsize=64)
def _middles(cells: int, length: int) -> NDArray[np.uint32]:
    """Where the middles of equal cells lie in a line of samples."""
    return ((2 * np.arange(cells) + 1) * length // (2 * cells)).astype(np.uint32)
