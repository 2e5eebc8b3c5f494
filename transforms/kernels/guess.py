"""A network's coarse answer, and a background that nobody has seen, laid under a picture.

Both are needed only in the band between sure background and sure person, and there only where no plate is known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64, void

from transforms.kernels.cells import LEVELS, LEVELS_READ
from transforms.kernels.compile import READ, WRITE, Levels, Samples, at, inlined, kernel

NONE, HALF, UNITY, NEUTRAL, WHITE = (np.float32(number) for number in (0, 0.5, 1, 128, 255))

OPAQUE, SHARE = np.float32(200), np.float32(200 / 255)
"""Rough alpha (`transforms.trimap`): 200 for the person, and by chance."""

SURELY, SURER = np.float32(230), np.float32(0.8)
"""The chance from which a sample is the person's whole, and how much surer (`transforms.kernels.draw`) each level makes
it: a pattern's one thread in the room's colour is no hole."""

HARDLY = np.float32(8)
"""The chance under which a sample is nobody's, whatever its colours: a cable on the wall is as dark as a sleeve."""

REPLACE, HOLD, STRICT = np.uint8(1), np.uint8(2), np.uint8(3)
"""What is wanted of a cell: that the chance alone tells; or, beside the plate, what surely is somebody's; or that and
what hardly is anybody's."""


@inlined
def _places(place: Any, count: int) -> tuple[int, int, np.float32]:
    """The two of `count` cells between whose centres a place lies, and how far it is from the first to the second."""
    first = int(np.floor(place))
    share = np.float32(place) - np.float32(first)
    return min(max(first, 0), count - 1), min(max(first + 1, 0), count - 1), share


@kernel(void(READ, int64, int64, READ, int64, int64, int64, WRITE, WRITE))
def lay_chance(
    chance: Samples,
    chance_columns: int,
    chance_rows: int,
    wanted: Samples,
    width: int,
    height: int,
    cell: int,
    near: Samples,
    rough: Samples,
) -> None:
    """Write, where cells are `wanted`, the chance as rough alpha, and into `near` 1 where it is next to none, else 0.

    Where it is to be held beside the plate, only what it is sure of is written. `chance` is stretched over
    the picture, whose chroma is `width` by `height`, as are `near` and `rough`.
    """
    columns, rows = (width + cell - 1) // cell, (height + cell - 1) // cell
    down, across = np.float32(chance_rows) / np.float32(height), np.float32(chance_columns) / np.float32(width)
    for row in range(rows):
        for column in range(columns):
            if wanted[row * columns + column] == 0:
                continue
            is_held = wanted[row * columns + column] != REPLACE
            is_strict = wanted[row * columns + column] == STRICT
            left, right = column * cell, min(column * cell + cell, width)
            for y in range(row * cell, min(row * cell + cell, height)):
                top, bottom, below = _places((np.float32(y) + HALF) * down - HALF, chance_rows)
                upper, lower, to = at(chance_columns, top, 0), at(chance_columns, bottom, 0), at(width, y, 0)
                for x in range(np.uint64(left), np.uint64(right)):
                    first, second, beside = _places((np.float32(x) + HALF) * across - HALF, chance_columns)
                    i, j = np.uint64(first), np.uint64(second)
                    above = np.float32(chance[upper + i]) * (UNITY - beside) + np.float32(chance[upper + j]) * beside
                    under = np.float32(chance[lower + i]) * (UNITY - beside) + np.float32(chance[lower + j]) * beside
                    level = above * (UNITY - below) + under * below
                    if level >= SURELY:
                        told = OPAQUE + (level - SURELY) * SURER
                    elif is_held:
                        near[to + x] |= np.uint8(is_strict & (level < HARDLY))
                        continue
                    else:
                        told = level * SHARE
                    if is_held and near[to + x] != 0:
                        continue
                    near[to + x] = np.uint8(level < HARDLY)
                    rough[to + x] = np.uint8(np.int32(told + HALF))


@kernel(void(LEVELS_READ, READ, int64, int64, int64, int64, WRITE, LEVELS))
def lay_level(
    field: Levels, wanted: Samples, side: int, width: int, height: int, stride: int, out: Samples, shares: Levels
) -> None:
    """Write a field by cell, about 128, into one plane where cells are `wanted`: bilinear between the cells' centres.

    A cell is `side` samples wide. Scratch: `shares` (side).
    """
    columns, rows = (width + side - 1) // side, (height + side - 1) // side
    for x in range(side):
        shares[x] = (np.float32(x) + HALF) / np.float32(side) - HALF
    for row in range(rows):
        for column in range(columns):
            i = row * columns + column
            if wanted[i] == 0:
                continue
            left, right = column * side, min(column * side + side, width)
            before, after = max(column - 1, 0), min(column + 1, columns - 1)
            for y in range(row * side, min(row * side + side, height)):
                down = shares[y - row * side]
                other = min(row + 1, rows - 1) if down > NONE else max(row - 1, 0)
                far, own = abs(down), row * columns
                other *= columns
                here = field[own + column] * (UNITY - far) + field[other + column] * far
                less = field[own + before] * (UNITY - far) + field[other + before] * far - here
                more = field[own + after] * (UNITY - far) + field[other + after] * far - here
                to = at(stride, y, 0)
                for x in range(left, right):
                    beside = shares[x - left]
                    level = here + (more * beside if beside > NONE else -less * beside)
                    out[to + np.uint64(x)] = np.uint8(np.int32(min(max(level + NEUTRAL, NONE), WHITE) + HALF))
