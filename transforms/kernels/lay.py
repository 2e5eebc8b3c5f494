"""The plate laid under a picture, and which of the picture's samples are the plate's.

Only where it is needed: in the band between sure background and sure person, and a cell around it, for the compositor's
filters. There the plate is shown in this picture's light, with fields that take up what one exposure for all leaves
(a vignette, a cast shadow), bilinear between the cells' centres.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, void

from transforms.kernels.cells import FIELDS, FIELDS_READ, LEVELS, LEVELS_READ
from transforms.kernels.compile import READ, WRITE, Index, Levels, Samples, at, inlined, kernel

NONE, HALF, UNITY, NEUTRAL, WHITE = (np.float32(number) for number in (0, 0.5, 1, 128, 255))
ONE, TWO = np.uint64(1), np.uint64(2)

BACKGROUND, BAND, CORE = np.uint8(0), np.uint8(1), np.uint8(2)
"""What a cell is: all background, to be worked out, all person."""

OPAQUE = np.float32(200)
"""The rough alpha of the person (`transforms.trimap`)."""

NEAR, VERY_NEAR = np.float32(12), np.float32(5)
"""Squared deviations, of three planes together, under which a sample is the plate's, and surely is."""

FADING = np.float32(0.08)
"""Cells' worths of no shade that count with each cell: far from what is seen none is made up."""

DARKEST, BRIGHTEST, MOST_CHROMA = np.float32(-0.6), np.float32(0.5), np.float32(8)
"""What is left to a soft shade: by how much of itself the light may be more, and levels of chroma."""

LEAST_LIGHT = np.float32(12)
"""Levels above black under which a plate is too dark to tell what light is on it."""


@inlined
def _stretch(field: Levels, y: int, side: int, columns: int, rows: int, first: int, end: int, line: Levels) -> None:
    """A field along row `y` of samples, `side` to a cell, in cells first..end, bilinear between the cells' centres."""
    place = (np.float32(y) + HALF) / np.float32(side) - HALF
    top = int(np.floor(place))
    share = place - np.float32(top)
    above, below = min(max(top, 0), rows - 1) * columns, min(max(top + 1, 0), rows - 1) * columns
    step = UNITY / np.float32(side)
    middle = side // 2
    for column in range(first, end):
        left, right = max(column - 1, 0), min(column + 1, columns - 1)
        here = field[above + column] * (UNITY - share) + field[below + column] * share
        before = field[above + left] * (UNITY - share) + field[below + left] * share
        after = field[above + right] * (UNITY - share) + field[below + right] * share
        rise, climb = (here - before) * step, (after - here) * step
        to = at(side, column, 0)
        for x in range(np.uint64(middle)):
            line[to + x] = here + rise * (np.float32(x) + HALF - HALF * np.float32(side))
        for x in range(np.uint64(middle), np.uint64(side)):
            line[to + x] = here + climb * (np.float32(x) + HALF - HALF * np.float32(side))


@inlined
def _widen(
    field: Levels, rows_of: tuple[int, int], side: int, columns: int, first: int, end: int, lines: Levels, to_line: int
) -> None:
    """Cells first..end of a row of cells, the one above and the one below, into three lines from `to_line` on.

    As `_stretch`, across alone: what lies between two of them is theirs in shares, however many rows that is.
    """
    row, rows = rows_of
    middle, step = side // 2, UNITY / np.float32(side)
    for number in range(3):
        line, own = lines[to_line + number], min(max(row + number - 1, 0), rows - 1) * columns
        here, before = field[own + first], field[own + max(first - 1, 0)]
        for column in range(first, end):
            after = field[own + min(column + 1, columns - 1)]
            rise, climb, to = (here - before) * step, (after - here) * step, at(side, column, 0)
            for x in range(np.uint64(middle)):
                line[to + x] = here + rise * (np.float32(x) + HALF - HALF * np.float32(side))
            for x in range(np.uint64(middle), np.uint64(side)):
                line[to + x] = here + climb * (np.float32(x) + HALF - HALF * np.float32(side))
            before, here = here, after


@inlined
def _between(y: int, side: int) -> tuple[int, np.float32]:
    """Which of the lines of `_widen` lies above a cell's row `y`, and how far on it is to the next."""
    place = (np.float32(y) + HALF) / np.float32(side) - HALF
    return (0, place + UNITY) if place < NONE else (1, place)


@inlined
def _next_run(wanted: Samples, first: int, columns: int, column: int) -> tuple[int, int]:
    """From `column` on, the next cells that are wanted: where they begin and end."""
    while column < columns and wanted[first + column] == 0:
        column += 1
    end = column
    while end < columns and wanted[first + end] != 0:
        end += 1
    return column, end


@inlined
def _fill_decided(
    states: Samples, first: int, columns: int, cell: int, width: int, mask: Index, near: Samples, rough: Samples
) -> None:
    """Write one row of `near` and `rough` where nothing is to be worked out."""
    column = 0
    while column < columns:
        state, end = states[first + column], column + 1
        while end < columns and states[first + end] == state:
            end += 1
        if state != BAND:
            bits, level = (np.uint8(3), np.uint8(0)) if state == BACKGROUND else (np.uint8(0), np.uint8(OPAQUE))
            for x in range(np.uint64(column * cell), np.uint64(min(end * cell, width))):
                near[mask + x] = bits
            for x in range(np.uint64(column * cell), np.uint64(min(end * cell, width))):
                rough[mask + x] = level
        column = end


@kernel(void(READ, int64, int64, int64, int64, float32, float32, float32, LEVELS_READ, READ, FIELDS, WRITE, int64))
def lay_luma(
    plate: Samples,
    stride: int,
    width: int,
    height: int,
    side: int,
    gain: float,
    offset: float,
    black: float,
    light: Levels,
    wanted: Samples,
    lines: Levels,
    out: Samples,
    out_stride: int,
) -> None:
    """Write gain * plate + offset, what is above `black` times 1 + `light` of its cell, where cells are `wanted`.

    A cell is `side` samples wide. Scratch: `lines` (3, width + side).
    """
    columns, rows = (width + side - 1) // side, (height + side - 1) // side
    for row in range(rows):
        column = 0
        while column < columns:
            column, end = _next_run(wanted, row * columns, columns, column)
            if column == end:
                break
            _widen(light, (row, rows), side, columns, column, end, lines, 0)
            for y in range(row * side, min(row * side + side, height)):
                own, to = at(stride, y, 0), at(out_stride, y, 0)
                upper, share = _between(y - row * side, side)
                above, below = lines[upper], lines[upper + 1]
                for x in range(np.uint64(column * side), np.uint64(min(end * side, width))):
                    level = gain * np.float32(plate[own + x]) + offset
                    level += (level - black) * (above[x] + (below[x] - above[x]) * share)
                    out[to + x] = np.uint8(np.int32(min(max(level, NONE), WHITE) + HALF))
            column = end


@kernel(
    void(
        READ,
        READ,
        READ,
        int64,
        READ,
        READ,
        READ,
        int64,
        int64,
        int64,
        int64,
        LEVELS_READ,
        FIELDS_READ,
        FIELDS_READ,
        LEVELS_READ,
        LEVELS_READ,
        READ,
        READ,
        FIELDS,
        WRITE,
        WRITE,
        int64,
        WRITE,
        WRITE,
    )
)
def lay_chroma(
    luma: Samples,
    cb: Samples,
    cr: Samples,
    stride: int,
    plate_luma: Samples,
    plate_cb: Samples,
    plate_cr: Samples,
    plate_stride: int,
    width: int,
    height: int,
    cell: int,
    light: Levels,
    fields: Levels,
    weights: Levels,
    soft: Levels,
    chances: Levels,
    states: Samples,
    wanted: Samples,
    lines: Levels,
    out_cb: Samples,
    out_cr: Samples,
    out_stride: int,
    near: Samples,
    rough: Samples,
) -> None:
    """Write the plate's chroma where the cells are `wanted`, and everywhere what the trimap asks of a matting.

    `light` (9): luma's gain and offset, Cb's gain, tint and offset, Cr's; black. `fields` (3, cells): by how much, of
    itself, the light is more; what is added to Cb and to Cr. `weights` (3, cells): one over the variance of a sample
    about the plate. `soft` (cells): the person's share, 0..1; `chances` (cells): up to which share what is like the
    plate is the plate. `near`: bits 0 and 1 where a sample is the plate's and surely is; `rough`: the share, OPAQUE for
    1; both (width * height). Luma is of chroma's size. Scratch: `lines` (16, width + cell).
    """
    columns, rows = (width + cell - 1) // cell, (height + cell - 1) // cell
    for row in range(rows):
        first, column = row * columns, 0
        top, bottom = row * cell, min(row * cell + cell, height)
        while column < columns:
            column, end = _next_run(wanted, first, columns, column)
            if column == end:
                break
            for channel in range(3):
                _widen(fields[channel], (row, rows), cell, columns, column, end, lines, 3 * channel)
            _widen(soft, (row, rows), cell, columns, column, end, lines, 9)
            for c in range(column, end):
                for x in range(np.uint64(c * cell), np.uint64(c * cell + cell)):
                    lines[12, x] = weights[0, first + c]
                    lines[13, x] = weights[1, first + c]
                    lines[14, x] = weights[2, first + c]
                    lines[15, x] = chances[first + c]
            for y in range(top, bottom):
                mask, own, other, to = at(width, y, 0), at(stride, y, 0), at(plate_stride, y, 0), at(out_stride, y, 0)
                upper, part = _between(y - top, cell)
                f0, f1, f2, f3 = lines[upper], lines[3 + upper], lines[6 + upper], lines[9 + upper]
                n0, n1, n2, n3 = lines[1 + upper], lines[4 + upper], lines[7 + upper], lines[10 + upper]
                for x in range(np.uint64(column * cell), np.uint64(min(end * cell, width))):
                    seen = np.float32(plate_luma[mask + x])
                    s0 = light[0] * seen + light[1]
                    s1 = light[2] * np.float32(plate_cb[other + x]) + light[3] * seen + light[4]
                    s2 = light[5] * np.float32(plate_cr[other + x]) + light[6] * seen + light[7]
                    more = f0[x] + (n0[x] - f0[x]) * part
                    s0 += (s0 - light[8]) * more
                    s1 += (s1 - NEUTRAL) * more + f1[x] + (n1[x] - f1[x]) * part
                    s2 += (s2 - NEUTRAL) * more + f2[x] + (n2[x] - f2[x]) * part
                    d0 = np.float32(luma[mask + x]) - s0
                    d1, d2 = np.float32(cb[own + x]) - s1, np.float32(cr[own + x]) - s2
                    far = d0 * d0 * lines[12, x] + d1 * d1 * lines[13, x] + d2 * d2 * lines[14, x]
                    share = min(max(f3[x] + (n3[x] - f3[x]) * part, NONE), UNITY)
                    is_near = np.uint8((far < NEAR) & (share < lines[15, x]))
                    is_very_near = np.uint8((far < VERY_NEAR) & (share < min(lines[15, x], HALF)))
                    near[mask + x] = is_near | (is_very_near << np.uint8(1))
                    rough[mask + x] = np.uint8(np.int32(share * OPAQUE + HALF))
                    out_cb[to + x] = np.uint8(np.int32(min(max(s1, NONE), WHITE) + HALF))
                    out_cr[to + x] = np.uint8(np.int32(min(max(s2, NONE), WHITE) + HALF))
            column = end
        for y in range(top, bottom):
            _fill_decided(states, first, columns, cell, width, at(width, y, 0), near, rough)


@kernel(void(READ, int64, int64, int64, LEVELS_READ, LEVELS, WRITE))
def darken(alpha: Samples, width: int, height: int, side: int, light: Levels, line: Levels, out: Samples) -> None:
    """Write alpha with a shadow left on what it lets through: 255 - (255 - alpha) (1 + light).

    `light` (cells): by how much, of itself, there is more, 0 or under; cells are `side` samples wide. Both alphas are
    without padding. Scratch: `line` (width + side).
    """
    columns, rows = (width + side - 1) // side, (height + side - 1) // side
    for y in range(height):
        to = at(width, y, 0)
        _stretch(light, y, side, columns, rows, 0, columns, line)
        for x in range(np.uint64(width)):
            level = WHITE - (WHITE - np.float32(alpha[to + x])) * (UNITY + min(line[x], NONE))
            out[to + x] = np.uint8(np.int32(level + HALF))


@kernel(void(FIELDS_READ, FIELDS_READ, READ, float32, FIELDS, LEVELS))
def find_light(moments: Levels, expected: Levels, seen: Samples, lift: float, values: Levels, weights: Levels) -> None:
    """Write what light is on the plate where it is `seen`, weighted, as `transforms.kernels.cells.fill` takes it.

    `moments`, `expected`: means about 128; `lift`: 128 less black. `values` (3, cells): by how much, of itself, the
    light is more, and what is off beside that in Cb and Cr.
    """
    for i in range(seen.size):
        weights[i] = UNITY if seen[i] else FADING
        light = max(expected[0, i] + lift, LEAST_LIGHT)
        more = min(max((moments[0, i] - expected[0, i]) / light, DARKEST), BRIGHTEST)
        blue = moments[1, i] - expected[1, i] * (UNITY + more)
        red = moments[2, i] - expected[2, i] * (UNITY + more)
        values[0, i] = more if seen[i] else NONE
        values[1, i] = min(max(blue, -MOST_CHROMA), MOST_CHROMA) if seen[i] else NONE
        values[2, i] = min(max(red, -MOST_CHROMA), MOST_CHROMA) if seen[i] else NONE
