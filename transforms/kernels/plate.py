"""A clean plate kept in fixed point, one 256th of a level, and improved cell by cell.

A running mean in 8 bits would never take in a change of less than a level; in 16 it does, at half the memory and twice
the speed of floating point.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, void

from transforms.kernels.cells import FIELDS, LEVELS, LEVELS_READ, SHORTS, Shorts
from transforms.kernels.compile import READ, WRITE, Levels, Samples, at, kernel

FIXED = np.float32(256)
NONE, HALF, UNITY = np.float32(0), np.float32(0.5), np.float32(1)
MOST = np.float32(65280)

DOUBT = np.float32(4)
"""Looks until which a cell is taken for known poorly: an image is two, and of another day."""


@kernel(
    void(
        READ, int64, int64, int64, int64, LEVELS_READ, LEVELS_READ, float32, int64, int64, FIELDS, SHORTS, WRITE, LEVELS
    )
)
def learn(
    samples: Samples,
    stride: int,
    width: int,
    height: int,
    cell: int,
    rates: Levels,
    shifts: Levels,
    scale: float,
    first_row: int,
    step: int,
    lines: Levels,
    means: Shorts,
    out: Samples,
    deviations: Levels,
) -> None:
    """Move one plane's means towards `scale` * sample + the cell's shift, in levels, by the cell's rate; 0: not at all.

    `cell`: the side of a cell in this plane's samples. Of the rows of cells only `first_row`, `first_row` + `step` and
    so on are looked at. `means`: levels * 256, (width * height); `out`: the same rounded to levels. `deviations`
    (cells): the mean square, in levels, of what came from what was known, of the cells looked at whose rate is not 0.
    Scratch: `lines` (3, width).
    """
    columns, rows = (width + cell - 1) // cell, (height + cell - 1) // cell
    steep = scale * FIXED
    for row in range(first_row, rows, step):
        start, top, bottom = row * columns, row * cell, min(row * cell + cell, height)
        some = NONE
        for column in range(columns):
            rate, shift = rates[start + column], shifts[start + column] * FIXED
            some = max(some, rate)
            for x in range(column * cell, min(column * cell + cell, width)):
                lines[0, x], lines[1, x], lines[2, x] = rate, shift, NONE
        if some <= NONE:
            continue
        for y in range(top, bottom):
            source, to = at(stride, y, 0), at(width, y, 0)
            for x in range(np.uint64(width)):
                known = np.float32(means[to + x])
                shown = np.float32(samples[source + x]) * steep + lines[1, x]
                off = min(max(shown, NONE), MOST) - known
                lines[2, x] += off * off
                mean = np.int32(known + off * lines[0, x] + HALF)
                means[to + x] = np.uint16(mean)
                out[to + x] = np.uint8((mean + 128) >> 8)
        for column in range(columns):
            if rates[start + column] > NONE:
                total, left, right = NONE, column * cell, min(column * cell + cell, width)
                for x in range(left, right):
                    total += lines[2, x]
                deviations[start + column] = total / (FIXED * FIXED * np.float32((bottom - top) * (right - left)))


@kernel(void(READ, int64, int64, int64, int64, float32, LEVELS_READ, WRITE, LEVELS))
def rate(
    background: Samples,
    columns: int,
    first_row: int,
    step: int,
    patience: int,
    slowest: float,
    counts: Levels,
    streaks: Samples,
    rates: Levels,
) -> None:
    """How much of what is known of each cell one look replaces: of n looks' mean 1 / n, `slowest` at least, or 0.

    A cell is looked at in its row's turn, once it and all around it have been `background` for `patience` looks on end,
    which `streaks` count; with no patience, where it is background by itself.
    """
    rows = rates.size // columns
    for row in range(rows):
        for column in range(columns):
            i = row * columns + column
            is_bare = background[i] != 0
            if patience > 0 and is_bare:
                for y in range(max(row - 1, 0), min(row + 2, rows)):
                    for x in range(max(column - 1, 0), min(column + 2, columns)):
                        is_bare &= background[y * columns + x] != 0
            streak = int(streaks[i]) + 1 if is_bare else 0
            streaks[i] = np.uint8(min(255, streak))
            is_chosen = is_bare & (streak >= patience) & (row % step == first_row)
            rates[i] = max(UNITY / (counts[i] + UNITY), slowest) if is_chosen else NONE


@kernel(
    void(
        READ,
        int64,
        int64,
        int64,
        int64,
        LEVELS_READ,
        float32,
        float32,
        int64,
        int64,
        SHORTS,
        FIELDS,
        LEVELS_READ,
        LEVELS,
    )
)
def hold_back(
    samples: Samples,
    stride: int,
    width: int,
    height: int,
    cell: int,
    shifts: Levels,
    scale: float,
    most: float,
    first_row: int,
    step: int,
    means: Shorts,
    lines: Levels,
    counts: Levels,
    rates: Levels,
) -> None:
    """Set to 0 the rates of the cells that one plane shows off by more than `most` levels, in the mean.

    What is background changes slowly; what has changed at once is something else, whoever says what. Of cells that were
    looked at little more is believed, of those that never were anything. For the other arguments see `learn`. Scratch:
    `lines` (3, width).
    """
    columns, rows = (width + cell - 1) // cell, (height + cell - 1) // cell
    for row in range(first_row, rows, step):
        start, top, bottom = row * columns, row * cell, min(row * cell + cell, height)
        lines[0, :] = NONE
        for y in range(top, bottom):
            source, to = at(stride, y, 0), at(width, y, 0)
            for x in range(np.uint64(width)):
                lines[0, x] += np.float32(samples[source + x]) * scale - np.float32(means[to + x]) * (UNITY / FIXED)
        for column in range(columns):
            i = start + column
            left, right = column * cell, min(column * cell + cell, width)
            if rates[i] <= NONE or counts[i] <= NONE:
                continue
            off = NONE
            for x in range(left, right):
                off += lines[0, x]
            bound = most * (UNITY + DOUBT / (counts[i] + UNITY))
            if abs(off / np.float32((bottom - top) * (right - left)) + shifts[i]) > bound:
                rates[i] = NONE


@kernel(void(LEVELS_READ, LEVELS_READ, LEVELS_READ, float32, float32, LEVELS))
def follow_noise(
    rates: Levels, deviations: Levels, counts: Levels, slowest: float, least: float, noise: Levels
) -> None:
    """Let one plane's noise, standard deviations by cell, follow what was seen of the cells whose rate is not 0.

    The spread about a mean of n looks is (n + 1) / n of the noise, squared; the first look tells none.
    """
    for i in range(rates.size):
        if rates[i] <= NONE or counts[i] <= NONE:
            continue
        seen = deviations[i] * (counts[i] / (counts[i] + UNITY))
        squared = noise[i] * noise[i]
        squared += max(UNITY / counts[i], slowest) * (seen - squared)
        noise[i] = np.sqrt(max(squared, least * least))


@kernel(void(LEVELS_READ, float32, float32, LEVELS, WRITE))
def count_looks(rates: Levels, first: float, more: float, counts: Levels, known: Samples) -> None:
    """Count the looks at the cells whose rate is not 0; `known` grows from `first` by `more` with each, never falls."""
    for i in range(rates.size):
        if rates[i] > NONE:
            sure = np.uint8(min(first + more * counts[i], np.float32(255)))
            known[i] = max(known[i], sure)
            counts[i] = min(counts[i] + UNITY, np.float32(1000))
