"""What `transforms.kernels.trimap` computes, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats

Samples = NDArray[np.uint8]


def neighbours(samples: Samples, *, beyond: int | None = None) -> NDArray[np.int64]:
    """(9, H, W): each sample and its eight neighbours; past the edge `beyond`, or the edge repeated."""
    padded = (
        np.pad(samples.astype(np.int64), 1, mode="edge")
        if beyond is None
        else np.pad(samples.astype(np.int64), 1, constant_values=beyond)
    )
    height, width = samples.shape
    return np.stack([padded[y : y + height, x : x + width] for y in range(3) for x in range(3)])


def classified(
    luma: Samples, cb: Samples, cr: Samples, screen: Floats, *, wide: float, black: float, flat: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]:
    """Marked, strictly marked, and rough alpha 0..1.25; `screen` (3, H, W) about 128."""
    blue, red = (neighbours(plane).sum(axis=0) / 9 - 128 for plane in (cb, cr))
    size = np.maximum(screen[1] ** 2 + screen[2] ** 2, 16)
    strength = (blue * screen[1] + red * screen[2]) / size
    off = np.abs(blue * screen[2] - red * screen[1]) / size
    light = np.abs((luma - black) / np.maximum(screen[0] + 128 - black, 4) - strength)
    turn = wide * np.maximum(1, 0.7 / np.maximum(strength, 0.1))
    some = (strength > 0.72) & (strength < 1.35) & (off < turn) & (light < 0.3)
    strictly = (strength > 0.5) & (strength < 1.35) & (off < 0.6 * turn) & (light < 0.12 * np.maximum(strength, 0.5))
    same = (np.abs(strength - 1) < wide) & (off < 0.6 * wide)
    even = textured(luma) < flat
    return some | same | (strictly & even), strictly, np.clip(1 - strength + off, 0, 1.25)


def textured(luma: Samples) -> Floats:
    """How far each sample stands out of the four beside it; the first and the last column are as those beside them."""
    height, width = luma.shape
    if width < 3:
        return np.zeros((height, width))
    rows = np.pad(luma.astype(np.float64), ((1, 1), (0, 0)), mode="edge")
    own = rows[1:-1]
    inner = np.abs(own[:, 1:-1] - (own[:, :-2] + own[:, 2:] + rows[:-2, 1:-1] + rows[2:, 1:-1]) / 4)
    return np.pad(inner, ((0, 0), (1, 1)), mode="edge")


def distances(screen: NDArray[np.bool_], most: int) -> NDArray[np.int64]:
    """Chebyshev distance to the nearest True, `most` at most."""
    out = np.full(screen.shape, most)
    places = np.argwhere(screen)
    for y, x in np.ndindex(screen.shape):
        if len(places):
            out[y, x] = min(most, int(np.abs(places - (y, x)).max(axis=1).min()))
    return out
