"""One matte giving way to another."""

from __future__ import annotations

import numpy as np
from numba import int64, void

from transforms.kernels.compile import READ, WRITE, Samples, kernel

WHOLE = 256
"""The weight that leaves nothing of the one before."""


@kernel(void(READ, READ, int64, WRITE))
def fade(before: Samples, after: Samples, weight: int, out: Samples) -> None:
    """Mix two mattes of one size into `out`, which may be either. `weight`: of the second, 0..WHOLE."""
    new = np.uint32(weight)
    old = np.uint32(WHOLE) - new
    for x in range(np.uint64(len(out))):
        mixed = np.uint32(before[x]) * old + np.uint32(after[x]) * new + np.uint32(128)
        out[x] = np.uint8(mixed >> np.uint32(8))
