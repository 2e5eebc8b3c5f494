"""Which chroma samples are surely screen, and how far from it each cell lies.

A mask holds two bits a sample: 1 for screen, 2 for screen by a stricter measure, which also makes the first. Opened and
closed bit by bit, both at once.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, void

from transforms.kernels.cells import COUNTS, COUNTS_READ, FIELDS, FIELDS_READ, LEVELS_READ, SHORTS, Counts, Shorts
from transforms.kernels.compile import READ, WRITE, Levels, Samples, at, inlined, kernel

ONE, TWO = np.uint64(1), np.uint64(2)
MIDDLE, NINTH = np.float32(128), np.float32(1 / 9)
NONE, UNITY, HALF = np.float32(0), np.float32(1), np.float32(0.5)

WEAKEST = np.float32(16)
"""Squared levels: guards the division where the screen's chroma is not known at all."""

OPAQUE = 200
"""The rough alpha of a sample with none of the screen's chroma; up to a quarter more for an opposite one."""


@kernel(void(READ, int64, int64, int64, SHORTS, SHORTS))
def blur(samples: Samples, stride: int, width: int, height: int, line: Shorts, out: Shorts) -> None:
    """Sum each sample and its eight neighbours, edges repeated. `line`: scratch, (width + 2)."""
    for y in range(height):
        above, own = at(stride, max(y - 1, 0), 0), at(stride, y, 0)
        below, to = at(stride, min(y + 1, height - 1), 0), at(width, y, 0)
        for x in range(np.uint64(width)):
            line[x + ONE] = np.uint16(samples[above + x]) + np.uint16(samples[own + x]) + np.uint16(samples[below + x])
        line[np.uint64(0)] = line[ONE]
        line[np.uint64(width + 1)] = line[np.uint64(width)]
        for x in range(np.uint64(width)):
            out[to + x] = line[x] + line[x + ONE] + line[x + TWO]


@inlined
def _local_key(screen: Levels, first: int, width: int, cell: int, lift: float, lines: Levels) -> None:
    """The screen's key over its squared strength, and one over its luma, for each sample of a row of cells."""
    for left in range(0, width, cell):
        i = first + left // cell
        cb, cr = screen[1, i], screen[2, i]
        size = max(cb * cb + cr * cr, WEAKEST)
        bright = UNITY / max(screen[0, i] + lift, np.float32(4))
        for x in range(left, min(left + cell, width)):
            lines[0, x] = cb / size
            lines[1, x] = cr / size
            lines[2, x] = bright


@inlined
def _texture(luma: Samples, width: int, height: int, y: int, line: Levels) -> None:
    """How far each sample of a row stands out of its four neighbours, in levels; edges are as what is beside them."""
    own, above, below = at(width, y, 0), at(width, max(y - 1, 0), 0), at(width, min(y + 1, height - 1), 0)
    for x in range(np.uint64(1), np.uint64(max(width - 1, 1))):
        beside = np.float32(luma[own + x - ONE]) + np.float32(luma[own + x + ONE])
        line[x] = abs(
            np.float32(luma[own + x])
            - (beside + np.float32(luma[above + x]) + np.float32(luma[below + x])) * np.float32(0.25)
        )
    line[0] = line[min(1, width - 1)] if width > 2 else NONE
    line[width - 1] = line[max(width - 2, 0)] if width > 2 else NONE


@kernel(void(READ, SHORTS, SHORTS, int64, int64, int64, FIELDS_READ, LEVELS_READ, float32, FIELDS, WRITE, WRITE))
def classify(
    luma: Samples,
    cb: Shorts,
    cr: Shorts,
    width: int,
    height: int,
    cell: int,
    screen: Levels,
    bounds: Levels,
    black: float,
    lines: Levels,
    mask: Samples,
    rough: Samples,
) -> None:
    """Write the mask, and a rough alpha, OPAQUE where no chroma of the screen's is left.

    `cb`, `cr`: sums of nine. `screen` (3, cells): the local screen about 128. `bounds`: the least and most strength
    beside it, the widest angle, and how far luma may be from what the strength says; but the very chroma of the screen
    is screen in any luma, as a tracking mark is. `lines`: scratch, (3, width).
    """
    least, most, wide, uneven, rough_luma = bounds[0], bounds[1], bounds[2], bounds[3], bounds[4]
    columns = (width + cell - 1) // cell
    for y in range(height):
        if y % cell == 0:
            _local_key(screen, y // cell * columns, width, cell, 128 - black, lines)
        first = at(width, y, 0)
        _texture(luma, width, height, y, lines[3])
        for x in range(np.uint64(width)):
            blue, red = np.float32(cb[first + x]) * NINTH - MIDDLE, np.float32(cr[first + x]) * NINTH - MIDDLE
            strength = blue * lines[0, x] + red * lines[1, x]
            off = abs(blue * lines[1, x] - red * lines[0, x])
            light = abs((np.float32(luma[first + x]) - black) * lines[2, x] - strength)
            turn = wide * max(UNITY, np.float32(0.7) / max(strength, np.float32(0.1)))
            some = (strength > least) & (strength < most) & (off < turn) & (light < uneven)
            sure = (
                (strength > HALF)
                & (strength < most)
                & (off < np.float32(0.6) * turn)
                & (light < np.float32(0.12) * max(strength, HALF))
            )
            same = (abs(strength - UNITY) < wide) & (off < np.float32(0.6) * wide)
            plain = some | same | (sure & (lines[3, x] < rough_luma))
            mask[first + x] = np.uint8(plain) | (np.uint8(sure) << np.uint8(1))
            level = min(max(UNITY - strength + off, NONE), np.float32(1.25)) * np.float32(OPAQUE)
            rough[first + x] = np.uint8(np.int32(level))


@kernel(void(READ, int64, int64, WRITE, WRITE))
def erode(mask: Samples, width: int, height: int, line: Samples, out: Samples) -> None:
    """Keep a bit where all nine samples have it; beyond the edge all do. `line`: scratch, (width + 2)."""
    for y in range(height):
        above, own, below = at(width, max(y - 1, 0), 0), at(width, y, 0), at(width, min(y + 1, height - 1), 0)
        for x in range(np.uint64(width)):
            line[x + ONE] = mask[above + x] & mask[own + x] & mask[below + x]
        line[np.uint64(0)] = line[ONE]
        line[np.uint64(width + 1)] = line[np.uint64(width)]
        for x in range(np.uint64(width)):
            out[own + x] = line[x] & line[x + ONE] & line[x + TWO]


@kernel(void(READ, int64, int64, WRITE, WRITE))
def dilate(mask: Samples, width: int, height: int, line: Samples, out: Samples) -> None:
    """Set a bit where any of nine samples has it. `line`: scratch, (width + 2)."""
    for y in range(height):
        above, own, below = at(width, max(y - 1, 0), 0), at(width, y, 0), at(width, min(y + 1, height - 1), 0)
        for x in range(np.uint64(width)):
            line[x + ONE] = mask[above + x] | mask[own + x] | mask[below + x]
        line[np.uint64(0)] = line[np.uint64(width + 1)] = np.uint8(0)
        for x in range(np.uint64(width)):
            out[own + x] = line[x] | line[x + ONE] | line[x + TWO]


@kernel(void(COUNTS_READ, COUNTS_READ, READ, int64, int64, int64, COUNTS, WRITE))
def believe(
    marked: Counts,
    strictly: Counts,
    grown: Samples,
    columns: int,
    rows: int,
    enough: int,
    sums: Counts,
    out: Samples,
) -> None:
    """Write 1 for the cells whose marked samples are taken for screen, else 0.

    They are where `grown` has bit 0, a cell of the screen within two, or where the strict measure marks `enough`
    samples of the nine cells around: a gap under an arm is, a button is not. Scratch: `sums` (cells).
    """
    for row in range(rows):
        first, last = at(columns, row, 0), at(columns, row, columns - 1)
        for i in range(first, last + ONE):
            sums[i] = strictly[i]
        for i in range(first, last):
            sums[i] += strictly[i + ONE]
        for i in range(first + ONE, last + ONE):
            sums[i] += strictly[i - ONE]
    for row in range(rows):
        own = at(columns, row, 0)
        above, below = at(columns, max(row - 1, 0), 0), at(columns, min(row + 1, rows - 1), 0)
        has_above, has_below = np.int32(row > 0), np.int32(row < rows - 1)
        for x in range(np.uint64(columns)):
            total = sums[own + x] + has_above * sums[above + x] + has_below * sums[below + x]
            taken = ((grown[own + x] & np.uint8(1)) != 0) | (total >= enough)
            out[own + x] = np.uint8((marked[own + x] > 0) & taken)


@kernel(void(READ, int64, int64, int64, COUNTS))
def measure_distances(screen: Samples, columns: int, rows: int, most: int, out: Counts) -> None:
    """Cells to the nearest one of the screen, the longer of across and down, `most` at most."""
    for i in range(columns * rows):
        out[i] = 0 if screen[i] else most
    for row in range(rows):
        for column in range(columns):
            i = row * columns + column
            nearest = out[i]
            if column > 0:
                nearest = min(nearest, out[i - 1] + 1)
            if row > 0:
                nearest = min(nearest, out[i - columns] + 1)
                if column > 0:
                    nearest = min(nearest, out[i - columns - 1] + 1)
                if column < columns - 1:
                    nearest = min(nearest, out[i - columns + 1] + 1)
            out[i] = nearest
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            i = row * columns + column
            nearest = out[i]
            if column < columns - 1:
                nearest = min(nearest, out[i + 1] + 1)
            if row < rows - 1:
                nearest = min(nearest, out[i + columns] + 1)
                if column > 0:
                    nearest = min(nearest, out[i + columns - 1] + 1)
                if column < columns - 1:
                    nearest = min(nearest, out[i + columns + 1] + 1)
            out[i] = nearest


@kernel(void(READ, int64, int64, COUNTS, WRITE))
def settle_veils(veiled: Samples, columns: int, rows: int, distances: Counts, out: Samples) -> None:
    """Write 1 where most of nine cells are veiled, off the screen; what is near a veil is no core of the person."""
    for row in range(rows):
        for column in range(columns):
            total = 0
            for y in range(max(row - 1, 0), min(row + 2, rows)):
                for x in range(max(column - 1, 0), min(column + 2, columns)):
                    total += veiled[y * columns + x]
            out[row * columns + column] = np.uint8((total >= 5) & (distances[row * columns + column] > 0))
    for row in range(rows):
        for column in range(columns):
            if out[row * columns + column] == 0:
                continue
            for y in range(max(row - 2, 0), min(row + 3, rows)):
                for x in range(max(column - 2, 0), min(column + 3, columns)):
                    distances[y * columns + x] = min(distances[y * columns + x], 2)


@kernel(void(COUNTS_READ, COUNTS_READ, int64, int64, int64, WRITE))
def find_bare(marked: Counts, distances: Counts, width: int, height: int, cell: int, out: Samples) -> None:
    """Write 1 where all of a cell's samples are marked and taken for screen, else 0."""
    columns, rows = (width + cell - 1) // cell, (height + cell - 1) // cell
    for row in range(rows):
        tall = min(row * cell + cell, height) - row * cell
        first, last = at(columns, row, 0), at(columns, row, columns - 1)
        for i in range(first, last):
            out[i] = np.uint8((distances[i] == 0) & (marked[i] == tall * cell))
        out[last] = np.uint8((distances[last] == 0) & (marked[last] == tall * (width - (columns - 1) * cell)))
