"""Alpha drawn at luma's full resolution, from what was worked out by cell.

Nothing is worked out where a cell is decided. Elsewhere a pair of luma rows is drawn at a time, even and odd columns
apart, for they share one row of chroma and one of the fields: the fields are bilinear between the cells' centres at
chroma's resolution, chroma is raised to luma's, and luma is taken as it is.

In time alpha goes at a cell's pace: `pace` 0 is as still as a picture can be, 1 follows at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, int64, types, uint16, void

from transforms.kernels.cells import FIELDS, FIELDS_READ, LEVELS_READ, Shorts
from transforms.kernels.compile import READ, WRITE, Index, Levels, Samples, at, inlined, kernel

SCREEN, WORK, PERSON, KEPT = np.uint8(0), np.uint8(1), np.uint8(2), np.uint8(4)
"""What a cell is: alpha 0, alpha by the estimate, alpha 1; with KEPT added it was the same in the last picture."""

ONE, TWO = np.uint64(1), np.uint64(2)
NONE, QUARTER, HALF, MOST, UNITY, MIDDLE = (np.float32(number) for number in (0, 0.25, 0.5, 0.75, 1, 128))

WHITE = np.float32(255 * 128)
"""In parts, 128 to a level, in which alpha is held from picture to picture: still outlines move by less than one."""

SLOWEST = np.float32(1 / 8)
"""The share of a difference that one picture makes good where nothing moves: 0.27 s at 30 fps."""

CALM = np.float32(8)
"""Parts that alpha may then move by at most in one picture: an outline neither pulses with key frames nor shimmers."""

WRONG, FALSE = np.float32(48 * 128), np.float32(64 * 128)
"""Parts from which a difference may be, and is, no noise: what is beyond is made good though nothing seems to move."""

OPAQUE, SURER = np.float32(200), np.float32(0.36)
"""The rough alpha of the person, and by how much more it counts with each level above."""

HELD = types.Array(uint16, 1, "C")

PICTURE = (READ, int64, int64, int64, READ, READ, int64)
"""Luma, its stride, width and height; Cb, Cr and their stride."""

BEHIND = (READ, int64, READ, READ, int64)
"""As PICTURE, of the same size."""

DRAWN = (READ, LEVELS_READ, FIELDS, HELD, WRITE)
"""Kinds and paces of the cells, scratch, what is held, and alpha."""

Shape = tuple[int, int, int, int, int]
"""Columns and rows of cells, width and height in chroma samples, and a cell's side."""


@inlined
def _raise_rows(
    samples: Samples, stride: int, shape: Shape, row: int, left: int, right: int, upper: Levels, lower: Levels
) -> None:
    """Chroma about 128 at the two luma rows of chroma row `row`, 3/4 and 1/4, from one before left to one after right.

    Sample x is written at x + 1; edges are repeated.
    """
    width, height = shape[2], shape[3]
    own = at(stride, row, 0)
    above, below = at(stride, max(row - 1, 0), 0), at(stride, min(row + 1, height - 1), 0)
    for x in range(np.uint64(max(left - 1, 0)), np.uint64(min(right + 1, width))):
        most = np.float32(samples[own + x]) * MOST - MIDDLE
        upper[x + ONE] = most + np.float32(samples[above + x]) * QUARTER
        lower[x + ONE] = most + np.float32(samples[below + x]) * QUARTER
    if left == 0:
        upper[0], lower[0] = upper[1], lower[1]
    if right == width:
        end = np.uint64(width)
        upper[end + ONE], lower[end + ONE] = upper[end], lower[end]


@inlined
def _stretch(fields: Levels, shape: Shape, y: int, first: int, last: int, lines: Levels) -> None:
    """The fields along chroma row `y`, cells first..last, bilinear between the cells' centres, level beyond them."""
    columns, rows, _, _, cell = shape
    place = (np.float32(y) + HALF) / np.float32(cell) - HALF
    top = int(np.floor(place))
    share = place - np.float32(top)
    above, below = min(max(top, 0), rows - 1) * columns, min(max(top + 1, 0), rows - 1) * columns
    step = UNITY / np.float32(cell)
    half = cell // 2
    first_place, half_place = HALF * step - HALF, (np.float32(half) + HALF) * step - HALF
    for number in range(fields.shape[0]):
        field, line = fields[number], lines[number]
        left = max(first - 1, 0)
        before = field[above + left] * (UNITY - share) + field[below + left] * share
        here = field[above + first] * (UNITY - share) + field[below + first] * share
        for column in range(first, last + 1):
            right = min(column + 1, columns - 1)
            after = field[above + right] * (UNITY - share) + field[below + right] * share
            rise, climb = here - before, after - here
            to = at(cell, column, 0)
            start, slope = here + rise * first_place, rise * step
            for x in range(np.uint64(half)):
                line[to + x] = start + slope * np.float32(x)
            to += np.uint64(half)
            start, slope = here + climb * half_place, climb * step
            for x in range(np.uint64(cell - half)):
                line[to + x] = start + slope * np.float32(x)
            before, here = here, after


@inlined
def _settle(fresh: Levels, pace: Levels, held: Shorts, out: Samples, to: Index, start: int, end: int) -> None:
    """Move luma samples start..end of what is held towards `fresh` (0..1), each at its pace, and write its levels."""
    for x in range(np.uint64(start), np.uint64(end)):
        old = np.float32(held[to + x])
        change = fresh[x] * WHITE - old
        size = abs(change)
        share = SLOWEST + (UNITY - SLOWEST) * pace[x]
        slow = min(size * SLOWEST, CALM)
        slow += (max(size - WRONG, NONE) + max(size - FALSE, NONE)) * (SLOWEST * QUARTER)
        step = slow + (size * share - slow) * pace[x]
        now = np.uint16(np.int32(old + (step if change > NONE else -step) + HALF))
        held[to + x] = now
        out[to + x] = np.uint8((now + np.uint16(64)) >> np.uint16(7))


@inlined
def _paint(kind: np.uint8, shape: Shape, cells: int, column: int, size: Any, held: Shorts, out: Samples) -> None:
    """Make a decided cell's samples all 0 or all 255."""
    cell = shape[4]
    width, height = size
    level = np.uint8(0) if kind == SCREEN else np.uint8(255)
    parts = np.uint16(0) if kind == SCREEN else np.uint16(255 * 128)
    for row in range(2 * cells * cell, min(2 * (cells + 1) * cell, height)):
        to = at(width, row, 0)
        for x in range(np.uint64(2 * column * cell), np.uint64(min(2 * (column + 1) * cell, width))):
            out[to + x] = level
            held[to + x] = parts


@inlined
def _begin(
    kinds: Samples,
    pace: Levels,
    shape: Shape,
    cells: int,
    column: int,
    size: Any,
    held: Shorts,
    out: Samples,
    line: Levels,
) -> int:
    """Paint decided cells from `column` on; write the pace of the run that follows, and return where it begins."""
    columns, cell = shape[0], shape[4]
    while column < columns and kinds[cells * columns + column] != WORK:
        kind = kinds[cells * columns + column]
        if kind < KEPT:
            _paint(kind, shape, cells, column, size, held, out)
        column += 1
    end = column
    while end < columns and kinds[cells * columns + end] == WORK:
        for x in range(np.uint64(2 * end * cell), np.uint64(2 * (end + 1) * cell)):
            line[x] = pace[cells * columns + end]
        end += 1
    return column


@inlined
def _end(kinds: Samples, columns: int, cells: int, column: int) -> int:
    """Where a run of cells to be worked out ends."""
    while column < columns and kinds[cells * columns + column] == WORK:
        column += 1
    return column


@inlined
def _mix(y: Samples, source: Index, lines: Levels, half: int, side: int, left: int, right: int, fresh: Levels) -> None:
    """Alpha of every second luma sample from that of chroma sample left on: affine in the colour, lines[0] to lines[3].

    Chroma, raised to two rows: Cb from lines[5] on, Cr from lines[7]. 0 where lines[4] is.
    """
    cb, cr, beside = lines[5 + half], lines[7 + half], np.uint64(2 * side)
    for x in range(np.uint64(left), np.uint64(right)):
        blue, red = cb[x + ONE] * MOST + cb[x + beside] * QUARTER, cr[x + ONE] * MOST + cr[x + beside] * QUARTER
        light = np.float32(y[source + TWO * x]) - MIDDLE
        level = lines[0, x] * light + lines[1, x] * blue + lines[2, x] * red + lines[3, x]
        fresh[x] = min(max(level, NONE), UNITY) * lines[4, x]


@inlined
def _mix_before(
    y: Samples,
    source: Index,
    behind: Samples,
    beyond: Index,
    lines: Levels,
    half: int,
    side: int,
    low: float,
    high: float,
    left: int,
    right: int,
    fresh: Levels,
) -> None:
    """As `_mix`, before a background of its own colour in each sample: its luma, and its chroma from lines[9] on.

    lines[13] to lines[18] hold what `weigh` wrote of the cells, lines[0] the trimap's alpha, lines[1] what it weighs.
    """
    cb, cr, beside = lines[5 + half], lines[7 + half], np.uint64(2 * side)
    other_cb, other_cr = lines[9 + half], lines[11 + half]
    scale = UNITY / (UNITY - low - high)
    for x in range(np.uint64(left), np.uint64(right)):
        b0 = np.float32(behind[beyond + TWO * x]) - MIDDLE
        b1 = other_cb[x + ONE] * MOST + other_cb[x + beside] * QUARTER
        b2 = other_cr[x + ONE] * MOST + other_cr[x + beside] * QUARTER
        i0 = np.float32(y[source + TWO * x]) - MIDDLE - b0
        i1 = cb[x + ONE] * MOST + cb[x + beside] * QUARTER - b1
        i2 = cr[x + ONE] * MOST + cr[x + beside] * QUARTER - b2
        d0, d1, d2 = lines[16, x] - b0, lines[17, x] - b1, lines[18, x] - b2
        v0, v1, v2 = lines[13, x] * d0, lines[14, x] * d1, lines[15, x] * d2
        told = lines[1, x]
        level = (v0 * i0 + v1 * i1 + v2 * i2 + told * lines[0, x]) / (v0 * d0 + v1 * d1 + v2 * d2 + told)
        fresh[x] = min(max((level - low) * scale, NONE), UNITY) * lines[4, x]


@inlined
def _join(even: Levels, odd: Levels, left: int, right: int, fresh: Levels) -> None:
    """Two rows of every second sample as one."""
    for x in range(np.uint64(left), np.uint64(right)):
        fresh[TWO * x] = even[x]
        fresh[TWO * x + ONE] = odd[x]


@inlined
def _keep(near: Samples, mask: Index, left: int, right: int, line: Levels) -> None:
    """0 where a mask says background, else 1."""
    for x in range(np.uint64(left), np.uint64(right)):
        line[x] = NONE if near[mask + x] & np.uint8(1) else UNITY


@kernel(void(*PICTURE, int64, FIELDS_READ, READ, *DRAWN))
def draw(
    y: Samples,
    stride: int,
    luma_width: int,
    luma_height: int,
    cb: Samples,
    cr: Samples,
    chroma_stride: int,
    cell: int,
    affine: Levels,
    near: Samples,
    kinds: Samples,
    pace: Levels,
    lines: Levels,
    held: Shorts,
    out: Samples,
) -> None:
    """Write alpha of luma's size into `out`, without padding, over the last picture's; `held` is its finer memory.

    `affine` (4, cells): alpha = Y, Cb and Cr about 128 by the first three, plus the fourth. `near`: bit 0 where alpha
    is 0. `kinds`, `pace` (cells). Scratch: `lines` (28, 2 width + 2 cell + 2).
    """
    width, height = (luma_width + 1) // 2, (luma_height + 1) // 2
    shape = ((width + cell - 1) // cell, (height + cell - 1) // cell, width, height, cell)
    size = (luma_width, luma_height)
    even, odd, fresh, paces = lines[24], lines[25], lines[26], lines[27]
    for cells in range(shape[1]):
        column = 0
        while column < shape[0]:
            column = _begin(kinds, pace, shape, cells, column, size, held, out, paces)
            end = _end(kinds, shape[0], cells, column)
            left, right = column * cell, min(end * cell, width)
            for row in range(cells * cell, min((cells + 1) * cell, height) if end > column else 0):
                _stretch(affine, shape, row, column, end - 1, lines)
                _keep(near, at(width, row, 0), left, right, lines[4])
                _raise_rows(cb, chroma_stride, shape, row, left, right, lines[5], lines[6])
                _raise_rows(cr, chroma_stride, shape, row, left, right, lines[7], lines[8])
                for half in range(min(2, luma_height - 2 * row)):
                    source = at(stride, 2 * row + half, 0)
                    _mix(y, source, lines, half, 0, left, right, even)
                    _mix(y, source + ONE, lines, half, 1, left, min(right, luma_width // 2), odd)
                    _join(even, odd, left, right, fresh)
                    to = at(luma_width, 2 * row + half, 0)
                    _settle(fresh, paces, held, out, to, 2 * left, min(2 * right, luma_width))
            column = end


@kernel(void(*PICTURE, *BEHIND, int64, FIELDS_READ, READ, READ, float32, float32, float32, *DRAWN))
def draw_before(
    y: Samples,
    stride: int,
    luma_width: int,
    luma_height: int,
    cb: Samples,
    cr: Samples,
    chroma_stride: int,
    behind: Samples,
    behind_stride: int,
    behind_cb: Samples,
    behind_cr: Samples,
    behind_chroma_stride: int,
    cell: int,
    fields: Levels,
    near: Samples,
    rough: Samples,
    belief: float,
    low: float,
    high: float,
    kinds: Samples,
    pace: Levels,
    lines: Levels,
    held: Shorts,
    out: Samples,
) -> None:
    """As `draw`, before a background known sample by sample: `behind` and its chroma, of the picture's size.

    `fields` (6, cells): as `transforms.kernels.unmix.weigh` writes them. `rough`: alpha by another measure, 200 is
    opaque, which counts as `belief` squared deviations do, and more when over 200. Up to `low` is 0, from 1 - `high` 1.
    """
    width, height = (luma_width + 1) // 2, (luma_height + 1) // 2
    shape = ((width + cell - 1) // cell, (height + cell - 1) // cell, width, height, cell)
    size = (luma_width, luma_height)
    even, odd, fresh, paces = lines[24], lines[25], lines[26], lines[27]
    for cells in range(shape[1]):
        column = 0
        while column < shape[0]:
            column = _begin(kinds, pace, shape, cells, column, size, held, out, paces)
            end = _end(kinds, shape[0], cells, column)
            left, right = column * cell, min(end * cell, width)
            for row in range(cells * cell, min((cells + 1) * cell, height) if end > column else 0):
                _stretch(fields, shape, row, column, end - 1, lines[13:19])
                mask = at(width, row, 0)
                _keep(near, mask, left, right, lines[4])
                for x in range(np.uint64(left), np.uint64(right)):
                    level = np.float32(rough[mask + x])
                    lines[0, x] = min(level * np.float32(1 / 200), UNITY)
                    lines[1, x] = belief + belief * max(level - OPAQUE, NONE) * SURER
                _raise_rows(cb, chroma_stride, shape, row, left, right, lines[5], lines[6])
                _raise_rows(cr, chroma_stride, shape, row, left, right, lines[7], lines[8])
                _raise_rows(behind_cb, behind_chroma_stride, shape, row, left, right, lines[9], lines[10])
                _raise_rows(behind_cr, behind_chroma_stride, shape, row, left, right, lines[11], lines[12])
                for half in range(min(2, luma_height - 2 * row)):
                    source, beyond = at(stride, 2 * row + half, 0), at(behind_stride, 2 * row + half, 0)
                    last = min(right, luma_width // 2)
                    _mix_before(y, source, behind, beyond, lines, half, 0, low, high, left, right, even)
                    _mix_before(y, source + ONE, behind, beyond + ONE, lines, half, 1, low, high, left, last, odd)
                    _join(even, odd, left, right, fresh)
                    to = at(luma_width, 2 * row + half, 0)
                    _settle(fresh, paces, held, out, to, 2 * left, min(2 * right, luma_width))
            column = end
