"""Evidence gathered over time, for as long as a place looks the same."""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, void
from numpy.typing import NDArray

from transforms.kernels.compile import WRITE, Index, Levels, Samples, at, inlined, kernel

LEVELS = types.Array(float32, 1, "C")
LEVELS_READ = types.Array(float32, 1, "C", readonly=True)
FIELDS = types.Array(float32, 2, "C")
PLACES_READ = types.Array(types.int32, 1, "C", readonly=True)

Places = NDArray[np.int32]

ZERO, HALF, ONE, LEVELS_MOST = np.float32(0), np.float32(0.5), np.float32(1), np.float32(255)
THIRD = np.float32(1 / 3)
NEXT, AFTER = np.uint64(1), np.uint64(2)


@kernel(void(LEVELS_READ, int64, int64, float32, float32, float32, FIELDS, LEVELS, LEVELS, LEVELS))
def compare_seen(
    now: Levels,
    columns: int,
    rows: int,
    same: float,
    other: float,
    slowest: float,
    lines: Levels,
    shares: Levels,
    seen: Levels,
    kept: Levels,
) -> None:
    """How much each cell keeps of what was known, by one channel: lower `kept` to 1 .. 0 as it looks the same or not.

    The same is at most `same` levels from what was seen there, another thing `other` levels. A cell is told by the mean
    over three by three, so that noise is no change. `seen` follows, by the cell's `shares` of the last picture or by
    `slowest`. `lines`: scratch, (2, columns + 2).
    """
    down, across = lines[0], lines[1]
    for row in range(rows):
        above, below = at(columns, max(row - 1, 0), 0), at(columns, min(row + 1, rows - 1), 0)
        here = at(columns, row, 0)
        for x in range(np.uint64(columns)):
            down[x + NEXT] = (now[above + x] + now[here + x] + now[below + x]) * THIRD
        down[0], down[np.uint64(columns + 1)] = down[1], down[np.uint64(columns)]
        for x in range(np.uint64(columns)):
            across[x] = (down[x] + down[x + NEXT] + down[x + AFTER]) * THIRD
        for x in range(np.uint64(columns)):
            i = here + x
            off = across[x] - seen[i]
            stays = min(max((other - abs(off)) / (other - same), ZERO), ONE)
            kept[i] = min(kept[i], stays)
            seen[i] += max(max(shares[i], ONE - stays), slowest) * off


@kernel(void(LEVELS_READ, int64, int64, int64, int64, int64, int64, float32, float32, LEVELS, LEVELS))
def weigh(
    kept: Levels,
    columns: int,
    rows: int,
    left: int,
    top: int,
    right: int,
    bottom: int,
    fading: float,
    remains: float,
    counts: Levels,
    shares: Levels,
) -> None:
    """One look more at the cells from `left`, `top` to `right`, `bottom`; others were not looked at.

    Of all looks before `fading` and `kept` are left, but at least `remains` of one; `shares` is what the new one is
    worth against them.
    """
    for row in range(rows):
        first, inside = at(columns, row, 0), top <= row and row < bottom
        for x in range(np.uint64(columns)):
            i = first + x
            left_over = counts[i] * fading
            counts[i] = max(left_over * kept[i], min(left_over, remains))
            shares[i] = ZERO
        if inside:
            for x in range(np.uint64(left), np.uint64(right)):
                i = first + x
                counts[i] += ONE
                shares[i] = ONE / counts[i]


@inlined
def _spread(evidence: Levels, first: Index, left: int, right: int, centre: float, gain: float, chance: Samples) -> None:
    """Write a row's chances from its evidence, between two columns."""
    for x in range(np.uint64(left), np.uint64(right)):
        spread = min(max((evidence[first + x] - centre) * gain + HALF, ZERO), ONE)
        chance[first + x] = np.uint8(np.int32(spread * LEVELS_MOST + HALF))


@kernel(void(int64, int64, int64, int64, int64, int64, int64, float32, float32, LEVELS_READ, LEVELS_READ, WRITE))
def show_evidence(
    width: int,
    height: int,
    left: int,
    top: int,
    right: int,
    bottom: int,
    coarse: int,
    centre: float,
    gain: float,
    counts: Levels,
    evidence: Levels,
    chance: Samples,
) -> None:
    """Write `evidence` (height * width), spread, as `chance` 0..255 between the given columns and rows; 0 elsewhere.

    `counts` by cells of `coarse` by `coarse`: of what was never looked at the chance is 0, too. `centre` becomes one
    half, and what is off it counts `gain` times.
    """
    coarse_columns = (width + coarse - 1) // coarse
    for row in range(height):
        first, looks = at(width, row, 0), at(coarse_columns, row // coarse, 0)
        for x in range(np.uint64(width)):
            chance[first + x] = np.uint8(0)
        if top <= row and row < bottom:
            _spread(evidence, first, left, right, centre, gain, chance)
            for cell in range(left // coarse, (right + coarse - 1) // coarse):
                if counts[looks + np.uint64(cell)] <= ZERO:
                    for x in range(max(cell * coarse, left), min(cell * coarse + coarse, right)):
                        chance[first + np.uint64(x)] = np.uint8(0)


@kernel(
    void(
        LEVELS_READ, int64, PLACES_READ, LEVELS_READ, PLACES_READ, LEVELS_READ, int64, int64, int64, LEVELS_READ,
        int64, FIELDS, LEVELS,
    )
)  # fmt: skip
def gather_evidence(
    answer: Levels,
    answer_width: int,
    rows_at: Places,
    rows_below: Levels,
    columns_at: Places,
    columns_right: Levels,
    left: int,
    top: int,
    width: int,
    shares: Levels,
    coarse: int,
    lines: Levels,
    evidence: Levels,
) -> None:
    """Take `answer`, 0..1, into the running mean `evidence`, whose rows are `width` cells.

    The answer lies over the cells from column `left`, row `top` on, one for each of `columns_at` and `rows_at`: where
    in it they lie between two, and how far (`columns_right`, `rows_below`). Elsewhere the evidence stays. `shares`: of
    this look, for cells of `coarse` by `coarse`. `lines`: scratch, (2, the greater of answer_width + 1 and width).
    """
    coarse_columns = (width + coarse - 1) // coarse
    many, right = np.uint64(len(columns_at)), left + len(columns_at)
    mixed, share = lines[0], lines[1]
    for row in range(top, top + len(rows_at)):
        source, part = at(answer_width, int64(rows_at[row - top]), 0), rows_below[row - top]
        for x in range(np.uint64(answer_width)):
            upper = answer[source + x]
            mixed[x] = upper + part * (answer[source + np.uint64(answer_width) + x] - upper)
        if row == top or row % coarse == 0:
            weights = at(coarse_columns, row // coarse, 0)
            for cell in range(left // coarse, (right + coarse - 1) // coarse):
                worth = shares[weights + np.uint64(cell)]
                for x in range(max(cell * coarse, left), min(cell * coarse + coarse, right)):
                    share[np.uint64(x - left)] = worth
        first = at(width, row, left)
        for x in range(many):
            place = np.uint64(columns_at[x])
            found = mixed[place] + columns_right[x] * (mixed[place + NEXT] - mixed[place])
            evidence[first + x] += share[x] * (found - evidence[first + x])
