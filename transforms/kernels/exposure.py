"""How this picture's light stands to the plate's, from the means of their cells.

The person is no noise about the room: their cells lie anywhere, and there may be more of them than of the room's. So
the search starts from the commonest ratio of luma, which only the room's cells share, or from the last picture's
answer, whichever explains more, and then weighs each cell by how well it fits (iteratively reweighted least squares,
Tukey's biweight on all three planes together).
"""

from __future__ import annotations

import numpy as np
from numba import float32, float64, types, void
from numpy.typing import NDArray

from transforms.kernels.cells import COUNTS, FIELDS_READ, LEVELS, LEVELS_READ, Counts
from transforms.kernels.compile import Levels, inlined, kernel

NONE, UNITY = np.float32(0), np.float32(1)

Sums = NDArray[np.float64]

NUMBERS = 8
"""Luma's gain and offset, Cb's gain, tint by luma and offset, Cr's likewise; luma from black, chroma from neutral."""

ROUNDS = 4
BINS, WIDEST_RATIO = 160, np.float32(1.2)
"""Of the ratio's logarithm: steps of 1.5 %, from 0.3 to 3.3."""

STEPS, FINE = 512, np.float32(16)
"""Of the histogram that a quantile is read from: sixteenths of a level, up to 32."""

OF_THIRD = np.float32(2.322)
"""Standard deviations of a normal distribution per distance within which a third of it lies."""

ROUGH_LUMA, ROUGH_CHROMA = np.float32(4), np.float32(2)
"""Levels: what a cell may be off where the first guesses are compared, and at most later."""

LEAST_LUMA, LEAST_CHROMA = np.float32(0.8), np.float32(0.4)
"""Levels: a spread of cell means under this is not believed; a codec alone makes as much."""

TUKEY = np.float32(3)
"""Spreads at which a cell of one plane weighs 4/9 still; all three planes together end it at 5."""

DARKEST = np.float32(12)
"""Levels above black from which a ratio of luma tells anything."""


@inlined
def _commonest_ratio(plate: Levels, picture: Levels, weights: Levels, lift: float, counts: Counts) -> np.float32:
    """The middle of the fullest bin of picture over plate, five bins weighed 1 2 3 2 1."""
    counts[:BINS] = 0
    scale = np.float32(BINS) / (np.float32(2) * WIDEST_RATIO)
    for i in range(weights.size):
        before = plate[0, i] + lift
        if weights[i] > np.float32(0.3) and before > DARKEST:
            ratio = np.log(max(picture[0, i] + lift, np.float32(2)) / before)
            bin_ = np.int64((ratio + WIDEST_RATIO) * scale)
            if 0 <= bin_ < BINS:
                counts[bin_] += 1
    best, most = 0, -1
    for i in range(2, BINS - 2):
        total = counts[i - 2] + 2 * counts[i - 1] + 3 * counts[i] + 2 * counts[i + 1] + counts[i + 2]
        if total > most:
            best, most = i, total
    return np.exp((np.float32(best) + np.float32(0.5)) / scale - WIDEST_RATIO) if most > 0 else UNITY


@inlined
def _off(plate: Levels, picture: Levels, lift: float, n: Levels, i: int) -> tuple[np.float32, np.float32, np.float32]:
    """What the numbers leave unexplained of a cell."""
    luma = plate[0, i] + lift
    return (
        picture[0, i] + lift - n[0] * luma - n[1],
        picture[1, i] - n[2] * plate[1, i] - n[3] * luma - n[4],
        picture[2, i] - n[5] * plate[2, i] - n[6] * luma - n[7],
    )


@inlined
def _badness(plate: Levels, picture: Levels, weights: Levels, lift: float, numbers: Levels) -> np.float32:
    """How badly numbers explain the cells; one that is off by three times the rough spread is simply the person."""
    total = NONE
    for i in range(weights.size):
        if weights[i] <= NONE:
            continue
        r0, r1, r2 = _off(plate, picture, lift, numbers, i)
        r0, r1, r2 = r0 / ROUGH_LUMA, r1 / ROUGH_CHROMA, r2 / ROUGH_CHROMA
        total += weights[i] * min(r0 * r0 + r1 * r1 + r2 * r2, np.float32(9))
    return total


@inlined
def _spreads(
    plate: Levels, picture: Levels, weights: Levels, lift: float, numbers: Levels, counts: Counts, out: Levels
) -> None:
    """What is unexplained, by plane: the standard deviation of the third that fits best, the rough spread at most.

    A third and not half: the person may cover more than half, and nothing of theirs is noise.
    """
    counts[:] = 0
    total = 0
    for i in range(weights.size):
        if weights[i] > np.float32(0.5):
            r0, r1, r2 = _off(plate, picture, lift, numbers, i)
            counts[np.int64(min(abs(r0) * FINE, np.float32(STEPS - 1)))] += 1
            counts[STEPS + np.int64(min(abs(r1) * FINE, np.float32(STEPS - 1)))] += 1
            counts[2 * STEPS + np.int64(min(abs(r2) * FINE, np.float32(STEPS - 1)))] += 1
            total += 1
    for plane in range(3):
        seen, middle, first = 0, 0, plane * STEPS
        while middle < STEPS - 1 and 3 * (seen + counts[first + middle]) < total:
            seen += counts[first + middle]
            middle += 1
        least, most = (LEAST_LUMA, ROUGH_LUMA) if plane == 0 else (LEAST_CHROMA, ROUGH_CHROMA)
        out[plane] = min(max(OF_THIRD * (np.float32(middle) + np.float32(0.5)) / FINE, least), most)


@inlined
def _solve_chroma(m: Sums, first: int, gain: float, numbers: Levels, to: int) -> None:
    """Gain, tint and offset of one chroma plane from its sums, held to luma's gain and no tint where they say little.

    Sums from `first` on: xx, xl, x, xy, ly, y; shared, from 2 on: weight, l, ll.
    """
    n, l1, ll = m[2], m[3], m[4]
    xx, xl, x1 = m[first], m[first + 1], m[first + 2]
    xy, ly, y1 = m[first + 3], m[first + 4], m[first + 5]
    a, b, c = xx + 0.25 * n, xl, x1
    d, e, f = ll + 0.25 * n, l1, n * 1.01
    p, q, r = xy + 0.25 * n * gain, ly, y1
    k00, k01, k02 = d * f - e * e, c * e - b * f, b * e - c * d
    k11, k12, k22 = a * f - c * c, b * c - a * e, a * d - b * b
    determinant = a * k00 + b * k01 + c * k02
    numbers[to] = (k00 * p + k01 * q + k02 * r) / determinant
    numbers[to + 1] = (k01 * p + k11 * q + k12 * r) / determinant
    numbers[to + 2] = (k02 * p + k12 * q + k22 * r) / determinant


@kernel(
    void(
        FIELDS_READ,
        FIELDS_READ,
        LEVELS_READ,
        float32,
        LEVELS_READ,
        COUNTS,
        types.Array(float64, 1, "C"),
        LEVELS,
        LEVELS,
    )
)
def fit(
    plate: Levels,
    picture: Levels,
    weights: Levels,
    lift: float,
    start: Levels,
    counts: Counts,
    sums: Sums,
    numbers: Levels,
    spreads: Levels,
) -> None:
    """Write the 8 `numbers` and `spreads` (4): of the cells' means about them, by plane, and the share that fits.

    `plate`, `picture`: means about 128, (3 or more, cells). `weights` 0..1: how surely a cell is background.
    `lift`: 128 less black. `start`: numbers to begin from, luma's gain 0 for none.
    Scratch: `counts` (1536), `sums` (17).
    """
    guess = _commonest_ratio(plate, picture, weights, lift, counts)
    numbers[:] = NONE
    numbers[0] = numbers[2] = numbers[5] = guess
    if start[0] > NONE and _badness(plate, picture, weights, lift, start) < _badness(
        plate, picture, weights, lift, numbers
    ):
        for k in range(NUMBERS):
            numbers[k] = start[k]
    whole = NONE
    for i in range(weights.size):
        whole += weights[i]
    spreads[3] = NONE
    for _ in range(ROUNDS):
        _spreads(plate, picture, weights, lift, numbers, counts, spreads)
        s0 = UNITY / (TUKEY * spreads[0])
        s1, s2 = UNITY / (TUKEY * spreads[1]), UNITY / (TUKEY * spreads[2])
        sums[:] = 0.0
        for i in range(weights.size):
            if weights[i] <= NONE:
                continue
            r0, r1, r2 = _off(plate, picture, lift, numbers, i)
            r0, r1, r2 = r0 * s0, r1 * s1, r2 * s2
            rest = UNITY - (r0 * r0 + r1 * r1 + r2 * r2) / TUKEY
            if rest <= NONE:
                continue
            w = weights[i] * rest * rest
            luma, seen = plate[0, i] + lift, picture[0, i] + lift
            sums[0] += w * luma * seen
            sums[1] += w * seen
            sums[2] += w
            sums[3] += w * luma
            sums[4] += w * luma * luma
            for plane in range(1, 3):
                x, y, first = plate[plane, i], picture[plane, i], 6 * plane - 1
                sums[first] += w * x * x
                sums[first + 1] += w * x * luma
                sums[first + 2] += w * x
                sums[first + 3] += w * x * y
                sums[first + 4] += w * luma * y
                sums[first + 5] += w * y
        n = sums[2]
        if n < max(0.02 * whole, 3.0):
            break
        spreads[3] = n / whole
        a, b, c = sums[4] + 0.1 * n, sums[3], 1.01 * n
        p, q = sums[0] + 0.1 * n * sums[0] / max(sums[4], 1.0), sums[1]
        determinant = a * c - b * b
        numbers[0] = min(max((c * p - b * q) / determinant, 0.1), 10.0)
        numbers[1] = (a * q - b * p) / determinant
        _solve_chroma(sums, 5, numbers[0], numbers, 2)
        _solve_chroma(sums, 11, numbers[0], numbers, 5)
