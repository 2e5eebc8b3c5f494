"""Numpy twins of `transforms.kernels.guess`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from transforms.matting import hat

Levels = NDArray[np.float64]


def stretched(grid: NDArray[Any], shape: tuple[int, int]) -> Levels:
    """A grid stretched over samples: bilinear between the cells' centres, level beyond."""
    return np.asarray(hat(grid.shape[0], shape[0]).T @ grid @ hat(grid.shape[1], shape[1]))
