"""Foreground over background through alpha, one plane at a time, at the speed of memory.

    out = clip(foreground - (1 - a) screen) + (1 - a) background        (chroma about 128)

The clip keeps the person's part, a times its colour, within a times the range of colours there are.

Nearly all of a picture is wholly person or wholly background: blocks of a row where alpha is 0 or 255 throughout are
copied from the one side or the other, byte for byte, and only the others mixed.

Alpha has the size of the plane, twice its size, or half of it. Chroma sits as MPEG-2 puts it and every decoder assumes
(ITU-T H.264 Annex E, chroma_sample_loc_type 0): across on the even luma column, down midway between its two luma rows.
So an alpha of chroma's size reaches luma by 3/4 and 1/4 of two rows, the odd columns being the means of the even ones;
one of luma's size reaches chroma by 1 2 1 across, 1 1 down. Beyond the edges the outermost samples are repeated. The
weights are eighths: in units of 1/2040 (255 x 8) every value is whole, 0 stays 0 and 255 stays 2040.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, void

from transforms.kernels.compile import READ, WRITE, Eighths, Index, Levels, Samples, at, inlined, kernel

GRID = types.Array(float32, 2, "C", readonly=True)

BLOCK = 32
"""Samples of alpha: short enough to follow an outline, long enough to be cheap to sort."""

NOTHING, MIXED, WHOLE = 0, 1, 2
"""What a block of alpha holds: all 0, anything else, all 255."""

DOWN, SAME, UP = 0, 1, 2
"""How alpha reaches a plane: it is twice its size, its own size, half its size."""

FULL = 2040
UNIT = np.float32(1 / FULL)
ONE, TWO, THREE, EIGHT = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(8)
NONE, HALF, UNITY = np.float32(0), np.float32(0.5), np.float32(1)

LIT = 4
"""Rows that share one row of the screen's light, which changes slowly."""


@inlined
def _sum(samples: Samples, first: Index, count: Index) -> int:
    total = 0
    for x in range(count):
        total += samples[first + x]
    return total


@kernel(void(READ, int64, int64, WRITE))
def sort_blocks(alpha: Samples, width: int, height: int, kinds: Samples) -> None:
    """The kind of each block along each row of alpha, its neighbour on either side included; `kinds` row by row."""
    blocks = (width + BLOCK - 1) // BLOCK
    for row in range(height):
        for block in range(blocks):
            start = max(block * BLOCK - 1, 0)
            count = min((block + 1) * BLOCK + 1, width) - start
            total = _sum(alpha, at(width, row, start), np.uint64(count))
            kind = MIXED
            if total == 0:
                kind = NOTHING
            elif total == 255 * count:
                kind = WHOLE
            kinds[row * blocks + block] = kind


@inlined
def rows_of(row: int, height: int, factor: int) -> tuple[int, int]:
    """Which two rows of alpha, of `height`, a row of the plane takes: its own and the other (UP, SAME, DOWN)."""
    if factor == UP:
        return row // 2, min(max(row // 2 + (1 if row % 2 else -1), 0), height - 1)
    if factor == DOWN:
        return 2 * row, min(2 * row + 1, height - 1)
    return row, row


@inlined
def _same(alpha: Samples, own: Index, count: Index, out: Eighths) -> None:
    for x in range(count):
        out[x] = EIGHT * alpha[own + x]


@inlined
def _up(alpha: Samples, own: Index, other: Index, last: Index, pairs: Index, sums: Eighths, out: Eighths) -> None:
    """`last`: the index, from `own` on, of the last sample of its row."""
    for x in range(pairs):
        sums[x] = THREE * alpha[own + x] + alpha[other + x]
    after = min(pairs, last)
    sums[pairs] = THREE * alpha[own + after] + alpha[other + after]
    for x in range(pairs):
        out[TWO * x] = sums[x] + sums[x]
        out[TWO * x + ONE] = sums[x] + sums[x + ONE]


@inlined
def _down(alpha: Samples, own: Index, other: Index, last: Index, count: Index, sums: Eighths, out: Eighths) -> None:
    """Sets out[0] as if nothing lay before it."""
    width = min(TWO * count, last + ONE)
    for x in range(width):
        sums[x] = alpha[own + x] + alpha[other + x]
    sums[width] = sums[width - ONE]
    out[0] = sums[0] + sums[0] + sums[0] + sums[1]
    for x in range(ONE, count):
        out[x] = sums[TWO * x - ONE] + sums[TWO * x] + sums[TWO * x] + sums[TWO * x + ONE]


@inlined
def stretch(
    alpha: Samples,
    width: int,
    own: int,
    other: int,
    factor: int,
    start: int,
    end: int,
    sums: Eighths,
    out: Eighths,
) -> None:
    """Alpha, in 1/2040ths, at the samples `start` (even) to `end` of a plane's row that takes these two rows of it.

    `sums` is scratch, 2 * (end - start) + 2 long; `out` has room for one sample more.
    """
    count = np.uint64(end - start)
    if factor == UP:
        first = start // 2
        last = np.uint64(width - 1 - first)
        _up(alpha, at(width, own, first), at(width, other, first), last, (count + ONE) // TWO, sums, out)
    elif factor == DOWN:
        first = 2 * start
        last = np.uint64(width - 1 - first)
        _down(alpha, at(width, own, first), at(width, other, first), last, count, sums, out)
        if start > 0:
            out[0] += int(alpha[own * width + first - 1]) + int(alpha[other * width + first - 1]) - sums[0]
    else:
        _same(alpha, at(width, own, start), count, out)


@kernel(void(READ, int64, int64, int64, WRITE, int64, int64, int64))
def draw(
    alpha: Samples, alpha_width: int, alpha_height: int, factor: int, out: Samples, stride: int, width: int, height: int
) -> None:
    """Write alpha, 0..255, as a plane of (height, width)."""
    sums, eighths = np.empty(2 * width + 2, np.int16), np.empty(width + 1, np.int16)
    for row in range(height):
        own, other = rows_of(row, alpha_height, factor)
        stretch(alpha, alpha_width, own, other, factor, 0, width, sums, eighths)
        to = at(stride, row, 0)
        for x in range(np.uint64(width)):
            out[to + x] = (eighths[x] + 4) >> 3


@inlined
def _kind(kinds: Samples, own: int, other: int, block: int) -> int:
    """The kind of a block over both rows of alpha that it takes."""
    kind = int(kinds[own + block])
    return kind if kind == kinds[other + block] else MIXED


@inlined
def _copy(source: Samples, first: Index, out: Samples, to: Index, count: Index) -> None:
    for x in range(count):
        out[to + x] = source[first + x]


@inlined
def _mix(
    person: Samples,
    p: Index,
    behind: Samples,
    b: Index,
    alpha: Eighths,
    light: Levels,
    skip: Index,
    zero: float,
    least: float,
    most: float,
    out: Samples,
    to: Index,
    count: Index,
) -> None:
    """The formula above. Levels count from `zero` and lie within `least` and `most`; `skip`: light's start."""
    for x in range(count):
        opacity = np.float32(alpha[x]) * UNIT
        rest = UNITY - opacity
        own = np.float32(person[p + x]) - zero - rest * (light[skip + x] - zero)
        own = min(max(own, opacity * least), opacity * most)
        level = own + rest * (np.float32(behind[b + x]) - zero) + zero
        out[to + x] = person[p + x] if alpha[x] == FULL else np.uint8(np.int32(level + HALF))


@inlined
def _widen(grid: Levels, width: int, wide: Levels) -> None:
    """Every row of the grid at `width` samples: bilinear between the centres of its cells, constant beyond."""
    rows, columns = grid.shape
    scale = np.float32(columns) / np.float32(width)
    for x in range(width):
        place = min(max((np.float32(x) + HALF) * scale - HALF, NONE), np.float32(columns - 1))
        left = int(place)
        right = min(left + 1, columns - 1)
        share = place - np.float32(left)
        for row in range(rows):
            wide[row * width + x] = grid[row, left] + (grid[row, right] - grid[row, left]) * share


@inlined
def _light(wide: Levels, width: int, rows: int, depth: float, out: Levels) -> None:
    """The screen along a row that lies `depth` of the way down the picture."""
    place = min(max(np.float32(depth * rows) - HALF, NONE), np.float32(rows - 1))
    row = int(place)
    share = place - np.float32(row)
    upper, lower = at(width, row, 0), at(width, min(row + 1, rows - 1), 0)
    for x in range(np.uint64(width)):
        out[x] = wide[upper + x] + (wide[lower + x] - wide[upper + x]) * share


_PERSON = (READ, int64)
_BEHIND = (READ, int64)
_ALPHA = (READ, int64, int64, int64, READ)
_LEVELS = (GRID, float32, float32, float32)
_OUT = (WRITE, int64, int64, int64)


@kernel(void(*_PERSON, *_BEHIND, *_ALPHA, *_LEVELS, *_OUT))
def composite_plane(
    person: Samples,
    person_stride: int,
    behind: Samples,
    behind_stride: int,
    alpha: Samples,
    alpha_width: int,
    alpha_height: int,
    factor: int,
    kinds: Samples,
    screen: Levels,
    zero: float,
    least: float,
    most: float,
    out: Samples,
    stride: int,
    width: int,
    height: int,
) -> None:
    """Write the composite of one plane of (height, width) samples.

    `alpha` has no padding; `factor` is UP, SAME or DOWN; `kinds` are its blocks'. `screen`: a grid stretched over the
    plane; one without rows takes nothing out: the person's part is then a times the sample.
    """
    blocks = (alpha_width + BLOCK - 1) // BLOCK
    step = 2 * BLOCK if factor == UP else BLOCK // 2 if factor == DOWN else BLOCK
    cells, lit = screen.shape[0], -1
    sums, eighths = np.empty(2 * width + 2, np.int16), np.empty(width + 1, np.int16)
    wide, light = np.empty(cells * width, np.float32), np.empty(width, np.float32)
    if cells > 0:
        _widen(screen, width, wide)
    for row in range(height):
        own, other = rows_of(row, alpha_height, factor)
        p, b, to = at(person_stride, row, 0), at(behind_stride, row, 0), at(stride, row, 0)
        block = 0
        while block < blocks:
            kind = _kind(kinds, own * blocks, other * blocks, block)
            start = block * step
            block += 1
            while block < blocks and _kind(kinds, own * blocks, other * blocks, block) == kind:
                block += 1
            skip, count = np.uint64(start), np.uint64(min(block * step, width) - start)
            if kind == WHOLE:
                _copy(person, p + skip, out, to + skip, count)
            elif kind == NOTHING:
                _copy(behind, b + skip, out, to + skip, count)
            else:
                stretch(alpha, alpha_width, own, other, factor, start, min(block * step, width), sums, eighths)
                if cells == 0:
                    for x in range(count):
                        light[skip + x] = np.float32(person[p + skip + x])
                elif lit != row // LIT:
                    lit = row // LIT
                    _light(wide, width, cells, (lit * LIT + LIT // 2) / height, light)
                _mix(person, p + skip, behind, b + skip, eighths, light, skip, zero, least, most, out, to + skip, count)
