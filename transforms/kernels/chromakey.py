"""ffmpeg's chromakey filter, as its vf_chromakey.c computes it, edges included.

Each luma sample takes the mean of nine distances from the key: those of the chroma samples under it and under its eight
neighbours. Along each axis two of the three fall on its own chroma sample and one on the nearer neighbour's, so every
distance is computed once and weighted sums are taken.

Where a neighbour lies outside the picture the filter keeps, in each of its nine slots, what it last held there: above
the first row the key itself, at no distance; at the left edge the end of the rows before; along the last row the end of
its own. (With several filter threads ffmpeg's slots start afresh in each slice: one sample a slice may differ.)
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, void

from transforms.kernels.compile import READ, WRITE, Index, Levels, Samples, at, inlined, kernel

SCRATCH = types.Array(float32, 1, "C")

ONE, TWO = np.uint64(1), np.uint64(2)
SQUARE = np.float32(1 / (255 * 255 * 2))
NINTH = np.float32(1 / 9)
HARD = np.float32(0.0001)
NONE, OPAQUE = np.float32(0), np.float32(255)


@inlined
def _distances(
    cb: Samples, cr: Samples, stride: int, row: int, key_cb: int, key_cr: int, out: Levels, width: int
) -> None:
    """A ninth of each chroma sample's distance from the key; 1 is the chroma plane's diagonal."""
    first, to = at(stride, row, 0), at(width, row, 0)
    for x in range(np.uint64(width)):
        across, up = np.float32(cb[first + x]) - np.float32(key_cb), np.float32(cr[first + x]) - np.float32(key_cr)
        out[to + x] = np.sqrt((across * across + up * up) * SQUARE) * NINTH


@inlined
def _distance(distances: Levels, columns: int, x: int, y: int) -> np.float32:
    """That of the luma sample (x, y); none where a slot was never filled."""
    if x < 0 or y < 0:
        return NONE
    return np.float32(distances[(y >> 1) * columns + (x >> 1)])


@inlined
def _sum_across(down: Levels, count: Index, before: np.float32, after: np.float32, sums: Levels) -> None:
    """From chroma columns summed downwards to luma samples; `after` is added to all, `before` to the first."""
    down[count] = down[count - ONE]
    for x in range(count):
        sums[TWO * x + ONE] = down[x] + down[x] + down[x + ONE] + after
    for x in range(ONE, count):
        sums[TWO * x] = down[x - ONE] + down[x] + down[x] + after
    sums[0] = before + down[0] + down[0] + after


@inlined
def _opacities(sums: Levels, similarity: float, blend: float, alpha: Samples, to: Index, width: Index) -> None:
    if blend > HARD:
        slope = OPAQUE / blend
        for x in range(width):
            alpha[to + x] = np.uint8(np.int32(min(max((sums[x] - similarity) * slope, NONE), OPAQUE)))
    else:
        for x in range(width):
            alpha[to + x] = np.uint8(255) if sums[x] > similarity else np.uint8(0)


@kernel(void(READ, READ, int64, int64, int64, int64, int64, float32, float32, SCRATCH, SCRATCH, WRITE))
def chromakey(
    cb: Samples,
    cr: Samples,
    stride: int,
    width: int,
    height: int,
    key_cb: int,
    key_cr: int,
    similarity: float,
    blend: float,
    distances: Levels,
    line: Levels,
    alpha: Samples,
) -> None:
    """Write alpha of (height, width) luma samples, without padding.

    Scratch: `distances` one for each chroma sample, `line` three for each chroma column and one more.
    """
    columns = (width + 1) // 2
    count = np.uint64(columns)
    down, sums = line[: columns + 1], line[columns + 1 :]
    for row in range((height + 1) // 2):
        _distances(cb, cr, stride, row, key_cb, key_cr, distances, columns)
    for y in range(height):
        own = at(columns, y >> 1, 0)
        upper, lower = at(columns, max(y - 1, 0) >> 1, 0), at(columns, min(y + 1, height - 1) >> 1, 0)
        over, under = np.float32(y > 0), np.float32(y + 1 < height)
        for x in range(count):
            down[x] = over * distances[upper + x] + distances[own + x] + under * distances[lower + x]
        before = _distance(distances, columns, width - 2, y - 2) + _distance(distances, columns, width - 2, y - 1)
        after = NONE
        if y == height - 1 and y > 0:
            corner = _distance(distances, columns, width - 1, y)
            after = _distance(distances, columns, width - 2, y) + corner + (corner if width > 1 else NONE)
        elif y > 0:
            before += _distance(distances, columns, width - 2, y)
        _sum_across(down, count, before, after, sums)
        if width == 1:
            sums[0] -= down[0]
        _opacities(sums, similarity, blend, alpha, at(width, y, 0), np.uint64(width))
