"""What `transforms.kernels.plate` computes, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats


def learned(samples: Floats, means: Floats, rates: Floats, shifts: Floats, scale: float) -> tuple[Floats, Floats]:
    """The new means, in levels, and the squares of what came from what was known; all (H, W)."""
    off = np.clip(samples * scale + shifts, 0, 255) - means
    return np.asarray(means + off * rates), np.asarray(off**2)


def by_cell(values: Floats, cell: int) -> Floats:
    """(H, W) averaged to cells of `cell` x `cell`, those at the lower and right edge cut off."""
    rows, columns = -(-values.shape[0] // cell), -(-values.shape[1] // cell)
    out = np.zeros((rows, columns))
    for row, column in np.ndindex(out.shape):
        out[row, column] = values[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell].mean()
    return out


def spread(cells: Floats, cell: int, shape: tuple[int, int]) -> NDArray[np.float64]:
    """(rows, columns) repeated to (H, W)."""
    return np.repeat(np.repeat(cells, cell, 0), cell, 1)[: shape[0], : shape[1]]
