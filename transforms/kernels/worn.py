"""How much of what grew as screen is rather worn before it: what steps out of the screen's surface, and its seams.

Light, folds and cloth change a screen's hue and its luma beside its strength hardly, or smoothly over the picture. A
suit of the screen's colour lies near them too, near enough to be grown, but steps aside in both. So both are fitted by
a surface of second degree that does not heed strays, and what strays in both is counted.

What has the very colour of the screen steps out of nothing, but for its outline: where two of one colour meet in
different light, cells of both lie in a thin line between what grew on either side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int32, int64, types, void

from transforms.kernels.cells import FIELDS, FIELDS_READ, LEVELS, Counts
from transforms.kernels.compile import READ, WRITE, Levels, Samples, inlined, kernel

TERMS = 6
BINS = 512
WIDEST = np.float32(1.0)
"""The largest distance that is counted, in angles and in shares of the screen's luma."""

ROUNDS = 5
"""Times the surface is fitted again with what strays weighing less."""

TURNED, FINEST_TURN = np.float32(4), np.float32(0.003)
LIT, FINEST_LIT = np.float32(5), np.float32(0.06)
"""A cell strays that is so many deviations off in angle, and in luma; the least deviation, the least distance."""

BRIGHTEST = np.float32(1.15)
"""The strength, beside the median, from which it is the light that strays: the bright ridges of folds are clipped."""

MOSTLY = 6
"""Of nine cells: clothes are wider than folds."""

JOINED, SWEEPS = np.uint8(16), 2
"""What marks a cell as hanging on the person or the lower edge; and how often that is handed on, both ways: twice goes
around a shoulder. A patch of sunlight has an outline, too, but is bright and hangs on nothing."""

SEAM = np.float32(5)
"""Levels, a deviation of luma within a cell: a shirt's edge has 8 and more, a blotch of a codec's 2."""

RIDGE = np.float32(1e-4)
"""What keeps a fit through few cells from running away, as a share of all their weight."""

NONE, UNITY, HALF = np.float32(0), np.float32(1), np.float32(0.5)

_COUNTS = types.Array(int32, 1, "C")


@inlined
def _terms(i: int, columns: int, rows: int, terms: Levels) -> None:
    x = np.float32(i % columns) / np.float32(columns) - HALF
    y = np.float32(i // columns) / np.float32(rows) - HALF
    terms[0], terms[1], terms[2], terms[3], terms[4], terms[5] = UNITY, x, y, x * x, x * y, y * y


@inlined
def _level(coordinates: Levels, which: int, i: int) -> Any:
    """The angle, less of it where there is little colour to have one; or the excess of luma."""
    level = coordinates[which, i]
    return level * min(coordinates[0, i], UNITY) if which == 1 else level


@inlined
def _deviation(
    coordinates: Levels, which: int, screen: Samples, columns: int, rows: int, step: int, fit: Levels, counts: Counts
) -> np.float32:
    """1.4826 medians of the distances from the surface: a standard deviation that does not heed strays."""
    counts[:] = 0
    total = 0
    terms = fit[1]
    for i in range(0, screen.size, step):
        if screen[i] == 1:
            _terms(i, columns, rows, terms)
            off = _level(coordinates, which, i)
            for term in range(TERMS):
                off -= fit[0, term] * terms[term]
            counts[max(int(min(abs(off) / WIDEST, UNITY) * np.float32(BINS - 1)), 0)] += 1
            total += 1
    below, half = NONE, HALF * np.float32(total)
    for place in range(BINS):
        here = np.float32(counts[place])
        if below + here >= half:
            share = (half - below) / max(here, UNITY)
            return np.float32(1.4826) * WIDEST / np.float32(BINS) * (np.float32(place) + share)
        below += here
    return WIDEST


@inlined
def _solve(system: Levels, fit: Levels) -> None:
    """Gauss's elimination of a positive definite system; its right side is the last column."""
    for pivot in range(TERMS):
        for row in range(pivot + 1, TERMS):
            factor = system[row, pivot] / system[pivot, pivot]
            for column in range(pivot, TERMS + 1):
                system[row, column] -= factor * system[pivot, column]
    for back in range(TERMS):
        row = TERMS - 1 - back
        total = system[row, TERMS]
        for column in range(row + 1, TERMS):
            total -= system[row, column] * fit[0, column]
        fit[0, row] = total / system[row, row]


@inlined
def _fit(
    coordinates: Levels,
    which: int,
    screen: Samples,
    columns: int,
    rows: int,
    step: int,
    system: Levels,
    fit: Levels,
    counts: Counts,
) -> np.float32:
    """Fit the surface through every `step`-th cell of the screen; return the deviation from it."""
    deviation = _deviation(coordinates, which, screen, columns, rows, step, fit, counts)
    terms = fit[1]
    for _ in range(ROUNDS):
        system[:] = NONE
        reach = UNITY / (np.float32(4) * max(deviation, np.float32(1e-4)) * max(deviation, np.float32(1e-4)))
        for i in range(0, screen.size, step):
            if screen[i] != 1:
                continue
            _terms(i, columns, rows, terms)
            level = _level(coordinates, which, i)
            off = level
            for term in range(TERMS):
                off -= fit[0, term] * terms[term]
            weight = UNITY / (UNITY + off * off * reach)
            weight *= weight
            for row in range(TERMS):
                for column in range(row, TERMS):
                    system[row, column] += weight * terms[row] * terms[column]
                system[row, TERMS] += weight * terms[row] * level
        if system[0, 0] <= NONE:
            return deviation
        for row in range(TERMS):
            for column in range(row):
                system[row, column] = system[column, row]
        for row in range(1, TERMS):
            system[row, row] += RIDGE * system[0, 0]
        _solve(system, fit)
        deviation = _deviation(coordinates, which, screen, columns, rows, step, fit, counts)
    return deviation


@inlined
def _count_wide(columns: int, rows: int, worn: Samples) -> int:
    """The cells of which most neighbours are worn, too."""
    wide = 0
    for row in range(1, rows - 1):
        for column in range(1, columns - 1):
            beside = 0
            for y in range(row - 1, row + 2):
                for x in range(column - 1, column + 2):
                    beside += worn[y * columns + x]
            wide += int(beside >= MOSTLY)
    return wide


@inlined
def _count_seams(
    moments: Levels, coordinates: Levels, screen: Samples, columns: int, rows: int, light: float, marks: Samples
) -> int:
    """The cells of thin lines with an edge of luma within that hang on something, or have nothing bright beside them.

    Bright is a strength above `light`. Scratch: `marks` (cells).
    """
    for i in range(screen.size):
        marks[i] = np.uint8(0)
    for row in range(1, rows - 1):
        for column in range(1, columns - 1):
            i = row * columns + column
            if screen[i] != 1:
                for y in range(row - 1, row + 2):
                    for x in range(column - 1, column + 2):
                        marks[i] += np.uint8(screen[y * columns + x] != 1)
    for column in range(columns):
        i = (rows - 1) * columns + column
        marks[i] = np.uint8(9) if screen[i] != 1 else np.uint8(0)
    for sweep in range(2 * SWEEPS):
        for step in range(1, rows - 1):
            row = step if sweep & 1 == 0 else rows - 1 - step
            for across in range(1, columns - 1):
                column = across if sweep & 1 == 0 else columns - 1 - across
                i = row * columns + column
                if (screen[i] != 1) & (marks[i] < JOINED):
                    joins = False
                    for y in range(row - 1, row + 2):
                        for x in range(column - 1, column + 2):
                            beside = marks[y * columns + x]
                            joins |= (beside == 9) | (beside >= JOINED)
                    if joins:
                        marks[i] += JOINED
    seams = 0
    for row in range(2, rows - 2):
        for column in range(2, columns - 2):
            i = row * columns + column
            bare = marks[i] & np.uint8(15)
            if (screen[i] == 1) | (bare < 3) | (bare > 5):
                continue
            scatter = moments[3, i] - moments[0, i] * moments[0, i]
            whole = False
            for y in range(row - 1, row + 2):
                for x in range(column - 1, column + 2):
                    whole |= (marks[y * columns + x] == 9) | (marks[y * columns + x] == JOINED + 9)
            brightest = NONE
            for y in range(row - 2, row + 3):
                for x in range(column - 2, column + 3):
                    if screen[y * columns + x] == 1:
                        brightest = max(brightest, coordinates[0, y * columns + x])
            hangs = (marks[i] >= JOINED) | (brightest < light)
            seams += int((not whole) & (scatter > SEAM * SEAM) & hangs)
    return seams


@kernel(void(FIELDS_READ, FIELDS_READ, READ, int64, int64, int64, LEVELS, FIELDS, FIELDS, _COUNTS, WRITE, LEVELS))
def measure_worn(
    moments: Levels,
    coordinates: Levels,
    screen: Samples,
    columns: int,
    rows: int,
    step: int,
    start: Levels,
    system: Levels,
    fits: Levels,
    counts: Counts,
    worn: Samples,
    out: Levels,
) -> None:
    """Write into `out` (4) the share of cells that are worn, the deviations of angle and luma, the share of seams.

    `coordinates`, `screen`: as `grow` left them. `start`: the medians of angle, of luma's excess and of
    strength. Scratch: `system` (TERMS, TERMS + 1), `fits` (4, TERMS), `counts` (BINS), `worn` (cells).
    """
    fits[:] = NONE
    fits[0, 0], fits[2, 0] = start[0], start[1]
    turned = _fit(coordinates, 1, screen, columns, rows, step, system, fits[0:2], counts)
    lit = _fit(coordinates, 2, screen, columns, rows, step, system, fits[2:4], counts)
    turn, light = TURNED * max(turned, FINEST_TURN), max(LIT * lit, FINEST_LIT)
    terms = fits[1]
    strays = 0
    for i in range(screen.size):
        worn[i] = np.uint8(0)
        if screen[i] == 1:
            _terms(i, columns, rows, terms)
            off_angle, off_luma = _level(coordinates, 1, i), _level(coordinates, 2, i)
            for term in range(TERMS):
                off_angle -= fits[0, term] * terms[term]
                off_luma -= fits[2, term] * terms[term]
            is_off = (abs(off_angle) > turn) & (abs(off_luma) > light)
            worn[i] = np.uint8(is_off & (coordinates[0, i] < BRIGHTEST * start[2]))
            strays += int(worn[i])
    wide = _count_wide(columns, rows, worn) if strays > 0 else 0
    seams = _count_seams(moments, coordinates, screen, columns, rows, BRIGHTEST * start[2], worn)
    cells = np.float32(screen.size)
    out[0], out[1], out[2], out[3] = np.float32(wide) / cells, turned, lit, np.float32(seams) / cells
