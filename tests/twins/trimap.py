"""What `transforms.kernels.trimap` computes, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats

Samples = NDArray[np.uint8]
Counts = NDArray[np.int32]


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


def believed(marked: Counts, strictly: Counts, grown: NDArray[np.bool_], enough: int) -> NDArray[np.bool_]:
    """Cells with marked samples that are screen already, or that have enough strictly marked ones around."""
    padded = np.pad(strictly, 1)
    rows, columns = strictly.shape
    around = sum(padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3))
    return np.asarray((marked > 0) & (grown | (around >= enough)))


def veils(veiled: NDArray[np.bool_], away: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Cells off the screen of whose nine most are veiled, and the distances, 2 at most within two cells of one."""
    padded = np.pad(veiled.astype(np.int64), 1)
    rows, columns = veiled.shape
    around = sum(padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3))
    out = np.asarray((around >= 5) & (away > 0))
    padded_out = np.pad(out, 2)
    near = np.any([padded_out[y : y + rows, x : x + columns] for y in range(5) for x in range(5)], axis=0)
    return out, np.where(near, np.minimum(away, 2), away)


def bare(marked: Counts, away: NDArray[np.int64], width: int, height: int, cell: int) -> NDArray[np.bool_]:
    """Cells of the screen that are marked in every sample."""
    tall = np.minimum(np.arange(cell, height + cell, cell), height) - np.arange(0, height, cell)
    broad = np.minimum(np.arange(cell, width + cell, cell), width) - np.arange(0, width, cell)
    return np.asarray((away == 0) & (marked == tall[:, None] * broad))
