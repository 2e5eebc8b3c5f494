"""The loop of the gradient error: a matte's slope, smoothed."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from transforms.kernels.compile import kernel

_IN = numba.types.Array(numba.float32, 1, "C", readonly=True)
_INOUT = numba.types.Array(numba.float32, 1, "C")
Reals = NDArray[np.float32]


@kernel(numba.void(_IN, numba.int64, numba.int64, _IN, _IN, _INOUT, _INOUT, _INOUT, _INOUT))
def slopes(
    levels: Reals,
    rows: int,
    columns: int,
    smooth: Reals,
    slope: Reals,
    padded: Reals,
    smoothed: Reals,
    sloped: Reals,
    out: Reals,
) -> None:
    """Write the magnitude of (slope across, slope down) of `levels` (rows * columns) to `out`, edges repeated.

    One tap after the other, over a row at a time, which the compiler vectorises. `out` and all scratch begin finite.
    `smooth`, `slope`: taps of odd length, correlated. Scratch: `padded` of columns + taps - 1; two of `levels`' size.
    """
    taps = len(smooth)
    half = taps // 2
    for y in range(rows):
        start, end = y * columns, (y + 1) * columns
        row, along, across = levels[start:end], smoothed[start:end], sloped[start:end]
        for x in range(columns + 2 * half):
            padded[x] = row[min(max(x - half, 0), columns - 1)]
        for k in range(taps):
            shifted, first = padded[k : k + columns], np.float32(k > 0)
            for x in range(columns):
                along[x] = first * along[x] + smooth[k] * shifted[x]
                across[x] = first * across[x] + slope[k] * shifted[x]
    for y in range(rows):
        down, result = padded[:columns], out[y * columns : (y + 1) * columns]
        for k in range(taps):
            at, first = min(max(y + k - half, 0), rows - 1) * columns, np.float32(k > 0)
            along, across = smoothed[at : at + columns], sloped[at : at + columns]
            for x in range(columns):
                down[x] = first * down[x] + slope[k] * along[x]
                result[x] = first * result[x] + smooth[k] * across[x]
        for x in range(columns):
            result[x] = np.sqrt(down[x] * down[x] + result[x] * result[x])
