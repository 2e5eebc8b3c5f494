"""What `transforms.kernels.gather` computes, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats
from tests.twins.unmix import ORDER

Samples = NDArray[np.uint8]
Counts = NDArray[np.int32]
Flags = NDArray[np.bool_]

CORE, REACH = 4, 5


def person(
    planes: Floats,
    rough: Samples,
    wide: Flags,
    distances: Counts,
    skipped: Flags,
    moments: Floats,
    *,
    cell: int,
    steep: float,
) -> tuple[Floats, Floats]:
    """Weighted moments (9, rows, columns) and weights. `planes` (3, H, W) about 128; `skipped`: bare or veiled."""
    alpha = np.minimum(rough / 200, 1)
    rows, columns = distances.shape
    peaks, means = np.zeros(distances.shape), np.zeros(distances.shape)
    asked = (distances <= REACH) & ~skipped
    for row, column in np.argwhere(asked):
        box = _box(row, column, cell)
        if distances[row, column] >= CORE:
            means[row, column], peaks[row, column] = min((rough[box] / 200).mean(), 1), alpha[box].min()
        else:
            most = np.where(wide[box], 0, alpha[box]).max()
            peaks[row, column] = most if distances[row, column] > 0 or most > 165.5 / 200 else 0
    peaks = _spread(peaks)
    values, weights = np.zeros((9, rows, columns)), np.zeros((rows, columns))
    for row, column in np.argwhere(asked):
        box, peak, distance = _box(row, column, cell), peaks[row, column], distances[row, column]
        if distance >= CORE:
            mean = means[row, column]
            weights[row, column] = min(2 * mean, 1) * _fall(peak - mean, steep)
            values[:, row, column] = weights[row, column] * moments[:, row, column]
            continue
        a = alpha[box]
        share = (0.0, 0.3, 1.0, 1.0)[distance]
        weight = np.maximum(np.clip(10 * (a - 0.8), 0, 1), share * np.minimum(2 * a, 1)) * _fall(peak - a, steep)
        values[:, row, column], weights[row, column] = _sums(planes[:, *box], np.where(wide[box], 0, weight), cell)
    return values, weights


def screen(
    planes: Floats, near: Flags, distances: Counts, bare: Flags, veiled: Flags, moments: Floats, *, cell: int
) -> tuple[Floats, Floats]:
    """Weighted moments (9, rows, columns) and weights of the samples that are `near`."""
    rows, columns = distances.shape
    values, weights = np.zeros((9, rows, columns)), np.zeros((rows, columns))
    for row, column in np.ndindex(rows, columns):
        if bare[row, column]:
            values[:, row, column], weights[row, column] = moments[:, row, column], 1
        elif distances[row, column] < CORE and not veiled[row, column]:
            box = _box(row, column, cell)
            values[:, row, column], weights[row, column] = _sums(planes[:, *box], near[box].astype(np.float64), cell)
    return values, weights


def _box(row: int, column: int, cell: int) -> tuple[slice, slice]:
    return slice(row * cell, (row + 1) * cell), slice(column * cell, (column + 1) * cell)


def _sums(planes: Floats, weight: Floats, cell: int) -> tuple[Floats, float]:
    products = [planes[a] * planes[b] for a, b in ORDER]
    sums = np.array([(weight * plane).sum() for plane in (*planes, *products)])
    return sums / cell**2, float(weight.sum()) / cell**2


def _fall(below: Floats | float, steep: float) -> Floats:
    out: Floats = np.maximum(1 - np.maximum(below, 0) * steep / 8, 0) ** 8
    return out


def _spread(peaks: Floats) -> Floats:
    """The highest of nine, then the mean of nine, edges repeated."""
    for reduce in (np.max, np.mean):
        padded = np.pad(peaks, 1, mode="edge")
        height, width = peaks.shape
        peaks = reduce([padded[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0)
    return peaks
