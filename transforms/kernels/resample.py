"""A part of a picture at another size, as R'G'B': what a network looks at."""

from __future__ import annotations

import numpy as np
from numba import float32, int32, int64, types, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Levels, Samples, at, kernel

LEVELS = types.Array(float32, 1, "C")
LEVELS_READ = types.Array(float32, 1, "C", readonly=True)
FIELDS_READ = types.Array(float32, 2, "C", readonly=True)
PLACES_READ = types.Array(int32, 1, "C", readonly=True)

Places = NDArray[np.int32]

ZERO, HALF, MOST = np.float32(0), np.float32(0.5), np.float32(255)
ONE, TWO, THREE = np.uint64(1), np.uint64(2), np.uint64(3)


@kernel(void(READ, int64, PLACES_READ, FIELDS_READ, PLACES_READ, FIELDS_READ, LEVELS, LEVELS))
def resample(
    samples: Samples,
    stride: int,
    rows: Places,
    down: Levels,
    columns: Places,
    across: Levels,
    line: Levels,
    out: Levels,
) -> None:
    """Write `out` (rows * columns): weighted means of a plane's samples.

    Each row out is a mean of the rows from `rows` on, by the weights in its column of `down` (taps, rows); likewise
    across. Scratch: `line` (the plane's width), of which what lies between the first column and the last is used.
    """
    first, last = int64(columns[0]), int64(columns[len(columns) - 1])
    first, last = min(first, last), max(first, last) + across.shape[0]
    width = len(columns)
    for row in range(len(rows)):
        for x in range(np.uint64(first), np.uint64(last)):
            line[x] = ZERO
        # By threes, and so across: each pass reads and writes the line, which costs more than the samples do.
        for tap in range(0, down.shape[0] - 2, 3):
            upper, middle, lower = down[tap, row], down[tap + 1, row], down[tap + 2, row]
            source = at(stride, int64(rows[row]) + tap, 0)
            below, last_of_three = source + np.uint64(stride), source + np.uint64(2 * stride)
            for x in range(np.uint64(first), np.uint64(last)):
                level = upper * np.float32(samples[source + x]) + middle * np.float32(samples[below + x])
                line[x] += level + lower * np.float32(samples[last_of_three + x])
        for tap in range(down.shape[0] // 3 * 3, down.shape[0]):
            share, source = down[tap, row], at(stride, int64(rows[row]) + tap, 0)
            if share != ZERO:
                for x in range(np.uint64(first), np.uint64(last)):
                    line[x] += share * np.float32(samples[source + x])
        to = at(width, row, 0)
        for column in range(np.uint64(width)):
            out[to + column] = ZERO
        for tap in range(0, across.shape[0] - 2, 3):
            left, middle, right = across[tap], across[tap + 1], across[tap + 2]
            for column in range(np.uint64(width)):
                source = np.uint64(columns[column]) + np.uint64(tap)
                level = left[column] * line[source] + middle[column] * line[source + ONE]
                out[to + column] += level + right[column] * line[source + TWO]
        for tap in range(across.shape[0] // 3 * 3, across.shape[0]):
            shares = across[tap]
            for column in range(np.uint64(width)):
                out[to + column] += shares[column] * line[np.uint64(columns[column]) + np.uint64(tap)]


@kernel(void(LEVELS_READ, LEVELS_READ, LEVELS_READ, LEVELS_READ, int64, WRITE))
def to_rgb(y: Levels, cb: Levels, cr: Levels, factors: Levels, count: int, rgb: Samples) -> None:
    """Write `count` pixels of interleaved R'G'B'.

    `factors`: luma's black level and gain, then what Cr adds to red, what Cb and what Cr take from green, and what Cb
    adds to blue.
    """
    black, gain, red_cr = factors[0], factors[1], factors[2]
    green_cb, green_cr, blue_cb = factors[3], factors[4], factors[5]
    for i in range(np.uint64(count)):
        luma = (y[i] - black) * gain + HALF
        blue, red = cb[i] - np.float32(128), cr[i] - np.float32(128)
        green = luma - green_cb * blue - green_cr * red
        rgb[THREE * i] = np.uint8(np.int32(min(max(luma + red_cr * red, ZERO), MOST)))
        rgb[THREE * i + ONE] = np.uint8(np.int32(min(max(green, ZERO), MOST)))
        rgb[THREE * i + TWO] = np.uint8(np.int32(min(max(luma + blue_cb * blue, ZERO), MOST)))
