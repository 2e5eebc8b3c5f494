"""A room out of focus, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.blur import CAUTION, CLEAR, FAINT, PASSES, STEPS
from transforms.picture import Picture

Levels = NDArray[np.float64]


def blurred(picture: Picture, alpha: NDArray[np.uint8], cell: int, stay: float) -> tuple[Levels, ...]:
    """The planes of the room around what `alpha` covers; `cell`, `stay` as the kernels take them."""
    width, height = picture.size
    rows, columns = picture.cb.rows.shape
    weights = _weights(most(alpha) if alpha.shape == (height, width) else alpha)
    luma = np.pad(picture.y.rows.astype(int), ((0, height % 2), (0, width % 2)), mode="edge")
    luma = (luma.reshape(rows, 2, columns, 2).sum((1, 3)) + 2) // 4
    channels = [weights * plane for plane in (luma, picture.cb.rows, picture.cr.rows, np.ones_like(luma))]
    *sums, clear = (_by_cell(channel, cell) for channel in channels)
    share = clear / (STEPS * _by_cell(np.ones_like(luma), cell))
    cells = [total * share**CAUTION / (STEPS * cell**2) for total in (*sums, clear)]
    cells = [total + float(FAINT) * total.sum() / cells[3].sum() for total in cells]
    down, across = (_smoothing(length, stay) for length in cells[0].shape)
    *levels, norm = (down @ total @ across.T for total in cells)
    sides = ((2 * cell, height, width), (cell, rows, columns), (cell, rows, columns))
    return tuple(_stretched(level / norm, *side) for level, side in zip(levels, sides, strict=True))


def most(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of each two by two, at chroma's size."""
    height, width = alpha.shape
    even = np.pad(alpha, ((0, height % 2), (0, width % 2)), mode="edge")
    return np.asarray(even.reshape((height + 1) // 2, 2, (width + 1) // 2, 2).max((1, 3)), np.uint8)


def _weights(alpha: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.asarray((int(CLEAR) - np.minimum(alpha.astype(int), int(CLEAR))) * STEPS // int(CLEAR))


def _by_cell(samples: NDArray[np.int64], cell: int) -> Levels:
    sums = samples
    for axis in (0, 1):
        sums = np.add.reduceat(sums, np.arange(0, sums.shape[axis], cell), axis)
    return sums.astype(float)


def _smoothing(length: int, stay: float) -> Levels:
    """The matrix of all passes there, and all back."""
    forth = np.zeros((length, length))
    for row in range(length):
        forth[row, : row + 1] = (1 - stay) * stay ** np.arange(row, -1, -1)
    forth = np.linalg.matrix_power(forth, PASSES)
    return forth[::-1, ::-1] @ forth


def _stretched(levels: Levels, cell: int, height: int, width: int) -> Levels:
    """Bilinear between the cells' centres."""
    for axis, length in enumerate((height, width)):
        places = np.clip((np.arange(length) + 0.5) / cell - 0.5, 0, levels.shape[axis] - 1)
        first = places.astype(int)
        share = places - first
        share = share[:, None] if axis == 0 else share
        upper = levels.take(first, axis)
        levels = upper + (levels.take(np.minimum(first + 1, levels.shape[axis] - 1), axis) - upper) * share
    return levels
