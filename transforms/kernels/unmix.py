"""Alpha where person and background mix: the best linear estimate, and its drawing.

With person F, background B and the observed colour a mixture of the two, the linear unbiased estimate of least variance
is g . (c - B), g = S^-1 (F - B) / ((F - B)' S^-1 (F - B)), S the mean covariance of both, and noise. So within a cell
alpha is an affine function of the colour, whose four coefficients are bilinear between cells and meet luma at its full
resolution: hair as thin as a luma sample is drawn though chroma is half as fine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, int64, void

from transforms.kernels.cells import COUNTS_READ, FIELDS, FIELDS_READ, LEVELS_READ, Counts
from transforms.kernels.compile import READ, WRITE, Index, Levels, Samples, at, inlined, kernel

ONE, TWO = np.uint64(1), np.uint64(2)
MIDDLE = np.float32(128)
NONE, QUARTER, HALF, UNITY = (np.float32(number) for number in (0, 0.25, 0.5, 1))
TWO_TIMES = np.float32(2)

Covariance = tuple[Any, Any, Any, Any, Any, Any]
"""YY, YCb, YCr, CbCb, CbCr, CrCr."""

SCREEN, WORK, PERSON = np.uint8(0), np.uint8(1), np.uint8(2)
"""What a cell is to `draw`: alpha 0, alpha by the estimate, alpha 1."""


@inlined
def _spread_along(g0: float, g1: float, g2: float, c: Covariance) -> Any:
    """The standard deviation that a covariance (YY, YCb, YCr, CbCb, CbCr, CrCr) makes along g."""
    square = (
        c[0] * g0 * g0
        + c[3] * g1 * g1
        + c[5] * g2 * g2
        + TWO_TIMES * (c[1] * g0 * g1 + c[2] * g0 * g2 + c[4] * g1 * g2)
    )
    return np.sqrt(max(square, NONE))


@inlined
def _covariance(m: Levels, i: int) -> Covariance:
    return (
        max(m[3, i] - m[0, i] * m[0, i], NONE),
        m[4, i] - m[0, i] * m[1, i],
        m[5, i] - m[0, i] * m[2, i],
        max(m[6, i] - m[1, i] * m[1, i], NONE),
        m[7, i] - m[1, i] * m[2, i],
        max(m[8, i] - m[2, i] * m[2, i], NONE),
    )


@kernel(void(FIELDS_READ, FIELDS_READ, FIELDS_READ, COUNTS_READ, READ, int64, LEVELS_READ, FIELDS))
def solve(
    person: Levels,
    screen: Levels,
    background: Levels,
    distances: Counts,
    veiled: Samples,
    reach: int,
    settings: Levels,
    out: Levels,
) -> None:
    """Write `out` (4, cells): alpha = out[0] Y + out[1] Cb + out[2] Cr + out[3], levels about 128.

    `settings`: variance of noise in luma and chroma; how many standard deviations of the screen count as 0 and of the
    person as 1; the least of both margins; and how much steeper the estimate becomes with each cell off the screen.
    A veil's alpha is what it takes off the screen's strength: it has no colour of its own to be found.
    """
    luma_noise, chroma_noise = settings[0], settings[1]
    screen_times, person_times, screen_least, person_least, growth = (
        settings[2],
        settings[3],
        settings[4],
        settings[5],
        settings[6],
    )
    widest = np.float32(0.45)
    for i in range(out.shape[1]):
        if distances[i] > reach:
            out[0, i] = out[1, i] = out[2, i] = NONE
            out[3, i] = UNITY
            continue
        if veiled[i]:
            cb, cr = background[1, i], background[2, i]
            scale = UNITY / (UNITY - screen_least - person_least)
            size = scale / max(cb * cb + cr * cr, UNITY)
            out[0, i], out[1, i], out[2, i] = NONE, -cb * size, -cr * size
            out[3, i] = (UNITY - screen_least) * scale
            continue
        d0 = person[0, i] - screen[0, i]
        d1 = person[1, i] - screen[1, i]
        d2 = person[2, i] - screen[2, i]
        f, b = _covariance(person, i), _covariance(screen, i)
        s0 = (f[0] + b[0]) * HALF + luma_noise
        s1 = (f[1] + b[1]) * HALF
        s2 = (f[2] + b[2]) * HALF
        s3 = (f[3] + b[3]) * HALF + chroma_noise
        s4 = (f[4] + b[4]) * HALF
        s5 = (f[5] + b[5]) * HALF + chroma_noise
        m00, m01, m02 = s3 * s5 - s4 * s4, s2 * s4 - s1 * s5, s1 * s4 - s2 * s3
        m11, m12, m22 = s0 * s5 - s2 * s2, s1 * s2 - s0 * s4, s0 * s3 - s1 * s1
        w0 = m00 * d0 + m01 * d1 + m02 * d2
        w1 = m01 * d0 + m11 * d1 + m12 * d2
        w2 = m02 * d0 + m12 * d1 + m22 * d2
        determinant = s0 * m00 + s1 * m01 + s2 * m02
        # Under half a standard deviation apart, nothing tells them apart: the estimate is damped, not divided by 0.
        apart = max(w0 * d0 + w1 * d1 + w2 * d2, determinant * HALF, np.float32(1e-3))
        g0, g1, g2 = w0 / apart, w1 / apart, w2 / apart
        low_spread = _spread_along(
            g0, g1, g2, (b[0] + luma_noise, b[1], b[2], b[3] + chroma_noise, b[4], b[5] + chroma_noise)
        )
        high_spread = _spread_along(
            g0, g1, g2, (f[0] + luma_noise, f[1], f[2], f[3] + chroma_noise, f[4], f[5] + chroma_noise)
        )
        low = min(max(screen_times * low_spread, screen_least), widest)
        high = UNITY - min(max(person_times * high_spread, person_least), widest)
        scale = UNITY / (high - low)
        offset = -(g0 * screen[0, i] + g1 * screen[1, i] + g2 * screen[2, i])
        if distances[i] > 1:
            scale *= UNITY + growth * np.float32(distances[i] - 1)
        out[0, i], out[1, i], out[2, i] = g0 * scale, g1 * scale, g2 * scale
        out[3, i] = (offset - low) * scale


@inlined
def _is_person(moments: Levels, affine: Levels, columns: int, rows: int, i: int) -> bool:
    """Whether the estimates of a cell and its neighbours leave no sample of it under 1, 3.5 deviations out."""
    my, mb, mr = moments[0, i], moments[1, i], moments[2, i]
    c = _covariance(moments, i)
    # The moments are of luma two by two: single samples scatter about twice as much.
    spread = (c[0] * TWO_TIMES + TWO_TIMES, c[1], c[2], c[3], c[4], c[5])
    column, row = i % columns, i // columns
    lowest = np.float32(9)
    for side in range(5):
        j = i
        if side == 1 and column > 0:
            j = i - 1
        elif side == 2 and column < columns - 1:
            j = i + 1
        elif side == 3 and row > 0:
            j = i - columns
        elif side == 4 and row < rows - 1:
            j = i + columns
        g0, g1, g2 = affine[0, j], affine[1, j], affine[2, j]
        mean = g0 * my + g1 * mb + g2 * mr + affine[3, j]
        lowest = min(lowest, mean - np.float32(3.5) * _spread_along(g0, g1, g2, spread))
    return bool(lowest > UNITY)


@inlined
def _sort_cells(
    moments: Levels,
    affine: Levels,
    marked: Counts,
    distances: Counts,
    reach: int,
    shape: tuple[int, int, int, int, int],
    row: int,
    kinds: Samples,
) -> bool:
    """Write what each cell of a row is to be drawn as; return whether any is to be worked out."""
    columns, rows, width, height, cell = shape
    any_work = False
    tall = min(row * cell + cell, height) - row * cell
    for column in range(columns):
        i = row * columns + column
        distance = distances[i]
        kind = WORK
        if distance > reach:
            kind = PERSON
        elif distance == 0:
            if marked[i] == tall * (min(column * cell + cell, width) - column * cell):
                kind = SCREEN
        elif distance >= 2 and _is_person(moments, affine, columns, rows, i):
            kind = PERSON
        kinds[column] = kind
        any_work |= kind == WORK
    return any_work


@inlined
def _stretch(
    affine: Levels, shape: tuple[int, int, int, int, int], y: int, first: int, last: int, lines: Levels
) -> None:
    """The four coefficients along luma row `y`, cells first..last, bilinear between the cells' centres."""
    columns, rows, _, _, cell = shape
    size = 2 * cell
    place = (np.float32(y) + HALF) / np.float32(size) - HALF
    top = int(np.floor(place))
    share = place - np.float32(top)
    above, below = min(max(top, 0), rows - 1) * columns, min(max(top + 1, 0), rows - 1) * columns
    step = UNITY / np.float32(size)
    for number in range(4):
        field, line = affine[number], lines[number]
        for column in range(first, last + 1):
            left, right = max(column - 1, 0), min(column + 1, columns - 1)
            here = field[above + column] * (UNITY - share) + field[below + column] * share
            before = field[above + left] * (UNITY - share) + field[below + left] * share
            after = field[above + right] * (UNITY - share) + field[below + right] * share
            rise, climb = (here - before) * step, (after - here) * step
            start, middle = before + rise * (np.float32(cell) + HALF), here + climb * HALF
            to = at(size, column, 0)
            for x in range(np.uint64(cell)):
                line[to + x] = start + rise * np.float32(x)
                line[to + np.uint64(cell) + x] = middle + climb * np.float32(x)


@inlined
def _raise_chroma(
    samples: Samples, stride: int, shape: tuple[int, int, int, int, int], y: int, first: int, last: int, lines: Levels
) -> None:
    """Chroma about 128 at the luma samples of row `y`, chroma samples first..last: 3/4 and 1/4 either way.

    As for samples sited in the middle of four, though H.264's default is to their left: what encoders' scalers do
    varies, and the middle errs by a quarter of a sample at most.
    """
    _, _, width, height, _ = shape
    near = y >> 1
    other = min(max(near + (1 if y & 1 else -1), 0), height - 1)
    own, far = at(stride, near, 0), at(stride, other, 0)
    column = lines[1]
    for x in range(np.uint64(max(first - 1, 0)), np.uint64(min(last + 2, width))):
        column[x] = np.float32(samples[own + x]) * np.float32(0.75) + np.float32(samples[far + x]) * QUARTER - MIDDLE
    if last + 1 >= width:
        column[np.uint64(width)] = column[np.uint64(width - 1)]
    out = lines[0]
    for x in range(np.uint64(first), np.uint64(last + 1)):
        left = x - ONE if x > np.uint64(0) else x
        out[TWO * x] = column[x] * np.float32(0.75) + column[left] * QUARTER
        out[TWO * x + ONE] = column[x] * np.float32(0.75) + column[x + ONE] * QUARTER


@inlined
def _draw_run(
    y: Samples,
    source: Index,
    affine: Levels,
    cb: Levels,
    cr: Levels,
    limits: Levels,
    out: Samples,
    to: Index,
    span: tuple[int, int],
) -> None:
    """Alpha of the luma samples span[0]..span[1], none further from what it was than `limits`; 0 where `limits` < 0."""
    for x in range(np.uint64(span[0]), np.uint64(span[1])):
        level = affine[0, x] * (np.float32(y[source + x]) - MIDDLE) + affine[1, x] * cb[x] + affine[2, x] * cr[x]
        keep = limits[1, x]
        old = np.float32(out[to + x])
        change = min(max(level + affine[3, x], NONE), UNITY) * keep - old
        limit = limits[0, x]
        out[to + x] = np.uint8(np.int32(old + min(max(change, -limit), limit) + HALF))


@kernel(
    void(
        READ,
        int64,
        int64,
        int64,
        READ,
        READ,
        int64,
        int64,
        FIELDS_READ,
        FIELDS_READ,
        READ,
        COUNTS_READ,
        COUNTS_READ,
        int64,
        READ,
        float32,
        FIELDS,
        WRITE,
        WRITE,
    )
)
def draw(
    y: Samples,
    stride: int,
    luma_width: int,
    luma_height: int,
    cb: Samples,
    cr: Samples,
    chroma_stride: int,
    cell: int,
    moments: Levels,
    affine: Levels,
    near: Samples,
    marked: Counts,
    distances: Counts,
    reach: int,
    calm: Samples,
    least: float,
    lines: Levels,
    kinds: Samples,
    out: Samples,
) -> None:
    """Write alpha of luma's size into `out`, without padding, over the previous picture's.

    In a cell that is `calm` alpha changes by `least` levels at most. Scratch: `lines` (10, luma_width + 4 cell),
    `kinds` (columns).
    """
    width, height = (luma_width + 1) // 2, (luma_height + 1) // 2
    columns, rows = (width + cell - 1) // cell, (height + cell - 1) // cell
    shape = (columns, rows, width, height, cell)
    size = 2 * cell
    any_work = False
    for row in range(luma_height):
        cells = row // size
        if row % size == 0:
            any_work = _sort_cells(moments, affine, marked, distances, reach, shape, cells, kinds)
        to = at(luma_width, row, 0)
        for column in range(columns):
            if kinds[column] != WORK:
                level = np.uint8(0) if kinds[column] == SCREEN else np.uint8(255)
                for x in range(np.uint64(column * size), np.uint64(min(column * size + size, luma_width))):
                    out[to + x] = level
        if not any_work:
            continue
        column = 0
        while column < columns:
            if kinds[column] != WORK:
                column += 1
                continue
            end = column
            while end < columns and kinds[end] == WORK:
                end += 1
            left, right = column * cell, min(end * cell, width)
            _stretch(affine, shape, row, column, end - 1, lines[0:4])
            _raise_chroma(cb, chroma_stride, shape, row, left, right - 1, lines[4:6])
            _raise_chroma(cr, chroma_stride, shape, row, left, right - 1, lines[6:8])
            mask = at(width, row >> 1, 0)
            limits = lines[8:10]
            for c in range(column, end):
                limit = least if calm[cells * columns + c] else np.float32(256)
                for x in range(np.uint64(c * size), np.uint64(c * size + size)):
                    limits[0, x] = limit
            for x in range(np.uint64(left), np.uint64(right)):
                keep = np.float32(255) if (near[mask + x] & np.uint8(1)) == 0 else NONE
                limits[1, TWO * x] = keep
                limits[1, TWO * x + ONE] = keep
            span = (column * size, min(end * size, luma_width))
            _draw_run(y, at(stride, row, 0), lines[0:4], lines[4], lines[6], limits, out, to, span)
            column = end
