"""Where a screen has grown: how much of the picture, and of the upper sides and the top, where a person seldom is."""

from __future__ import annotations

import numpy as np
from numba import int64, void

from transforms.kernels.cells import FIELDS_READ, LEVELS
from transforms.kernels.compile import READ, Levels, Samples, kernel

SEEN, LEFT, TOP, RIGHT, ALIKE = range(5)
"""What `survey` writes, and where: shares, 0..1."""

LEAST_ALIKE, WIDEST_ALIKE = np.float32(0.4), np.float32(0.35)
"""A lookalike: at least so strong beside the key, and no further off in angle, yet not grown."""


@kernel(void(FIELDS_READ, READ, int64, int64, int64, int64, LEVELS))
def survey(coordinates: Levels, screen: Samples, columns: int, rows: int, band: int, upper: int, out: Levels) -> None:
    """Write `out` (5). `band`: the cells that a side is wide; `upper`: the rows of the sides that are looked at."""
    seen, alike, left, top, right = 0, 0, 0, 0, 0
    for row in range(rows):
        for column in range(columns):
            i = row * columns + column
            grown = screen[i] == 1
            seen += grown
            strength, angle = coordinates[0, i], coordinates[1, i]
            alike += (not grown) & (strength > LEAST_ALIKE) & (abs(angle) < WIDEST_ALIKE)
            if row < band:
                top += grown
            if row < upper:
                left += grown & (column < band)
                right += grown & (column >= columns - band)
    cells, side = np.float32(rows * columns), np.float32(upper * band)
    out[SEEN], out[ALIKE] = np.float32(seen) / cells, np.float32(alike) / cells
    out[LEFT], out[RIGHT] = np.float32(left) / side, np.float32(right) / side
    out[TOP] = np.float32(top) / np.float32(band * columns)
