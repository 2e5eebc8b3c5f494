"""How much of each row and each column of a grid is somebody's."""

from __future__ import annotations

import numpy as np
from numba import int64, types, uint8, uint16, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, Samples, at, kernel

COUNTS = types.Array(uint16, 1, "C")

NONE, ONE = np.uint16(0), np.uint16(1)

Counts = NDArray[np.uint16]


@kernel(void(READ, int64, uint8, int64, int64, int64, int64, COUNTS, COUNTS))
def count(
    grid: Samples,
    columns: int,
    least: np.uint8,
    left: int,
    top: int,
    right: int,
    bottom: int,
    across: Counts,
    down: Counts,
) -> None:
    """Write how many cells of at least `least` each column has, `across`, and each row, `down`, in a part of a grid.

    Those outside the part have none.
    """
    across[:] = NONE
    down[:] = NONE
    for row in range(top, bottom):
        first, found = at(columns, row, 0), NONE
        for x in range(np.uint64(left), np.uint64(right)):
            is_found = ONE if grid[first + x] >= least else NONE
            across[x] += is_found
            found += is_found
        down[row] = found
