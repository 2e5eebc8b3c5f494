"""What `transforms.kernels.screen` computes, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats, stretched

Samples = NDArray[np.uint8]


def measured(
    y: Samples, cb: Samples, cr: Samples, *, key: Floats, cone: float, step: int, cells: tuple[int, int]
) -> Floats:
    """(4, rows, columns): the weight of the surely-screen samples of each cell, and their weighted Y, Cb, Cr."""
    height, width = cb.shape
    blue, red = cb.astype(np.float64) - 128, cr.astype(np.float64) - 128
    near, off = blue * key[0] + red * key[1], np.abs(blue * key[1] - red * key[0])
    weight = np.where((near > 0.5) & (near < 1.8) & (off < cone * near), (near - 0.4) ** 2, 0)
    weight[np.arange(height) % step != 0] = 0
    sums = np.zeros((4, *cells))
    rows = np.broadcast_to((np.arange(height) * cells[0] // height)[:, None], cb.shape)
    columns = np.broadcast_to(np.arange(width) * cells[1] // width, cb.shape)
    luma = y[::2, ::2].astype(np.float64)
    for channel, values in enumerate((np.ones(cb.shape), luma, cb, cr)):
        np.add.at(sums[channel], (rows, columns), weight * values)
    return sums


def keyed(cb: Samples, cr: Samples, grid: Floats) -> Floats:
    """Alpha 0..255 before rounding."""
    height, width = cb.shape
    local = np.stack([stretched(grid[channel], width, height) for channel in (1, 2)]) - 128
    key_blue, key_red = local / np.maximum((local**2).sum(axis=0), 16)
    blue, red = cb.astype(np.float64) - 128, cr.astype(np.float64) - 128
    near, off = blue * key_blue + red * key_red, np.abs(blue * key_red - red * key_blue)
    alpha: Floats = np.clip((1 - near + 4 * off - 0.45) / 0.3, 0, 1) * 255
    return alpha
