"""Growing the screen from cell to cell, along its shading line.

Light moves a screen's colour along one line through black: luma in proportion to saturation, hue unchanged. Coordinates
relative to a key k of Cb and Cr about neutral: strength `x` = (c . k) / |k|^2, 1 for the key itself; angle = (c x k) /
(|k|^2 x), 0 for the key; and the excess of luma, y / (rho x) - 1, 0 for a screen as bright as its strength says.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, types, void
from numpy.typing import NDArray

from transforms.kernels.cells import FIELDS, FIELDS_READ, LEVELS, LEVELS_READ
from transforms.kernels.compile import WRITE, Levels, Samples, inlined, kernel

SCREEN, ISLAND = np.uint8(1), np.uint8(2)
"""What `grow` writes: a cell of the screen, and one of a patch too small and too far from the edge to be believed."""

WELL_KNOWN = np.float32(0.1)
"""Trust from which what is remembered of a cell says how the light has changed since."""

VEIL_TURN = np.float32(0.05)
"""How far a veil's own tint may turn a green screen's hue. Jeans before blue and skin before orange turn it no more, so
there only what is within the noise is a veil; nothing that people wear or are is green as often as a veil before it."""

_INDICES = types.Array(int64, 1, "C")


@inlined
def _describe(
    moments: Levels, i: int, key_cb: float, key_cr: float, noise: float, rho: float, lift: float, coordinates: Levels
) -> bool:
    """Write strength, angle and excess of luma of a cell's mean; return whether the cell is of one colour.

    One colour: scattered across by no more than 4 times the noise, along by 8 %, in luma by 12 %, plus noise. What has
    no scatter of chroma but noise may have any of luma: marks on a screen do, a cloth's folds move both.
    """
    size = key_cb * key_cb + key_cr * key_cr
    luma, cb, cr = moments[0, i] + lift, moments[1, i], moments[2, i]
    x = (cb * key_cb + cr * key_cr) / size
    floored = max(x, np.float32(0.05))
    coordinates[0, i] = x
    coordinates[1, i] = (cb * key_cr - cr * key_cb) / size / floored
    coordinates[2, i] = luma / rho / floored - np.float32(1)
    cb_cb, cb_cr, cr_cr = moments[6, i] - cb * cb, moments[7, i] - cb * cr, moments[8, i] - cr * cr
    across = (cb_cb * key_cr * key_cr - np.float32(2) * cb_cr * key_cb * key_cr + cr_cr * key_cb * key_cb) / size / size
    along = (cb_cb * key_cb * key_cb + np.float32(2) * cb_cr * key_cb * key_cr + cr_cr * key_cr * key_cr) / size / size
    upright = moments[3, i] - moments[0, i] * moments[0, i]
    width = np.float32(4) * noise
    along_width = np.float32(0.08) * floored + width
    upright_width = np.float32(0.12) * (luma + np.float32(8)) + np.float32(3)
    return bool(
        (x > np.float32(0.2))
        & (across < width * width)
        & (along < along_width * along_width)
        & ((upright < upright_width * upright_width) | (along < width * width))
    )


@inlined
def _steps_on(coordinates: Levels, i: int, j: int, angle: float, noise: float) -> bool:
    """Whether the screen may go on from cell i to its neighbour j: at a fold's steepness, not over an edge."""
    x = coordinates[0, j]
    turn = abs(coordinates[1, j] - coordinates[1, i])
    ratio = x / coordinates[0, i]
    lit_alike = (abs(coordinates[2, j] - coordinates[2, i]) <= np.float32(0.12)) & (
        abs(coordinates[2, j]) <= np.float32(0.9)
    )
    return bool(
        (turn <= np.float32(3) * noise / min(x, np.float32(1)))
        & (abs(coordinates[1, j] - angle) <= np.float32(0.35))
        & (lit_alike | (abs(x - coordinates[0, i]) <= np.float32(3) * noise))
        & (ratio >= np.float32(0.55))
        & (ratio <= np.float32(1.8))
    )


@kernel(
    void(
        FIELDS_READ, int64, int64, float32, float32, LEVELS_READ, float32, int64, FIELDS, WRITE, _INDICES, WRITE, WRITE
    )
)
def grow(
    moments: Levels,
    columns: int,
    rows: int,
    key_cb: float,
    key_cr: float,
    line: Levels,
    lift: float,
    small: int,
    coordinates: Levels,
    plain: Samples,
    stack: NDArray[np.int64],
    screen: Samples,
    veiled: Samples,
) -> None:
    """Write into `screen` which cells are SCREEN, and into `veiled` (0, 1) which show it evenly dimmed and greyed.

    `line`: the screen's angle, its spread over the picture and its noise from sample to sample, both as angles, and
    rho, luma per strength. `lift`: 128 less black. `small`: cells below which a patch that touches no edge is an
    ISLAND. Scratch: `coordinates` (3, cells), `plain` and `stack` (cells).
    """
    angle, spread, noise, rho = line[0], line[1], line[2], line[3]
    is_green = (key_cb < np.float32(0)) & (key_cr < np.float32(0))
    grey = max(np.float32(3) * noise, VEIL_TURN if is_green else np.float32(0))
    count = columns * rows
    one = np.float32(1)
    for i in range(count):
        plain[i] = np.uint8(_describe(moments, i, key_cb, key_cr, noise, rho, lift, coordinates))
        screen[i] = np.uint8(0)
    used = 0
    for seed in range(count):
        if plain[seed] == 0 or screen[seed] != 0:
            continue
        x = coordinates[0, seed]
        if not (
            (abs(coordinates[1, seed] - angle) < np.float32(4) * spread / min(x, one))
            & ((abs(coordinates[2, seed]) < np.float32(0.3)) | (abs(x - one) < np.float32(3) * noise))
            & (x > np.float32(0.5))
            & (x < np.float32(1.6))
        ):
            continue
        first, head, edge = used, used, 0
        stack[used] = seed
        used += 1
        screen[seed] = SCREEN
        while head < used:
            i = stack[head]
            head += 1
            column, row = i % columns, i // columns
            if column == 0 or column == columns - 1 or row == 0:
                edge += 1
            for side in range(4):
                if side == 0:
                    j = i - 1 if column > 0 else i
                elif side == 1:
                    j = i + 1 if column < columns - 1 else i
                elif side == 2:
                    j = i - columns if row > 0 else i
                else:
                    j = i + columns if row < rows - 1 else i
                if screen[j] == 0 and plain[j] != 0 and _steps_on(coordinates, i, j, angle, noise):
                    screen[j] = SCREEN
                    stack[used] = j
                    used += 1
        if used - first < small and edge < 3:
            for q in range(first, used):
                screen[stack[q]] = ISLAND
    for i in range(count):
        x = coordinates[0, i]
        turned = abs(coordinates[1, i] - angle) * min(x, one)
        between = (x > np.float32(0.3)) & (x < np.float32(0.9)) & (turned < grey)
        veiled[i] = np.uint8(between & (plain[i] != 0) & (screen[i] == 0))


@inlined
def _follow_light(moments: Levels, screen: Samples, lift: float, memory: Levels, trust: Levels) -> None:
    """Move what is remembered as the light moved what is seen: luma by a factor, chroma by levels."""
    mass, now, before, cb, cr = np.float32(1e-3), np.float32(0), np.float32(0), np.float32(0), np.float32(0)
    for i in range(trust.size):
        if (screen[i] == SCREEN) & (trust[i] > WELL_KNOWN):
            known = np.float32(1) / trust[i]
            mass += np.float32(1)
            now += moments[0, i] + lift
            before += memory[0, i] * known + lift
            cb += moments[1, i] - memory[1, i] * known
            cr += moments[2, i] - memory[2, i] * known
    if mass < np.float32(1):
        return
    gain = now / max(before, np.float32(1))
    cb, cr = cb / mass, cr / mass
    for i in range(trust.size):
        memory[0, i] = (memory[0, i] + lift * trust[i]) * gain - lift * trust[i]
        memory[1, i] += cb * trust[i]
        memory[2, i] += cr * trust[i]


@kernel(void(FIELDS_READ, WRITE, float32, float32, FIELDS, LEVELS, FIELDS, LEVELS))
def remember(
    moments: Levels,
    screen: Samples,
    rate: float,
    lift: float,
    memory: Levels,
    trust: Levels,
    values: Levels,
    weights: Levels,
) -> None:
    """Write what is known of the screen's colour, weighted, as `fill` takes it: seen now, else remembered, else none.

    `memory` (3, cells) and `trust` (cells) are running sums; one picture replaces `rate` of them. `lift`: 128 less
    black.
    """
    _follow_light(moments, screen, lift, memory, trust)
    rest = np.float32(1) - rate
    for i in range(trust.size):
        seen = np.float32(1) if screen[i] == SCREEN else np.float32(0)
        trust[i] = trust[i] * rest + rate * seen
        known = min(trust[i] * np.float32(4), np.float32(1)) if trust[i] > np.float32(0.02) else np.float32(0)
        scale = known / max(trust[i], np.float32(1e-3))
        for channel in range(3):
            memory[channel, i] = memory[channel, i] * rest + rate * seen * moments[channel, i]
            values[channel, i] = moments[channel, i] if seen > np.float32(0) else memory[channel, i] * scale
        weights[i] = np.float32(1) if seen > np.float32(0) else known
