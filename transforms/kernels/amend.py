"""What a person's shape has to say about a matte made of colours: cells that are no person's, cells well inside one."""

from __future__ import annotations

import numpy as np
from numba import int64, void

from transforms.kernels.compile import READ, WRITE, Samples, at, kernel

KEEP, HOLD, CLEAR = (np.uint8(kind) for kind in range(3))
"""What is done to a cell."""

SHOWN = np.uint8(64)
"""Alpha over which a sample is foreground."""

OPEN = np.uint8(32)
"""Alpha up to which a sample is background, even in the midst of a person."""

LOW, STEEP, WHITE = np.float32(32), np.float32(255 / 64), np.float32(255)
"""Where a cell is held, alpha up to LOW stays as it is; from 96 on it is opaque."""


@kernel(void(READ, int64, int64, int64, WRITE))
def mark(alpha: Samples, width: int, height: int, side: int, out: Samples) -> None:
    """Write 1 for the cells, of `side` samples, of which one of four samples is foreground, else 0."""
    columns, rows = (width + side - 1) // side, (height + side - 1) // side
    quarter = side // 4
    for row in range(rows):
        upper = at(width, min(row * side + quarter, height - 1), 0)
        lower = at(width, min(row * side + side - 1 - quarter, height - 1), 0)
        for column in range(columns):
            left = np.uint64(min(column * side + quarter, width - 1))
            right = np.uint64(min(column * side + side - 1 - quarter, width - 1))
            most = max(max(alpha[upper + left], alpha[upper + right]), max(alpha[lower + left], alpha[lower + right]))
            out[row * columns + column] = np.uint8(most > SHOWN)


@kernel(void(READ, int64, int64, int64, READ, WRITE))
def find_gaps(alpha: Samples, width: int, height: int, side: int, asked: Samples, out: Samples) -> None:
    """Write 1 for those of the cells where `asked` is 1 that the background shows through, in one sample at least."""
    columns, rows = (width + side - 1) // side, (height + side - 1) // side
    for row in range(rows):
        for column in range(columns):
            i = row * columns + column
            least = np.uint8(255)
            if asked[i] != 0:
                left, right = np.uint64(column * side), np.uint64(min(column * side + side, width))
                for y in range(row * side, min(row * side + side, height)):
                    own = at(width, y, 0)
                    for x in range(left, right):
                        least = min(least, alpha[own + x])
            out[i] = np.uint8(least <= OPEN)


@kernel(void(READ, int64, int64, int64, READ, WRITE))
def amend(alpha: Samples, width: int, height: int, side: int, kinds: Samples, out: Samples) -> None:
    """Write the matte as `kinds` (cells) have it."""
    columns = (width + side - 1) // side
    for y in range(height):
        own, first = at(width, y, 0), (y // side) * columns
        for x in range(np.uint64(width)):
            out[own + x] = alpha[own + x]
        for column in range(columns):
            kind = kinds[first + column]
            if kind == KEEP:
                continue
            begin, end = np.uint64(column * side), np.uint64(min(column * side + side, width))
            if kind == CLEAR:
                for x in range(begin, end):
                    out[own + x] = np.uint8(0)
            else:
                for x in range(begin, end):
                    level = np.float32(alpha[own + x])
                    steep = min((level - LOW) * STEEP, WHITE)
                    out[own + x] = np.uint8(max(level, steep))
