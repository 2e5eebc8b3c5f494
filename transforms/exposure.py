"""How a picture's light stands to the clean plate's: what the camera's exposure and white balance did meanwhile.

A camera that adjusts itself multiplies R, G and B. For luma that is a gain; for Cb and Cr, to first order, a gain and a
tint: a share of the luma, which is why a white wall turns blue and a black chair does not. Offsets take up what the
camera's curve bends near black. Fitted anew in each picture, so nothing drifts, and on cells, so it costs little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from transforms.cells import Cells, Fields
from transforms.kernels.exposure import NUMBERS, STEPS, fit

NEUTRAL = 128.0


@dataclass(frozen=True, slots=True)
class Exposure:
    """This picture = gain * plate + tint * the plate's luma + offset, in levels from 0.

    `gain`, `offset`: float32 (3,), of Y, Cb, Cr. `tint`: float32 (2,), of Cb and Cr.
    """

    gain: Fields
    offset: Fields
    tint: Fields

    @classmethod
    def unit(cls) -> Exposure:
        """The plate's own."""
        return cls(np.ones(3, np.float32), np.zeros(3, np.float32), np.zeros(2, np.float32))

    def expose(self, means: Fields) -> Fields:
        """What of the plate's means, float32 (3, n) about 128, this picture shows."""
        levels = means[:3] + np.float32(NEUTRAL)
        shown = self.gain[:, None] * levels + self.offset[:, None]
        shown[1:] += self.tint[:, None] * levels[0]
        return np.asarray(shown - np.float32(NEUTRAL), np.float32)


class ExposureFit(NamedTuple):
    """An exposure, and how well it fits.

    `deviations`: float32 (3,), the standard deviation of the fitting cells' means about it, in levels. `share`: 0..1 of
    the weight given, how much fits.
    """

    exposure: Exposure
    deviations: Fields
    share: float


def fit_exposure(plate: Fields, cells: Cells, weights: Fields, start: Exposure | None = None) -> ExposureFit:
    """The exposure of the picture that `cells` have measured.

    `plate`: float32 (3 or more, cells), the plate's means about 128. `weights`: float32 (cells), 0..1, how surely each
    cell is background; it need not be right. `start`: the last picture's.
    """
    return fit_means(plate, cells.moments, weights, cells.lift, start)


def fit_means(plate: Fields, picture: Fields, weights: Fields, lift: float, start: Exposure | None) -> ExposureFit:
    """The same of any cells: `picture` as `plate`; `lift`: 128 less black."""
    black = float(NEUTRAL - lift)
    before = np.zeros(NUMBERS, np.float32) if start is None else _about_black(start, black)
    numbers, spreads = np.zeros(NUMBERS, np.float32), np.zeros(4, np.float32)
    counts, sums = np.zeros(3 * STEPS, np.int32), np.zeros(17, np.float64)
    fit(plate, picture, weights, lift, before, counts, sums, numbers, spreads)
    return ExposureFit(_from_zero(numbers, black), spreads[:3], float(spreads[3]))


def _about_black(exposure: Exposure, black: float) -> Fields:
    """The kernel's numbers: luma from black, chroma from neutral."""
    gain, offset, tint = exposure.gain, exposure.offset, exposure.tint
    zero = gain * np.array((black, NEUTRAL, NEUTRAL), np.float32) + offset - np.array((black, NEUTRAL, NEUTRAL))
    zero[1:] += tint * black
    order = (gain[0], zero[0], gain[1], tint[0], zero[1], gain[2], tint[1], zero[2])
    return np.array(order, np.float32)


def _from_zero(numbers: Fields, black: float) -> Exposure:
    gain, tint = numbers[[0, 2, 5]], numbers[[3, 6]]
    zero = np.array((black, NEUTRAL, NEUTRAL), np.float32)
    offset = numbers[[1, 4, 7]] + zero - gain * zero
    offset[1:] -= tint * np.float32(black)
    return Exposure(gain, offset.astype(np.float32), tint)
