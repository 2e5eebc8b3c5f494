"""What `transforms.kernels.cells` computes, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats

Samples = NDArray[np.uint8]


def halved(y: Samples) -> Samples:
    """The mean of two by two luma samples, edges repeated, halves rounded up."""
    even = np.pad(y, [(0, side % 2) for side in y.shape], mode="edge").astype(np.int64)
    mean = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2] + 2) // 4
    return mean.astype(np.uint8)


def moments(y: Samples, cb: Samples, cr: Samples, cell: int) -> Floats:
    """(9, cells)."""
    channels = [plane.astype(np.float64) - 128 for plane in (halved(y), cb, cr)]
    products = [channels[a] * channels[b] for a, b in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))]
    height, width = cb.shape
    return np.array(
        [
            [plane[top : top + cell, left : left + cell].mean() for plane in (*channels, *products)]
            for top in range(0, height, cell)
            for left in range(0, width, cell)
        ]
    ).T


def compared(
    luma: Samples, before: Samples, means: Floats, colors: Floats, pace: Floats, cell: int
) -> tuple[Floats, Samples, Floats]:
    """How far each cell moved, and what the next is told by: luma, and mean chroma."""
    strays = np.abs(luma.astype(np.int64) - before)
    off = means[1:3] - colors
    moved, after, known = np.zeros(pace.shape), before.copy(), colors + np.clip(off, -0.25, 0.25)
    for row, column in np.ndindex(*pace.shape):
        box = slice(row * cell, (row + 1) * cell), slice(column * cell, (column + 1) * cell)
        moved[row, column] = strays[box].mean() + 0.5 * np.abs(off[:, row, column]).sum()
        nearer = before[box] + np.sign(luma[box].astype(np.int64) - before[box])
        share = round(256 * float(pace[row, column]))
        after[box] = (nearer + ((luma[box] - nearer) * share + 128 >> 8)).astype(np.uint8)
        known[:, row, column] += pace[row, column] * (means[1:3, row, column] - known[:, row, column])
    return moved, after, known


def paced(moved: Floats, before: Floats, *, still: float, moving: float, fading: float) -> Floats:
    """0..1, of the most that any of nine cells moved, and of what it was `before`."""
    padded = np.pad(moved, 1, constant_values=-np.inf)
    rows, columns = moved.shape
    most = np.max([padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)], axis=0)
    out: Floats = np.maximum(
        np.clip((most - still) / (moving - still), 0, 1) ** 2, np.where(before > 0.03, fading * before, 0)
    )
    return out


def filled(values: Floats, weights: Floats, enough: float) -> Floats:
    """`values` (channels, rows, columns), weighted, and `weights` (rows, columns): the weighted means, filled."""
    rows, columns = weights.shape
    if min(rows, columns) <= 2:
        mean = values.sum(axis=(1, 2)) / max(weights.sum(), 1e-6)
        lack = np.maximum(enough - weights, 0)
        top: Floats = (values + mean[:, None, None] * lack) / np.maximum(weights, enough)
        return top
    above = filled(_halves(values), _halves(weights[None])[0], enough)
    own_row, own_column = np.arange(rows) // 2, np.arange(columns) // 2
    row = np.clip(own_row + np.where(np.arange(rows) % 2, 1, -1), 0, above.shape[1] - 1)
    column = np.clip(own_column + np.where(np.arange(columns) % 2, 1, -1), 0, above.shape[2] - 1)
    down = 0.75 * above[:, own_row] + 0.25 * above[:, row]
    mixed = 0.75 * down[:, :, own_column] + 0.25 * down[:, :, column]
    out: Floats = np.where(
        weights >= enough,
        values / np.maximum(weights, 1e-9),
        (values + mixed * (enough - weights)) / enough,
    )
    return out


def _halves(values: Floats) -> Floats:
    """Sums of two by two."""
    even = np.pad(values, ((0, 0), *((0, side % 2) for side in values.shape[1:])))
    sums: Floats = even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]
    return sums
