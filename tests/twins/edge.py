"""What `transforms.kernels.edge` computes, in plain numpy, everywhere rather than where there is an outline."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Samples = NDArray[np.uint8]


def clipped(alpha: Samples, low: float, high: float) -> NDArray[np.float64]:
    """Stretched so that `low` and `high`, 0..1, become 0 and 255; not rounded."""
    return np.clip((alpha / 255 - low) / (high - low), 0, 1) * 255


def at(alpha: Whole, down: int, across: int) -> Whole:
    """Each sample's neighbour so far away; past the edge the edge repeated."""
    rows = np.clip(np.arange(alpha.shape[0]) + down, 0, alpha.shape[0] - 1)
    columns = np.clip(np.arange(alpha.shape[1]) + across, 0, alpha.shape[1] - 1)
    moved: Whole = alpha[rows][:, columns]
    return moved


def stepped(alpha: Whole, straight: int, slanting: int) -> Whole:
    """The least of nine."""
    offsets = [(0, 0), *((down * straight, across * straight) for down, across in ((0, 1), (1, 0), (0, -1), (-1, 0)))]
    offsets += [(down * slanting, across * slanting) for down in (-1, 1) for across in (-1, 1)]
    least: Whole = np.min([at(alpha, *offset) for offset in offsets], axis=0)
    return least


def stepped_finely(alpha: Whole, straight: tuple[int, int], slanting: tuple[int, int]) -> Whole:
    """The same at a whole distance and so many 256ths."""

    def between(near: Whole, far: Whole, part: int) -> Whole:
        return near * (256 - part) + far * part

    whole, part = straight
    least = [256 * alpha]
    for down, across in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        near, far = (at(alpha, down * distance, across * distance) for distance in (whole, whole + 1))
        least.append(between(near, far, part))
    whole, part = slanting
    level = [between(at(alpha, way * whole, 0), at(alpha, way * (whole + 1), 0), part) for way in (-1, 1)]
    lesser = np.minimum(*level)
    for way in (-1, 1):
        near, far = (at(lesser, 0, way * distance) for distance in (whole, whole + 1))
        least.append(near - near * part // 256 + far * part // 256)
    levels: Whole = (np.min(least, axis=0) + 128) // 256
    return levels


def softened(alpha: Whole, taps: Iterable[tuple[int, int]]) -> Whole:
    """Three taps down and three across, again and again; the sums across are cut off at 1/256 of a level."""
    for distance, weight in taps:
        line = weight * (at(alpha, -distance, 0) + at(alpha, distance, 0)) + (256 - 2 * weight) * alpha
        sides = weight * at(line, 0, -distance) // 256 + weight * at(line, 0, distance) // 256
        alpha = (sides + (256 - 2 * weight) * line // 256 + 128) // 256
    return alpha
