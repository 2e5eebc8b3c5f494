"""From evidence by cell to one shape: neighbours agree but over an edge, specks go, holes are filled.

Smoothing is by mean field on the grid of cells, in place, forth and back: each cell's belief is its own evidence and
its four neighbours' beliefs, as far as nothing came between them that the plate does not show there too.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, void
from numpy.typing import NDArray

from transforms.kernels.cells import FIELDS, FIELDS_READ, LEVELS, LEVELS_READ
from transforms.kernels.compile import READ, WRITE, Levels, Samples, inlined, kernel

NONE, HALF, UNITY, TWO, FOUR = (np.float32(number) for number in (0, 0.5, 1, 2, 4))

TIE, LOOSE = np.float32(2.5), np.float32(0.15)
"""Nats: what a neighbour's whole belief counts, and the share of it that no edge takes away."""

EDGE = np.float32(1 / 12)
"""Levels, of luma and chroma together, at which an edge that the plate has not halves a tie."""

HEARD = np.float32(10)
"""Nats: more than that of evidence no cell brings before its neighbours, four of whom count as much."""

SMOOTH = np.float32(0.5)
"""The mean tie across an outline, of all that there could be, from which it is none: steps of 14 levels a cell."""

PLAIN = np.float32(3)
"""Nats: a cell that says so much, beside four that do, is not asked again."""

FLOOR = np.float32(1.25)
"""Nats: what lies below the picture's lower edge is as the cell above it: a body goes on there."""

ROUNDS = 3

STEEP = np.float32(1.6)
"""How much steeper than its binomial mean the shape is softened: from 0 to 1 within three cells."""

INDICES = types.Array(int64, 1, "C")


@kernel(void(FIELDS_READ, FIELDS_READ, int64, int64, FIELDS))
def tie(moments: Levels, expected: Levels, columns: int, rows: int, ties: Levels) -> None:
    """Write how strongly each cell holds to the one at its right, `ties[0]`, and below, `ties[1]`, in nats."""
    for row in range(rows):
        for column in range(columns):
            i = row * columns + column
            for side in range(2):
                j = i + 1 if side == 0 else i + columns
                if (side == 0 and column == columns - 1) or (side == 1 and row == rows - 1):
                    ties[side, i] = NONE
                    continue
                step = NONE
                for channel in range(3):
                    step += abs(
                        (moments[channel, j] - expected[channel, j]) - (moments[channel, i] - expected[channel, i])
                    )
                step *= EDGE
                ties[side, i] = TIE * (LOOSE + (UNITY - LOOSE) / (UNITY + step * step))


@inlined
def _is_settled(evidence: Levels, i: int, column: int, row: int, columns: int, rows: int) -> bool:
    """Whether a cell and the four beside it all say the same, plainly: nothing will change its mind."""
    side = UNITY if evidence[i] > NONE else -UNITY
    least = evidence[i] * side
    if column > 0:
        least = min(least, evidence[i - 1] * side)
    if column < columns - 1:
        least = min(least, evidence[i + 1] * side)
    if row > 0:
        least = min(least, evidence[i - columns] * side)
    if row < rows - 1:
        least = min(least, evidence[i + columns] * side)
    return bool(least > PLAIN)


@kernel(void(LEVELS_READ, FIELDS_READ, int64, int64, INDICES, LEVELS))
def smooth(evidence: Levels, ties: Levels, columns: int, rows: int, queue: NDArray[np.int64], belief: Levels) -> None:
    """Write `belief`, -1 background .. 1 person: what evidence and neighbours make of each other.

    Scratch: `queue` (cells).
    """
    across, down = ties[0], ties[1]
    asked = 0
    for row in range(rows):
        for column in range(columns):
            i = row * columns + column
            heard = min(max(evidence[i], -HEARD), HEARD)
            if _is_settled(evidence, i, column, row, columns, rows):
                heard += HEARD if heard > NONE else -HEARD
            else:
                queue[asked] = i
                asked += 1
            belief[i] = heard / np.sqrt(FOUR + heard * heard)
    for turn in range(2 * ROUNDS):
        for step in range(asked):
            i = queue[asked - 1 - step] if turn & 1 else queue[step]
            column, row = i % columns, i // columns
            heard = min(max(evidence[i], -HEARD), HEARD)
            if column > 0:
                heard += across[i - 1] * belief[i - 1]
            if column < columns - 1:
                heard += across[i] * belief[i + 1]
            if row > 0:
                heard += down[i - columns] * belief[i - columns]
            heard += down[i] * belief[i + columns] if row < rows - 1 else FLOOR * belief[i]
            # As good as tanh(heard / 2), at a fifth of the time.
            belief[i] = HALF * (belief[i] + heard / np.sqrt(FOUR + heard * heard))


@kernel(void(LEVELS, FIELDS_READ, LEVELS, int64, int64, float32, int64, float32, INDICES, WRITE, WRITE))
def shape(
    evidence: Levels,
    ties: Levels,
    belief: Levels,
    columns: int,
    rows: int,
    minor: float,
    least: int,
    open_: float,
    stack: NDArray[np.int64],
    visited: Samples,
    out: Samples,
) -> None:
    """Write 1 for the cells of the person, else 0, and bring `belief` in line.

    A part counts if it has `least` cells and `minor` of the strongest part's evidence; corners join. A hole, which
    reaches neither the top nor a side, stays open where its evidence is under `open_` nats a cell, on the mean, and
    where it has an outline: what passes smoothly into the person is theirs, a cheek in the colour of the wall, and its
    `evidence` is forgotten. Scratch: `stack`, `visited` (cells).
    """
    count = columns * rows
    strongest = NONE
    for sweep in range(2):
        for i in range(count):
            visited[i] = 0
            if sweep == 0:
                out[i] = np.uint8(belief[i] > NONE)
        for seed in range(count):
            if visited[seed] or out[seed] == 0:
                continue
            used, head, strength = 1, 0, NONE
            stack[0] = seed
            visited[seed] = 1
            while head < used:
                i = stack[head]
                head += 1
                strength += max(evidence[i], NONE)
                column, row = i % columns, i // columns
                for y in range(max(row - 1, 0), min(row + 2, rows)):
                    for x in range(max(column - 1, 0), min(column + 2, columns)):
                        j = y * columns + x
                        if out[j] != 0 and visited[j] == 0:
                            visited[j] = 1
                            stack[used] = j
                            used += 1
            if sweep == 0:
                strongest = max(strongest, strength)
            elif used < least or strength < minor * strongest:
                for q in range(used):
                    out[stack[q]] = 0
                    belief[stack[q]] = min(belief[stack[q]], NONE)
    for i in range(count):
        visited[i] = 0
    for seed in range(count):
        if visited[seed] or out[seed] != 0:
            continue
        used, head, told, is_open = 1, 0, NONE, False
        held, met = NONE, 0
        stack[0] = seed
        visited[seed] = 1
        while head < used:
            i = stack[head]
            head += 1
            told += min(evidence[i], NONE)
            column, row = i % columns, i // columns
            is_open |= column == 0 or column == columns - 1 or row == 0
            for side in range(4):
                if side == 0:
                    j = i - 1 if column > 0 else i
                elif side == 1:
                    j = i + 1 if column < columns - 1 else i
                elif side == 2:
                    j = i - columns if row > 0 else i
                else:
                    j = i + columns if row < rows - 1 else i
                if out[j] != 0:
                    held += ties[0 if side < 2 else 1, min(i, j)]
                    met += 1
                elif visited[j] == 0:
                    visited[j] = 1
                    stack[used] = j
                    used += 1
        is_smooth = held > SMOOTH * TIE * np.float32(met)
        if not is_open and (is_smooth or told > open_ * np.float32(used)):
            for q in range(used):
                out[stack[q]] = 1
                belief[stack[q]] = UNITY
                if is_smooth:
                    evidence[stack[q]] = NONE


@kernel(void(READ, LEVELS_READ, float32, int64, int64, WRITE, WRITE, WRITE, WRITE, WRITE, LEVELS))
def part(
    person: Samples,
    evidence: Levels,
    contrary: float,
    columns: int,
    rows: int,
    solid: Samples,
    inner: Samples,
    states: Samples,
    changed: Samples,
    wanted: Samples,
    soft: Levels,
) -> None:
    """Write what each cell is: background, band, core (`transforms.kernels.lay`); and how far it is the person's.

    The band reaches two cells to both sides of the outline, and about gaps: cells inside that by themselves, with one
    beside them, show the plate, under `contrary` nats. `changed`: 1 where a state is another than it was. `wanted`: 1
    in the band and a cell around. `soft`: the shape less its gaps, softened, 0..1. Scratch: `solid`, `inner` (cells).
    """
    for row in range(rows):
        for column in range(columns):
            i = row * columns + column
            solid[i] = person[i]
            if person[i] == 0 or evidence[i] >= contrary:
                continue
            beside = 0
            if column > 0:
                beside += person[i - 1] != 0 and evidence[i - 1] < contrary
            if column < columns - 1:
                beside += person[i + 1] != 0 and evidence[i + 1] < contrary
            if row > 0:
                beside += person[i - columns] != 0 and evidence[i - columns] < contrary
            if row < rows - 1:
                beside += person[i + columns] != 0 and evidence[i + columns] < contrary
            solid[i] = np.uint8(beside == 0)
    # Bit 0: all within two columns are solid; bit 1: any of them is the person's.
    for row in range(rows):
        first = row * columns
        for column in range(columns):
            every, some = 1, 0
            for x in range(max(column - 2, 0), min(column + 3, columns)):
                every &= solid[first + x]
                some |= person[first + x]
            inner[first + column] = np.uint8(every + 2 * some)
    for row in range(rows):
        first = row * columns
        for column in range(columns):
            every, some = 1, 0
            for y in range(max(row - 2, 0), min(row + 3, rows)):
                every &= inner[y * columns + column] & 1
                some |= inner[y * columns + column] >> 1
            state = np.uint8(some + every)
            changed[first + column] = np.uint8(states[first + column] != state)
            states[first + column] = state
    for row in range(rows):
        up, own, down = max(row - 1, 0) * columns, row * columns, min(row + 1, rows - 1) * columns
        for column in range(columns):
            left, right = max(column - 1, 0), min(column + 1, columns - 1)
            near = 0
            for first in (up, own, down):
                near += (states[first + left] == 1) + (states[first + column] == 1) + (states[first + right] == 1)
            wanted[own + column] = np.uint8(near > 0)
            corners = solid[up + left] + solid[up + right] + solid[down + left] + solid[down + right]
            sides = solid[up + column] + solid[down + column] + solid[own + left] + solid[own + right]
            mean = np.float32(corners + 2 * sides + 4 * solid[own + column]) * np.float32(1 / 16)
            soft[own + column] = min(max((mean - HALF) * STEEP + HALF, NONE), UNITY)
