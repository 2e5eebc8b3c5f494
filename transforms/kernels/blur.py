"""A room out of focus, from those of its samples that show it.

    out = smooth(w room) / smooth(w)

w being 0 where the person is: a normalised convolution (Knutsson and Westin, 1993), to which the person's colours
contribute nothing and in which the room's go on behind them. It is done on the means of small cells, for nothing finer
is left of them afterwards.

Each of the smoothing's passes is y[n] = x[n] + a (y[n-1] - x[n]), there and back, down and across: two sided
exponentials, of which several in a row are nearly a Gaussian. Their weights are positive and never end, so that what
is far from everything seen still gets a colour, and they cost the same at any width. What a pass misses beyond an end
it misses in w as well.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, uint16, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Index, Levels, Samples, at, inlined, kernel

PASSES = 8
"""Exponentials in a row: of a wave of 3.5 radians a standard deviation they leave 1 %, one alone would leave 14."""

CLEAR = np.uint16(64)
"""Alpha from which a sample says nothing of the room: the person's colours are in it, and those count double there."""

STEPS_SHIFT, STEPS = np.uint16(2), 16
"""A sample's weight is a whole number of 0..16, so that a column of 16 of them times a level fits into 16 bits."""

TALLEST_CELL = 16
"""Chroma samples: see above."""

CAUTION = 3
"""A cell in part the person's counts by its clear share to this power more: what is clear of it lies beside an edge,
where the codec smears."""

FAINT = np.float32(1e-4)
"""The weight of the room's mean colour in each cell: it shows where all that was seen is a dozen cells away, and no
weight is ever so small that arithmetic slows down."""

ZERO, HALF, FINE = np.float32(0), np.float32(0.5), np.float32(256)
ONE, TWO = np.uint64(1), np.uint64(2)
TWO_BITS, EIGHT_BITS, ROUND = np.uint16(2), np.uint16(8), np.uint16(2)

Shorts = NDArray[np.uint16]
Fields = NDArray[np.float32]

_SHORTS = types.Array(uint16, 2, "C")
_FIELD = types.Array(float32, 2, "C")
_LINE = types.Array(float32, 1, "C")
_GRID = types.Array(float32, 3, "C")
_PLANE = (READ, int64)


@inlined
def _sum_two(samples: Samples, one: Index, other: Index, width: Index, out: Shorts) -> None:
    """Two rows added; an odd width's last sample counts twice."""
    for x in range(width):
        out[x] = np.uint16(samples[one + x]) + np.uint16(samples[other + x])
    if width & ONE:
        out[width] = out[width - ONE]


@inlined
def _weights(alpha: Samples, one: Index, other: Index, width: Index, lines: Shorts, count: Index) -> None:
    """Into `lines[0]`, of `count` chroma samples: of the alpha at luma's size the most of each two by two."""
    most, weights = lines[1], lines[0]
    for x in range(width):
        most[x] = np.uint16(max(alpha[one + x], alpha[other + x]))
    if width & ONE:
        most[width] = most[width - ONE]
    for x in range(count):
        weights[x] = (CLEAR - min(max(most[TWO * x], most[TWO * x + ONE]), CLEAR)) >> STEPS_SHIFT


@kernel(void(*_PLANE, int64, int64, READ, READ, int64, READ, int64, _SHORTS, _SHORTS, _FIELD, _LINE))
def average(
    y: Samples,
    stride: int,
    width: int,
    height: int,
    cb: Samples,
    cr: Samples,
    chroma_stride: int,
    alpha: Samples,
    cell: int,
    lines: Shorts,
    sums: Shorts,
    cells: Levels,
    totals: Levels,
) -> None:
    """Write `cells` (rows, 4 columns), each row all its cells' w Y, then w Cb, w Cr, w; and `totals` (4) of them all.

    The room's mean colour is in each of them, faintly; where there is no room at all everything is 0. Of cells of
    `cell` x `cell` chroma samples, TALLEST_CELL at most; the last ones may be cut off. `alpha` has no padding and is of
    luma's size or chroma's, as its length says. Scratch: `lines` (2, width + 1), `sums` (4, chroma columns).
    """
    across, down = (width + 1) // 2, (height + 1) // 2
    columns, count = cells.shape[1] // 4, np.uint64(across)
    weights, pairs = lines[0], lines[1]
    totals[:] = ZERO
    for top in range(0, down, cell):
        bottom = min(top + cell, down)
        sums[:] = np.uint16(0)
        for row in range(top, bottom):
            above, below = 2 * row, min(2 * row + 1, height - 1)
            if alpha.size == width * height:
                _weights(alpha, at(width, above, 0), at(width, below, 0), np.uint64(width), lines, count)
            else:
                own = at(across, row, 0)
                for x in range(count):
                    weights[x] = (CLEAR - min(np.uint16(alpha[own + x]), CLEAR)) >> STEPS_SHIFT
            _sum_two(y, at(stride, above, 0), at(stride, below, 0), np.uint64(width), pairs)
            chroma = at(chroma_stride, row, 0)
            for x in range(count):
                luma = np.uint16(np.uint16(pairs[TWO * x] + pairs[TWO * x + ONE] + ROUND) >> TWO_BITS)
                sums[0, x] += np.uint16(weights[x] * luma)
                sums[1, x] += np.uint16(weights[x] * np.uint16(cb[chroma + x]))
                sums[2, x] += np.uint16(weights[x] * np.uint16(cr[chroma + x]))
                sums[3, x] += weights[x]
        for column in range(columns):
            left, right = column * cell, min(column * cell + cell, across)
            clear = np.uint32(0)
            for x in range(np.uint64(left), np.uint64(right)):
                clear += sums[3, x]
            share = np.float32(clear) / np.float32(STEPS * (right - left) * (bottom - top))
            caution = share * share * share / np.float32(STEPS * cell * cell)
            for channel in range(4):
                total = np.uint32(0)
                for x in range(np.uint64(left), np.uint64(right)):
                    total += sums[channel, x]
                level = np.float32(total) * caution
                cells[top // cell, channel * columns + column] = level
                totals[channel] += level
    if totals[3] > ZERO:
        for channel in range(4):
            faint = FAINT * totals[channel] / totals[3]
            for row in range(cells.shape[0]):
                for x in range(channel * columns, (channel + 1) * columns):
                    cells[row, x] += faint


@inlined
def _pass(line: Levels, states: Levels, stay: float, width: Index) -> None:
    """All passes of one row in one direction; `states`: what each of them wrote in the row before."""
    go = np.float32(1) - stay
    for half in (0, 4):
        first, second, third, fourth = states[half], states[half + 1], states[half + 2], states[half + 3]
        for x in range(width):
            level = go * line[x] + stay * first[x]
            first[x] = level
            level = go * level + stay * second[x]
            second[x] = level
            level = go * level + stay * third[x]
            third[x] = level
            level = go * level + stay * fourth[x]
            fourth[x] = level
            line[x] = level


@kernel(void(_FIELD, float32, _FIELD))
def smooth(field: Levels, stay: float, states: Levels) -> None:
    """Smooth a field (rows, columns) down its columns, in place. `stay`: a. Scratch: `states` (PASSES, columns)."""
    rows, width = field.shape[0], np.uint64(field.shape[1])
    states[:] = ZERO
    for row in range(rows):
        _pass(field[row], states, stay, width)
    states[:] = ZERO
    for row in range(rows):
        _pass(field[rows - 1 - row], states, stay, width)


@kernel(void(_FIELD, _FIELD))
def turn(cells: Levels, out: Levels) -> None:
    """Write columns as rows, (columns, 4 rows) from (rows, 4 columns)."""
    rows, columns = cells.shape[0], cells.shape[1] // 4
    for channel in range(4):
        for row in range(rows):
            for x in range(columns):
                out[x, channel * rows + row] = cells[row, channel * columns + x]


@kernel(void(_FIELD, float32, _GRID))
def divide(turned: Levels, news: float, grid: Levels) -> None:
    """Update `grid` (3, rows, columns), levels, by the share `news` of what `turn` and `smooth` made."""
    rows, columns = grid.shape[1], grid.shape[2]
    for row in range(rows):
        for x in range(columns):
            share = news / turned[x, 3 * rows + row]
            for channel in range(3):
                level = turned[x, channel * rows + row] * share
                grid[channel, row, x] = grid[channel, row, x] * (np.float32(1) - news) + level


@inlined
def _stretch(levels: Levels, cell: int, out: Levels, width: int) -> None:
    """A row of cells as wide as the plane: bilinear between their centres, level beyond the outermost."""
    columns, share = len(levels), np.float32(1) / np.float32(cell)
    for column in range(columns + 1):
        left, right = levels[max(column - 1, 0)], levels[min(column, columns - 1)]
        start, end = column * cell - cell // 2, column * cell + cell - cell // 2
        slope = (right - left) * share
        level = left + slope * (HALF * np.float32(1 + cell % 2) - np.float32(start))
        for x in range(max(start, 0), width if column == columns else min(end, width)):
            out[x] = level + slope * np.float32(x)


@kernel(void(_FIELD, int64, _FIELD, _SHORTS, WRITE, int64, int64, int64))
def paint(
    levels: Levels, cell: int, stretched: Levels, steps: Shorts, out: Samples, stride: int, width: int, height: int
) -> None:
    """Write a plane of (height, width) from the levels (rows, columns) at the centres of cells `cell` samples wide.

    In 1/256ths of a level, counted up from row to row, anew from each row of cells. Scratch: `stretched` (2, width),
    `steps` (2, width).
    """
    rows, count = levels.shape[0], np.uint64(width)
    upper, lower, level, step = stretched[0], stretched[1], steps[0], steps[1]
    _stretch(levels[0], cell, lower, width)
    for gap in range(rows + 1):
        for x in range(count):
            upper[x] = lower[x]
        if gap < rows:
            _stretch(levels[gap], cell, lower, width)
        top, bottom = gap * cell - cell // 2, gap * cell + cell - cell // 2
        first = np.float32(1 + cell % 2) * HALF - np.float32(min(top, 0))  # an even cell's centre lies between rows
        for x in range(count):
            rise = FINE * (lower[x] - upper[x]) / np.float32(cell)
            step[x] = np.uint16(np.int32(np.floor(rise + HALF)))
            level[x] = np.uint16(np.int32(FINE * (upper[x] + HALF) + (first - np.float32(1)) * rise))
        for row in range(max(top, 0), height if gap == rows else min(bottom, height)):
            to = at(stride, row, 0)
            for x in range(count):
                level[x] += step[x]
                out[to + x] = np.uint8(level[x] >> EIGHT_BITS)
