"""The motion kernels in plain numpy: slow, and as their docstrings say it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


def shrunk(plane: Plane, factor: int) -> Plane:
    """The mean of each `factor` by `factor` samples, those that make no whole one left out."""
    rows, columns = (side // factor for side in plane.shape)
    blocks = plane[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    total = blocks.astype(int).sum(axis=(1, 3))
    return np.asarray((total + factor * factor // 2) // factor**2, np.uint8)


def moved(plane: Plane, vectors: NDArray[np.float32], scale: tuple[float, float], pitch: int) -> NDArray[np.float64]:
    """`plane` fetched from where `vectors` (2, down, across) lead, unrounded; `scale`: across and down."""
    height, width = plane.shape
    y, x = np.mgrid[0:height, 0:width].astype(float)
    at_x, at_y = (x + 0.5) / (scale[0] * pitch) - 0.5, (y + 0.5) / (scale[1] * pitch) - 0.5
    dx, dy = (_bilinear(field.astype(float), at_x, at_y) for field in vectors)
    return _bilinear(plane.astype(float), x + scale[0] * dx, y + scale[1] * dy)


def _bilinear(field: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """`field` between its samples, edges repeated."""
    rows, columns = field.shape
    x, y = np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1)
    left, top = np.minimum(x.astype(int), columns - 2), np.minimum(y.astype(int), rows - 2)
    s, t = x - left, y - top
    above = field[top, left] * (1 - s) + field[top, left + 1] * s
    below = field[top + 1, left] * (1 - s) + field[top + 1, left + 1] * s
    return np.asarray(above * (1 - t) + below * t)
