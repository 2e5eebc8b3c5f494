"""How long each cell has looked the same, once exposure is undone; and patches of cells that hang together."""

from __future__ import annotations

import numpy as np
from numba import float32, int64, void

from transforms.kernels.cells import COUNTS, FIELDS, FIELDS_READ, LEVELS, LEVELS_READ, Counts
from transforms.kernels.compile import READ, WRITE, Levels, Samples, kernel

NONE, UNITY, MIDDLE = np.float32(0), np.float32(1), np.float32(128)

QUICK = np.float32(0.35)
"""What of its smoothed look a cell takes from one picture: noise is halved, a blink still shows."""

STRONG = np.float32(10)
"""Levels: what comes between the camera and the wall moves a cell by more."""


@kernel(void(FIELDS_READ, LEVELS_READ, FIELDS, FIELDS, LEVELS, FIELDS))
def follow(moments: Levels, undo: Levels, smooth: Levels, anchor: Levels, sudden: Levels, off: Levels) -> None:
    """Take in one picture's `moments`, the exposure undone by `undo`, and write how far each cell is from its anchor.

    `undo`: 1 / gain of Y, Cb, Cr, their offsets, and the tint of Cb and Cr, in levels from 0. `smooth`, `anchor` (4,
    cells): mean Y, Cb, Cr and luma's scatter, lately and since the cell is quiet; a `smooth` luma under 0 is none yet.
    `sudden`: how far the picture itself is off, in the worst of Y, Cb, Cr. `off` (3, cells): luma, chroma, scatter.
    """
    for i in range(sudden.size):
        y = (moments[0, i] + MIDDLE - undo[3]) * undo[0]
        cb = (moments[1, i] + MIDDLE - undo[4] - undo[6] * y) * undo[1]
        cr = (moments[2, i] + MIDDLE - undo[5] - undo[7] * y) * undo[2]
        scatter = np.sqrt(max(moments[3, i] - moments[0, i] * moments[0, i], NONE)) * undo[0]
        if smooth[0, i] < np.float32(-1000):
            for number, value in enumerate((y, cb, cr, scatter)):
                smooth[number, i] = anchor[number, i] = value
        for number, value in enumerate((y, cb, cr, scatter)):
            smooth[number, i] += QUICK * (value - smooth[number, i])
        sudden[i] = max(abs(y - anchor[0, i]), abs(cb - anchor[1, i]), abs(cr - anchor[2, i]))
        off[0, i], off[2, i] = abs(smooth[0, i] - anchor[0, i]), abs(smooth[3, i] - anchor[3, i])
        off[1, i] = max(abs(smooth[1, i] - anchor[1, i]), abs(smooth[2, i] - anchor[2, i]))


@kernel(void(FIELDS_READ, FIELDS_READ, LEVELS_READ, LEVELS_READ, float32, float32, FIELDS, LEVELS, LEVELS, LEVELS))
def settle(
    smooth: Levels,
    off: Levels,
    sudden: Levels,
    limits: Levels,
    passed: float,
    least: float,
    anchor: Levels,
    looks: Levels,
    quiet: Levels,
    strong: Levels,
) -> None:
    """Count how long each cell has kept within `limits` (3) of its anchor, and let the anchors follow.

    `passed`: seconds since the last picture; `least`: what of its anchor one picture replaces at least. `looks`: the
    pictures an anchor holds. `quiet`, `strong`: seconds since the cell moved, and was off by STRONG.
    """
    for i in range(quiet.size):
        strong[i] = NONE if sudden[i] > STRONG else strong[i] + passed
        if (off[0, i] > limits[0]) | (off[1, i] > limits[1]) | (off[2, i] > limits[2]):
            quiet[i], looks[i] = NONE, UNITY
            for number in range(4):
                anchor[number, i] = smooth[number, i]
        else:
            quiet[i] += passed
            looks[i] += UNITY
            rate = max(UNITY / looks[i], least)
            for number in range(4):
                anchor[number, i] += rate * (smooth[number, i] - anchor[number, i])


@kernel(void(READ, READ, int64, int64, COUNTS, WRITE))
def flood(seeds: Samples, passable: Samples, columns: int, rows: int, stack: Counts, out: Samples) -> None:
    """Write 1 for the passable cells that a way over passable cells, across or down, joins to a passable seed.

    Scratch: `stack` (cells).
    """
    top = 0
    for i in range(columns * rows):
        out[i] = np.uint8((seeds[i] != 0) & (passable[i] != 0))
        if out[i]:
            stack[top] = i
            top += 1
    while top > 0:
        top -= 1
        i = stack[top]
        row, column = i // columns, i % columns
        for side in range(4):
            r = row + (1 if side == 0 else -1 if side == 1 else 0)
            c = column + (1 if side == 2 else -1 if side == 3 else 0)
            if 0 <= r < rows and 0 <= c < columns:
                j = r * columns + c
                if passable[j] != 0 and out[j] == 0:
                    out[j] = np.uint8(1)
                    stack[top] = j
                    top += 1


@kernel(void(READ, int64, int64, COUNTS, COUNTS))
def label(marked: Samples, columns: int, rows: int, stack: Counts, out: Counts) -> None:
    """Number the patches of marked cells that touch, corners too, from 1; 0 elsewhere. Scratch: `stack` (cells)."""
    out[:] = 0
    number = 0
    for start in range(columns * rows):
        if marked[start] == 0 or out[start] != 0:
            continue
        number += 1
        out[start] = number
        stack[0] = start
        top = 1
        while top > 0:
            top -= 1
            i = stack[top]
            row, column = i // columns, i % columns
            for r in range(max(row - 1, 0), min(row + 2, rows)):
                for c in range(max(column - 1, 0), min(column + 2, columns)):
                    j = r * columns + c
                    if marked[j] != 0 and out[j] == 0:
                        out[j] = number
                        stack[top] = j
                        top += 1
