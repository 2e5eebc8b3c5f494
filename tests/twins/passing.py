"""What `transforms.kernels.passing` and `lay_image` compute, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def mixed(before: NDArray[np.uint8], after: NDArray[np.uint8], weight: int) -> Floats:
    out: Floats = (before.astype(np.float64) * (256 - weight) + after.astype(np.float64) * weight) / 256
    return out


def laid(image: NDArray[np.uint8], down: Floats, across: Floats, weights: NDArray[np.float32]) -> Floats:
    """(3, h, w) at the places `down` (H) and `across` (W), in pixels from the centre of the first: (H, W)."""
    level = np.tensordot(weights[:3].astype(np.float64), image.astype(np.float64), axes=1)
    for axis, places in ((0, down), (1, across)):
        first = np.floor(places).astype(int)
        second = np.minimum(first + 1, level.shape[axis] - 1)
        share = (places - first).reshape((-1, 1) if axis == 0 else (1, -1))
        level = level.take(first, axis) * (1 - share) + level.take(second, axis) * share
    out: Floats = np.clip(level + weights[3], 0, 255)
    return out
