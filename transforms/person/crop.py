"""Which part of a picture to look at: where the people were, and some room around them.

Seen close, the network has more pixels for each of theirs, and less of the room to be mistaken about. The box stays as
long as it fits, so that a still person is looked at in the same way each time. It is made to hold what moves beside
them, too: an arm is not cut off at a straight line before it is known to be one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.extent import count
from transforms.person.sampling import Box
from transforms.picture import Size

MARGIN = 0.1
"""What a new box adds to the people's width and height, half on each side."""

LEAST_MARGIN = 0.025
"""What must be left of that for the box to stay."""

REACH = 0.15
"""How far beyond people, as a share of their width and height, what moves may be theirs: an arm that goes up."""

LARGEST = 1.3
"""How much longer than a new one a box may be and stay."""

WIDE = 1.4
"""How much wider than what looks a box may be: a wider one is looked at in two parts in turn, if there is a gap."""

VALLEY = 0.5
"""The height of people in a gap between them, against those on either side of it."""

STEPS, OVERLAP = 16, 1
"""In how many steps of the box a gap is placed, and how many steps each part goes beyond it."""

SMALLEST = 64.0
"""Samples: no box is shorter. Nobody is made out in less."""

FOUND = 128
"""The chance, of 255, from which a cell counts as somebody's."""

FEWEST = 0.012
"""The share of a row or column that must be somebody's for it to count: a speck is nobody."""


class Extent(NamedTuple):
    """Where people are: 0..1 of the picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def around(self, other: Extent | None) -> Extent:
        """What holds both."""
        if other is None:
            return self
        lows, highs = (min(self[i], other[i]) for i in (0, 1)), (max(self[i], other[i]) for i in (2, 3))
        return Extent(*lows, *highs)

    def reaching(self, moved: NDArray[np.bool_]) -> Extent:
        """What holds these people and what moves near them; `moved`: (rows, columns) over the picture."""
        rows, columns = moved.shape
        across, down = REACH * (self.right - self.left), REACH * (self.bottom - self.top)
        left, top = max(round((self.left - across) * columns), 0), max(round((self.top - down) * rows), 0)
        right, bottom = round((self.right + across) * columns), round((self.bottom + down) * rows)
        window = (left, top, min(right, columns), min(bottom, rows))
        return self.around(_extent(moved.view(np.uint8), 1, window))


def extent_of(chance: NDArray[np.uint8]) -> Extent | None:
    """What holds all the people in (rows, columns) of chances stretched over the picture; None where nobody is."""
    rows, columns = chance.shape
    return _extent(chance, FOUND, (0, 0, columns, rows))


def _extent(grid: NDArray[np.uint8], least: int, window: tuple[int, int, int, int]) -> Extent | None:
    """What holds the cells of a grid that are `least` or more, in a part of it: its left, top, right and bottom."""
    rows, columns = grid.shape
    across, down = np.empty(columns, np.uint16), np.empty(rows, np.uint16)
    count(np.ascontiguousarray(grid).reshape(-1), columns, np.uint8(least), *window, across, down)
    lefts, tops = (np.flatnonzero(counts >= max(2, FEWEST * n)) for counts, n in ((across, rows), (down, columns)))
    if not len(lefts) or not len(tops):
        return None
    return Extent(lefts[0] / columns, tops[0] / rows, (lefts[-1] + 1) / columns, (tops[-1] + 1) / rows)


class Crop:
    """The box in which people are looked at. `shape`: width by height of what looks, which sees them unstretched."""

    def __init__(self, shape: Size) -> None:
        self._shape = shape.width / shape.height
        self._size = Size(0, 0)
        self._box: Box | None = None

    def follow(self, extent: Extent, size: Size) -> Box:
        """The box for people there in a picture of this size."""
        if self._box is None or size != self._size or not self._fits(self._box, extent, size):
            self._box, self._size = self._around(extent, size, MARGIN), size
        return self._box

    def parts(self, box: Box, size: Size, chance: NDArray[np.uint8]) -> tuple[Box, ...]:
        """What of the box is to be looked at in turn: all of it, or of a wide one both sides of a gap between people.

        `chance`: (rows, columns) over the picture of this size, where they were last.
        """
        if box.width < WIDE * self._shape * box.height:
            return (box,)
        columns = chance.shape[1] / size.width
        part = chance[:, round(box.left * columns) : max(round((box.left + box.width) * columns), 1)]
        heights = np.count_nonzero(part >= FOUND, axis=0)
        step = _gap(heights)
        if step is None:
            return (box,)
        left, right = (round(box.width * (step + beyond) / STEPS) for beyond in (OVERLAP, -OVERLAP))
        return Box(box.left, box.top, left, box.height), Box(box.left + right, box.top, box.width - right, box.height)

    def _fits(self, box: Box, extent: Extent, size: Size) -> bool:
        """Whether the people have enough room within the box, and the box is not too large for them."""
        new, least = self._around(extent, size, MARGIN), self._around(extent, size, LEAST_MARGIN, shaped=False)
        holds = (
            box.left <= least.left + 1
            and box.top <= least.top + 1
            and box.left + box.width >= least.left + least.width - 1
            and box.top + box.height >= least.top + least.height - 1
        )
        return holds and max(box.width / new.width, box.height / new.height) <= LARGEST

    def _around(self, extent: Extent, size: Size, margin: float, *, shaped: bool = True) -> Box:
        """The extent with a margin, and of the network's shape as far as the picture has room."""
        width = (extent.right - extent.left) * size.width * (1 + margin)
        height = (extent.bottom - extent.top) * size.height * (1 + margin)
        if shaped:
            width, height = max(width, SMALLEST), max(height, SMALLEST)
            width, height = max(width, height * self._shape), max(height, width / self._shape)
        across = _placed((extent.left + extent.right) / 2 * size.width, width, size.width)
        down = _placed((extent.top + extent.bottom) / 2 * size.height, height, size.height)
        return Box(round(across[0]), round(down[0]), round(across[1]), round(down[1]))


def _gap(heights: NDArray[np.intp]) -> int | None:
    """In which of STEPS the people, by the columns of their box, are lowest between higher ones; None where nowhere."""
    if len(heights) < STEPS:
        return None
    steps = [int(part.min()) for part in np.array_split(heights, STEPS)]
    lowest = min(range(STEPS // 4, STEPS - STEPS // 4 + 1), key=lambda step: (steps[step], abs(step - STEPS // 2)))
    beside = min(max(steps[:lowest]), max(steps[lowest:]))
    return lowest if steps[lowest] < VALLEY * beside else None


def _placed(centre: float, length: float, limit: int) -> tuple[float, float]:
    """Where a stretch of this length about a centre begins within 0..limit, moved in and cut as needed; its length."""
    length = min(length, limit)
    return min(max(centre - length / 2, 0), limit - length), length
