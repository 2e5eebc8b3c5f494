"""A background's light around an outline, and a person's tone, in one pass over the composite.

`gather` reads a few rows and says, by cells of a coarse grid, how much of the background's light is bare: (1 - a) B.
`spread` blurs that once, (1 2 1) both ways: what falls on the person. `finish` adds it, and the change of tone:

    Y' = Y + (1 - Y) (e P + a L)               Y, P, L from 0 black to 1 white
    C' = C + s Pc + t P + a (1 - Y) Lc         C about 0

P and Pc are the person's part of the composite, what is left of it without (1 - a) B; L and Lc the light that falls.
Light is added as screen mode adds it, never beyond white; e bends the scale between black and white, both of which
stay; s is saturation and t the tint of white. Where a is 0 nothing changes.

All of it fits into 16 bits, which vectorise twice as wide as single precision would: products are cut to their upper
halves, and the factors are such that what counts stays within them (`transforms.finish`, `transforms.color_match`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import boolean, float32, int16, int64, types, uint8, uint16, uint32, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Index, Levels, Samples, at, inlined, kernel

EVERY = 4
"""Rows of which `gather` reads one: two of chroma. Columns it reads as chroma has them."""

STRIP, GAP = 64, 2
"""Samples across that are finished, or left, alike: vectors of luma and of chroma come out even. And how many strips
are no gap: short runs take longer than long ones."""

LEAST = np.float32(75)
"""Of light, in the units of FALLS: half a level."""

NONE, HALF, QUARTER, MOST = np.float32(0), np.float32(0.5), np.float32(0.25), np.float32(32767)
TWO = np.uint64(2)

BENDS, FALLS = 1 << 23, (1 << 23) / 255 * 256 / 255
"""What bends, and what falls, is told in so many parts of white: a product with 128 levels leaves 1/16384ths of it.
(`gather` weighs light by 255 parts of 256.)"""

SATURATES = TINTS = 1 << 14
"""Chroma is changed in 32nds of a level."""

ALL, MIDDLE, SEVEN, EIGHT = (np.uint16(number) for number in (256, 128, 7, 8))
ZERO, BRIGHTEST = np.int16(0), np.int16(255)
SIXTEEN = np.int32(16)

Short, Word, Long = np.int16, np.uint16, np.int32
Shorts = NDArray[np.int16]
Words = NDArray[np.uint16]
Pairs = NDArray[np.uint32]

_GRID = types.Array(float32, 3, "C")
_SEEN = types.Array(uint8, 2, "C")
_MARKED = types.Array(uint8, 2, "C")
_LINES = types.Array(int16, 2, "C")
_WORDS = types.Array(uint16, 2, "C")
_PAIRS = types.Array(uint32, 2, "C", readonly=True)
_FACTORS = types.Array(int16, 1, "C", readonly=True)
_PLANE = (READ, int64)


@kernel(void(*_PLANE, READ, READ, int64, READ, int64, int64, int64, int16, _LINES, _GRID, _SEEN))
def gather(
    y: Samples,
    stride: int,
    cb: Samples,
    cr: Samples,
    chroma_stride: int,
    alpha: Samples,
    width: int,
    height: int,
    cell: int,
    black: int,
    lines: Shorts,
    bare: Levels,
    seen: Samples,
) -> None:
    """Write the background's bare light, mean levels above `black` and about 128, by cells (3, rows, columns).

    `seen` (rows, columns): not 0 where some of the person is. `alpha` has no padding. `lines`: scratch, (4, chroma
    columns).
    """
    size, half = (width + 1) // 2, np.uint64(cell // 2)
    rows, columns = seen.shape
    count = np.uint64(size)
    for band in range(rows):
        lines[:] = Short(0)
        looked = 0
        for row in range(band * cell, min(band * cell + cell, height), EVERY):
            luma, chroma, own = at(stride, row, 0), at(chroma_stride, row // 2, 0), at(width, row, 0)
            looked += 1
            for x in range(count):
                opacity = Short(alpha[own + TWO * x])
                rest = Short(Short(255) - opacity)
                lines[0, x] += Short(Long(rest) * Long(max(Short(Short(y[luma + TWO * x]) - black), Short(0))) >> 8)
                lines[1, x] += Short(Long(rest) * Long(Short(cb[chroma + x]) - Short(128)) >> 8)
                lines[2, x] += Short(Long(rest) * Long(Short(cr[chroma + x]) - Short(128)) >> 8)
                lines[3, x] |= opacity
        for column in range(columns):
            start, end = half * np.uint64(column), min(half * np.uint64(column + 1), count)
            light, blue, red, some = Long(0), Long(0), Long(0), Short(0)
            for x in range(start, end):
                light += Long(lines[0, x])
                blue += Long(lines[1, x])
                red += Long(lines[2, x])
                some |= lines[3, x]
            share = np.float32(1) / np.float32(looked * (int64(end) - int64(start)))
            bare[0, band, column] = np.float32(light) * share
            bare[1, band, column] = np.float32(blue) * share
            bare[2, band, column] = np.float32(red) * share
            seen[band, column] = np.uint8(1) if some > 0 else np.uint8(0)


@kernel(void(_GRID, _GRID, float32))
def spread(light: Levels, across: Levels, factor: float) -> None:
    """Blur `light` (3, rows, columns) in place, (1 2 1) both ways, and make it `factor` times as bright.

    `across`: scratch of the same shape.
    """
    planes, rows, columns = light.shape
    for plane in range(planes):
        limit = MOST if plane == 0 else MOST * HALF
        for row in range(rows):
            for x in range(columns):
                left, right = light[plane, row, max(x - 1, 0)], light[plane, row, min(x + 1, columns - 1)]
                across[plane, row, x] = (left + light[plane, row, x] * np.float32(2) + right) * QUARTER
        for row in range(rows):
            upper, lower = max(row - 1, 0), min(row + 1, rows - 1)
            for x in range(columns):
                middle = across[plane, row, x] * np.float32(2)
                level = (across[plane, upper, x] + middle + across[plane, lower, x]) * (factor * QUARTER)
                light[plane, row, x] = min(max(level, -limit), limit)


@inlined
def _stretch(cells: Levels, ramp: Levels, half: int, width: int, out: Shorts) -> None:
    """A row of light as wide as a plane: bilinear between cells' centres, level beyond."""
    columns, cell = len(cells), len(ramp)
    for x in range(np.uint64(min(half, width))):
        out[x] = Short(cells[0])
    for column in range(columns):
        start = column * cell + half
        level, slope = cells[column], cells[min(column + 1, columns - 1)] - cells[column]
        for x in range(np.uint64(max(min(cell, width - start), 0))):
            out[np.uint64(start) + x] = Short(level + slope * ramp[x])


@inlined
def _over(one: Any, other: Any) -> Any:
    """The upper half of a product of two shorts. Each step here is cut to its bits, or loops would be made of 64."""
    return Short(Long(Long(one) * Long(other)) >> SIXTEEN)


@inlined
def _within(level: Any, least: Any, most: Any) -> Any:
    """A short held within two others; numba's min and max would make long ones of them."""
    raised = level if level > least else least  # noqa: FURB136
    return raised if raised < most else most  # noqa: FURB136


@inlined
def _person(sample: Any, behind: Any, opacity: Any, black: Any) -> Any:
    """What is left of a composite's sample without its background, about its `black`. `opacity`: 0..256."""
    rest = Word(ALL - opacity)
    mixed = Word(Word(Word(rest * Word(behind)) + Word(opacity * black)) + MIDDLE)
    return Short(Short(sample) - Short(Word(mixed >> EIGHT)))


@inlined
def _lit(upper: Any, lower: Any, share: Any) -> Any:
    """Light between two rows of cells. `share`: of the lower, 0..32767."""
    return Short(upper + Short(_over(Short(lower - upper), share) << 1))


@inlined
def _tell(
    alpha: Samples,
    own: Index,
    behind: Samples,
    b: Index,
    factors: Shorts,
    start: Index,
    end: Index,
    out: Samples,
    to: Index,
    beside: Words,
) -> None:
    """Write what chroma must know of the luma beside it before that is finished: alpha, the person's part, the rest."""
    black, white = factors[0], factors[1]
    for x in range(start, end):
        level = Word(alpha[own + x])
        opacity = Word(level + Word(level >> SEVEN))
        person = _person(out[to + x], behind[b + x], opacity, Word(black))
        beside[0, x] = level
        beside[1, x] = Word(_within(person, ZERO, BRIGHTEST))
        beside[2, x] = Word(_within(Short(white - Short(out[to + x])), ZERO, BRIGHTEST))


@inlined
def _chroma(
    beside: Pairs,
    behind: Samples,
    b: Index,
    upper: Shorts,
    lower: Shorts,
    share: Any,
    saturation: Any,
    tint: Any,
    start: Index,
    end: Index,
    out: Samples,
    to: Index,
) -> None:
    """Finish a run of a row of chroma. It sits on the even columns (ITU-T H.264 Annex E)."""
    for x in range(start, end):
        level, lit, room = Word(beside[0, x]), Short(beside[1, x]), Short(beside[2, x])
        opacity = Word(level + Word(level >> SEVEN))
        person = _person(out[to + x], behind[b + x], opacity, MIDDLE)
        change = Short(_over(Short(person << 7), saturation) + _over(Short(lit << 7), tint))
        falls = _over(Short(level << SEVEN), _lit(upper[x], lower[x], share))
        change = Short(change + _over(falls, Short(room << 7)))
        result = Short(Short(out[to + x]) + Short(Short(change + Short(16)) >> 5))
        out[to + x] = np.uint8(_within(result, ZERO, BRIGHTEST))


@inlined
def _luma(
    alpha: Samples,
    own: Index,
    behind: Samples,
    b: Index,
    upper: Shorts,
    lower: Shorts,
    share: Any,
    factors: Shorts,
    start: Index,
    end: Index,
    out: Samples,
    to: Index,
) -> None:
    """Finish a run of a row of luma."""
    black, white, bend = factors[0], factors[1], factors[2]
    for x in range(start, end):
        level = Word(alpha[own + x])
        opacity = Word(level + Word(level >> SEVEN))
        sample = Short(out[to + x])
        person = _within(_person(out[to + x], behind[b + x], opacity, Word(black)), ZERO, BRIGHTEST)
        room = _within(Short(white - sample), ZERO, BRIGHTEST)
        lit = _over(Short(level << SEVEN), _lit(upper[x], lower[x], share))
        falls = Short(_over(Short(person << 7), bend) + lit)
        result = Short(sample + Short(Short(_over(falls, Short(room << 7)) + Short(16)) >> 5))
        darkest, lightest = _within(black, ZERO, sample), _within(white, sample, BRIGHTEST)
        out[to + x] = np.uint8(_within(result, darkest, lightest))


_LIGHT = types.Array(float32, 3, "C", readonly=True)
_MARKS = types.Array(uint8, 2, "C", readonly=True)
_RAMP = types.Array(float32, 1, "C", readonly=True)


@kernel(void(_LIGHT, _MARKS, int64, int64, boolean, _MARKED))
def mark(light: Levels, seen: Samples, cell: int, width: int, is_toned: bool, work: Samples) -> None:
    """Write 1 for each STRIP of a band of cells (bands, strips) in which something is to be done, else 0.

    That is where somebody is seen, there or beside it, and their tone is changed or light falls. Gaps of up to GAP
    strips are worked on as well.
    """
    rows, columns = seen.shape
    for band in range(rows):
        last = -GAP - 1
        for strip in range(work.shape[1]):
            first, end = strip * STRIP // cell - 1, (min((strip + 1) * STRIP, width) + cell - 1) // cell + 1
            some, lit = np.uint8(0), is_toned
            for row in range(max(band - 1, 0), min(band + 2, rows)):
                for column in range(max(first, 0), min(end, columns)):
                    some |= seen[row, column]
                    for plane in range(3):
                        lit = lit or abs(light[plane, row, column]) >= LEAST
            work[band, strip] = np.uint8(some > 0 and lit)
            if work[band, strip] > 0:
                if strip - last <= GAP + 1:
                    for between in range(last + 1, strip):
                        work[band, between] = np.uint8(1)
                last = strip


_OUT = (WRITE, int64, WRITE, WRITE, int64)


@kernel(
    void(
        *_PLANE,
        READ,
        READ,
        int64,
        READ,
        int64,
        int64,
        _LIGHT,
        _MARKS,
        _FACTORS,
        _RAMP,
        _RAMP,
        _LINES,
        _WORDS,
        _PAIRS,
        *_OUT,
    )
)
def finish(
    y: Samples,
    stride: int,
    cb: Samples,
    cr: Samples,
    chroma_stride: int,
    alpha: Samples,
    width: int,
    height: int,
    light: Levels,
    work: Samples,
    factors: Shorts,
    ramp: Levels,
    chroma_ramp: Levels,
    lines: Shorts,
    beside: Words,
    pairs: Pairs,
    out_y: Samples,
    out_stride: int,
    out_cb: Samples,
    out_cr: Samples,
    out_chroma_stride: int,
) -> None:
    """Finish a composite over `y`, `cb`, `cr` in the strips that `mark` tells.

    `light` (3, rows, columns) as `spread` leaves it; `factors`: black, white, then what bends luma, saturates, tints Cb
    and tints Cr. `alpha`, of luma's size, has no padding. `ramp`, `chroma_ramp`: of as many samples as a cell has
    across, each one's share of the way from the first's left side. Scratch: six `lines` as wide as luma, three of
    `beside`, rounded up to even, and the same memory as `pairs`.
    """
    cells, half = light.shape[1], len(chroma_ramp)
    columns, upper_row = (width + 1) // 2, -2
    for row in range((height + 1) // 2):
        band = row // half
        place = min(max((np.float32(row) + HALF) / np.float32(half) - HALF, NONE), np.float32(cells - 1))
        if int(place) != upper_row:
            upper_row = int(place)
            lower_row = min(upper_row + 1, cells - 1)
            _stretch(light[0, upper_row], ramp, half, width, lines[0])
            _stretch(light[0, lower_row], ramp, half, width, lines[1])
            for plane in range(1, 3):
                _stretch(light[plane, upper_row], chroma_ramp, half // 2, columns, lines[2 * plane])
                _stretch(light[plane, lower_row], chroma_ramp, half // 2, columns, lines[2 * plane + 1])
        share = Short((place - np.float32(upper_row)) * MOST)
        strip = 0
        while strip < work.shape[1]:
            if work[band, strip] == 0:
                strip += 1
                continue
            run_start = strip * STRIP
            while strip < work.shape[1] and work[band, strip] > 0:
                strip += 1
            run_end = min(strip * STRIP, width)
            start, end = np.uint64(run_start), np.uint64(run_end)
            own, by, oy = at(width, 2 * row, 0), at(stride, 2 * row, 0), at(out_stride, 2 * row, 0)
            _tell(alpha, own, y, by, factors, start, end, out_y, oy, beside)
            _luma(alpha, own, y, by, lines[0], lines[1], share, factors, start, end, out_y, oy)
            if 2 * row + 1 < height:
                own, by, oy = own + np.uint64(width), by + np.uint64(stride), oy + np.uint64(out_stride)
                _luma(alpha, own, y, by, lines[0], lines[1], share, factors, start, end, out_y, oy)
            b, to = at(chroma_stride, row, 0), at(out_chroma_stride, row, 0)
            start, end = np.uint64(run_start // 2), np.uint64((run_end + 1) // 2)
            _chroma(pairs, cb, b, lines[2], lines[3], share, factors[3], factors[4], start, end, out_cb, to)
            _chroma(pairs, cr, b, lines[4], lines[5], share, factors[3], factors[5], start, end, out_cr, to)
