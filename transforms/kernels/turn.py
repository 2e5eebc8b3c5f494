"""A plane turned by quarters, tile by tile.

Of a picture turned by 90 degrees either what is read or what is written jumps from row to row; in tiles both stay
within what a core's first cache holds.
"""

from __future__ import annotations

import numpy as np
from numba import int64, void

from transforms.kernels.compile import READ, WRITE, Samples, kernel

TILE = 64
"""Samples across and down: 4 KiB read and as many written."""


@kernel(void(READ, int64, int64, int64, int64, WRITE, int64))
def turn(samples: Samples, stride: int, width: int, height: int, quarters: int, out: Samples, out_stride: int) -> None:
    """Turn a plane of `width` x `height` clockwise by 1, 2 or 3 quarters into `out`, which is another buffer."""
    if quarters == 1:
        first, down, across, rows, columns = (height - 1) * stride, 1, -stride, width, height
    elif quarters == 2:
        first, down, across, rows, columns = (height - 1) * stride + width - 1, -stride, -1, height, width
    else:
        first, down, across, rows, columns = width - 1, -1, stride, width, height
    step = np.uint64(across)  # a step back wraps around, and the sum is right again
    for top in range(0, rows, TILE):
        for left in range(0, columns, TILE):
            span = np.uint64(min(TILE, columns - left))
            for row in range(top, min(top + TILE, rows)):
                source = np.uint64(first + row * down + left * across)
                target = np.uint64(row * out_stride + left)
                for x in range(span):
                    out[target + x] = samples[source + x * step]
