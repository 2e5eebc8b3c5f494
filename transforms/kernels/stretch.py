"""A coarse grid of levels made as wide as a plane."""

from __future__ import annotations

import numpy as np
from numba import float32, types, void

from transforms.kernels.compile import Levels, kernel

HALF = np.float32(0.5)


@kernel(void(types.Array(float32, 2, "A", readonly=True), types.Array(float32, 2, "C")))
def stretch(cells: Levels, out: Levels) -> None:
    """Write the rows of a coarse grid as wide as `out`: bilinear between the cells' centres, level beyond them.

    No matrix product: OpenBLAS would share it out among threads, and on a busy machine wait for the last of them.
    """
    rows, columns = cells.shape
    width = out.shape[1]
    step = np.float32(width) / np.float32(columns)
    for row in range(rows):
        start = 0
        for column in range(columns + 1):
            left, right = cells[row, max(column - 1, 0)], cells[row, min(column, columns - 1)]
            before = (np.float32(column) - HALF) * step - HALF
            end = width if column == columns else min(max(int(np.ceil(before + step)), 0), width)
            slope = (right - left) / step
            for x in range(start, end):
                out[row, x] = left + (np.float32(x) - before) * slope
            start = end
