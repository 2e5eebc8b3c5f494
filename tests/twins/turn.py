"""What `transforms.kernels.turn` and `transforms.kernels.between` compute, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def turned(rows: NDArray[np.uint8], quarters: int) -> NDArray[np.uint8]:
    """Clockwise."""
    return np.ascontiguousarray(np.rot90(rows, -quarters))


def between(rows: NDArray[np.uint8], x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
    """What `transforms.kernels.between` makes of a plane of chroma whose luma is cut at (x, y)."""
    height_all, width_all = rows.shape
    down, across = y // 2 + np.arange(height), x // 2 + np.arange(width)
    below, right = np.minimum(down + y % 2, height_all - 1), np.minimum(across + x % 2, width_all - 1)
    levels = rows.astype(int)
    four = levels[down][:, across] + levels[down][:, right] + levels[below][:, across] + levels[below][:, right]
    means: NDArray[np.uint8] = ((four + 2) >> 2).astype(np.uint8)
    return means
