"""What `transforms.kernels.widen` computes, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def widen(cells: NDArray[np.uint8], width: int, height: int) -> NDArray[np.float64]:
    """(rows, columns) stretched to (height, width): bilinear between centres, level beyond; not rounded."""
    down, across = (_hat(count, samples) for count, samples in zip(cells.shape, (height, width), strict=True))
    stretched: NDArray[np.float64] = down.T @ cells.astype(np.float64) @ across
    return stretched


def _hat(cells: int, samples: int) -> NDArray[np.float64]:
    places = np.clip((np.arange(samples) + 0.5) * (cells / samples) - 0.5, 0, cells - 1)
    weights: NDArray[np.float64] = np.clip(1 - np.abs(places - np.arange(cells)[:, None]), 0, 1)
    return weights
