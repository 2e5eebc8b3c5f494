"""A picture in cells: the mean colour of each and how its samples scatter about it.

A moment is a mean over a cell of levels about 128, or of their products: Y, Cb, Cr, YY, YCb, YCr, CbCb, CbCr, CrCr.
About 128 because single precision then keeps what is left of a square after the mean's is taken away.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int32, int64, types, uint16, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Index, Levels, Samples, at, inlined, kernel

LEVELS = types.Array(float32, 1, "C")
LEVELS_READ = types.Array(float32, 1, "C", readonly=True)
FIELDS = types.Array(float32, 2, "C")
FIELDS_READ = types.Array(float32, 2, "C", readonly=True)
COUNTS = types.Array(int32, 1, "C")
COUNTS_READ = types.Array(int32, 1, "C", readonly=True)
SHORTS = types.Array(uint16, 1, "C")
INDICES_READ = types.Array(int64, 2, "C", readonly=True)

Counts = NDArray[np.int32]
Shorts = NDArray[np.uint16]

MIDDLE = np.float32(128)
FAINT = np.float32(0.03)
"""The pace from which a cell is at rest."""

QUARTER, HALF = np.float32(0.25), np.float32(0.5)
ONE, TWO, THREE = np.uint64(1), np.uint64(2), np.uint64(3)


@inlined
def _sum_runs(line: Levels, cell: int, width: int, out: Levels) -> None:
    """The sum of `cell` samples from each one on: more sums than are asked for, but long runs of them."""
    for x in range(np.uint64(width)):
        out[x] = np.float32(0)
    fours = cell & ~3
    for step in range(np.uint64(0), np.uint64(fours), np.uint64(4)):
        for x in range(np.uint64(width)):
            first = x + step
            out[x] += (line[first] + line[first + ONE]) + (line[first + TWO] + line[first + THREE])
    for step in range(np.uint64(fours), np.uint64(cell)):
        for x in range(np.uint64(width)):
            out[x] += line[x + step]


@inlined
def _add_one(luma: Samples, cb: Samples, cr: Samples, to: Index, first: Index, width: int, lines: Levels) -> None:
    """Add a row's samples and their products to the columns' sums."""
    for x in range(np.uint64(width)):
        y = np.float32(luma[to + x]) - MIDDLE
        blue, red = np.float32(cb[first + x]) - MIDDLE, np.float32(cr[first + x]) - MIDDLE
        lines[0, x] += y
        lines[1, x] += blue
        lines[2, x] += red
        lines[3, x] += y * y
        lines[4, x] += y * blue
        lines[5, x] += y * red
        lines[6, x] += blue * blue
        lines[7, x] += blue * red
        lines[8, x] += red * red


@inlined
def _add_two(
    luma: Samples,
    cb: Samples,
    cr: Samples,
    to: Index,
    to_next: Index,
    first: Index,
    first_next: Index,
    width: int,
    lines: Levels,
) -> None:
    """As `_add_one`, two rows at once: the sums are read and written half as often."""
    for x in range(np.uint64(width)):
        y = np.float32(luma[to + x]) - MIDDLE
        blue, red = np.float32(cb[first + x]) - MIDDLE, np.float32(cr[first + x]) - MIDDLE
        other = np.float32(luma[to_next + x]) - MIDDLE
        other_blue, other_red = np.float32(cb[first_next + x]) - MIDDLE, np.float32(cr[first_next + x]) - MIDDLE
        lines[0, x] += y + other
        lines[1, x] += blue + other_blue
        lines[2, x] += red + other_red
        lines[3, x] += y * y + other * other
        lines[4, x] += y * blue + other * other_blue
        lines[5, x] += y * red + other * other_red
        lines[6, x] += blue * blue + other_blue * other_blue
        lines[7, x] += blue * red + other_blue * other_red
        lines[8, x] += red * red + other_red * other_red


@kernel(void(READ, int64, int64, int64, READ, READ, int64, int64, int64, int64, WRITE, SHORTS, FIELDS, FIELDS))
def measure_cells(
    y: Samples,
    stride: int,
    luma_width: int,
    luma_height: int,
    cb: Samples,
    cr: Samples,
    chroma_stride: int,
    width: int,
    height: int,
    cell: int,
    halved: Samples,
    pairs: Shorts,
    lines: Levels,
    moments: Levels,
) -> None:
    """Write `moments` (9, cells) of cells of `cell` x `cell` chroma samples, and luma at chroma's size into `halved`.

    Cells are at least two wide; those at the right and lower edge may be cut off. Scratch: `pairs` (2 width), `lines`
    (10, width + cell).
    """
    columns = (width + cell - 1) // cell
    for top in range(0, height, cell):
        bottom = min(top + cell, height)
        lines[:] = np.float32(0)
        for row in range(top, bottom):
            above, below = at(stride, 2 * row, 0), at(stride, min(2 * row + 1, luma_height - 1), 0)
            for x in range(np.uint64(luma_width)):
                pairs[x] = np.uint16(y[above + x]) + np.uint16(y[below + x])
            if luma_width & 1:
                pairs[np.uint64(luma_width)] = pairs[np.uint64(luma_width - 1)]
            to = at(width, row, 0)
            for x in range(np.uint64(width)):
                halved[to + x] = np.uint8((pairs[TWO * x] + pairs[TWO * x + ONE] + np.uint16(2)) >> np.uint16(2))
        for row in range(top, bottom - 1, 2):
            to, first = at(width, row, 0), at(chroma_stride, row, 0)
            _add_two(halved, cb, cr, to, at(width, row + 1, 0), first, at(chroma_stride, row + 1, 0), width, lines)
        if (bottom - top) & 1:
            _add_one(halved, cb, cr, at(width, bottom - 1, 0), at(chroma_stride, bottom - 1, 0), width, lines)
        start = at(columns, top // cell, 0)
        share = np.float32(1) / np.float32((bottom - top) * cell)
        cut = np.float32(cell) / np.float32(width - (columns - 1) * cell)
        for moment in range(9):
            sums, out = lines[9], moments[moment]
            _sum_runs(lines[moment], cell, width, sums)
            for column in range(np.uint64(columns)):
                out[start + column] = sums[column * np.uint64(cell)] * share
            out[start + np.uint64(columns - 1)] *= cut


@kernel(void(READ, int64, int64, int64, SHORTS, COUNTS, COUNTS))
def count_cells(
    mask: Samples, width: int, height: int, cell: int, line: Shorts, marked: Counts, strictly: Counts
) -> None:
    """Count the samples of each cell with bit 0 set, and with bit 1 set. `line`: scratch, (width)."""
    columns = (width + cell - 1) // cell
    for top in range(0, height, cell):
        line[:] = np.uint16(0)
        for row in range(top, min(top + cell, height)):
            first = at(width, row, 0)
            for x in range(np.uint64(width)):
                bits = np.uint16(mask[first + x])
                line[x] += (bits & np.uint16(1)) + ((bits >> np.uint16(1)) << np.uint16(8))
        for column in range(columns):
            both = np.uint32(0)
            for x in range(np.uint64(column * cell), np.uint64(min(column * cell + cell, width))):
                # Half a word each; in a cell of 16 x 16 together they are more than half a word holds.
                both += np.uint32(line[x] & np.uint16(255)) + (np.uint32(line[x] >> np.uint16(8)) << np.uint32(16))
            marked[top // cell * columns + column] = np.int32(both & np.uint32(65535))
            strictly[top // cell * columns + column] = np.int32(both >> np.uint32(16))


@inlined
def _add_halves(line: Levels, below: int, old_width: int, old_height: int, start: int, width: int) -> None:
    """Write the sums of two by two of a grid as the next."""
    for y in range(old_height):
        to, source = at(width, y >> 1, start), at(old_width, y, below)
        if y & 1 == 0:
            for x in range(np.uint64(old_width >> 1)):
                line[to + x] = line[source + TWO * x] + line[source + TWO * x + ONE]
            if old_width & 1:
                line[to + np.uint64(width - 1)] = line[source + np.uint64(old_width - 1)]
        else:
            for x in range(np.uint64(old_width >> 1)):
                line[to + x] += line[source + TWO * x] + line[source + TWO * x + ONE]
            if old_width & 1:
                line[to + np.uint64(width - 1)] += line[source + np.uint64(old_width - 1)]


@inlined
def _fill_row(
    line: Levels, up: Levels, near: Index, far: Index, up_width: int, first: Index, width: int, scratch: Levels
) -> None:
    """One row of a grid: its own values by scratch[1], and the grid above, 3/4 and 1/4 either way, by scratch[2]."""
    mixed, own, lack = scratch[0], scratch[1], scratch[2]
    for x in range(np.uint64(up_width)):
        mixed[x + ONE] = np.float32(0.75) * up[near + x] + np.float32(0.25) * up[far + x]
    mixed[0], mixed[np.uint64(up_width + 1)] = mixed[1], mixed[np.uint64(up_width)]
    for x in range(np.uint64(width >> 1)):
        even, odd = TWO * x, TWO * x + ONE
        most = np.float32(0.75) * mixed[x + ONE]
        up[first + even] = line[first + even] * own[even] + (most + np.float32(0.25) * mixed[x]) * lack[even]
        up[first + odd] = line[first + odd] * own[odd] + (most + np.float32(0.25) * mixed[x + TWO]) * lack[odd]
    if width & 1:
        middle, last = np.uint64(width >> 1), np.uint64(width - 1)
        level = np.float32(0.75) * mixed[middle + ONE] + np.float32(0.25) * mixed[middle]
        up[first + last] = line[first + last] * own[last] + level * lack[last]


@kernel(void(FIELDS, LEVELS, FIELDS, INDICES_READ, float32, FIELDS))
def fill(
    values: Levels, weights: Levels, filled: Levels, levels: NDArray[np.int64], enough: float, scratch: Levels
) -> None:
    """Weighted means where there is weight, and their neighbourhood's where there is none (pull-push, Gortler 1996).

    `values` (channels, total): sums already weighted; `weights` (total). Both hold a pyramid of halved grids one after
    the other, of which the first is given and the rest is written here; each row of `levels` is a grid's offset, width
    and height. A cell whose weight falls short of `enough` takes what it lacks from the grid above it. `scratch`:
    (3, the first grid's width + 2).
    """
    channels = values.shape[0]
    for level in range(1, levels.shape[0]):
        below = (levels[level - 1, 0], levels[level - 1, 1], levels[level - 1, 2])
        _add_halves(weights, *below, levels[level, 0], levels[level, 1])
        for channel in range(channels):
            _add_halves(values[channel], *below, levels[level, 0], levels[level, 1])
    last = levels.shape[0] - 1
    start, end = levels[last, 0], levels[last, 0] + levels[last, 1] * levels[last, 2]
    mass = np.float32(0)
    for i in range(start, end):
        mass += weights[i]
    for channel in range(channels):
        total = np.float32(0)
        for i in range(start, end):
            total += values[channel, i]
        mean = total / max(mass, np.float32(1e-6))
        for i in range(start, end):
            lack = max(enough - weights[i], np.float32(0))
            filled[channel, i] = (values[channel, i] + mean * lack) / max(weights[i], enough)
    for level in range(last - 1, -1, -1):
        start, width, height = levels[level, 0], levels[level, 1], levels[level, 2]
        above, up_width, up_height = levels[level + 1, 0], levels[level + 1, 1], levels[level + 1, 2]
        for y in range(height):
            other = min(max((y >> 1) + (1 if y & 1 else -1), 0), up_height - 1)
            near, far, first = at(up_width, y >> 1, above), at(up_width, other, above), at(width, y, start)
            for x in range(np.uint64(width)):
                share = np.float32(1) / max(weights[first + x], enough)
                scratch[1, x] = share
                scratch[2, x] = max(enough - weights[first + x], np.float32(0)) * share
            for channel in range(channels):
                _fill_row(values[channel], filled[channel], near, far, up_width, first, width, scratch)


@kernel(void(READ, FIELDS_READ, int64, int64, int64, LEVELS_READ, SHORTS, WRITE, FIELDS, LEVELS))
def compare(
    luma: Samples,
    moments: Levels,
    width: int,
    height: int,
    cell: int,
    pace: Levels,
    line: Shorts,
    before: Samples,
    colors: Levels,
    moved: Levels,
) -> None:
    """How far each cell is from what it was, in levels: its samples' luma on average, and half its mean chroma.

    Where all is still that is noise. `before` follows `luma` by a level at a time and `colors` (2, cells) mean chroma
    by a quarter, so that slow movement adds up; beyond that they follow at the cell's `pace`, as its alpha does: what
    it still lags behind is told as movement. Scratch: `line` (width).
    """
    columns = (width + cell - 1) // cell
    for top in range(0, height, cell):
        bottom, first = min(top + cell, height), top // cell * columns
        for x in range(np.uint64(width)):
            line[x] = np.uint16(0)
        for row in range(top, bottom):
            to = at(width, row, 0)
            for x in range(np.uint64(width)):
                now, old = luma[to + x], before[to + x]
                line[x] += np.uint16(max(now, old) - min(now, old))
                before[to + x] = old + np.uint8(now > old) - np.uint8(now < old)
        for column in range(columns):
            left, right = column * cell, min(column * cell + cell, width)
            total = np.int64(0)
            for x in range(np.uint64(left), np.uint64(right)):
                total += np.int64(line[x])
            i = first + column
            blue, red = moments[1, i] - colors[0, i], moments[2, i] - colors[1, i]
            moved[i] = np.float32(total) / np.float32((bottom - top) * (right - left)) + HALF * (abs(blue) + abs(red))
            colors[0, i] += min(max(blue, -QUARTER), QUARTER)
            colors[1, i] += min(max(red, -QUARTER), QUARTER)
            if pace[i] > np.float32(0):
                colors[0, i] += pace[i] * (moments[1, i] - colors[0, i])
                colors[1, i] += pace[i] * (moments[2, i] - colors[1, i])
                share = np.int32(round(pace[i] * np.float32(256)))
                for row in range(top, bottom):
                    to = at(width, row, 0)
                    for x in range(np.uint64(left), np.uint64(right)):
                        old = np.int32(before[to + x])
                        step = ((np.int32(luma[to + x]) - old) * share + np.int32(128)) >> np.int32(8)
                        before[to + x] = np.uint8(old + step)


@kernel(void(LEVELS_READ, int64, int64, float32, float32, float32, LEVELS, LEVELS))
def set_pace(
    moved: Levels, columns: int, rows: int, still: float, moving: float, fading: float, line: Levels, pace: Levels
) -> None:
    """0 where no cell of nine moved by more than `still`, 1 from `moving` on, between them as the square.

    But no less than `fading` of what it was: it takes a while until what was learnt of a cell is right again. Scratch:
    `line` (columns).
    """
    for row in range(rows):
        up, down = max(row - 1, 0) * columns, min(row + 1, rows - 1) * columns
        for column in range(columns):
            i = row * columns + column
            line[column] = max(moved[i], max(moved[up + column], moved[down + column]))
        for column in range(columns):
            i = row * columns + column
            most = max(line[column], max(line[max(column - 1, 0)], line[min(column + 1, columns - 1)]))
            share = min(max((most - still) / (moving - still), np.float32(0)), np.float32(1))
            before = pace[i] * fading if pace[i] > FAINT else np.float32(0)
            pace[i] = max(share * share, before)
