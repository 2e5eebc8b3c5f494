"""The screen keyer's two passes over the chroma planes: measure the screen, then key against what was measured.

A sample's chroma about neutral is split along the key's direction and across it, in units of the key's own strength:
1 along and 0 across is the screen as it was measured, whatever colour and however strong it is. Shading moves a sample
along, towards neutral; another colour moves it across.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, void

from transforms.kernels.compile import READ, WRITE, Index, Levels, Samples, at, inlined, kernel

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

LIT = 4
"""Rows that share one row of the screen's light, which changes slowly."""

RAMP = np.float32(255 / (0.75 - 0.45))
TWO = np.uint64(2)
NONE, HALF, UNITY, NEUTRAL, OPAQUE = (np.float32(level) for level in (0, 0.5, 1, 128, 255))

_LEVELS = types.Array(float32, 1, "C", readonly=True)
_LINES = types.Array(float32, 2, "C")
_GRID = types.Array(float32, 3, "C", readonly=True)
_SUMS = types.Array(float32, 3, "C")


@inlined
def _weigh(cb: Samples, cr: Samples, first: Index, key: Levels, cone: float, weights: Levels) -> None:
    """The weight of each sample of a row: that of its strength where it is surely screen, else none."""
    key_cb, key_cr = key[0], key[1]
    for x in range(np.uint64(weights.size)):
        blue, red = np.float32(cb[first + x]) - NEUTRAL, np.float32(cr[first + x]) - NEUTRAL
        near = blue * key_cb + red * key_cr
        off = abs(blue * key_cr - red * key_cb)
        sure = (near > LEAST) & (near < MOST) & (off < cone * near)
        weights[x] = (near - DIM) * (near - DIM) if sure else NONE


@inlined
def _add(weights: Levels, samples: Samples, first: Index, sums: Levels) -> None:
    for x in range(np.uint64(weights.size)):
        sums[x] += weights[x] * np.float32(samples[first + x])


@inlined
def _add_luma(weights: Levels, y: Samples, first: Index, sums: Levels) -> None:
    for x in range(np.uint64(weights.size)):
        sums[x] += weights[x] * np.float32(y[first + TWO * x])


@inlined
def _gather(lines: Levels, sums: Levels, cell: int) -> None:
    """Move the columns' sums into a row of cells."""
    columns, width = sums.shape[2], lines.shape[1]
    for channel in range(4):
        line = lines[channel]
        for column in range(columns):
            total = NONE
            for x in range((column * width + columns - 1) // columns, ((column + 1) * width + columns - 1) // columns):
                total += line[x]
            sums[channel, cell, column] += total
        line[:] = NONE


@kernel(void(READ, int64, READ, READ, int64, int64, _LEVELS, float32, int64, _LINES, _SUMS))
def measure(
    y: Samples,
    stride: int,
    cb: Samples,
    cr: Samples,
    chroma_stride: int,
    height: int,
    key: Levels,
    cone: float,
    step: int,
    lines: Levels,
    sums: Levels,
) -> None:
    """Sum the surely-screen samples by cell into `sums` (4, rows, columns): weight, and weighted Y, Cb, Cr.

    Of `height` rows of chroma samples, every `step`-th. `key`: Cb and Cr about neutral, over their squared strength.
    `cone`: the widest angle from it, across over along. `lines`: scratch, (5, width in chroma samples).
    """
    rows = sums.shape[1]
    sums[:] = NONE
    lines[:] = NONE
    weights = lines[4]
    cell = 0
    for row in range(0, height, step):
        if row * rows // height != cell:
            _gather(lines, sums, cell)
            cell = row * rows // height
        first = at(chroma_stride, row, 0)
        _weigh(cb, cr, first, key, cone, weights)
        for x in range(np.uint64(weights.size)):
            lines[0, x] += weights[x]
        _add_luma(weights, y, at(stride, 2 * row, 0), lines[1])
        _add(weights, cb, first, lines[2])
        _add(weights, cr, first, lines[3])
    _gather(lines, sums, cell)


@inlined
def _key_of_row(screen: Levels, depth: float, key_cb: Levels, key_cr: Levels) -> None:
    """The key along a row that lies `depth` of the way down: Cb and Cr about neutral, over their squared strength."""
    rows = screen.shape[1]
    place = min(max(np.float32(depth * rows) - HALF, NONE), np.float32(rows - 1))
    row = int(place)
    below, share = min(row + 1, rows - 1), place - np.float32(row)
    for x in range(key_cb.size):
        blue = screen[0, row, x] + (screen[0, below, x] - screen[0, row, x]) * share - NEUTRAL
        red = screen[1, row, x] + (screen[1, below, x] - screen[1, row, x]) * share - NEUTRAL
        strength = max(blue * blue + red * red, WEAKEST)
        key_cb[x] = blue / strength
        key_cr[x] = red / strength


@inlined
def _key_row(cb: Samples, cr: Samples, first: Index, key_cb: Levels, key_cr: Levels, alpha: Samples, to: Index) -> None:
    for x in range(np.uint64(key_cb.size)):
        blue, red = np.float32(cb[first + x]) - NEUTRAL, np.float32(cr[first + x]) - NEUTRAL
        near = blue * key_cb[x] + red * key_cr[x]
        off = abs(blue * key_cr[x] - red * key_cb[x])
        level = (UNITY - near + ACROSS * off - SURE_SCREEN) * RAMP
        alpha[to + x] = np.uint8(np.int32(min(max(level, NONE), OPAQUE) + HALF))


@kernel(void(READ, READ, int64, int64, _GRID, _LINES, WRITE))
def key_screen(
    cb: Samples, cr: Samples, stride: int, height: int, screen: Levels, lines: Levels, alpha: Samples
) -> None:
    """Write alpha of `height` rows of chroma samples, without padding.

    `screen`: (2, rows, width), the grid's Cb and Cr, each row of cells `width` samples wide. `lines`: scratch,
    (2 or more, width).
    """
    width = screen.shape[2]
    key_cb, key_cr = lines[0], lines[1]
    for row in range(height):
        if row % LIT == 0:
            _key_of_row(screen, (row + LIT // 2) / height, key_cb, key_cr)
        _key_row(cb, cr, at(stride, row, 0), key_cb, key_cr, alpha, at(width, row, 0))
