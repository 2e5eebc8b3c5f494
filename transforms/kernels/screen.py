"""The screen keyer's two passes over the chroma planes: measure the screen, then key against what was measured.

A sample's chroma about neutral is split along the key's direction and across it, in units of the key's own strength:
1 along and 0 across is the screen as it was measured, whatever colour and however strong it is. Shading moves a sample
along, towards neutral; another colour moves it across.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, void

from transforms.kernels.compile import READ, WRITE, Index, Levels, Samples, at, inlined, kernel

GRID = types.Array(float32, 3, "C", readonly=True)
SUMS = types.Array(float32, 3, "C")

LEAST, MOST = np.float32(0.5), np.float32(1.8)
"""Along the key: a screen lit at half to nearly twice the key's light is still taken for screen."""

DIM = np.float32(0.4)
"""Along the key: what a sample's weight counts from, so that the purest samples of a cell outweigh its blends."""

ACROSS = np.float32(4)
"""How much more a step across the key tells than a step along it: shading never goes across."""

SURE_SCREEN, SURE_PERSON = np.float32(0.45), np.float32(0.75)
"""The ends of the ramp from shaded, noisy screen to person. With the factor above: least MAD over 11 keyed clips."""

WEAKEST = np.float32(16)
"""Squared levels: guards the division where a grid holds no chroma at all."""

TWO = np.uint64(2)
NEUTRAL, NONE, UNITY, OPAQUE = np.float32(128), np.float32(0), np.float32(1), np.float32(255)
HALF = np.float32(0.5)

LIT = 4
"""Rows that share one row of the screen's light, which changes slowly."""


@inlined
def _add_row(
    y: Samples,
    luma: Index,
    cb: Samples,
    cr: Samples,
    chroma: Index,
    along: Levels,
    cone: float,
    sums: Levels,
    width: int,
) -> None:
    """Add a row's surely-screen samples, weighted, to the columns' sums of weight, Y, Cb, Cr."""
    key_cb, key_cr = along[0], along[1]
    one, two, three = np.uint64(width), np.uint64(2 * width), np.uint64(3 * width)
    for x in range(np.uint64(width)):
        blue, red = np.float32(cb[chroma + x]), np.float32(cr[chroma + x])
        near = (blue - NEUTRAL) * key_cb + (red - NEUTRAL) * key_cr
        off = abs((blue - NEUTRAL) * key_cr - (red - NEUTRAL) * key_cb)
        weight = (near - DIM) * (near - DIM) if (near > LEAST) & (near < MOST) & (off < cone * near) else NONE
        sums[x] += weight
        sums[one + x] += weight * np.float32(y[luma + TWO * x])
        sums[two + x] += weight * blue
        sums[three + x] += weight * red


@inlined
def _gather(line: Levels, width: int, sums: Levels, cell: int) -> None:
    """Move the columns' sums into a row of cells."""
    columns = sums.shape[2]
    for channel in range(4):
        for x in range(width):
            sums[channel, cell, x * columns // width] += line[channel * width + x]
            line[channel * width + x] = NONE


@kernel(
    void(
        READ, int64, READ, READ, int64, int64, int64, types.Array(float32, 1, "C", readonly=True), float32, int64, SUMS
    )
)
def measure(
    y: Samples,
    stride: int,
    cb: Samples,
    cr: Samples,
    chroma_stride: int,
    width: int,
    height: int,
    key: Levels,
    cone: float,
    step: int,
    sums: Levels,
) -> None:
    """Sum the surely-screen samples by cell into `sums` (4, rows, columns): weight, and weighted Y, Cb, Cr.

    (height, width) chroma samples, every `step`-th row. `key`: Cb and Cr about neutral, over their squared strength.
    `cone`: the widest angle from it, across over along.
    """
    rows = sums.shape[1]
    sums[:] = NONE
    line = np.zeros(4 * width, np.float32)
    cell = 0
    for row in range(0, height, step):
        if row * rows // height != cell:
            _gather(line, width, sums, cell)
            cell = row * rows // height
        _add_row(y, at(stride, 2 * row, 0), cb, cr, at(chroma_stride, row, 0), key, cone, line, width)
    _gather(line, width, sums, cell)


@inlined
def _widen(grid: Levels, width: int, wide: Levels) -> None:
    """The key of every grid row at `width` samples: Cb, then Cr, about neutral, over the squared strength."""
    _, rows, columns = grid.shape
    scale = np.float32(columns) / np.float32(width)
    for x in range(width):
        place = min(max((np.float32(x) + HALF) * scale - HALF, NONE), np.float32(columns - 1))
        left = int(place)
        right = min(left + 1, columns - 1)
        share = place - np.float32(left)
        for row in range(rows):
            blue = grid[1, row, left] + (grid[1, row, right] - grid[1, row, left]) * share - NEUTRAL
            red = grid[2, row, left] + (grid[2, row, right] - grid[2, row, left]) * share - NEUTRAL
            strength = max(blue * blue + red * red, WEAKEST)
            wide[row * width + x] = blue / strength
            wide[(rows + row) * width + x] = red / strength


@inlined
def _between(wide: Levels, width: int, upper: int, lower: int, share: np.float32, out: Levels, to: Index) -> None:
    first, second = at(width, upper, 0), at(width, lower, 0)
    for x in range(np.uint64(width)):
        out[to + x] = wide[first + x] + (wide[second + x] - wide[first + x]) * share


@kernel(void(READ, READ, int64, int64, int64, GRID, WRITE))
def key_screen(cb: Samples, cr: Samples, stride: int, width: int, height: int, grid: Levels, alpha: Samples) -> None:
    """Write alpha of (height, width) chroma samples, without padding, against a grid as in `ScreenColor`."""
    rows = grid.shape[1]
    wide, key = np.empty(2 * rows * width, np.float32), np.empty(2 * width, np.float32)
    _widen(grid, width, wide)
    ramp = OPAQUE / (SURE_PERSON - SURE_SCREEN)
    red_at = np.uint64(width)
    for row in range(height):
        if row % LIT == 0:
            place = min(max(np.float32((row + LIT // 2) * rows / height) - HALF, NONE), np.float32(rows - 1))
            upper = int(place)
            lower, share = min(upper + 1, rows - 1), place - np.float32(upper)
            _between(wide, width, upper, lower, share, key, np.uint64(0))
            _between(wide, width, rows + upper, rows + lower, share, key, red_at)
        first, to = at(stride, row, 0), at(width, row, 0)
        for x in range(np.uint64(width)):
            blue, red = np.float32(cb[first + x]) - NEUTRAL, np.float32(cr[first + x]) - NEUTRAL
            near = blue * key[x] + red * key[red_at + x]
            off = abs(blue * key[red_at + x] - red * key[x])
            level = (UNITY - near + ACROSS * off - SURE_SCREEN) * ramp
            alpha[to + x] = np.uint8(np.int32(min(max(level, NONE), OPAQUE) + HALF))
