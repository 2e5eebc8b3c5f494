"""Coarse cells stretched over a picture: bilinear between their centres, level beyond the outermost."""

from __future__ import annotations

import numpy as np
from numba import float32, int32, int64, types, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Levels, Samples, at, kernel

LINES = types.Array(float32, 2, "C")
SHARES_READ = types.Array(float32, 1, "C", readonly=True)
PLACES_READ = types.Array(int32, 1, "C", readonly=True)

HALF, ONE = np.float32(0.5), np.uint64(1)


@kernel(void(READ, int64, int64, PLACES_READ, SHARES_READ, PLACES_READ, SHARES_READ, LINES, WRITE))
def widen(
    cells: Samples,
    rows: int,
    columns: int,
    down: NDArray[np.int32],
    below: Levels,
    across: NDArray[np.int32],
    beyond: Levels,
    lines: Levels,
    out: Samples,
) -> None:
    """Write `out`: of each row, the row of cells that it lies under, `down`, and how far it is on to the next, `below`.

    Likewise `across` and `beyond`. `lines`: scratch, (2, columns of `out`), the rows of cells above and below.
    """
    width = np.uint64(len(across))
    loaded = -2
    for row in range(len(down)):
        first = int(down[row])
        if first != loaded:
            for line in range(2):
                start = at(columns, min(first + line, rows - 1), 0)
                for x in range(width):
                    left = np.uint64(across[x])
                    right = min(left + ONE, np.uint64(columns) - ONE)
                    value = np.float32(cells[start + left])
                    lines[line, x] = value + (np.float32(cells[start + right]) - value) * beyond[x]
            loaded = first
        share, to = below[row], at(len(across), row, 0)
        for x in range(width):
            value = lines[0, x]
            out[to + x] = np.uint8(np.int32(value + (lines[1, x] - value) * share + HALF))
