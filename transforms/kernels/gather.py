"""The colours of person and screen by cell, from the samples that a trimap is sure of, as weighted moments.

What is surely person is not all person's colour: samples beside the outline are blends. So a sample speaks for the
person by its rough alpha, held against the highest around it: among hair the purest strands, in a face all of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, int64, void

from transforms.kernels.cells import COUNTS_READ, FIELDS, FIELDS_READ, LEVELS, Counts
from transforms.kernels.compile import READ, Index, Levels, Samples, at, inlined, kernel

MIDDLE = np.float32(128)
NONE, UNITY, TWO = (np.float32(number) for number in (0, 1, 2))
THIRD, EIGHTH = np.float32(1 / 3), np.float32(1 / 8)
OPAQUE = np.float32(1 / 200)
ONE = np.uint8(1)

CORE = 4
"""Cells from the screen from which nothing is taken for screen, and a cell counts as a whole, whatever its colours."""

DISTANT = np.float32(165.5 / 200)
"""The rough alpha above which a cell that touches the screen tells of the person: between two levels, so that rounding
decides nothing."""

TOUCHING = np.float32(0.3)
"""How far what is half there counts in a cell beside the screen: the outline's blends. Further off it counts wholly."""


@inlined
def _roughest(rough: Samples, wide: Samples, width: int, box: tuple[int, int, int, int]) -> np.float32:
    """The highest rough alpha, 0..1, of a cell's samples that lie off the screen."""
    most = np.uint8(0)
    for y in range(box[0], box[1]):
        first = at(width, y, 0)
        for x in range(np.uint64(box[2]), np.uint64(box[3])):
            most = max(most, np.uint8(rough[first + x] * (ONE - (wide[first + x] & ONE))))
    return min(np.float32(most) * OPAQUE, UNITY)


@inlined
def _mean_rough(rough: Samples, width: int, box: tuple[int, int, int, int]) -> tuple[np.float32, np.float32]:
    """The mean and the lowest rough alpha of a cell, 0..1."""
    total, least = np.int64(0), np.uint8(255)
    for y in range(box[0], box[1]):
        first = at(width, y, 0)
        for x in range(np.uint64(box[2]), np.uint64(box[3])):
            total += np.int64(rough[first + x])
            least = min(least, rough[first + x])
    mean = np.float32(total) * OPAQUE / np.float32((box[1] - box[0]) * (box[3] - box[2]))
    return min(mean, UNITY), min(np.float32(least) * OPAQUE, UNITY)


@inlined
def _spread_peaks(peaks: Levels, columns: int, rows: int, other: Levels) -> None:
    """The highest of nine cells, then the mean of nine cells across; the mean down is the caller's. In `other`."""
    for row in range(rows):
        first = row * columns
        last = first + columns - 1
        other[first] = max(peaks[first], peaks[min(first + 1, last)])
        other[last] = max(peaks[last], peaks[max(last - 1, first)])
        for i in range(np.uint64(first + 1), np.uint64(max(last, first + 1))):
            other[i] = max(peaks[i], max(peaks[i - np.uint64(1)], peaks[i + np.uint64(1)]))
    for row in range(rows):
        own, up, down = at(columns, row, 0), at(columns, max(row - 1, 0), 0), at(columns, min(row + 1, rows - 1), 0)
        for column in range(np.uint64(columns)):
            peaks[own + column] = max(other[own + column], max(other[up + column], other[down + column]))
    for row in range(rows):
        first = row * columns
        last = first + columns - 1
        other[first] = (TWO * peaks[first] + peaks[min(first + 1, last)]) * THIRD
        other[last] = (TWO * peaks[last] + peaks[max(last - 1, first)]) * THIRD
        for i in range(np.uint64(first + 1), np.uint64(max(last, first + 1))):
            other[i] = (peaks[i] + peaks[i - np.uint64(1)] + peaks[i + np.uint64(1)]) * THIRD


@inlined
def _fall(below: Any, steep: Any) -> Any:
    """e^-t, t being `below` by `steep`, or nearly: (1 - t/8)^8 takes no more than three products."""
    fall = max(UNITY - max(below, NONE) * steep * EIGHTH, NONE)
    fall *= fall
    fall *= fall
    return fall * fall


@inlined
def _weigh(rough: Samples, wide: Samples, first: Index, left: int, right: int, steep: float, lines: Levels) -> None:
    """How much each sample speaks for the person, into lines[0]; of peaks in lines[11] and shares in lines[12]."""
    for x in range(np.uint64(left), np.uint64(right)):
        a = min(np.float32(rough[first + x]) * OPAQUE, UNITY)
        sure = min(max((a - np.float32(0.8)) * np.float32(10), NONE), UNITY)
        weight = max(sure, lines[12, x] * min(TWO * a, UNITY))
        lines[0, x] = NONE if wide[first + x] & ONE else weight * _fall(lines[11, x] - a, steep)


@inlined
def _add(
    luma: Samples, cb: Samples, cr: Samples, at_luma: Index, at_chroma: Index, left: int, right: int, lines: Levels
) -> None:
    """Add a row's samples, weighted by lines[0], to the columns' sums, lines[1] on; the weights to lines[10]."""
    for x in range(np.uint64(left), np.uint64(right)):
        weight = lines[0, x]
        v0 = np.float32(luma[at_luma + x]) - MIDDLE
        v1, v2 = np.float32(cb[at_chroma + x]) - MIDDLE, np.float32(cr[at_chroma + x]) - MIDDLE
        w0, w1, w2 = weight * v0, weight * v1, weight * v2
        lines[1, x] += w0
        lines[2, x] += w1
        lines[3, x] += w2
        lines[4, x] += w0 * v0
        lines[5, x] += w0 * v1
        lines[6, x] += w0 * v2
        lines[7, x] += w1 * v1
        lines[8, x] += w1 * v2
        lines[9, x] += w2 * v2
        lines[10, x] += weight


@inlined
def _sum_cells(
    lines: Levels, cell: int, first: int, end: int, width: int, to: int, values: Levels, weights: Levels
) -> None:
    """Move the columns' sums of cells first..end into the cells, in cells' worths."""
    share = UNITY / np.float32(cell * cell)
    for column in range(first, end):
        left, right = column * cell, min(column * cell + cell, width)
        for number in range(9):
            total = NONE
            for x in range(np.uint64(left), np.uint64(right)):
                total += lines[number + 1, x]
            values[number, to + column] = total * share
        total = NONE
        for x in range(np.uint64(left), np.uint64(right)):
            total += lines[10, x]
        weights[to + column] = total * share


@inlined
def _person_run(
    distances: Counts, bare: Samples, veiled: Samples, first: int, columns: int, column: int
) -> tuple[int, int]:
    """From `column` on, the next cells whose samples may tell of the person: where they begin and end."""
    while column < columns:
        i = first + column
        if distances[i] < CORE and not bare[i] and not veiled[i]:
            break
        column += 1
    end = column
    while end < columns and distances[first + end] < CORE and not bare[first + end] and not veiled[first + end]:
        end += 1
    return column, end


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
        COUNTS_READ,
        READ,
        READ,
        int64,
        float32,
        FIELDS_READ,
        LEVELS,
        LEVELS,
        FIELDS,
        FIELDS,
        LEVELS,
    )
)
def gather_person(
    luma: Samples,
    cb: Samples,
    cr: Samples,
    stride: int,
    width: int,
    height: int,
    cell: int,
    rough: Samples,
    wide: Samples,
    distances: Counts,
    bare: Samples,
    veiled: Samples,
    reach: int,
    steep: float,
    moments: Levels,
    peaks: Levels,
    other: Levels,
    lines: Levels,
    values: Levels,
    weights: Levels,
) -> None:
    """Write weighted moments and weights of the person by cell, as `fill` takes them.

    `wide`: bit 0 for what may be background; `bare`: 1 for cells that are all background. A sample's word for the
    person falls by e with every 1/`steep` that its rough alpha lies under the neighbourhood's highest: a blend must not
    be taken for the person's colour. Scratch: `peaks`, `other` (cells), `lines` (13, width).
    """
    columns, rows = (width + cell - 1) // cell, (height + cell - 1) // cell
    values[:, : columns * rows] = NONE
    for i in range(columns * rows):
        peaks[i] = weights[i] = NONE
        distance = distances[i]
        if distance > reach or veiled[i] or bare[i]:
            continue
        top, left = i // columns * cell, i % columns * cell
        box = (top, min(top + cell, height), left, min(left + cell, width))
        if distance >= CORE:
            weights[i], peaks[i] = _mean_rough(rough, width, box)
        else:
            peak = _roughest(rough, wide, width, box)
            peaks[i] = peak if (distance > 0) | (peak > DISTANT) else NONE
    _spread_peaks(peaks, columns, rows, other)
    for row in range(rows):
        first = row * columns
        up, down = max(row - 1, 0) * columns, min(row + 1, rows - 1) * columns
        for i in range(first, first + columns):
            if weights[i] > NONE:
                peak = (other[i] + other[up + i - first] + other[down + i - first]) * THIRD
                weights[i] = min(TWO * weights[i], UNITY) * _fall(peak - weights[i], steep)
                for number in range(9):
                    values[number, i] = weights[i] * moments[number, i]
        column = 0
        while column < columns:
            column, end = _person_run(distances, bare, veiled, first, columns, column)
            if column == end:
                break
            left, right = column * cell, min(end * cell, width)
            for c in range(column, end):
                peak = (other[first + c] + other[up + c] + other[down + c]) * THIRD
                distance = distances[first + c]
                share = NONE if distance == 0 else (TOUCHING if distance == 1 else UNITY)
                for x in range(np.uint64(c * cell), np.uint64(min(c * cell + cell, width))):
                    lines[11, x] = peak
                    lines[12, x] = share
            for number in range(1, 11):
                for x in range(np.uint64(left), np.uint64(right)):
                    lines[number, x] = NONE
            for y in range(row * cell, min(row * cell + cell, height)):
                _weigh(rough, wide, at(width, y, 0), left, right, steep, lines)
                _add(luma, cb, cr, at(width, y, 0), at(stride, y, 0), left, right, lines)
            _sum_cells(lines, cell, column, end, width, first, values, weights)
            column = end


@inlined
def _screen_run(
    marked: Counts, distances: Counts, bare: Samples, veiled: Samples, first: int, columns: int, column: int
) -> tuple[int, int]:
    """From `column` on, the next cells some of whose samples are screen: where they begin and end."""
    while column < columns:
        i = first + column
        if marked[i] > 0 and distances[i] < CORE and not bare[i] and not veiled[i]:
            break
        column += 1
    end = column
    while end < columns:
        i = first + end
        if marked[i] == 0 or distances[i] >= CORE or bare[i] or veiled[i]:
            break
        end += 1
    return column, end


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
        COUNTS_READ,
        COUNTS_READ,
        READ,
        READ,
        FIELDS_READ,
        FIELDS,
        FIELDS,
        LEVELS,
    )
)
def gather_screen(
    luma: Samples,
    cb: Samples,
    cr: Samples,
    stride: int,
    width: int,
    height: int,
    cell: int,
    near: Samples,
    marked: Counts,
    distances: Counts,
    bare: Samples,
    veiled: Samples,
    moments: Levels,
    lines: Levels,
    values: Levels,
    weights: Levels,
) -> None:
    """Write weighted moments and weights of the screen by cell: of the samples with bit 0 of `near`, `marked` by cell.

    A cell that is all screen, `bare`, is taken as a whole. Scratch: `lines` (11 or more, width).
    """
    columns, rows = (width + cell - 1) // cell, (height + cell - 1) // cell
    for i in range(columns * rows):
        weights[i] = np.float32(bare[i])
    for number in range(9):
        for i in range(np.uint64(columns * rows)):
            values[number, i] = moments[number, i] if bare[i] else NONE
    for row in range(rows):
        first = row * columns
        column = 0
        while column < columns:
            column, end = _screen_run(marked, distances, bare, veiled, first, columns, column)
            if column == end:
                break
            left, right = column * cell, min(end * cell, width)
            for number in range(1, 11):
                for x in range(np.uint64(left), np.uint64(right)):
                    lines[number, x] = NONE
            for y in range(row * cell, min(row * cell + cell, height)):
                mask = at(width, y, 0)
                for x in range(np.uint64(left), np.uint64(right)):
                    lines[0, x] = np.float32(near[mask + x] & ONE)
                _add(luma, cb, cr, mask, at(stride, y, 0), left, right, lines)
            _sum_cells(lines, cell, column, end, width, first, values, weights)
            column = end
