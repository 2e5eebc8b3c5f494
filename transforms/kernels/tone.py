"""Sums over a coarse grid of samples: what a person and a background are like on the whole."""

from __future__ import annotations

import numpy as np
from numba import int64, types, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, Samples, at, kernel

OPAQUE = np.uint8(250)
"""Alpha from which a sample's colour is the person's alone."""

SUMS = 10
"""Number, Y, Cb, Cr and |Cb - 128| + |Cr - 128|: the person's, then the background's."""

_PLANES = (READ, READ, READ, int64, int64)


@kernel(void(*_PLANES, *_PLANES, READ, int64, int64, int64, types.Array(types.float64, 1, "C")))
def observe(
    y: Samples,
    cb: Samples,
    cr: Samples,
    stride: int,
    chroma_stride: int,
    behind_y: Samples,
    behind_cb: Samples,
    behind_cr: Samples,
    behind_stride: int,
    behind_chroma_stride: int,
    alpha: Samples,
    width: int,
    height: int,
    step: int,
    sums: NDArray[np.float64],
) -> None:
    """Write `sums` over every `step`th sample across and down, an even number: the person's where they are opaque."""
    sums[:] = 0.0
    for row in range(step // 4 * 2, height, step):
        for column in range(step // 4 * 2, width, step):
            luma, chroma = at(behind_stride, row, column), at(behind_chroma_stride, row // 2, column // 2)
            blue, red = float(behind_cb[chroma]), float(behind_cr[chroma])
            sums[5] += 1.0
            sums[6] += float(behind_y[luma])
            sums[7] += blue
            sums[8] += red
            sums[9] += abs(blue - 128.0) + abs(red - 128.0)
            if alpha[at(width, row, column)] >= OPAQUE:
                luma, chroma = at(stride, row, column), at(chroma_stride, row // 2, column // 2)
                blue, red = float(cb[chroma]), float(cr[chroma])
                sums[0] += 1.0
                sums[1] += float(y[luma])
                sums[2] += blue
                sums[3] += red
                sums[4] += abs(blue - 128.0) + abs(red - 128.0)
