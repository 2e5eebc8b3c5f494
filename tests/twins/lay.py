"""What `transforms.kernels.lay` computes, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats

Samples = NDArray[np.uint8]


def stretched(field: Floats, size: tuple[int, int], side: int) -> Floats:
    """A field by cells (rows, columns) at the samples of (height, width), bilinear between cells' centres."""
    rows, columns = field.shape
    y, x = ((np.arange(length) + 0.5) / side - 0.5 for length in size)
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    down, across = (y - top)[:, None], (x - left)[None]
    above, below = field[np.clip(top, 0, rows - 1)], field[np.clip(top + 1, 0, rows - 1)]
    mixed = above * (1 - down) + below * down
    out: Floats = mixed[:, np.clip(left, 0, columns - 1)] * (1 - across)
    out += mixed[:, np.clip(left + 1, 0, columns - 1)] * across
    return out


def by_sample(cells: NDArray[np.generic], size: tuple[int, int], side: int) -> NDArray[np.generic]:
    """Each sample's cell's value."""
    height, width = size
    return np.repeat(np.repeat(cells, side, 0), side, 1)[:height, :width]


def laid(plate: Floats, zero: float, light: Floats, added: Floats | float = 0.0) -> Floats:
    """The level, not rounded nor clipped: what is off `zero`, once more by the light's share, and what is added."""
    out: Floats = plate + (plate - zero) * light + added
    return out


def masks(
    picture: Floats, plate: Floats, weights: Floats, share: Floats, chance: Floats, states: Samples
) -> tuple[Floats, Samples, Floats]:
    """How far samples are, near by bits, and rough alpha; all but the first by what their cells are."""
    far: Floats = ((picture - plate) ** 2 * weights).sum(0)
    near = ((far < 12) & (share < chance)).astype(np.uint8)
    near += 2 * ((far < 5) & (share < np.minimum(chance, 0.5))).astype(np.uint8)
    rough = share * 200
    near = np.where(states == 0, 3, np.where(states == 2, 0, near)).astype(np.uint8)
    return far, near, np.where(states == 0, 0, np.where(states == 2, 200, rough))


def light(moments: Floats, expected: Floats, seen: NDArray[np.bool_], lift: float) -> tuple[Floats, Floats]:
    """The weighted shade, and its weights."""
    more = np.clip((moments[0] - expected[0]) / np.maximum(expected[0] + lift, 12), -0.6, 0.5)
    chroma = np.clip(moments[1:3] - expected[1:] * (1 + more), -8, 8)
    return np.vstack((more, chroma)) * seen, np.where(seen, 1, 0.08)
