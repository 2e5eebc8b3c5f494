"""What of a matte's foreground is the person, and what lies beyond the screen's edge.

In cells: the foreground falls into patches. The largest that stands on the lower edge is the person; so is any other
that stands there without reaching the top, and any that touches no edge. What hangs in from the top or a side is room
beyond the screen's edge, but for a hand: a patch that touches one edge only, where the screen was seen before. But
where a wall shows at the top, all that is much smaller than the person is furniture before that wall. What
runs along an edge, no wider than two cells, and has screen behind it is the picture's rim.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, void
from numpy.typing import NDArray

from transforms.kernels.cells import LEVELS
from transforms.kernels.compile import READ, WRITE, Levels, Samples, at, inlined, kernel

SCREEN, PERSON, BEYOND, RIM, UNKNOWN, WAITING = (np.uint8(label) for label in range(6))
"""Labels of cells. The last two within the kernel only: not labelled yet, and put back."""

TRANSPARENT = np.uint8(64)
"""Alpha up to which a sample is taken for screen."""

WIDEST_RIM, SHORTEST_RIM = 2, 8
"""Cells across and along: a shoulder that comes in from the side is as narrow, but not as long."""

OUTERMOST = 2
"""Cells: how deep the sides and the top are looked at."""

WALL = 0.016
"""The share of all cells from which what hangs from the top is a wall, no hand; in a corner it is one at any size."""

GUEST = 0.4
"""How large beside the person somebody else must be where a wall is to be seen: furniture is smaller."""

CORNER = 3
"""Cells down a side that make its upper corner."""

KNOWN = np.float32(10)
"""Seconds for which a cell is known to have been screen."""

FEW = 0.003
"""The share of all cells up to which shreds are fingers, or all there is of a person."""

NEVER = np.float32(-1e6)

(SEEN, OUTSIDE, LEFT, TOP, RIGHT, LEFT_BEYOND, TOP_BEYOND, RIGHT_BEYOND, LEFT_CORNER, RIGHT_CORNER, THIN) = range(11)
"""What `outline` writes of the whole, and where: shares that are screen, or beyond it, and the corners' labels.

THIN is the person's share that is in shreds. A corner is PERSON only where the person came in front of a screen that
was seen; else it is UNKNOWN.
"""

_INDICES = types.Array(int64, 1, "C")


@inlined
def _find_foreground(
    alpha: Samples, width: int, height: int, side: int, columns: int, rows: int, labels: Samples
) -> None:
    """Mark the cells of which one of four samples is foreground as UNKNOWN, the others as SCREEN."""
    quarter = side // 4
    for row in range(rows):
        upper = min(row * side + quarter, height - 1)
        lower = min(row * side + side - 1 - quarter, height - 1)
        above, below = at(width, upper, 0), at(width, lower, 0)
        for column in range(columns):
            left = np.uint64(min(column * side + quarter, width - 1))
            right = np.uint64(min(column * side + side - 1 - quarter, width - 1))
            most = max(max(alpha[above + left], alpha[above + right]), max(alpha[below + left], alpha[below + right]))
            labels[row * columns + column] = UNKNOWN if most > TRANSPARENT else SCREEN


@inlined
def _rim_depth(start: int, step: int, most: int, labels: Samples) -> int:
    """How many cells from `start` on, `step` apart, come before the screen; 0 where it is too far, or there at once."""
    for depth in range(min(WIDEST_RIM + 1, most)):
        if labels[start + depth * step] == SCREEN:
            return depth
    return 0


@inlined
def _find_rim_along(start: int, along: int, length: int, step: int, most: int, labels: Samples) -> None:
    """Mark the rim of one edge, whose cells lie `along` apart; the way inward is `step`."""
    first = 0
    for place in range(length + 1):
        depth = _rim_depth(start + place * along, step, most, labels) if place < length else 0
        if depth == 0:
            if place - first >= SHORTEST_RIM:
                for within in range(first, place):
                    for inward in range(_rim_depth(start + within * along, step, most, labels)):
                        labels[start + within * along + inward * step] = RIM
            first = place + 1


@inlined
def _spread(seed: int, columns: int, rows: int, label: np.uint8, labels: Samples, stack: NDArray[np.int64]) -> int:
    """Give the UNKNOWN cells that hang together with `seed` a label, and list them in `stack`; return how many."""
    head, used = 0, 1
    stack[0] = seed
    labels[seed] = label
    while head < used:
        row, column = stack[head] // columns, stack[head] % columns
        head += 1
        for y in range(max(row - 1, 0), min(row + 2, rows)):
            for x in range(max(column - 1, 0), min(column + 2, columns)):
                j = y * columns + x
                if labels[j] == UNKNOWN:
                    labels[j] = label
                    stack[used] = j
                    used += 1
    return used


@inlined
def _find_person(columns: int, rows: int, labels: Samples, stack: NDArray[np.int64]) -> int:
    """Label the largest patch that stands on the lower edge, or the largest of all where none does; return its size."""
    best, most, patches = -1, 0, 0
    for tries in range(2):
        if best < 0:
            for seed in range((rows - 1) * columns if tries == 0 else 0, rows * columns):
                if labels[seed] == UNKNOWN:
                    size = _spread(seed, columns, rows, PERSON, labels, stack)
                    patches += 1
                    if size > most:
                        best, most = seed, size
    if patches > 1:
        for i in range(rows * columns):
            if labels[i] == PERSON:
                labels[i] = UNKNOWN
        _spread(best, columns, rows, PERSON, labels, stack)
    return most


@inlined
def _find_walls(columns: int, rows: int, upper: int, labels: Samples, stack: NDArray[np.int64]) -> int:
    """Label the walls BEYOND: what hangs from the top apart from the person, large or in a corner; how many cells."""
    room = 0
    for seed in range(columns):
        if labels[seed] != UNKNOWN:
            continue
        used, sides = _spread(seed, columns, rows, BEYOND, labels, stack), 0
        for place in range(used):
            row, column = stack[place] // columns, stack[place] % columns
            sides += int((row < upper) & ((column == 0) | (column == columns - 1)))
        if sides or used > WALL * columns * rows:
            room += used
        else:
            for place in range(used):
                labels[stack[place]] = WAITING
    for i in range(columns * rows):
        if labels[i] == WAITING:
            labels[i] = UNKNOWN
    return room


@inlined
def _is_known(i: int, time: float, seen: Levels, strayed: Levels) -> bool:
    """Whether the screen was seen here of late, and nothing beyond it since."""
    return bool((time - seen[i] < KNOWN) & (strayed[i] < seen[i]))


@inlined
def _is_part(
    stack: NDArray[np.int64],
    used: int,
    columns: int,
    rows: int,
    upper: int,
    time: float,
    seen: Levels,
    strayed: Levels,
) -> bool:
    """Whether a patch that is not the person belongs to them all the same, or is somebody else."""
    left, top, right, bottom, known = 0, 0, 0, 0, 0
    for place in range(used):
        i = stack[place]
        row, column = i // columns, i % columns
        top |= row == 0
        bottom |= row == rows - 1
        left |= (column == 0) & (row < upper)
        right |= (column == columns - 1) & (row < upper)
        known += _is_known(i, time, seen, strayed)
    edges = top + left + right
    return bool((edges == 0) | ((bottom == 1) & (top == 0)) | ((edges == 1) & (2 * known > used)))


@inlined
def _corner(
    column: int, columns: int, rows: int, time: float, seen: Levels, strayed: Levels, labels: Samples
) -> np.float32:
    """SCREEN where it shows or lies behind the rim, else BEYOND, else PERSON where it was seen, else UNKNOWN."""
    worst = SCREEN
    for row in range(min(CORNER, rows)):
        i = row * columns + column
        if labels[i] == SCREEN or labels[i] == RIM:
            return np.float32(SCREEN)
        own = labels[i]
        if own == PERSON and not _is_known(i, time, seen, strayed):
            own = UNKNOWN
        worst = max(worst, own)
    return np.float32(worst)


@inlined
def _count(
    columns: int, rows: int, upper: int, time: float, seen: Levels, strayed: Levels, labels: Samples, out: Levels
) -> None:
    out[:] = np.float32(0)
    deep, wide = min(OUTERMOST, rows), min(OUTERMOST, columns)
    for row in range(rows):
        for column in range(columns):
            label = labels[row * columns + column]
            shows = np.float32((label == SCREEN) | (label == RIM))
            beyond = np.float32(label == BEYOND)
            out[SEEN] += shows
            out[OUTSIDE] += beyond
            if row < deep:
                out[TOP] += shows
                out[TOP_BEYOND] += beyond
            if row < upper and column < wide:
                out[LEFT] += shows
                out[LEFT_BEYOND] += beyond
            if row < upper and column >= columns - wide:
                out[RIGHT] += shows
                out[RIGHT_BEYOND] += beyond
    cells, top, side = np.float32(columns * rows), np.float32(deep * columns), np.float32(upper * wide)
    out[SEEN] /= cells
    out[OUTSIDE] /= cells
    out[TOP] /= top
    out[TOP_BEYOND] /= top
    out[LEFT] /= side
    out[LEFT_BEYOND] /= side
    out[RIGHT] /= side
    out[RIGHT_BEYOND] /= side
    out[LEFT_CORNER] = _corner(0, columns, rows, time, seen, strayed, labels)
    out[RIGHT_CORNER] = _corner(columns - 1, columns, rows, time, seen, strayed, labels)


@inlined
def _thin(columns: int, rows: int, labels: Samples, whole: Samples) -> np.float32:
    """The share of the person's cells that lie in no square of nine of them; 0 where they are FEW. Scratch: `whole`."""
    total = 0
    for row in range(rows):
        for column in range(columns):
            i = row * columns + column
            whole[i] = np.uint8(labels[i] == PERSON)
            if whole[i]:
                total += 1
                for y in range(max(row - 1, 0), min(row + 2, rows)):
                    for x in range(max(column - 1, 0), min(column + 2, columns)):
                        whole[i] &= np.uint8(labels[y * columns + x] == PERSON)
    thin = 0
    for row in range(rows):
        for column in range(columns):
            if labels[row * columns + column] == PERSON:
                inside = False
                for y in range(max(row - 1, 0), min(row + 2, rows)):
                    for x in range(max(column - 1, 0), min(column + 2, columns)):
                        inside |= whole[y * columns + x] != 0
                thin += not inside
    return np.float32(thin) / np.float32(max(total, 1)) if thin > FEW * columns * rows else np.float32(0)


@kernel(void(READ, int64, int64, int64, int64, int64, int64, float32, LEVELS, LEVELS, WRITE, _INDICES, WRITE, LEVELS))
def outline(
    alpha: Samples,
    width: int,
    height: int,
    side: int,
    columns: int,
    rows: int,
    upper: int,
    time: float,
    seen: Levels,
    strayed: Levels,
    labels: Samples,
    stack: NDArray[np.int64],
    whole: Samples,
    out: Levels,
) -> None:
    """Write the cells' `labels`, and `out` (11).

    `side`: luma samples of a cell. `upper`: the rows of the sides that are looked at. `seen`, `strayed`: the time at
    which each cell was last screen, and last beyond it. Scratch: `stack`, `whole` (cells).
    """
    _find_foreground(alpha, width, height, side, columns, rows, labels)
    _find_rim_along(0, columns, rows, 1, columns, labels)
    _find_rim_along(columns - 1, columns, rows, -1, columns, labels)
    _find_rim_along(0, 1, columns, columns, rows, labels)
    person = _find_person(columns, rows, labels, stack)
    room = _find_walls(columns, rows, upper, labels, stack)
    for seed in range(columns * rows):
        if labels[seed] == UNKNOWN:
            used = _spread(seed, columns, rows, BEYOND, labels, stack)
            is_guest = used > GUEST * person
            if _is_part(stack, used, columns, rows, upper, time, seen, strayed) and (is_guest or room == 0):
                for place in range(used):
                    labels[stack[place]] = PERSON
    _count(columns, rows, upper, time, seen, strayed, labels, out)
    out[THIN] = _thin(columns, rows, labels, whole)
    for i in range(columns * rows):
        if labels[i] == SCREEN:
            seen[i] = time
        elif labels[i] == BEYOND:
            strayed[i] = time


@kernel(void(READ, int64, int64, int64, int64, int64, WRITE))
def cut(labels: Samples, columns: int, rows: int, side: int, width: int, height: int, alpha: Samples) -> None:
    """Make transparent what is BEYOND or RIM, and the half-transparent seam around them."""
    for row in range(rows):
        for column in range(columns):
            label = labels[row * columns + column]
            hidden = (label == BEYOND) | (label == RIM)
            if label == SCREEN:
                beside, near = False, False
                for y in range(max(row - 1, 0), min(row + 2, rows)):
                    for x in range(max(column - 1, 0), min(column + 2, columns)):
                        beside |= (labels[y * columns + x] == BEYOND) | (labels[y * columns + x] == RIM)
                        near |= labels[y * columns + x] == PERSON
                hidden = beside & (not near)
            if hidden:
                left, right = column * side, min(column * side + side, width)
                for y in range(row * side, min(row * side + side, height)):
                    first = at(width, y, 0)
                    for x in range(np.uint64(left), np.uint64(right)):
                        alpha[first + x] = np.uint8(0)
