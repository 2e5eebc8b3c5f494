"""The colours of person and screen by cell, from the samples that a trimap is sure of, as weighted moments.

What is surely person is not all person's colour: samples beside the outline are blends. So a sample speaks for the
person by its rough alpha, held against the highest around it: among hair the purest strands, in a face all of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, int64, void

from transforms.kernels.cells import COUNTS_READ, FIELDS, FIELDS_READ, LEVELS, Counts
from transforms.kernels.compile import READ, Levels, Samples, at, inlined, kernel

MIDDLE = np.float32(128)
NONE, UNITY, TWO = (np.float32(number) for number in (0, 1, 2))
THIRD = np.float32(1 / 3)

CORE = 4
"""Cells from the screen from which a cell counts as a whole, by its moments alone."""


@inlined
def _rough_of_mean(moments: Levels, screen: Levels, i: int) -> np.float32:
    """The rough alpha of a cell's mean colour, 0..1."""
    size = UNITY / max(screen[1, i] * screen[1, i] + screen[2, i] * screen[2, i], np.float32(16))
    strength = (moments[1, i] * screen[1, i] + moments[2, i] * screen[2, i]) * size
    off = abs(moments[1, i] * screen[2, i] - moments[2, i] * screen[1, i]) * size
    return min(max(UNITY - strength + off, NONE), UNITY)


@inlined
def _roughest(rough: Samples, wide: Samples, width: int, box: tuple[int, int, int, int]) -> np.uint8:
    """The highest rough alpha of a cell's samples that lie off the screen."""
    most = np.uint8(0)
    for y in range(box[0], box[1]):
        first = at(width, y, 0)
        for x in range(np.uint64(box[2]), np.uint64(box[3])):
            most = max(most, np.uint8(rough[first + x] * (np.uint8(1) - (wide[first + x] & np.uint8(1)))))
    return most


@inlined
def _spread_peaks(peaks: Levels, columns: int, rows: int, other: Levels) -> None:
    """The highest of nine cells, then the mean of nine cells across; the mean down is the caller's. In `other`."""
    for row in range(rows):
        for column in range(columns):
            i = row * columns + column
            left, right = max(column - 1, 0) - column + i, min(column + 1, columns - 1) - column + i
            other[i] = max(peaks[i], peaks[left], peaks[right])
    for row in range(rows):
        up, down = max(row - 1, 0) * columns, min(row + 1, rows - 1) * columns
        for column in range(columns):
            i = row * columns + column
            peaks[i] = max(other[i], other[up + column], other[down + column])
    for row in range(rows):
        for column in range(columns):
            i = row * columns + column
            left, right = max(column - 1, 0) - column + i, min(column + 1, columns - 1) - column + i
            other[i] = (peaks[i] + peaks[left] + peaks[right]) * THIRD


@inlined
def _sum_samples(
    luma: Samples,
    cb: Samples,
    cr: Samples,
    stride: int,
    width: int,
    box: tuple[int, int, int, int],
    rough: Samples,
    near: Samples,
    wide: Samples,
    peak: Any,
    base: Any,
    steep: float,
    i: int,
    person: Levels,
    person_weight: Levels,
    screen: Levels,
    screen_weight: Levels,
    share: Any,
) -> None:
    """Weighted moments of one cell's samples: of those on the screen, and of those that are likely all person."""
    on, off = NONE, NONE
    b0 = b1 = b2 = b3 = b4 = b5 = b6 = b7 = b8 = NONE
    f0 = f1 = f2 = f3 = f4 = f5 = f6 = f7 = f8 = NONE
    for y in range(box[0], box[1]):
        first, colors = at(width, y, 0), at(stride, y, 0)
        for x in range(np.uint64(box[2]), np.uint64(box[3])):
            weight = NONE
            is_screen = (near[first + x] & np.uint8(1)) != 0
            if not is_screen:
                if (wide[first + x] & np.uint8(1)) != 0:
                    continue
                a = min(np.float32(rough[first + x]) * np.float32(0.005), UNITY)
                sure = min(max((a - np.float32(0.8)) * np.float32(10), NONE), UNITY)
                weight = max(sure, base * min(TWO * a, UNITY))
                if weight <= NONE:
                    continue
                weight *= np.exp(-max(peak - a, NONE) * steep)
            v0 = np.float32(luma[first + x]) - MIDDLE
            v1, v2 = np.float32(cb[colors + x]) - MIDDLE, np.float32(cr[colors + x]) - MIDDLE
            if is_screen:
                on += UNITY
                b0 += v0
                b1 += v1
                b2 += v2
                b3 += v0 * v0
                b4 += v0 * v1
                b5 += v0 * v2
                b6 += v1 * v1
                b7 += v1 * v2
                b8 += v2 * v2
            else:
                w0, w1, w2 = weight * v0, weight * v1, weight * v2
                off += weight
                f0 += w0
                f1 += w1
                f2 += w2
                f3 += w0 * v0
                f4 += w0 * v1
                f5 += w0 * v2
                f6 += w1 * v1
                f7 += w1 * v2
                f8 += w2 * v2
    screen_weight[i], person_weight[i] = on * share, off * share
    for number, value in enumerate((b0, b1, b2, b3, b4, b5, b6, b7, b8)):
        screen[number, i] = value * share
    for number, value in enumerate((f0, f1, f2, f3, f4, f5, f6, f7, f8)):
        person[number, i] = value * share


@kernel(
    void(
        READ,
        READ,
        READ,
        int64,
        int64,
        int64,
        int64,
        READ,
        READ,
        READ,
        COUNTS_READ,
        COUNTS_READ,
        READ,
        int64,
        float32,
        FIELDS_READ,
        FIELDS_READ,
        LEVELS,
        LEVELS,
        FIELDS,
        LEVELS,
        FIELDS,
        LEVELS,
    )
)
def gather(
    luma: Samples,
    cb: Samples,
    cr: Samples,
    stride: int,
    width: int,
    height: int,
    cell: int,
    rough: Samples,
    near: Samples,
    wide: Samples,
    marked: Counts,
    distances: Counts,
    veiled: Samples,
    reach: int,
    steep: float,
    moments: Levels,
    background: Levels,
    peaks: Levels,
    other: Levels,
    person: Levels,
    person_weight: Levels,
    screen: Levels,
    screen_weight: Levels,
) -> None:
    """Write weighted moments and weights of person and screen by cell, as `fill` takes them.

    `near`: the mask of sure screen; `wide`: what may be screen, a sample wider; `marked`: samples of `near` by cell.
    A sample's word for the person falls by e with every 1/`steep` that its rough alpha lies under the neighbourhood's
    highest: a blend must not be taken for the person's colour. Scratch: `peaks`, `other` (cells).
    """
    columns, rows = (width + cell - 1) // cell, (height + cell - 1) // cell
    count = columns * rows
    share = UNITY / np.float32(cell * cell)
    for i in range(count):
        peaks[i] = NONE
        distance = distances[i]
        if distance > reach or veiled[i]:
            continue
        if distance >= CORE:
            peaks[i] = _rough_of_mean(moments, background, i)
            continue
        top, left = i // columns * cell, i % columns * cell
        most = _roughest(rough, wide, width, (top, min(top + cell, height), left, min(left + cell, width)))
        if distance >= 1 or most > 165:
            peaks[i] = min(np.float32(most) * np.float32(0.005), UNITY)
    _spread_peaks(peaks, columns, rows, other)
    person[:, :count] = NONE
    screen[:, :count] = NONE
    for i in range(count):
        person_weight[i] = screen_weight[i] = NONE
        distance = distances[i]
        if distance > reach or veiled[i]:
            continue
        row, column = i // columns, i % columns
        up, down = max(row - 1, 0) * columns + column, min(row + 1, rows - 1) * columns + column
        peak = (other[i] + other[up] + other[down]) * THIRD
        if distance >= CORE:
            a = _rough_of_mean(moments, background, i)
            weight = min(TWO * a, UNITY) * np.exp(-max(peak - a, NONE) * steep)
            person_weight[i] = weight
            for number in range(9):
                person[number, i] = weight * moments[number, i]
        elif distance == 0 and marked[i] == cell * cell:
            screen_weight[i] = UNITY
            for number in range(9):
                screen[number, i] = moments[number, i]
        else:
            base = NONE if distance == 0 else (np.float32(0.3) if distance == 1 else UNITY)
            top, left = row * cell, column * cell
            box = (top, min(top + cell, height), left, min(left + cell, width))
            _sum_samples(
                luma,
                cb,
                cr,
                stride,
                width,
                box,
                rough,
                near,
                wide,
                peak,
                base,
                steep,
                i,
                person,
                person_weight,
                screen,
                screen_weight,
                share,
            )
