"""A background's light on a person in front of it, by cells of a coarse grid, and where that is anything to see.

Of the light that is bare, (1 - a) B, each cell takes the mean: near an outline there is some on the person's side, too,
and more once the grid is enlarged again (`transforms.kernels.finish`).
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float32, int16, int64, types, uint8, uint16, uint32, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, Samples, at, inlined, kernel

EVERY = 4
"""Rows of which `gather` reads one: one of two of chroma."""

LARGEST_CELL = 32
"""Samples across and down: the sums over one still fit into 16 bits."""

STRIP, GAP = 64, 2
"""Samples across that are finished, or left, alike: vectors of luma and of chroma come out even. And how many strips
are no gap: short runs take longer than long ones."""

FALLS = (1 << 23) / 255 * 256 / 255
"""Light is told in so many parts of white, of a product with alpha's 255 levels, which `gather` takes for 256."""

NOBODY, SOME, LIT = np.uint8(0), np.uint8(1), np.uint8(2)
"""Of a strip of cells: nobody is there; somebody is; there is light, or a tone, to fall on them."""

LEAST = 75
"""Of light, in the units of FALLS: half a level."""

Short, Word, Long = np.int16, np.uint16, np.int32
WHITE, MIDDLE, EIGHT = (np.uint16(number) for number in (255, 128, 8))
GREY, ROUND = np.int16(128), np.int16(127)
UPPER = np.uint32(16)
HALF, MOST = np.float32(0.5), np.float32(32767)

Shorts = NDArray[np.int16]
Words = NDArray[np.uint16]
Pairs = NDArray[np.uint32]

_PLANE = (READ, int64)
_GRID = types.Array(int16, 3, "C")
_LIGHT = types.Array(int16, 3, "C", readonly=True)
_MARKS = types.Array(uint8, 2, "C")
_WORDS = types.Array(uint16, 2, "C")
_PAIRS = types.Array(uint32, 2, "C")


@inlined
def _halve(pairs: Pairs, count: int, out: Words) -> None:
    """Sum a line two by two into `count` sums of 16 bits."""
    for x in range(np.uint64(count)):
        out[x] = Word(Word(pairs[x]) + Word(pairs[x] >> UPPER))


@kernel(void(*_PLANE, READ, READ, int64, READ, int64, int64, int64, int64, float32, _WORDS, _PAIRS, _GRID, _MARKS))
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
    factor: float,
    words: Words,
    pairs: Pairs,
    light: Shorts,
    seen: Samples,
) -> None:
    """Write the background's bare light by cells, (3, rows, columns): `factor` times its mean above `black`, about 128.

    `cell`: a power of two. `seen` (rows, columns): not 0 where some of the person is. `alpha` has no padding. Scratch:
    ten lines of `words`, as many of luma's samples as all columns have, and the same memory as `pairs`.
    """
    count, half, darkest = np.uint64(width), np.uint64((width + 1) // 2), Word(black)
    rows, columns = seen.shape
    for band in range(rows):
        words[:4] = Word(0)
        looked = 0
        for row in range(band * cell, min(band * cell + cell, height), EVERY):
            luma, chroma, own = at(stride, row, 0), at(chroma_stride, row // 2, 0), at(width, row, 0)
            looked += 1
            for x in range(count):
                level = Word(alpha[own + x])
                sample = Word(y[luma + x])
                above = Word(sample - darkest) if sample > darkest else Word(0)
                words[8, x] = level
                words[9, x] = Word(Word(Word(WHITE - level) * above) + MIDDLE) >> EIGHT
            for x in range(half):
                rest = Short(WHITE - Word(pairs[8, x]))
                blue = Short(Short(Short(rest * Short(Short(cb[chroma + x]) - GREY)) + ROUND) >> 8)
                red = Short(Short(Short(rest * Short(Short(cr[chroma + x]) - GREY)) + ROUND) >> 8)
                words[0, x] += Word(pairs[9, x])
                words[1, x] += Word(blue)
                words[2, x] += Word(red)
                words[3, x] |= Word(Word(pairs[8, x]) | Word(pairs[8, x] >> UPPER))
        size, line = cell // 2, 0
        while size > 1:
            size //= 2
            for plane in range(4):
                _halve(pairs[line + plane], columns * size, words[4 - line + plane])
            line = 4 - line
        for column in range(columns):
            samples = min(cell // 2, (width + 1) // 2 - column * (cell // 2))
            for plane in range(3):
                mean = np.float32(Long(Short(words[line + plane, column]))) / np.float32(looked * samples)
                limit = MOST if plane == 0 else MOST * HALF
                light[plane, band, column] = Short(Long(min(max(mean * factor, -limit), limit)))
            seen[band, column] = np.uint8(words[line + 3, column] > Word(0))


@kernel(void(_LIGHT, types.Array(uint8, 2, "C", readonly=True), int64, int64, boolean, _MARKS, _MARKS))
def mark(light: Shorts, seen: Samples, cell: int, width: int, is_toned: bool, held: Samples, work: Samples) -> None:
    """Write 1 for each STRIP of a band of cells (bands, strips) in which something is to be done, else 0.

    That is where somebody is seen, there or in the bands beside it, and their tone is changed or light falls; light
    reaches a cell farther than it is told. Gaps of up to GAP strips are worked on as well. `held`: scratch, as `work`.
    """
    rows, columns = seen.shape
    for band in range(rows):
        for strip in range(work.shape[1]):
            first, end = strip * STRIP // cell, (min((strip + 1) * STRIP, width) + cell - 1) // cell
            some, lit = NOBODY, LIT if is_toned else NOBODY
            for column in range(first, end):
                some |= seen[band, column]
            for column in range(max(first - 1, 0), min(end + 1, columns)):
                for plane in range(3):
                    lit |= LIT if abs(Long(light[plane, band, column])) >= LEAST else NOBODY
            held[band, strip] = np.uint8((SOME if some > 0 else NOBODY) | lit)
    for band in range(rows):
        last = -GAP - 2
        for strip in range(work.shape[1]):
            around = held[band, strip] | held[max(band - 1, 0), strip] | held[min(band + 1, rows - 1), strip]
            work[band, strip] = np.uint8(around == SOME | LIT)
            if work[band, strip] > 0:
                if strip - last <= GAP + 1:
                    for between in range(last + 1, strip):
                        work[band, between] = np.uint8(1)
                last = strip
