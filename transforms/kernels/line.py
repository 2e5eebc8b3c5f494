"""What is measured of the cells a screen is thought to be: the medians that its shading line is made of.

A median is counted, not sorted: twice as fast on a few thousand cells, and one pass over them serves six.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import float32, int32, int64, types, void

from transforms.kernels.cells import FIELDS_READ, LEVELS, Counts
from transforms.kernels.compile import READ, Levels, Samples, inlined, kernel

BINS = 2048

LUMA, CB, CR, ANGLE, NOISE, RHO, SPREAD, EXCESS = range(8)
"""What `measure_line` writes, and where. The last two are medians of distances from a median."""

_LOW = (-32.0, -128.0, -128.0, -1.0, 0.0, 0.0, 0.0, 0.0)
_STEP = (320 / BINS, 256 / BINS, 256 / BINS, 2 / BINS, 1 / BINS, 1024 / BINS, 1 / BINS, 1 / BINS)
LOWEST, STEP = np.array(_LOW, np.float32), np.array(_STEP, np.float32)
"""The level of the first bin's lower end, and the width of a bin."""

LEAST_ALONG = np.float32(0.05)
"""Of the key's strength: what is weaker has no angle."""

LEVER = np.float32(8)
"""How much more luma may stray than strength, of which one level is rounding, before it counts."""

NONE, UNITY = np.float32(0), np.float32(1)

_HISTOGRAMS = types.Array(int32, 2, "C")


@inlined
def _bin(level: Any, low: Any, step: Any) -> Any:
    return min(max(int((level - low) / step), 0), BINS - 1)


@inlined
def _median(counts: Counts, total: int, low: float, step: float) -> np.float32:
    """The level under which half of the counted lie, even within its bin."""
    half, below = np.float32(0.5) * np.float32(total), NONE
    for i in range(BINS):
        here = np.float32(counts[i])
        if below + here >= half:
            return np.float32(low + step * (np.float32(i) + (half - below) / max(here, UNITY)))
        below += here
    return np.float32(low + step * np.float32(BINS))


@kernel(void(FIELDS_READ, READ, int64, float32, float32, float32, _HISTOGRAMS, LEVELS))
def measure_line(
    moments: Levels, chosen: Samples, step: int, key_cb: float, key_cr: float, lift: float, counts: Counts, out: Levels
) -> None:
    """Write into `out` (9) the medians named above over every `step`-th cell where `chosen` is 1; and their number.

    Strength and angles are relative to the key, as in `transforms.kernels.shading`; `lift` is 128 less black. NOISE:
    the root of the scatter across, within a cell. EXCESS: of luma over what the strength says, as far as the strength
    itself is not the median's: marks on a screen have its chroma in any luma. Scratch: `counts` (8, BINS).
    """
    size = key_cb * key_cb + key_cr * key_cr
    counts[:] = 0
    total = 0
    for i in range(0, chosen.size, step):
        along = (moments[1, i] * key_cb + moments[2, i] * key_cr) / size
        if (chosen[i] != 1) | (along < LEAST_ALONG):
            continue
        total += 1
        luma, cb, cr = moments[0, i] + lift, moments[1, i], moments[2, i]
        angle = (cb * key_cr - cr * key_cb) / size / along
        cb_cb, cb_cr, cr_cr = moments[6, i] - cb * cb, moments[7, i] - cb * cr, moments[8, i] - cr * cr
        scatter = cb_cb * key_cr * key_cr - np.float32(2) * cb_cr * key_cb * key_cr + cr_cr * key_cb * key_cb
        noise = np.float32(math.sqrt(max(scatter, NONE))) / size
        counts[0, _bin(luma, LOWEST[0], STEP[0])] += 1
        counts[1, _bin(cb, LOWEST[1], STEP[1])] += 1
        counts[2, _bin(cr, LOWEST[2], STEP[2])] += 1
        counts[3, _bin(angle, LOWEST[3], STEP[3])] += 1
        counts[4, _bin(noise, LOWEST[4], STEP[4])] += 1
        counts[5, _bin(luma / along, LOWEST[5], STEP[5])] += 1
    out[8] = np.float32(total)
    for number in range(6):
        out[number] = _median(counts[number], total, LOWEST[number], STEP[number])
    angle, rho = out[3], max(out[5], UNITY)
    level = UNITY / np.float32(math.sqrt(size))
    plain = max((out[1] * key_cb + out[2] * key_cr) / size, LEAST_ALONG)
    for i in range(0, chosen.size, step):
        along = (moments[1, i] * key_cb + moments[2, i] * key_cr) / size
        if (chosen[i] != 1) | (along < LEAST_ALONG):
            continue
        turn = abs((moments[1, i] * key_cr - moments[2, i] * key_cb) / size / along - angle)
        excess = abs((moments[0, i] + lift) / (rho * along) - UNITY)
        excess = min(excess, LEVER * max(abs(along / plain - UNITY) - level, NONE))
        counts[6, _bin(turn, LOWEST[6], STEP[6])] += 1
        counts[7, _bin(excess, LOWEST[7], STEP[7])] += 1
    for number in range(6, 8):
        out[number] = _median(counts[number], total, LOWEST[number], STEP[number])
