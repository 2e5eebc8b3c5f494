"""How far a matte is from the truth: MAD, MSE, Grad, Conn and dtSSD, over the frame or within a part of it.

As the field has them since Rhemann et al. (CVPR 2009) and Erofeev et al. (BMVC 2015), in the units of video matting
papers: MAD and MSE are means x 1e3, Grad and Conn sums / 1e3, dtSSD a root mean square x 1e2. Lower is better. The sums
grow with the picture: compare them at one size only. Alphas are uint8 (H, W), 0..255.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.quality.connectivity import connected
from tests.benchmarks.quality.derivative import slopes

Alpha = NDArray[np.uint8]
Part = NDArray[np.bool_]
Reals = NDArray[np.float32]

SIGMA = 1.4
"""Pixels: of the Gaussian whose derivative Grad compares."""
NEGLIGIBLE = 1e-2
"""Where that Gaussian is cut off."""
STEPS = 10
"""Levels of Conn: 0.1 apart."""
THETA = 0.15
"""What Conn forgives."""
BAND = 7
"""Pixels around the true edge that belong to the trimap band."""


@dataclass(frozen=True, slots=True)
class Errors:
    """The five, or their means. NaN: not measured (dtSSD of a first frame, Grad and Conn of a frame left out)."""

    mad: float
    mse: float
    grad: float
    conn: float
    dtssd: float

    @classmethod
    def mean(cls, several: list[Errors]) -> Errors:
        """Each one's mean over those in which it was measured."""
        return cls(*(mean([getattr(one, field.name) for one in several]) for field in fields(cls)))


def mean(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def mad(alpha: Alpha, truth: Alpha, part: Part | None = None) -> float:
    """The mean absolute difference, in thousandths."""
    return 1e3 / 255 * _over(np.abs(alpha.astype(np.int16) - truth), part)


def mse(alpha: Alpha, truth: Alpha, part: Part | None = None) -> float:
    """The mean squared difference, in thousandths."""
    difference = alpha.astype(np.int32) - truth
    return 1e3 / 255**2 * _over(difference * difference, part)


def dtssd(alpha: Alpha, before: Alpha, truth: Alpha, truth_before: Alpha, part: Part | None = None) -> float:
    """The root mean square of how differently matte and truth have changed since the frame before, in hundredths."""
    change = (alpha.astype(np.int32) - before) - (truth.astype(np.int32) - truth_before)
    return float(1e2 / 255 * np.sqrt(_over(change * change, part)))


def grad(alpha: Alpha, truth: Alpha, part: Part | None = None) -> float:
    """The squared differences of the gradients' magnitudes, summed, in thousands."""
    return total(grad_map(alpha, gradient(truth)), part)


def conn(alpha: Alpha, truth: Alpha, part: Part | None = None) -> float:
    """How differently the two hang together with the largest part they share, summed, in thousands."""
    return total(conn_map(alpha, truth), part)


def total(errors: Reals, part: Part | None = None) -> float:
    """The sum over the part, in thousands."""
    return float((errors if part is None else errors[part]).sum(dtype=np.float64)) / 1e3


def grad_map(alpha: Alpha, true_gradient: Reals) -> Reals:
    """What `grad` sums, from the truth's `gradient`."""
    difference = gradient(alpha) - true_gradient
    return difference * difference


def conn_map(alpha: Alpha, truth: Alpha) -> Reals:
    """What `conn` sums."""
    reached = depth(np.minimum(alpha, truth)).astype(np.float32) / np.float32(STEPS)
    beyond = [matte * np.float32(1 / 255) - reached for matte in (alpha, truth)]
    one, other = (np.where(levels >= THETA, levels, np.float32(0)) for levels in beyond)
    return np.asarray(np.abs(one - other), np.float32)


def band(truth: Alpha) -> Part:
    """The trimap band: within BAND pixels of what is not background and of what is not foreground."""
    return near(truth > 0) & near(truth < 255)


def near(part: Part) -> Part:
    """All within BAND pixels, across and down, of the part."""
    counts = np.pad(part.astype(np.int32), BAND)
    for axis in (0, 1):
        sums = np.cumsum(counts, axis=axis)
        shape = [1 if at == axis else side for at, side in enumerate(sums.shape)]
        sums = np.concatenate((np.zeros(shape, sums.dtype), sums), axis=axis)
        wide = 2 * BAND + 1
        counts = np.take(sums, range(wide, sums.shape[axis]), axis) - np.take(
            sums, range(sums.shape[axis] - wide), axis
        )
    return np.asarray(counts > 0)


def gradient(alpha: Alpha) -> Reals:
    """The gradient's magnitude of a matte stretched to 0..1: correlated with a Gaussian's derivatives."""
    low, high = int(alpha.min()), int(alpha.max())
    stretched = (alpha.astype(np.float32) - low) / np.float32(max(high - low, 1))
    rows, columns = alpha.shape
    taps = _taps()
    scratch = np.zeros(columns + len(taps[0]) - 1, np.float32), np.zeros_like(stretched), np.zeros_like(stretched)
    out = np.zeros_like(stretched)
    flat = (array.reshape(-1) for array in (*scratch, out))
    slopes(stretched.reshape(-1), rows, columns, *taps, *flat)
    return out


@lru_cache(maxsize=1)
def _taps() -> tuple[Reals, Reals]:
    """A Gaussian and its derivative, together of unit energy."""
    half = int(np.ceil(SIGMA * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * SIGMA * NEGLIGIBLE))))
    x = np.arange(-half, half + 1)
    smooth = np.exp(-(x**2) / (2 * SIGMA**2)) / (SIGMA * np.sqrt(2 * np.pi))
    slope = -x * smooth / SIGMA**2
    energy = np.sqrt((smooth**2).sum() * (slope**2).sum())
    return smooth.astype(np.float32), (slope / energy).astype(np.float32)


def depth(both: Alpha) -> Alpha:
    """Up to which of the STEPS levels each pixel belongs to the largest connected part of those that reach them."""
    rows, columns = both.shape
    levels = np.array([-(-255 * step // STEPS) for step in range(1, STEPS + 1)], np.int32)
    most = rows * ((columns + 1) // 2)
    runs, parents, sizes = np.empty((most, 3), np.int32), np.empty(most, np.int32), np.empty(most, np.int32)
    reached = np.empty(rows * columns, np.uint8)
    flat = np.ascontiguousarray(both).reshape(-1)
    connected(flat, rows, columns, levels, runs, np.empty(rows + 1, np.int32), parents, sizes, reached)
    return reached.reshape(both.shape)


def _over(values: NDArray[np.integer[Any]], part: Part | None) -> float:
    """The mean over the part; 0 where it is empty."""
    chosen = values if part is None else values[part]
    return float(chosen.mean()) if chosen.size else 0.0
