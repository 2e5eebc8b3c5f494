"""What `transforms.kernels.shading` grows, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats


def grown(
    moments: Floats, key: tuple[float, float], line: tuple[float, float, float, float], *, lift: float, small: int
) -> NDArray[np.int64]:
    """0, 1 screen, 2 island, of `moments` (9, rows, columns); `line`: angle, spread, noise, rho."""
    angle, spread, noise, rho = line
    cb, cr = key
    size = cb * cb + cr * cr
    m = moments
    x = (m[1] * cb + m[2] * cr) / size
    floored = np.maximum(x, 0.05)
    turn: Floats = (m[1] * cr - m[2] * cb) / size / floored
    excess = (m[0] + lift) / rho / floored - 1
    bb, br, rr = m[6] - m[1] ** 2, m[7] - m[1] * m[2], m[8] - m[2] ** 2
    across = (bb * cr**2 - 2 * br * cb * cr + rr * cb**2) / size**2
    along = (bb * cb**2 + 2 * br * cb * cr + rr * cr**2) / size**2
    plain = (x > 0.2) & (across < (4 * noise) ** 2) & (along < (0.08 * floored + 4 * noise) ** 2)
    plain &= (m[3] - m[0] ** 2 < (0.12 * (m[0] + lift + 8) + 3) ** 2) | (along < (4 * noise) ** 2)
    seeds = (
        plain
        & (np.abs(turn - angle) < 4 * spread / np.clip(x, 1e-6, 1))
        & ((np.abs(excess) < 0.3) | (np.abs(x - 1) < 3 * noise))
    )
    seeds &= (x > 0.5) & (x < 1.6)
    out = np.zeros(x.shape, np.int64)
    for place in map(tuple, np.argwhere(seeds)):
        if out[place]:
            continue
        patch, edge = [place], 0
        out[place] = 1
        for row, column in patch:
            edge += column in (0, x.shape[1] - 1) or row == 0
            for there in ((row, column - 1), (row, column + 1), (row - 1, column), (row + 1, column)):
                if not (0 <= there[0] < x.shape[0] and 0 <= there[1] < x.shape[1]) or out[there] or not plain[there]:
                    continue
                if (
                    abs(turn[there] - turn[row, column]) <= 3 * noise / min(x[there], 1)
                    and abs(turn[there] - angle) <= 0.35
                    and (
                        (abs(excess[there] - excess[row, column]) <= 0.12 and abs(excess[there]) <= 0.9)
                        or abs(x[there] - x[row, column]) <= 3 * noise
                    )
                    and 0.55 <= x[there] / x[row, column] <= 1.8
                ):
                    out[there] = 1
                    patch.append(there)
        if len(patch) < small and edge < 3:
            for there in patch:
                out[there] = 2
    return out
