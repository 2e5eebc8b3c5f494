"""What `transforms.kernels.shadow` learns, measures and keeps, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats


def learned(
    luma: Floats,
    screen: NDArray[np.bool_],
    distances: NDArray[np.int32],
    lit: Floats,
    trust: Floats,
    *,
    far: int,
    rate: float,
    lift: float,
) -> tuple[Floats, Floats]:
    """(lit, trust) after a picture."""
    seen = screen & (distances >= far) & (trust > 0.5)
    gain = (1 + (luma[seen] + lift).sum()) / (1 + (lit[seen] + lift).sum())
    lit = (lit + lift) * gain - lift
    away, near = screen & (distances >= far), screen & (distances < far) & (trust > 0) & (luma > lit)
    share = np.where(away, np.maximum(rate, 1 - trust), np.where(near, rate, 0))
    return lit + share * (luma - lit), np.where(away, 1.0, trust)


def ratios(
    local: Floats, lit: Floats, distances: NDArray[np.int32], *, far: int, reach: int, lift: float, least: float
) -> Floats:
    """What the shadow leaves of the light, (rows, columns)."""
    lacking = np.clip(1 - (local + lift) / np.maximum(lit + lift, 1), -0.5, 0.7)
    for _ in range(2):
        for axis in (1, 0):
            lacking = _means(lacking, reach, axis)
    near = np.clip(3 - 2 * distances / far, 0, 1)
    left: Floats = 1 - np.maximum(lacking - least, 0) / (1 - least) * near
    return left


def _means(levels: Floats, reach: int, axis: int) -> Floats:
    size = levels.shape[axis]
    slices = [range(max(i - reach, 0), min(i + reach + 1, size)) for i in range(size)]
    return np.stack([levels.take(list(part), axis).mean(axis) for part in slices], axis)


def kept(alpha: NDArray[np.uint8], ratio: Floats, side: int) -> Floats:
    """Alpha 0..255 before rounding."""
    down, across = (
        np.clip((np.arange(samples) + 0.5) / side - 0.5, 0, cells - 1)
        for samples, cells in zip(alpha.shape, ratio.shape, strict=True)
    )
    halfway = np.stack([np.interp(down, np.arange(ratio.shape[0]), column) for column in ratio.T], axis=1)
    smooth = np.stack([np.interp(across, np.arange(ratio.shape[1]), row) for row in halfway])
    out: Floats = 255 - (255 - alpha.astype(np.float64)) * smooth
    return out
