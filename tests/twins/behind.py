"""What `transforms.kernels.behind` computes, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST, MOST = 0.004, 0.95


def see_behind(rgb: NDArray[np.uint8], alpha: NDArray[np.float32], colors: NDArray[np.float32]) -> NDArray[np.float64]:
    """(H, W, 3) of `rgb` (H, W, 3), `alpha` (H, W) and `colors` (H, W, 3) of 0..1; not rounded."""
    share = alpha[:, :, None].astype(np.float64)
    own = 255 * np.clip(colors.astype(np.float64), 0, 1)
    left = (rgb - share * own) / np.maximum(1 - share, 0.01)
    behind: NDArray[np.float64] = np.where((share > LEAST) & (share < MOST), np.clip(left, 0, 255), rgb)
    return behind
