"""Foreground over background through alpha, one plane at a time, at the speed of memory.

    out = clip(foreground - (1 - a) screen) + (1 - a) background

The clip keeps the person's part, a times its colour, within a times the range of levels there are. (Chroma counts about
128 in that formula; since the shares add up to one, the 128s cancel.)

Every sample is mixed, those of alpha 0 and 255 too: they come out byte for byte, and long vectorised runs over memory
in order are faster than looking for what could be copied. All of it fits into 16 bits, a being 0..256, which vectorises
twice as wide as single precision would: the result is within a level of the formula's.

Where only the share d of the screen's light is to be taken out, the rest counts as the person's: instead of the screen
S it is d S + (1 - d) foreground that is taken. With d = 0 that leaves a times the foreground, the plain mixture.

Where the alpha to show, a', is not the a by which person and screen were mixed (an edge that was moved or softened),
the person's part is that of a, p, turned down to a'/a of it; or, where a' is the greater, p + (a' - a) c, c being the
screen again, which makes it what a' would have left of the foreground: somebody said that this is the person. (Where a
is 0 the sample itself is what lies behind.) But an edge that was only softened has nothing of the person out there, and
c is the colour of the person nearby.

Alpha has the size of the plane, twice its size, or half of it. Chroma sits as MPEG-2 puts it and every decoder assumes
(ITU-T H.264 Annex E, chroma_sample_loc_type 0): across on the even luma column, down midway between its two luma rows.
So an alpha of chroma's size reaches luma by 3/4 and 1/4 of two rows, the odd columns being the means of the even ones;
one of luma's size reaches chroma by 1 2 1 across, 1 1 down. Beyond the edges the outermost samples are repeated. The
weights are eighths: in units of 1/2040 (255 x 8) every value is whole, 0 stays 0 and 255 stays 2040.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, uint8, uint16, uint32, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Index, Levels, Samples, at, inlined, kernel

DOWN, SAME, UP = 0, 1, 2
"""How alpha reaches a plane: it is twice its size, its own size, half its size."""

CHUNK, BAND = np.uint64(32), 16
"""Samples across, and rows of alpha, that are mixed alike."""

LIT = 4
"""Rows that share one row of the screen's light, which changes slowly."""

NONE, HALF, UNITY, BRIGHTEST, UNIT = (np.float32(number) for number in (0, 0.5, 1, 255, 1 / 255))
NOTHING, ONE, TWO, THREE, EIGHT, UPPER = (np.uint64(number) for number in (0, 1, 2, 3, 8, 16))
HIGH, SINGLE = np.uint32(16), np.uint16(1)
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
def _same(alpha: Samples, own: Index, start: Index, end: Index, eighths: Shorts) -> None:
    for x in range(start, end):
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
def _down(
    alpha: Samples,
    own: Index,
    other: Index,
    width: Index,
    start: Index,
    end: Index,
    sums: Shorts,
    sum_pairs: Pairs,
    eighths: Shorts,
) -> None:
    """From `width` columns of alpha: two rows are summed, and their sums read two by two, side by side."""
    for x in range(max(TWO * start, ONE) - ONE, min(TWO * end, width)):
        sums[x] = Short(Short(alpha[own + x]) + Short(alpha[other + x]))
    if TWO * end > width:
        sums[width] = sums[width - ONE]
    first = start
    if start == NOTHING:
        eighths[NOTHING] = sums[NOTHING] + TWO * sums[NOTHING] + sums[ONE]
        first = ONE
    for x in range(first, end):
        pair, left = sum_pairs[x], Short(sum_pairs[x - ONE] >> HIGH)
        eighths[x] = Short(Short(left + Short(Short(pair) << SINGLE)) + Short(pair >> HIGH))


@inlined
def _alpha(
    alpha: Samples, width: int, height: int, factor: int, row: int, count: Index, eighths: Shorts, pairs: Pairs
) -> None:
    """Alpha, in 1/2040ths, at the `count` samples of a plane's row: the first of `eighths`; the second is scratch."""
    own, other = _rows_of(row, height, factor)
    first, second = at(width, own, 0), at(width, other, 0)
    if factor == UP:
        _up(alpha, first, second, np.uint64(width), pairs[0])
    elif factor == DOWN:
        _down(alpha, first, second, np.uint64(width), NOTHING, count, eighths[1], pairs[1], eighths[0])
    else:
        _same(alpha, first, NOTHING, count, eighths[0])


_ALPHA = (READ, int64, int64, int64)
_SCRATCH = (types.Array(uint16, 2, "C"), types.Array(uint32, 2, "C"))
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
            out[to + x] = (eighths[0, x] + 4) >> 3


@inlined
def _light(screen: Levels, depth: float, light: Shorts) -> None:
    """A coarse grid of levels along a row that lies `depth` of the way down the picture."""
    rows, width = screen.shape
    place = min(max(np.float32(depth * rows) - HALF, NONE), np.float32(rows - 1))
    row = int(place)
    share = place - np.float32(row)
    upper, lower = screen[row], screen[min(row + 1, rows - 1)]
    for x in range(width):
        light[x] = np.int32(upper[x] + (lower[x] - upper[x]) * share + HALF)


@inlined
def _in_part(person: Samples, p: Index, light: Shorts, despill: Short, count: Index, out: Shorts) -> None:
    """`despill` 256ths of a light, the rest of the sample itself: so much less of that light is taken out."""
    kept = Short(ALL - despill)
    for x in range(count):
        own, lit = Short(Short(person[p + x]) * kept), Short(light[x] * despill)
        out[x] = Short(own + lit + MIDDLE) >> EIGHT_BITS


@inlined
def _mix(
    person: Samples,
    p: Index,
    behind: Samples,
    b: Index,
    eighths: Shorts,
    taken: Shorts,
    black: Short,
    out: Samples,
    to: Index,
    start: Index,
    end: Index,
) -> None:
    """The formula above, in 1/256ths of a level. Each step is cut to 16 bits, or the loop would be made of 64."""
    for x in range(start, end):
        nearly = Short(Short(eighths[x] + FOUR) >> THREE_BITS)
        opacity = Short(nearly + (nearly >> SEVEN_BITS))
        rest = Short(ALL - opacity)
        shown = Short(Short(person[p + x]) << EIGHT_BITS)
        share = Short(rest * taken[x])
        own = Short(shown - min(shown, share))
        least = min(Short(opacity * black), shown)
        own = Short(max(min(own, Short(opacity * WHITE)), least))
        out[to + x] = np.uint8(Short(own + Short(rest * Short(behind[b + x])) + MIDDLE) >> EIGHT_BITS)


@inlined
def _remix(
    person: Samples,
    p: Index,
    behind: Samples,
    b: Index,
    shown: Shorts,
    own: Shorts,
    taken: Shorts,
    beside: Shorts,
    is_filled: bool,
    black: Short,
    out: Samples,
    to: Index,
    start: Index,
    end: Index,
) -> None:
    """The same where the alpha shown is another than the one by which person and screen were mixed."""
    darkest = np.float32(black)
    for x in range(start, end):
        alpha = np.float32(np.int32(Short(shown[x] + FOUR) >> THREE_BITS))
        mixed = np.float32(np.int32(Short(own[x] + FOUR) >> THREE_BITS))
        known = mixed if is_filled and alpha < BRIGHTEST else max(mixed, alpha)
        share = known * UNIT
        sample = np.float32(np.int32(person[p + x]))
        behind_it = np.float32(np.int32(taken[x])) if mixed > NONE else sample
        light = sample - (UNITY - share) * behind_it
        light = max(min(light, known), min(share * darkest, sample))
        light *= min(alpha, known) / max(known, UNITY)
        light += max(alpha - known, NONE) * UNIT * np.float32(np.int32(beside[x]))
        light += (UNITY - alpha * UNIT) * np.float32(np.int32(behind[b + x])) + HALF
        out[to + x] = np.uint8(np.int32(min(light, BRIGHTEST)))


@inlined
def _is_changed(flags: Samples, start: Index, factor: int) -> bool:
    """Whether alpha was moved in the chunk of a plane that begins at `start`."""
    if factor != DOWN:
        return bool(flags[start // CHUNK] > 0)
    here, last = TWO * (start // CHUNK), np.uint64(flags.size - 1)
    return bool((flags[max(here, ONE) - ONE] | flags[min(here, last)] | flags[min(here + ONE, last)]) > 0)


_PLANE = (READ, int64)
_GRID = types.Array(float32, 2, "C", readonly=True)
_LINES = types.Array(uint16, 2, "C")


_FLAGS = types.Array(uint8, 2, "C")


@kernel(void(READ, READ, int64, int64, WRITE, _FLAGS))
def compare(one: Samples, other: Samples, width: int, height: int, line: Samples, changed: Samples) -> None:
    """Write 1 for each chunk of a band (bands, chunks) in which two alphas differ, else 0. `line`: scratch, (width)."""
    for band in range(changed.shape[0]):
        line[:] = 0
        for row in range(band * BAND, min(band * BAND + BAND, height)):
            first = at(width, row, 0)
            for x in range(np.uint64(width)):
                line[x] |= one[first + x] ^ other[first + x]
        for chunk in range(changed.shape[1]):
            differ = np.uint8(0)
            for x in range(CHUNK * np.uint64(chunk), min(CHUNK * np.uint64(chunk + 1), np.uint64(width))):
                differ |= line[x]
            changed[band, chunk] = differ > 0


@kernel(void(*_PLANE, *_PLANE, *_ALPHA, READ, _FLAGS, _GRID, *_PLANE, _GRID, uint16, uint16, _LINES, *_SCRATCH, *_OUT))
def composite_plane(
    person: Samples,
    person_stride: int,
    behind: Samples,
    behind_stride: int,
    alpha: Samples,
    alpha_width: int,
    alpha_height: int,
    factor: int,
    own: Samples,
    changed: Samples,
    screen: Levels,
    plate: Samples,
    plate_stride: int,
    beyond: Levels,
    despill: Short,
    black: Short,
    lines: Shorts,
    eighths: Shorts,
    pairs: Pairs,
    out: Samples,
    stride: int,
    width: int,
    height: int,
) -> None:
    """Write the composite of one plane of (height, width) samples, whose levels begin at `black`.

    `alpha` has no padding; `factor` is UP, SAME or DOWN. The screen is `plate`, sample by sample, where its stride is
    not 0; else `screen`, rows of cells, each `width` wide; with no rows either nothing is taken out, and the person's
    part is a times the sample. `despill`: the share of it that is taken out, in 256ths.

    `own`, if of any length, is the alpha by which person and screen were mixed, where `alpha` has been moved from it;
    not with UP. `changed`: where it was, by `compare`. `beyond`, as `screen`: the person's colours for where `alpha` is
    the greater; with no rows the picture itself is shown there. Scratch: five `lines` as wide as the plane; two of
    `eighths` as wide as the wider of it and alpha, and one more; `pairs` the same memory, two by two.
    """
    count, none = np.uint64(width), NOTHING
    light, part, mixed, carried, beside = lines[0], lines[1], lines[2], lines[3], lines[4]
    is_known = plate_stride > 0 or screen.shape[0] > 0
    for row in range(height):
        p, b, to = at(person_stride, row, 0), at(behind_stride, row, 0), at(stride, row, 0)
        _alpha(alpha, alpha_width, alpha_height, factor, row, count, eighths, pairs)
        lit = light
        if not is_known:
            for x in range(count):
                light[x] = person[p + x]
        elif plate_stride > 0:
            q = at(plate_stride, row, 0)
            for x in range(count):
                light[x] = plate[q + x]
        elif row % LIT == 0:
            _light(screen, (row + LIT // 2) / height, light)
        if is_known and despill < ALL:
            _in_part(person, p, light, despill, count, part)
            lit = part
        if own.size == 0:
            _mix(person, p, behind, b, eighths[0], lit, black, out, to, none, count)
            continue
        if beyond.shape[0] > 0:
            if row % LIT == 0:
                _light(beyond, (row + LIT // 2) / height, carried)
            _in_part(person, p, carried, despill, count, beside)
        filled = beyond.shape[0] > 0
        mine, under = _rows_of(row, alpha_height, factor)
        first, second = at(alpha_width, mine, 0), at(alpha_width, under, 0)
        flags, end = changed[mine // BAND], none
        while end < count:
            start, is_changed = end, _is_changed(flags, end, factor)
            while end < count and _is_changed(flags, end, factor) == is_changed:
                end = min(end + CHUNK, count)
            if not is_changed:
                _mix(person, p, behind, b, eighths[0], lit, black, out, to, start, end)
                continue
            if factor == DOWN:
                _down(own, first, second, np.uint64(alpha_width), start, end, eighths[1], pairs[1], mixed)
            else:
                _same(own, first, start, end, mixed)
            _remix(person, p, behind, b, eighths[0], mixed, lit, beside, filled, black, out, to, start, end)
