"""What can be seen of a matte's faults on a coarse grid of samples, one pass over each plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64, types, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Samples, at, inlined, kernel

APART = 12
"""Places of the grid between two samples that are compared: 48 luma samples of 540 lines, wider than hair is soft. So
far apart what is wrong counts by its area, where at 16 its outline counted: rank correlation with the true error on the
bench is 0.76 in place of 0.60."""

STEP = np.int32(40)
"""Of 255: the least step of alpha that is an edge."""

ALIKE = np.float32(16)
"""Levels, luma and twice each chroma added up, from which on two sides of an edge are of different colours."""

MOVED = np.int32(10)
"""Levels of luma by which what moves differs from the picture before, and noise seldom does at four places at once."""

STILL = np.int32(4)
"""Levels of luma under which nothing has changed."""

BLINK = np.int32(48)
"""Of 255: the change of alpha that no noise makes where the picture stands still."""

NOBODY = np.int32(32)
"""Of 255: alpha up to which a place is background."""

SUMS = 6
"""`UNSUPPORTED`, `GHOST`, `BACKGROUND`, `BLINKING`, `CHANGED`, `AREA`, each a sum over the grid; see `judge`."""

UNSUPPORTED, GHOST, BACKGROUND, BLINKING, CHANGED, AREA = range(SUMS)

_SUMS = types.Array(types.float64, 1, "C")
_PLACES = types.Array(types.uint32, 1, "C", readonly=True)
Places = NDArray[np.uint32]


@kernel(void(READ, int64, _PLACES, _PLACES, WRITE))
def pick(samples: Samples, stride: int, rows: Places, columns: Places, out: Samples) -> None:
    """The samples of a plane in these `rows` and `columns`: `out` (rows * columns)."""
    for i in range(rows.size):
        of, to = at(stride, int(rows[i]), 0), at(columns.size, i, 0)
        for j in range(np.uint64(columns.size)):
            out[to + j] = samples[of + np.uint64(columns[j])]


@inlined
def _unsupported(y: Samples, cb: Samples, cr: Samples, alpha: Samples, one: Any, other: Any) -> Any:
    """How much of an edge between two places the picture has no reason for: 0..1."""
    step = abs(np.int32(alpha[one]) - np.int32(alpha[other]))
    unlike = abs(np.int32(y[one]) - np.int32(y[other]))
    unlike += 2 * abs(np.int32(cb[one]) - np.int32(cb[other])) + 2 * abs(np.int32(cr[one]) - np.int32(cr[other]))
    share = max(np.float32(0), np.float32(1) - np.float32(unlike) / ALIKE)
    return share * np.float32(step) / np.float32(255) if step > STEP else np.float32(0)


@kernel(void(READ, READ, READ, READ, READ, READ, int64, int64, _SUMS))
def judge(
    y: Samples,
    cb: Samples,
    cr: Samples,
    alpha: Samples,
    y_before: Samples,
    alpha_before: Samples,
    columns: int,
    rows: int,
    sums: NDArray[np.float64],
) -> None:
    """Sum up over the grid what of a matte looks wrong. All planes (rows * columns); `sums` (SUMS) is written.

    `UNSUPPORTED`: edges of alpha, across and down, between places of one colour. `BACKGROUND`: what is so in both
    pictures; `GHOST`: what of it moves, as three neighbours do. `BLINKING`: change of alpha beyond BLINK, in parts of
    255, where the picture stands still. `CHANGED`: where it does not. `AREA`: alpha, in parts of 255.
    """
    unsupported = np.float32(0)
    for row in range(rows):
        of = at(columns, row, 0)
        for x in range(np.uint64(max(columns - APART, 0))):
            unsupported += _unsupported(y, cb, cr, alpha, of + x, of + x + np.uint64(APART))
    for row in range(rows - APART):
        of, below = at(columns, row, 0), at(columns, row + APART, 0)
        for x in range(np.uint64(columns)):
            unsupported += _unsupported(y, cb, cr, alpha, of + x, below + x)
    ghost = background = blinking = changed = area = np.int32(0)
    for row in range(rows):
        of, above = at(columns, row, 0), at(columns, max(row - 1, 0), 0)
        for x in range(np.uint64(columns)):
            i = of + x
            difference = abs(np.int32(y[i]) - np.int32(y_before[i]))
            turn = abs(np.int32(alpha[i]) - np.int32(alpha_before[i]))
            is_background = alpha[i] <= NOBODY and alpha_before[i] <= NOBODY
            background += np.int32(is_background)
            changed += np.int32(difference >= STILL)
            blinking += max(turn - BLINK, np.int32(0)) if difference < STILL else np.int32(0)
            area += np.int32(alpha[i])
            if is_background and difference > MOVED and x > np.uint64(0):
                left, up, beside = i - np.uint64(1), above + x, above + x - np.uint64(1)
                ghost += np.int32(
                    abs(np.int32(y[left]) - np.int32(y_before[left])) > MOVED
                    and abs(np.int32(y[up]) - np.int32(y_before[up])) > MOVED
                    and abs(np.int32(y[beside]) - np.int32(y_before[beside])) > MOVED
                )
    sums[UNSUPPORTED], sums[GHOST], sums[BACKGROUND] = unsupported, ghost, background
    sums[BLINKING], sums[CHANGED], sums[AREA] = blinking / 255.0, changed, area / 255.0
