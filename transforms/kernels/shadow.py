"""The shadow that the person casts on the screen, by cells: how the screen looks without it, and how much it takes.

A shadow takes the same share of a screen's luma and of its chroma. So it is one ratio, 1 where there is none.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, void

from transforms.kernels.cells import COUNTS_READ, FIELDS, FIELDS_READ, LEVELS, LEVELS_READ, Counts
from transforms.kernels.compile import READ, WRITE, Levels, Samples, at, inlined, kernel

NONE, HALF, UNITY, OPAQUE = np.float32(0), np.float32(0.5), np.float32(1), np.float32(255)

DARKEST = np.float32(0.3)
"""The ratio under which it is no shadow: what is as dark is another thing."""


@inlined
def _gain(
    moments: Levels, screen: Samples, distances: Counts, far: int, lift: float, lit: Levels, trust: Levels
) -> np.float32:
    """How much brighter the screen far from the person is than it is remembered."""
    now, before = UNITY, UNITY
    for i in range(trust.size):
        if (screen[i] == 1) & (distances[i] >= far) & (trust[i] > HALF):
            now += moments[0, i] + lift
            before += lit[0, i] + lift
    return now / before


@kernel(void(FIELDS_READ, READ, COUNTS_READ, int64, float32, float32, FIELDS, LEVELS, FIELDS, LEVELS))
def learn_lit(
    moments: Levels,
    screen: Samples,
    distances: Counts,
    far: int,
    rate: float,
    lift: float,
    lit: Levels,
    trust: Levels,
    values: Levels,
    weights: Levels,
) -> None:
    """Learn the screen's luma without the shadow; write what is known of it as `fill` takes it.

    Where no person is nearer than `far` cells, what is seen replaces `rate` of what is known; nearer, only what is
    brighter does, as a shadow darkens. What is known follows the light. `lit` (1, cells): luma about 128, and `trust`
    0..1. `lift`: 128 less black.
    """
    gain = _gain(moments, screen, distances, far, lift, lit, trust)
    for i in range(trust.size):
        lit[0, i] = (lit[0, i] + lift) * gain - lift
        if screen[i] == 1:
            off = moments[0, i] - lit[0, i]
            if distances[i] >= far:
                share = max(rate, UNITY - trust[i])
                lit[0, i] += share * off
                trust[i] = UNITY
            elif (trust[i] > NONE) & (off > NONE):
                lit[0, i] += rate * off
        values[0, i] = lit[0, i] * trust[i]
        weights[i] = trust[i]


@inlined
def _smooth(levels: Levels, columns: int, rows: int, reach: int, out: Levels) -> None:
    """Write the means of squares `2 reach + 1` wide, less of them at the edges, over both arrays in turn."""
    for row in range(rows):
        for column in range(columns):
            first, last = max(column - reach, 0), min(column + reach + 1, columns)
            total = NONE
            for x in range(first, last):
                total += levels[row * columns + x]
            out[row * columns + column] = total / np.float32(last - first)
    for row in range(rows):
        first, last = max(row - reach, 0), min(row + reach + 1, rows)
        for column in range(columns):
            total = NONE
            for y in range(first, last):
                total += out[y * columns + column]
            levels[row * columns + column] = total / np.float32(last - first)


@kernel(void(FIELDS_READ, LEVELS_READ, COUNTS_READ, int64, int64, float32, float32, int64, int64, LEVELS, LEVELS))
def measure_shadow(
    local: Levels,
    lit: Levels,
    distances: Counts,
    far: int,
    reach: int,
    lift: float,
    least: float,
    columns: int,
    rows: int,
    raw: Levels,
    ratio: Levels,
) -> None:
    """Write `ratio` (cells): what the shadow leaves of the light.

    `local`: the screen as it is, `lit`: its luma without the shadow, both about 128. What it lacks is smoothed over
    `reach` cells twice, as folds are narrow and shadows wide. A shadow takes `least` of the light or is none, and fades
    out between `far` cells from the person and half as far again. Scratch: `raw` (cells).
    """
    for i in range(raw.size):
        taken = UNITY - (local[0, i] + lift) / max(lit[i] + lift, UNITY)
        raw[i] = min(max(taken, -HALF), UNITY - DARKEST)
    for _ in range(2):
        _smooth(raw, columns, rows, reach, ratio)
    for i in range(raw.size):
        near = min(max(np.float32(3) - np.float32(2 * distances[i]) / np.float32(far), NONE), UNITY)
        ratio[i] = UNITY - max(raw[i] - least, NONE) / (UNITY - least) * near


@kernel(void(READ, int64, int64, LEVELS_READ, int64, int64, int64, LEVELS, WRITE))
def keep_shadow(
    alpha: Samples,
    width: int,
    height: int,
    ratio: Levels,
    columns: int,
    rows: int,
    side: int,
    line: Levels,
    out: Samples,
) -> None:
    """Write into `out` the alpha that leaves `ratio` of the background where `alpha` leaves all of it.

    `ratio` is bilinear between the centres of cells of `side` samples, level beyond. Scratch: `line` (columns).
    """
    step = UNITY / np.float32(side)
    for y in range(height):
        place = min(max((np.float32(y) + HALF) * step - HALF, NONE), np.float32(rows - 1))
        upper = int(place)
        lower, part = min(upper + 1, rows - 1), place - np.float32(upper)
        most = NONE
        for column in range(columns):
            line[column] = ratio[upper * columns + column] * (UNITY - part) + ratio[lower * columns + column] * part
            most = max(most, UNITY - line[column])
        first = at(width, y, 0)
        if most <= NONE:
            for x in range(np.uint64(width)):
                out[first + x] = alpha[first + x]
            continue
        for piece in range(columns + 1):
            left, right = max(piece * side - side // 2, 0), min(piece * side + side // 2, width)
            here, there = line[max(piece - 1, 0)], line[min(piece, columns - 1)]
            slope = (there - here) * step
            start = here + slope * (HALF + np.float32(left - piece * side + side // 2))
            to = first + np.uint64(left)
            for x in range(np.uint64(max(right - left, 0))):
                share = start + slope * np.float32(x)
                level = OPAQUE - (OPAQUE - np.float32(alpha[to + x])) * share
                out[to + x] = np.uint8(np.int32(level + HALF))
