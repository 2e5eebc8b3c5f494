"""A picture in cells: the mean colour of each and how its samples scatter about it.

A moment is a mean over a cell of levels about 128, or of their products: Y, Cb, Cr, YY, YCb, YCr, CbCb, CbCr, CrCr.
About 128 because single precision then keeps what is left of a square after the mean's is taken away.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int32, int64, types, uint16, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Levels, Samples, at, kernel

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
ONE, TWO = np.uint64(1), np.uint64(2)


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

    Cells at the right and lower edge may be cut off. Scratch: `pairs` (2 width), `lines` (9, width).
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
            to, first = at(width, row, 0), at(chroma_stride, row, 0)
            for x in range(np.uint64(width)):
                halved[to + x] = np.uint8((pairs[TWO * x] + pairs[TWO * x + ONE] + np.uint16(2)) >> np.uint16(2))
            for x in range(np.uint64(width)):
                luma = np.float32(halved[to + x]) - MIDDLE
                blue, red = np.float32(cb[first + x]) - MIDDLE, np.float32(cr[first + x]) - MIDDLE
                lines[0, x] += luma
                lines[1, x] += blue
                lines[2, x] += red
                lines[3, x] += luma * luma
                lines[4, x] += luma * blue
                lines[5, x] += luma * red
                lines[6, x] += blue * blue
                lines[7, x] += blue * red
                lines[8, x] += red * red
        start = top // cell * columns
        for column in range(columns):
            left, right = column * cell, min(column * cell + cell, width)
            share = np.float32(1) / np.float32((bottom - top) * (right - left))
            for moment in range(9):
                line, total = lines[moment], np.float32(0)
                for x in range(np.uint64(left), np.uint64(right)):
                    total += line[x]
                moments[moment, start + column] = total * share


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
            some, sure = 0, 0
            for x in range(column * cell, min(column * cell + cell, width)):
                some += line[x] & 255
                sure += line[x] >> 8
            marked[top // cell * columns + column] = some
            strictly[top // cell * columns + column] = sure


@kernel(void(FIELDS, LEVELS, FIELDS, INDICES_READ, float32))
def fill(values: Levels, weights: Levels, filled: Levels, levels: NDArray[np.int64], enough: float) -> None:
    """Weighted means where there is weight, and their neighbourhood's where there is none (pull-push, Gortler 1996).

    `values` (channels, total): sums already weighted; `weights` (total). Both hold a pyramid of halved grids one after
    the other, of which the first is given and the rest is written here; each row of `levels` is a grid's offset, width
    and height. A cell whose weight falls short of `enough` takes what it lacks from the grid above it.
    """
    channels = values.shape[0]
    for level in range(1, levels.shape[0]):
        below, old_width, old_height = levels[level - 1, 0], levels[level - 1, 1], levels[level - 1, 2]
        start, width, height = levels[level, 0], levels[level, 1], levels[level, 2]
        weights[start : start + width * height] = np.float32(0)
        for y in range(old_height):
            to, source = start + (y >> 1) * width, below + y * old_width
            for x in range(old_width):
                weights[to + (x >> 1)] += weights[source + x]
        for channel in range(channels):
            line = values[channel]
            line[start : start + width * height] = np.float32(0)
            for y in range(old_height):
                to, source = at(width, y >> 1, start), at(old_width, y, below)
                for x in range(np.uint64(old_width)):
                    line[to + (x >> ONE)] += line[source + x]
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
        end = np.uint64(up_width - 1)
        for y in range(height):
            other = min(max((y >> 1) + (1 if y & 1 else -1), 0), up_height - 1)
            near, far, first = at(up_width, y >> 1, above), at(up_width, other, above), at(width, y, start)
            for channel in range(channels):
                up, line = filled[channel], values[channel]
                for x in range(np.uint64(width)):
                    weight = weights[first + x]
                    own = x >> ONE
                    beside = min(own + ONE, end) if x & ONE else max(own, ONE) - ONE
                    mixed = (
                        np.float32(0.5625) * up[near + own]
                        + np.float32(0.1875) * (up[near + beside] + up[far + own])
                        + np.float32(0.0625) * up[far + beside]
                    )
                    lack = max(enough - weight, np.float32(0))
                    up[first + x] = (line[first + x] + mixed * lack) / max(weight, enough)


@kernel(void(FIELDS_READ, FIELDS, LEVELS))
def compare(moments: Levels, before: Levels, moved: Levels) -> None:
    """How far each cell's mean colour moved since it was last asked, in levels; `before` (3, cells) becomes the new."""
    for i in range(moved.size):
        moved[i] = (
            abs(moments[0, i] - before[0, i]) + abs(moments[1, i] - before[1, i]) + abs(moments[2, i] - before[2, i])
        )
        before[0, i] = moments[0, i]
        before[1, i] = moments[1, i]
        before[2, i] = moments[2, i]
