"""What `transforms.kernels.amend` and `transforms.kernels.fade` compute."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.amend import CLEAR, HOLD, OPEN, SHOWN

Samples = NDArray[np.uint8]


def marked(alpha: Samples, side: int) -> NDArray[np.bool_]:
    """The cells of which one of four samples is foreground."""
    height, width = alpha.shape
    down, across = (
        [
            np.minimum(np.arange(-(-length // side)) * side + place, length - 1)
            for place in (side // 4, side - 1 - side // 4)
        ]
        for length in (height, width)
    )
    return np.asarray(np.logical_or.reduce([alpha[np.ix_(y, x)] > SHOWN for y in down for x in across]))


def gaps(alpha: Samples, side: int, asked: Samples) -> NDArray[np.bool_]:
    """The cells asked for (rows, columns) that have a sample of background."""
    height, width = alpha.shape
    rows, columns = asked.shape
    padded = np.pad(alpha, ((0, rows * side - height), (0, columns * side - width)), constant_values=255)
    least = padded.reshape(rows, side, columns, side).min(axis=(1, 3))
    return np.asarray((least <= OPEN) & (asked != 0))


def amended(alpha: Samples, side: int, kinds: Samples) -> Samples:
    """`kinds` (rows, columns)."""
    height, width = alpha.shape
    kind = np.repeat(np.repeat(kinds, side, 0), side, 1)[:height, :width]
    steep = np.clip((alpha.astype(np.float64) - 32) * 255 / 64, 0, 255)
    held = np.where(kind == HOLD, np.maximum(alpha, steep), alpha)
    return np.where(kind == CLEAR, 0, held).astype(np.uint8)


def faded(before: Samples, after: Samples, weight: int) -> Samples:
    """`weight` of 256 of the second."""
    mixed = before.astype(np.int64) * (256 - weight) + after.astype(np.int64) * weight
    return ((mixed + 128) >> 8).astype(np.uint8)
