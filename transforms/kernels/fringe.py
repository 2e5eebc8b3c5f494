"""The person's colours along the outline, cell by cell."""

from __future__ import annotations

import numpy as np
from numba import int64, types, uint16, void
from numpy.typing import NDArray

from transforms.kernels.cells import FIELDS, LEVELS, Shorts
from transforms.kernels.compile import READ, Levels, Samples, at, kernel
from transforms.kernels.edge import RUNS, TILE, Spans

BANDS = 2
"""Of tiles, that make up a row of cells: two tiles across as well."""

CELL = BANDS * TILE // 2
"""Chroma samples across and down a cell."""

EVERY = 4
"""Rows of chroma of which one is looked at."""

OPAQUE = np.uint8(250)
"""Alpha from which a sample's colour is the person's alone."""

NONE, ONE, TWO = np.uint16(0), np.uint16(1), np.uint64(2)

_LINES = types.Array(uint16, 2, "C")
_SPANS = types.Array(int64, 2, "C", readonly=True)


@kernel(void(READ, int64, READ, READ, int64, READ, int64, int64, _SPANS, _LINES, FIELDS, LEVELS))
def average(
    y: Samples,
    stride: int,
    cb: Samples,
    cr: Samples,
    chroma_stride: int,
    alpha: Samples,
    width: int,
    height: int,
    spans: Spans,
    lines: Shorts,
    sums: Levels,
    counts: NDArray[np.float32],
) -> None:
    """Write the sums (3, cells) of Y, Cb, Cr over the opaque samples of what is worked on, and their number by cell.

    Looked at where chroma is. `alpha` has no padding. `lines`: scratch, (4, chroma columns).
    """
    size, rows = np.uint64((width + 1) // 2), (height + 1) // 2
    columns = (int(size) + CELL - 1) // CELL
    for top in range(0, rows, CELL):
        lines[:] = NONE
        for row in range(top, min(top + CELL, rows), EVERY):
            band = 2 * row // TILE
            luma, chroma, own = at(stride, 2 * row, 0), at(chroma_stride, row, 0), at(width, 2 * row, 0)
            for run in range(0, RUNS, 2):
                left, right = spans[band, run] // 2, (spans[band, run + 1] + 1) // 2
                for x in range(np.uint64(left), np.uint64(right)):
                    counted = ONE if alpha[own + TWO * x] >= OPAQUE else NONE
                    lines[0, x] += counted * np.uint16(y[luma + TWO * x])
                    lines[1, x] += counted * np.uint16(cb[chroma + x])
                    lines[2, x] += counted * np.uint16(cr[chroma + x])
                    lines[3, x] += counted
        for column in range(columns):
            start, end = np.uint64(column * CELL), min(np.uint64(column * CELL + CELL), size)
            luma_sum, cb_sum, cr_sum, count = np.uint32(0), np.uint32(0), np.uint32(0), np.uint32(0)
            for x in range(start, end):
                luma_sum += lines[0, x]
                cb_sum += lines[1, x]
                cr_sum += lines[2, x]
                count += lines[3, x]
            cell = top // CELL * columns + column
            sums[0, cell], sums[1, cell], sums[2, cell] = luma_sum, cb_sum, cr_sum
            counts[cell] = count
