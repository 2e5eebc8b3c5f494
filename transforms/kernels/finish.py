"""A background's light around an outline, and a person's tone, in one pass over the composite.

What light falls is told by a coarse grid (`transforms.kernels.falling`), which is enlarged to every sample:

    Y' = Y + (1 - Y) (e P + a L)               Y, P, L from 0 black to 1 white
    C' = C + s a C + t P + a (1 - Y) Lc        C about 0

P is the person's part of the composite, what is left of it without (1 - a) B; L and Lc are the light that falls.
Light is added as screen mode adds it, never beyond white; e bends the scale between black and white, both of which
stay; s is saturation and t the tint of white. Where a is 0 nothing changes.

All of it fits into 16 bits, which vectorise twice as wide as single precision would: products are cut to their upper
halves, and the factors are such that what counts stays within them (`transforms.finish`, `transforms.color_match`).
Every step is cut to its bits, for numba makes 64 of them. What lies every second sample is read as pairs of words, one
32 bits: vectors want their samples side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int16, int64, types, uint8, uint16, uint32, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Index, Samples, at, inlined, kernel
from transforms.kernels.falling import STRIP

SPARE, LIGHT = 6, 7
"""Lines beside those of two rows of cells of three planes: one to work in, and three of the light between the two."""

BENDS = 1 << 23
"""What bends is told in so many parts of white, as light is: a product with 128 levels leaves 1/16384ths of it."""

SATURATES = TINTS = 1 << 14
"""Chroma is changed in 32nds of a level."""

Short, Word, Long, Pair = np.int16, np.uint16, np.int32, np.uint32
ALL, MIDDLE, ONE, SEVEN, EIGHT = (np.uint16(number) for number in (256, 128, 1, 7, 8))
ZERO, GREY, BRIGHTEST = (np.int16(number) for number in (0, 128, 255))
TWO, THREE = np.int32(2), np.int32(3)
SIXTEEN, UPPER = np.int32(16), np.uint32(16)
NONE, HALF, MOST = np.float32(0), np.float32(0.5), np.float32(32767)

Shorts = NDArray[np.int16]
Words = NDArray[np.uint16]
Pairs = NDArray[np.uint32]

_PLANE = (READ, int64)
_LIGHT = types.Array(int16, 3, "C", readonly=True)
_MARKED = types.Array(uint8, 2, "C", readonly=True)
_LINES = types.Array(int16, 2, "C")
_WORDS = types.Array(uint16, 2, "C")
_PAIRS = types.Array(uint32, 2, "C")
_FACTORS = types.Array(int16, 1, "C", readonly=True)


@inlined
def _two(left: Any, own: Any, right: Any) -> Any:
    """A sample enlarged to a pair: 3/4 of the nearer and 1/4 of the farther."""
    three = Long(Long(Long(own) * THREE) + TWO)
    even, odd = Word(Long(three + Long(left)) >> TWO), Word(Long(three + Long(right)) >> TWO)
    return Pair(Pair(even) | Pair(Pair(odd) << UPPER))


@inlined
def _double(line: Shorts, count: int, out: Pairs) -> None:
    """Enlarge `count` samples of a line twofold, the outermost repeated."""
    first, last, one = np.uint64(0), np.uint64(count - 1), np.uint64(1)
    out[first] = _two(line[first], line[first], line[min(one, last)])
    for x in range(one, last):
        out[x] = _two(line[x - one], line[x], line[x + one])
    out[last] = _two(line[max(last, one) - one], line[last], line[last])


@inlined
def _stretch(cells: Shorts, size: int, lines: Shorts, pairs: Pairs, to: int) -> None:
    """Write a row of cells as line `to`, `size` samples each, by doubling. `SPARE` is scratch."""
    count, spare, source, target = len(cells), SPARE, -1, to
    reach = size
    while reach > 2:
        target, reach = spare if target == to else to, reach // 2
    while size > 1:
        if source < 0:
            _double(cells, count, pairs[target])
        else:
            _double(lines[source], count, pairs[target])
        source, target = target, spare if target == to else to
        count, size = 2 * count, size // 2


@inlined
def _over(one: Any, other: Any) -> Any:
    """The upper half of a product of two shorts."""
    return Short(Long(Long(one) * Long(other)) >> SIXTEEN)


@inlined
def _least(one: Any, other: Any) -> Any:
    """The lesser of two shorts; numba's own min would make long ones of them."""
    return one if one < other else other  # noqa: FURB136


@inlined
def _most(one: Any, other: Any) -> Any:
    """The greater of two shorts."""
    return one if one > other else other  # noqa: FURB136


@inlined
def _light(lines: Shorts, one: int, other: int, share: Any, count: int, out: Shorts) -> None:
    """Write the light between two rows of cells. `share`: of the other, 0..32767."""
    upper, lower = lines[one], lines[other]
    for x in range(np.uint64(count)):
        out[x] = Short(upper[x] + Short(_over(Short(lower[x] - upper[x]), share) << 1))


@inlined
def _chroma(
    beside: Pairs,
    light: Shorts,
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
        sample = Short(out[to + x])
        person = _over(Short(level << SEVEN), Short(Short(sample - GREY) << 8))
        change = Short(_over(person, saturation) + _over(Short(lit << 7), tint))
        falls = _over(Short(level << SEVEN), light[x])
        change = Short(change + _over(falls, Short(room << 7)))
        result = Short(sample + Short(Short(change + Short(16)) >> 5))
        out[to + x] = np.uint8(_least(_most(result, ZERO), BRIGHTEST))


@inlined
def _luma(
    alpha: Samples,
    own: Index,
    behind: Samples,
    b: Index,
    light: Shorts,
    factors: Shorts,
    start: Index,
    end: Index,
    out: Samples,
    to: Index,
    under: Index,
    tells: bool,
    beside: Words,
) -> None:
    """Finish a run of a row of luma. If it `tells`, write `beside` what chroma must know: alpha, person, what is left.

    `under`: where the row of alpha under it begins; chroma lies between the two.
    """
    black, white, bend = factors[0], factors[1], factors[2]
    for x in range(start, end):
        level = Word(alpha[own + x])
        rest = Word(ALL - Word(level + Word(level >> SEVEN)))
        sample = Short(out[to + x])
        lit = Word(_most(Short(Short(behind[b + x]) - black), ZERO))
        mixed = Short(Word(Word(rest * lit) + MIDDLE) >> EIGHT)
        person = _most(Short(Short(sample - black) - mixed), ZERO)
        room = _most(Short(white - sample), ZERO)
        if tells:
            beside[0, x] = Word(Word(level + Word(alpha[under + x])) + Word(1)) >> ONE
            beside[1, x], beside[2, x] = Word(person), Word(room)
        falls = Short(_over(Short(person << 7), bend) + _over(Short(level << SEVEN), light[x]))
        result = Short(sample + Short(Short(_over(falls, Short(room << 7)) + Short(16)) >> 5))
        result = _least(_most(result, _least(black, sample)), _most(white, sample))
        out[to + x] = np.uint8(result)


_OUT = (WRITE, int64, WRITE, WRITE, int64)


@kernel(
    void(
        *_PLANE,
        READ,
        int64,
        int64,
        int64,
        _LIGHT,
        _MARKED,
        _FACTORS,
        _LINES,
        _PAIRS,
        _WORDS,
        _PAIRS,
        *_OUT,
    )
)
def finish(
    y: Samples,
    stride: int,
    alpha: Samples,
    width: int,
    height: int,
    cell: int,
    light: Shorts,
    work: Samples,
    factors: Shorts,
    lines: Shorts,
    line_pairs: Pairs,
    beside: Words,
    pairs: Pairs,
    out_y: Samples,
    out_stride: int,
    out_cb: Samples,
    out_cr: Samples,
    out_chroma_stride: int,
) -> None:
    """Finish a composite over a background of luma `y` in the strips that `mark` tells.

    `light` as `gather` leaves it; `factors`: black, white, then what bends luma, saturates, tints Cb and tints Cr.
    `alpha`, of luma's size, has no padding. Scratch: ten `lines` and three of `beside`, each as wide as all columns,
    and both once more as pairs.
    """
    rows, half, ready = light.shape[1], cell // 2, -1
    for row in range((height + 1) // 2):
        band = row // half
        place = min(max((np.float32(row) + HALF) / np.float32(half) - HALF, NONE), np.float32(rows - 1))
        upper = int(place)
        lower, share = min(upper + 1, rows - 1), Short(Long((place - np.float32(upper)) * MOST))
        while ready < lower:
            ready += 1
            for plane in range(3):
                _stretch(light[plane, ready], cell if plane == 0 else half, lines, line_pairs, 2 * plane + ready % 2)
        for plane in range(3):
            wide = width if plane == 0 else (width + 1) // 2
            _light(lines, 2 * plane + upper % 2, 2 * plane + lower % 2, share, wide, lines[LIGHT + plane])
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
            under = at(width, min(2 * row + 1, height - 1), 0)
            _luma(alpha, own, y, by, lines[LIGHT], factors, start, end, out_y, oy, under, True, beside)
            to = at(out_chroma_stride, row, 0)
            left, right = np.uint64(run_start // 2), np.uint64((run_end + 1) // 2)
            _chroma(pairs, lines[LIGHT + 1], factors[3], factors[4], left, right, out_cb, to)
            _chroma(pairs, lines[LIGHT + 2], factors[3], factors[5], left, right, out_cr, to)
            if 2 * row + 1 < height:
                by, oy = by + np.uint64(stride), oy + np.uint64(out_stride)
                _luma(alpha, under, y, by, lines[LIGHT], factors, start, end, out_y, oy, under, False, beside)
