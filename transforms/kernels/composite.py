"""Foreground over background through alpha, one plane at a time, at the speed of memory.

    out = clip(foreground - (1 - a) screen) + (1 - a) background

The clip keeps the person's part, a times its colour, within a times the range of levels there are. (Chroma counts about
128 in that formula; since the shares add up to one, the 128s cancel.)

Every sample is mixed, those of alpha 0 and 255 too: they come out byte for byte, and long vectorised runs over memory
in order are faster than looking for what could be copied. All of it fits into 16 bits, a being 0..256, which vectorises
twice as wide as single precision would: the result is within a level of the formula's.

Alpha has the size of the plane, twice its size, or half of it. Chroma sits as MPEG-2 puts it and every decoder assumes
(ITU-T H.264 Annex E, chroma_sample_loc_type 0): across on the even luma column, down midway between its two luma rows.
So an alpha of chroma's size reaches luma by 3/4 and 1/4 of two rows, the odd columns being the means of the even ones;
one of luma's size reaches chroma by 1 2 1 across, 1 1 down. Beyond the edges the outermost samples are repeated. The
weights are eighths: in units of 1/2040 (255 x 8) every value is whole, 0 stays 0 and 255 stays 2040.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, uint16, uint32, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Index, Levels, Samples, at, inlined, kernel

DOWN, SAME, UP = 0, 1, 2
"""How alpha reaches a plane: it is twice its size, its own size, half its size."""

LIT = 4
"""Rows that share one row of the screen's light, which changes slowly."""

NONE, HALF = np.float32(0), np.float32(0.5)
ONE, TWO, THREE, EIGHT, UPPER = (np.uint64(number) for number in (1, 2, 3, 8, 16))
THREE_BITS, SEVEN_BITS, EIGHT_BITS, FOUR, MIDDLE, WHITE, ALL = (np.uint16(n) for n in (3, 7, 8, 4, 128, 255, 256))

Short = np.uint16
Shorts = NDArray[np.uint16]
Pairs = NDArray[np.uint32]


@inlined
def _rows_of(row: int, height: int, factor: int) -> tuple[int, int]:
    """Which two rows of alpha, of `height`, a row of the plane takes: its own and the other."""
    if factor == UP:
        return row >> 1, min(max((row >> 1) + (1 if row & 1 else -1), 0), height - 1)
    if factor == DOWN:
        return 2 * row, min(2 * row + 1, height - 1)
    return row, row


@inlined
def _same(alpha: Samples, own: Index, count: Index, eighths: Shorts) -> None:
    for x in range(count):
        eighths[x] = EIGHT * alpha[own + x]


@inlined
def _up(alpha: Samples, own: Index, other: Index, width: Index, pairs: Pairs) -> None:
    """From `width` columns of alpha; even and odd columns side by side, little-endian."""
    last = width - ONE
    for x in range(last):
        even = THREE * alpha[own + x] + alpha[other + x]
        right = THREE * alpha[own + x + ONE] + alpha[other + x + ONE]
        pairs[x] = even + even + ((even + right) << UPPER)
    even = THREE * alpha[own + last] + alpha[other + last]
    pairs[last] = even + even + ((even + even) << UPPER)


@inlined
def _down(alpha: Samples, own: Index, other: Index, width: Index, count: Index, eighths: Shorts) -> None:
    left = np.uint64(alpha[own]) + alpha[other]
    for x in range(count):
        beside = min(TWO * x + ONE, width - ONE)
        middle = np.uint64(alpha[own + TWO * x]) + alpha[other + TWO * x]
        right = np.uint64(alpha[own + beside]) + alpha[other + beside]
        eighths[x] = left + middle + middle + right
        left = right


@inlined
def _alpha(
    alpha: Samples, width: int, height: int, factor: int, row: int, count: Index, eighths: Shorts, pairs: Pairs
) -> None:
    """Alpha, in 1/2040ths, at the `count` samples of a plane's row."""
    own, other = _rows_of(row, height, factor)
    first, second = at(width, own, 0), at(width, other, 0)
    if factor == UP:
        _up(alpha, first, second, np.uint64(width), pairs)
    elif factor == DOWN:
        _down(alpha, first, second, np.uint64(width), count, eighths)
    else:
        _same(alpha, first, count, eighths)


_ALPHA = (READ, int64, int64, int64)
_SCRATCH = (types.Array(uint16, 1, "C"), types.Array(uint32, 1, "C"))
_OUT = (WRITE, int64, int64, int64)


@kernel(void(*_ALPHA, *_SCRATCH, *_OUT))
def draw(
    alpha: Samples,
    alpha_width: int,
    alpha_height: int,
    factor: int,
    eighths: Shorts,
    pairs: Pairs,
    out: Samples,
    stride: int,
    width: int,
    height: int,
) -> None:
    """Write alpha, 0..255, as a plane of (height, width). `eighths`, `pairs`: scratch, as for `composite_plane`."""
    for row in range(height):
        _alpha(alpha, alpha_width, alpha_height, factor, row, np.uint64(width), eighths, pairs)
        to = at(stride, row, 0)
        for x in range(np.uint64(width)):
            out[to + x] = (eighths[x] + 4) >> 3


@inlined
def _light(screen: Levels, depth: float, light: Shorts) -> None:
    """The screen along a row that lies `depth` of the way down the picture."""
    rows, width = screen.shape
    place = min(max(np.float32(depth * rows) - HALF, NONE), np.float32(rows - 1))
    row = int(place)
    share = place - np.float32(row)
    upper, lower = screen[row], screen[min(row + 1, rows - 1)]
    for x in range(width):
        light[x] = np.int32(upper[x] + (lower[x] - upper[x]) * share + HALF)


@inlined
def _mix(
    person: Samples,
    p: Index,
    behind: Samples,
    b: Index,
    eighths: Shorts,
    light: Shorts,
    black: Short,
    out: Samples,
    to: Index,
    count: Index,
) -> None:
    """The formula above, in 1/256ths of a level. Each step is cut to 16 bits, or the loop would be made of 64."""
    for x in range(count):
        nearly = Short(Short(eighths[x] + FOUR) >> THREE_BITS)
        opacity = Short(nearly + (nearly >> SEVEN_BITS))
        rest = Short(ALL - opacity)
        shown = Short(Short(person[p + x]) << EIGHT_BITS)
        taken = Short(rest * light[x])
        own = Short(shown - min(shown, taken))
        least = min(Short(opacity * black), shown)
        own = Short(max(min(own, Short(opacity * WHITE)), least))
        out[to + x] = np.uint8(Short(own + Short(rest * Short(behind[b + x])) + MIDDLE) >> EIGHT_BITS)


_PLANE = (READ, int64)
_SCREEN = (types.Array(float32, 2, "C", readonly=True), uint16)
_LIGHT = types.Array(uint16, 1, "C")


@kernel(void(*_PLANE, *_PLANE, *_ALPHA, *_SCREEN, _LIGHT, *_SCRATCH, *_OUT))
def composite_plane(
    person: Samples,
    person_stride: int,
    behind: Samples,
    behind_stride: int,
    alpha: Samples,
    alpha_width: int,
    alpha_height: int,
    factor: int,
    screen: Levels,
    black: Short,
    light: Shorts,
    eighths: Shorts,
    pairs: Pairs,
    out: Samples,
    stride: int,
    width: int,
    height: int,
) -> None:
    """Write the composite of one plane of (height, width) samples, whose levels begin at `black`.

    `alpha` has no padding; `factor` is UP, SAME or DOWN. `screen`: rows of cells, each `width` wide; with no rows
    nothing is taken out, and the person's part is a times the sample. Scratch: `light` as wide as the plane; `eighths`
    as wide, rounded up to even; `pairs` the same memory, two by two.
    """
    count = np.uint64(width)
    for row in range(height):
        p, b, to = at(person_stride, row, 0), at(behind_stride, row, 0), at(stride, row, 0)
        _alpha(alpha, alpha_width, alpha_height, factor, row, count, eighths, pairs)
        if screen.shape[0] == 0:
            for x in range(count):
                light[x] = person[p + x]
        elif row % LIT == 0:
            _light(screen, (row + LIT // 2) / height, light)
        _mix(person, p, behind, b, eighths, light, black, out, to, count)
