"""One picture passing into another, a plane at a time, at the speed of memory.

The levels are mixed as they are, not as light: so does every editor's dissolve, and at half way a person before it
finds it neither brighter nor darker than its ends.
"""

from __future__ import annotations

import numpy as np
from numba import int64, void

from transforms.kernels.compile import READ, WRITE, Samples, at, kernel

WHOLE = 256
"""The weight that leaves nothing of the picture before."""


@kernel(void(READ, int64, READ, int64, int64, WRITE, int64, int64, int64))
def mix(
    before: Samples,
    before_stride: int,
    after: Samples,
    after_stride: int,
    weight: int,
    out: Samples,
    stride: int,
    width: int,
    height: int,
) -> None:
    """Write the mixture of two planes into `out`, all (height, width). `weight`: of the second, 0..WHOLE."""
    new = np.uint16(weight)
    old, half = np.uint16(WHOLE) - new, np.uint16(WHOLE // 2)
    for row in range(height):
        b, a, to = at(before_stride, row, 0), at(after_stride, row, 0), at(stride, row, 0)
        for x in range(np.uint64(width)):
            mixed = np.uint16(before[b + x]) * old + np.uint16(after[a + x]) * new + half
            out[to + x] = np.uint8(np.uint16(mixed) >> np.uint16(8))
