"""The outline of a matte moved and softened, only where there is one.

Most of a matte is all 0 or all 255 and stays so. It is surveyed in tiles; a tile near which, within the reach of all
that will be done, alpha is not the same everywhere is busy. Of each band of tiles what lies between the first busy one
and the last is worked on, but for the widest gap within, as between a person's two sides: two long runs a row, for
short ones take four times as long. Around and between them a rim is loaded, which stays as it is. Rows have PAD samples
at both ends, which repeat the outermost, and past the first and the last row those rows are repeated: the frame cuts
the person off there, it is no outline.

Moved inward (outward: the same of 255 less alpha): alpha becomes the least of itself and its eight neighbours at a
distance, which moves an outline of any direction by nearly that distance, an octagon being nearly a disc. Great
distances are made of several steps, of which one is of fractions of a sample, bilinear: the outline moves smoothly with
the distance, and by exactly that distance across and down.

Softened: three taps across and three down, of weights w, 1 - 2w, w, at distances 1, 1, 2, 2, 4, 4 and so on: boxes of
boxes, whose variances 2 w d^2 add up, and near enough to a Gaussian after the second.

All of it is monotone: of two alphas the greater never comes out the less. Weights are in 256ths.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float32, int64, types, uint8, uint16, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Index, Samples, at, inlined, kernel

TILE = 16
"""Samples across and down: the height of a band."""

PAD = 16
"""Samples: the farthest that a loop here looks, in any direction. A tile, so that the rim is of one band."""

ABOVE, BELOW = np.uint8(1), np.uint8(2)
"""A tile holds something above 0; below 255. Where there is both, there is an outline."""

RUNS, FROM, TO = 4, 4, 5
"""Columns of `spans`, one row for each band, in samples: begin and end of one run and of the other, what is loaded."""

GAP = 4
"""Tiles: the least that is worth another run."""

HALF, NONE, MOST = np.float32(0.5), np.float32(0), np.float32(255)
ALL, ROUND, EIGHT, WHITE = np.uint16(256), np.uint16(128), np.uint16(8), np.uint8(255)
SIXTEEN = np.uint32(16)

Short = np.uint16
Shorts = NDArray[np.uint16]
Spans = NDArray[np.int64]

_WEIGHTS = types.Array(uint16, 1, "C", readonly=True)
_LINE = types.Array(uint16, 1, "C")
_SPANS = types.Array(int64, 2, "C")
_SPANS_READ = types.Array(int64, 2, "C", readonly=True)
_PLANE = (READ, int64, int64, int64, _SPANS_READ)


@kernel(void(READ, int64, int64, WRITE, WRITE))
def survey(alpha: Samples, width: int, height: int, lines: Samples, tiles: Samples) -> None:
    """Write ABOVE and BELOW of each tile of `alpha`, which has no padding. `lines`: scratch, (2 width)."""
    columns = (width + TILE - 1) // TILE
    count = np.uint64(width)
    for top in range(0, height, TILE):
        lines[:width] = 0
        lines[width:] = 255
        for y in range(top, min(top + TILE, height)):
            row = at(width, y, 0)
            for x in range(count):
                lines[x] |= alpha[row + x]
                lines[count + x] &= alpha[row + x]
        for column in range(columns):
            left, right = column * TILE, min(column * TILE + TILE, width)
            some, every = np.uint8(0), WHITE
            for x in range(np.uint64(left), np.uint64(right)):
                some |= lines[x]
                every &= lines[count + x]
            holds = (ABOVE if some > 0 else np.uint8(0)) | (BELOW if every < WHITE else np.uint8(0))
            tiles[top // TILE * columns + column] = holds


@kernel(void(READ, int64, int64, int64, int64, WRITE, _SPANS))
def plan(tiles: Samples, columns: int, rows: int, width: int, reach: int, near: Samples, spans: Spans) -> None:
    """From `survey`'s tiles to the spans, for a `reach` in tiles. `near`: scratch, (tiles + columns)."""
    count = np.uint64(columns)
    for row in range(rows):
        own = at(columns, row, 0)
        for x in range(count):
            near[own + x] = tiles[own + x]
        for away in range(1, min(reach, columns - 1) + 1):
            ahead = np.uint64(away)
            for x in range(np.uint64(columns - away)):
                near[own + x] |= tiles[own + ahead + x]
                near[own + ahead + x] |= tiles[own + x]
    around = near[columns * rows :]
    for row in range(rows):
        around[:] = 0
        for y in range(max(row - reach, 0), min(row + reach + 1, rows)):
            other = at(columns, y, 0)
            for x in range(count):
                around[x] |= near[other + x]
        first, last, gap, gap_end = -1, 0, GAP - 1, 0
        for column in range(columns):
            if around[column] == ABOVE | BELOW:
                if first < 0:
                    first = column
                elif column - last > gap:
                    gap, gap_end = column - last, column
                last = column + 1
        spans[row, 0], spans[row, 1] = max(first, 0) * TILE, min(last * TILE, width)
        spans[row, 2], spans[row, 3] = 0, 0
        if gap_end > 0:
            spans[row, 1] = (gap_end - gap) * TILE
            spans[row, 2], spans[row, 3] = gap_end * TILE, min(last * TILE, width)
    for row in range(rows):
        first, last = width, 0
        for y in range(max(row - 1, 0), min(row + 2, rows)):
            if spans[y, 1] > 0:
                first, last = min(first, spans[y, 0]), max(last, spans[y, 1], spans[y, 3])
        spans[row, FROM] = max(first - PAD, 0) if last > 0 else 0
        spans[row, TO] = min(last + PAD, width) if last > 0 else 0


@inlined
def _repeat_ends(plane: Samples, row: Index, width: int, left: int, right: int) -> None:
    """Fill a row's padding where its outermost samples were just written."""
    pad = np.uint64(PAD)
    if left == 0:
        for x in range(pad):
            plane[row - pad + x] = plane[row]
    if right == width:
        end = row + np.uint64(width)
        for x in range(pad):
            plane[end + x] = plane[end - np.uint64(1)]


@kernel(void(READ, int64, int64, int64, _SPANS_READ, float32, float32, uint8, WRITE, WRITE))
def load(
    alpha: Samples,
    width: int,
    height: int,
    stride: int,
    spans: Spans,
    low: float,
    gain: float,
    flip: int,
    one: Samples,
    two: Samples,
) -> None:
    """Copy what is worked on and its rim into two planes of rows `stride` apart, stretched by `gain` from `low` on.

    `flip` is 255 to load 255 less alpha, else 0.
    """
    turn = np.uint8(flip)
    for y in range(height):
        left, right = spans[y // TILE, FROM], spans[y // TILE, TO]
        if right == 0:
            continue
        row, to = at(width, y, 0), at(stride, y, PAD)
        for x in range(np.uint64(left), np.uint64(right)):
            level = (np.float32(np.int32(alpha[row + x])) - low) * gain + HALF
            one[to + x] = np.uint8(np.int32(min(max(level, NONE), MOST))) ^ turn
        _repeat_ends(one, to, width, left, right)
        start = at(stride, y, 0)
        for x in range(np.uint64(left), np.uint64(right + 2 * PAD)):
            two[start + x] = one[start + x]


@kernel(void(*_PLANE, int64, int64, WRITE))
def step(
    plane: Samples, width: int, height: int, stride: int, spans: Spans, straight: int, slanting: int, out: Samples
) -> None:
    """Take the least of nine: `straight` samples across and down, `slanting` both ways at once, and itself."""
    for y in range(height):
        to = at(stride, y, PAD)
        above, below = at(stride, max(y - straight, 0), PAD), at(stride, min(y + straight, height - 1), PAD)
        before, beyond = at(stride, y, PAD - straight), at(stride, y, PAD + straight)
        upper, lower = max(y - slanting, 0), min(y + slanting, height - 1)
        nw, ne = at(stride, upper, PAD - slanting), at(stride, upper, PAD + slanting)
        sw, se = at(stride, lower, PAD - slanting), at(stride, lower, PAD + slanting)
        for run in range(0, RUNS, 2):
            left, right = spans[y // TILE, run], spans[y // TILE, run + 1]
            if left == right:
                continue
            for x in range(np.uint64(left), np.uint64(right)):
                cross = min(min(plane[above + x], plane[below + x]), min(plane[before + x], plane[beyond + x]))
                corners = min(min(plane[nw + x], plane[ne + x]), min(plane[sw + x], plane[se + x]))
                out[to + x] = min(min(cross, corners), plane[to + x])
            _repeat_ends(out, to, width, left, right)


@inlined
def _share(level: Short, weight: Short) -> Short:
    """So many 256ths, 255 at most, of a level, cut off: half of a product of 32 bits, one instruction."""
    return Short((np.uint32(level) * np.uint32(Short(weight << EIGHT))) >> SIXTEEN)


@inlined
def _between(plane: Samples, near: Index, far: Index, x: Index, ahead: Shorts) -> Short:
    """Between two samples."""
    return Short(Short(Short(plane[near + x]) * ahead[0]) + Short(Short(plane[far + x]) * ahead[1]))


@kernel(void(*_PLANE, int64, int64, _WEIGHTS, _WEIGHTS, _LINE, WRITE))
def step_finely(
    plane: Samples,
    width: int,
    height: int,
    stride: int,
    spans: Spans,
    straight: int,
    slanting: int,
    ahead: Shorts,
    aside: Shorts,
    line: Shorts,
    out: Samples,
) -> None:
    """As `step`, at distances between `straight`, `slanting` and one more.

    `ahead`, `aside`: the weights of the nearer and the farther sample. What lies slanting is taken between columns of
    the lesser of above and below: before a straight outline that is one of them. `line`: scratch, (stride).
    """
    last = height - 1
    one = np.uint64(1)
    for y in range(height):
        upper, top = at(stride, max(y - slanting, 0), 0), at(stride, max(y - slanting - 1, 0), 0)
        lower, bottom = at(stride, min(y + slanting, last), 0), at(stride, min(y + slanting + 1, last), 0)
        to = at(stride, y, PAD)
        n0, n1 = at(stride, max(y - straight, 0), PAD), at(stride, max(y - straight - 1, 0), PAD)
        s0, s1 = at(stride, min(y + straight, last), PAD), at(stride, min(y + straight + 1, last), PAD)
        w0, e0 = at(stride, y, PAD - straight), at(stride, y, PAD + straight)
        west, east = np.uint64(PAD - slanting), np.uint64(PAD + slanting)
        for run in range(0, RUNS, 2):
            left, right = spans[y // TILE, run], spans[y // TILE, run + 1]
            if left == right:
                continue
            for x in range(np.uint64(left), np.uint64(right + 2 * PAD)):
                line[x] = min(_between(plane, upper, top, x, aside), _between(plane, lower, bottom, x, aside))
            for x in range(np.uint64(left), np.uint64(right)):
                vertical = min(_between(plane, n0, n1, x, ahead), _between(plane, s0, s1, x, ahead))
                across = min(_between(plane, w0, w0 - one, x, ahead), _between(plane, e0, e0 + one, x, ahead))
                near, far = line[west + x], line[west - one + x]
                before = Short(Short(near - _share(near, aside[1])) + _share(far, aside[1]))
                near, far = line[east + x], line[east + one + x]
                beyond = Short(Short(near - _share(near, aside[1])) + _share(far, aside[1]))
                least = min(min(vertical, across), min(before, beyond))
                out[to + x] = np.uint8(Short(min(least, Short(Short(plane[to + x]) * ALL)) + ROUND) >> EIGHT)
            _repeat_ends(out, to, width, left, right)


@kernel(void(*_PLANE, int64, int64, _LINE, WRITE))
def soften(
    plane: Samples,
    width: int,
    height: int,
    stride: int,
    spans: Spans,
    distance: int,
    weight: int,
    line: Shorts,
    out: Samples,
) -> None:
    """Three taps down, three across: `weight` 256ths of the samples at `distance`. `line`: scratch, (stride)."""
    aside, own = Short(weight), Short(256 - 2 * weight)
    before, middle, after = np.uint64(PAD - distance), np.uint64(PAD), np.uint64(PAD + distance)
    for y in range(height):
        row, to = at(stride, y, 0), at(stride, y, PAD)
        above, below = at(stride, max(y - distance, 0), 0), at(stride, min(y + distance, height - 1), 0)
        for run in range(0, RUNS, 2):
            left, right = spans[y // TILE, run], spans[y // TILE, run + 1]
            if left == right:
                continue
            for x in range(np.uint64(left + PAD - distance), np.uint64(right + PAD + distance)):
                beside = Short(Short(plane[above + x]) + Short(plane[below + x]))
                line[x] = Short(Short(beside * aside) + Short(Short(plane[row + x]) * own))
            for x in range(np.uint64(left), np.uint64(right)):
                total = Short(_share(line[before + x], aside) + _share(line[after + x], aside))
                total = Short(total + _share(line[middle + x], own))
                out[to + x] = np.uint8(Short(total + ROUND) >> EIGHT)
            _repeat_ends(out, to, width, left, right)


@kernel(void(READ, int64, _SPANS_READ, uint8, READ, int64, int64, READ, READ, boolean, WRITE))
def finish(
    plane: Samples,
    stride: int,
    spans: Spans,
    flip: int,
    alpha: Samples,
    width: int,
    height: int,
    floor: Samples,
    ceiling: Samples,
    raised: bool,
    out: Samples,
) -> None:
    """Write alpha without padding: what was worked on from `plane`, the rest as it was.

    Held at or over `floor`, at or under 255 less `ceiling`, which has the last word; masks of no length hold nothing.
    Where `raised`, no less than `alpha` either.
    """
    turn, count = np.uint8(flip), np.uint64(width)
    for y in range(height):
        row, source = at(width, y, 0), at(stride, y, PAD)
        for x in range(count):
            out[row + x] = alpha[row + x]
        for run in range(0, RUNS, 2):
            left, right = np.uint64(spans[y // TILE, run]), np.uint64(spans[y // TILE, run + 1])
            if raised:
                for x in range(left, right):
                    out[row + x] = max(plane[source + x] ^ turn, out[row + x])
            else:
                for x in range(left, right):
                    out[row + x] = plane[source + x] ^ turn
        if floor.size > 0:
            for x in range(count):
                out[row + x] = max(out[row + x], floor[row + x])
        if ceiling.size > 0:
            for x in range(count):
                out[row + x] = min(out[row + x], WHITE - ceiling[row + x])
