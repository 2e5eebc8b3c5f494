"""An alpha's outline: stretched, moved inward or outward, softened, held within masks.

`steps` and `softenings` say what the loops of `transforms.kernels.edge` are told for a distance and for a softness;
`Contour` owns the planes they work in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.effect import Edge
from transforms.kernels.edge import PAD, TILE, finish, load, plan, soften, step, step_finely, survey
from transforms.picture import Size

WHOLE: tuple[tuple[tuple[int, int], ...], ...] = (
    (),
    ((1, 1),),
    ((2, 1),),
    ((3, 2),),
    ((1, 1), (3, 2)),
    ((1, 1), (4, 3)),
    ((2, 1), (4, 3)),
    ((2, 1), (5, 4)),
    ((2, 2), (6, 4)),
    ((2, 2), (7, 4)),
    ((3, 3), (7, 4)),
    ((3, 3), (8, 5)),
    ((3, 3), (9, 5)),
    ((2, 2), (4, 3), (7, 4)),
    ((2, 2), (5, 4), (7, 4)),
    ((2, 2), (5, 3), (8, 6)),
    ((2, 1), (6, 5), (8, 5)),
    ((2, 1), (7, 6), (8, 5)),
    ((3, 2), (7, 6), (8, 5)),
    ((2, 1), (7, 6), (10, 6)),
)
"""Steps, straight and slanting, that move an outline by 0, 1, 2 .. 19 samples on top of 1 to 2 samples in fractions.

Of the fewest that leave no gap (none goes more than twice as far as all before it together and a sample), those that
come nearest to a disc with the next and with their neighbours in this table, found by trying all: straight outlines
move within 7 % of the distance (12 % at 2 samples), and by no more than half a sample from one row to the next."""

_DIRECTIONS = np.linspace(0, math.pi / 4, 19)
"""Those of an outline's normal; all others are their mirror images."""

_NOTHING: NDArray[np.uint8] = np.empty(0, np.uint8)

Alpha = NDArray[np.uint8]


class Step(NamedTuple):
    """To which distance the least is looked for: straight across and down, and both ways at once. In samples."""

    straight: float
    slanting: float


def steps(distance: float) -> tuple[Step, ...]:
    """The steps that move an outline by `distance` samples, 0 or more: one of fractions, then whole ones.

    How far an outline of some direction is moved is the sum, over the steps, of how far each reaches in that direction.
    """
    if distance == 0:
        return ()
    whole = [Step(*each) for each in WHOLE[max(int(distance) - 1, 0)]]
    fine = distance - sum(each.straight for each in whole)
    trials = [Step(fine, fine * share) for share in np.linspace(0.5, 1, 26)]
    return min(trials, key=lambda trial: _deviation((trial, *whole), distance)), *whole


def _deviation(taken: Iterable[Step], distance: float) -> float:
    """By how much an outline is moved more or less than `distance`, in the direction where that is most."""
    straight, both = np.cos(_DIRECTIONS), np.cos(_DIRECTIONS) + np.sin(_DIRECTIONS)
    moved = sum(np.maximum(each.straight * straight, each.slanting * both) for each in taken)
    return float(np.abs(moved - distance).max())


class Tap(NamedTuple):
    """Of which samples a share is taken: `distance` samples away, `weight` 256ths of each."""

    distance: int
    weight: int


def softenings(deviation: float) -> tuple[Tap, ...]:
    """The taps that together have the standard deviation `deviation`, in samples, as near as 256ths allow.

    Two of each distance, of weight 1/4 up to the last, which has what is left to do: 1/3, a box, at most.
    """
    variance, distance = deviation**2, 1
    taps: list[Tap] = []
    while variance > 4 / 3 * distance**2 and 2 * distance <= PAD:
        taps += [Tap(distance, 64)] * 2
        variance -= distance**2
        distance *= 2
    weight = round(64 * variance / distance**2)
    return (*taps, *[Tap(distance, weight)] * 2) if weight else tuple(taps)


class Contour:
    """The planes in which one setting of an edge is worked out, for pictures of one size.

    `shown` (H, W): alpha as it is to be seen. `own` (H, W): the same before it was softened, nowhere less than the
    matting's. `spans`: what was worked on, see
    `transforms.kernels.edge`. All are written again by the next call.
    """

    def __init__(self, size: Size, edge: Edge) -> None:
        self.size = size
        width, height = size
        low, high = edge.clip or (0.0, 1.0)
        self._low, self._gain = 255 * low, 1 / (high - low)
        self._flip = 255 if edge.shrink < 0 else 0
        self._steps, self._taps = steps(abs(edge.shrink)), softenings(edge.feather)
        self._is_moved = bool(edge.clip or self._steps or self._taps)
        reach = sum(math.ceil(each.straight) for each in self._steps) + sum(tap.distance for tap in self._taps)
        self._reach = math.ceil(reach / TILE)
        self.columns, self.rows = math.ceil(width / TILE), math.ceil(height / TILE)
        self.shown, self.own = (np.zeros((height, width), np.uint8) for _ in range(2))
        self.spans: NDArray[np.int64] = np.zeros((self.rows, 6), np.int64)
        self._tiles = np.zeros(self.columns * self.rows, np.uint8)
        self._near = np.zeros(self.columns * (self.rows + 1), np.uint8)
        self._stride = width + 2 * PAD
        self._plane, self._other = (np.zeros(self._stride * height, np.uint8) for _ in range(2))
        self._line: NDArray[np.uint16] = np.zeros(self._stride, np.uint16)
        self._lines = np.zeros(2 * width, np.uint8)

    def draw(self, alpha: Alpha, *, floor: Alpha | None, ceiling: Alpha | None, with_own: bool) -> None:
        """Write `shown`, and `own` if asked for. `alpha` (H, W).

        `floor` (H, W): where alpha is no less. `ceiling` (H, W): it is no more than 255 less that, which outranks it.
        """
        if self._is_moved:
            self._load(alpha)
            self._move()
        if with_own:
            self._finish(alpha, floor, None, self.own, raised=True)
        for distance, weight in self._taps:
            soften(*self._planes, distance, weight, self._line, self._other)
            self._swap()
        self._finish(alpha, floor, ceiling, self.shown, raised=False)

    def _load(self, alpha: Alpha) -> None:
        width, height = self.size
        survey(alpha.reshape(-1), width, height, self._lines, self._tiles)
        plan(self._tiles, self.columns, self.rows, width, self._reach, self._near, self.spans)
        stretch = (self._low, self._gain, self._flip)
        load(alpha.reshape(-1), width, height, self._stride, self.spans, *stretch, self._plane, self._other)

    def _move(self) -> None:
        for fine in self._steps[:1]:
            straight, ahead = _whole_and_part(fine.straight)
            slanting, aside = _whole_and_part(fine.slanting)
            weights = _weights(ahead), _weights(aside)
            step_finely(*self._planes, straight, slanting, *weights, self._line, self._other)
            self._swap()
        for whole in self._steps[1:]:
            step(*self._planes, int(whole.straight), int(whole.slanting), self._other)
            self._swap()

    @property
    def _planes(self) -> tuple[Alpha, int, int, int, NDArray[np.int64]]:
        return self._plane, self.size.width, self.size.height, self._stride, self.spans

    def _swap(self) -> None:
        self._plane, self._other = self._other, self._plane

    def _finish(self, alpha: Alpha, floor: Alpha | None, ceiling: Alpha | None, out: Alpha, *, raised: bool) -> None:
        worked = (self._plane, self._stride, self.spans, self._flip)
        least, less = (_NOTHING if mask is None else mask.reshape(-1) for mask in (floor, ceiling))
        finish(*worked, alpha.reshape(-1), *self.size, least, less, raised, out.reshape(-1))


def _whole_and_part(distance: float) -> tuple[int, int]:
    """A distance in samples and 256ths of one, of which there are 255 at most."""
    return math.floor(distance), min(round(256 * (distance % 1)), 255)


def _weights(ahead: int) -> NDArray[np.uint16]:
    """Of the nearer and the farther of two samples, `ahead` 256ths on the way from one to the other."""
    return np.array((256 - ahead, ahead), np.uint16)
