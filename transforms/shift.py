"""How far a picture lies from its plate, measured on a small plane of luma by the texture that both show.

The answer is the shift that most of the plate's texture agrees on. A person is not in the plate and agrees on nothing;
what they hide says nothing, but what lies bare and disagrees speaks against the shift.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells, Fields
from transforms.kernels.camera import SCATTERS, SUMS, correlate, fit_shift, measure_texture, reduce_luma, smooth
from transforms.kernels.shift import shift_levels
from transforms.kernels.stillness import label

BLOCK = 8
"""Samples: 5 % of the short side, a picture's frame or a few books."""

NOISE, SLACK = 1.0, 0.12
"""Levels of noise, and misplacement in samples, that a block of texture may keep and still be said to agree."""

ROUNDS = 5
"""Halvings of the tolerance from wide, where all blocks count, to narrow."""

STEPS, NEAR = 4, 0.03
"""The plate is laid anew and the rest of the shift measured, STEPS times at most or until it is NEAR, in samples."""

SEEN = 64
"""How well a cell must be known, of 255, to be looked at: once is enough."""

LEAST_TEXTURE = 6.0
"""Blocks' worths of texture under which nothing is said: a bare wall looks the same from everywhere."""

LEAST_ALIKE = 0.2
"""The share of a picture that must look like the plate for the lack of texture to say nothing."""

PLENTY = 0.5
"""The share of the plate's texture that is right without more ado."""

WHOLE, SOME = 0.66, 0.3
"""The share of the texture, but for the largest patch of what disagrees, that must agree; the worth of a block from
which it belongs to a patch. Measured: 0.72 to 1 on shaken and still rooms, 0.5 and less a little into a zoom."""

COVERED = 0.25
"""The share of its squared contrast under which a block's texture is covered by something plain."""

BY_CHANCE = 0.06
"""The share of its texture that agrees with another place by chance."""

NEIGHBOURS = 3
"""Blocks about one that look like the plate, from which it lies bare."""

BRIGHTNESS = 8.0
"""Levels of luma that a block which looks like the plate may be off."""


class Shift:
    """One small plane of picture and plate, and how they lie beside each other.

    After `measure`: `gain` is the picture's contrast beside what it was taken for, `share` 0..1 how much of the plate's
    texture agrees, `texture` how much there is of it, in blocks' worths, `deviation` how sure the shift is, in this
    plane's samples, `contrast` the picture's beside the plate's.
    """

    def __init__(self, cells: Cells, factor: int) -> None:
        self.factor = factor
        self.width, self.height = cells.width // factor, cells.height // factor
        self._blocks = -(-self.height // BLOCK), -(-self.width // BLOCK)
        count = self._blocks[0] * self._blocks[1]
        self._row: NDArray[np.uint16] = np.zeros(cells.width, np.uint16)
        self._line: Fields = np.zeros(3 * self.width + 3, np.float32)
        self._picture, self._plate, self._moved = (np.zeros(self.width * self.height, np.float32) for _ in range(3))
        self._lines: Fields = np.zeros((SUMS, max(1, self.width)), np.float32)
        self._sums: Fields = np.zeros((SUMS, count), np.float32)
        self._scatter: Fields = np.zeros((SCATTERS, count), np.float32)
        self._texture: Fields = np.zeros((2, count), np.float32)
        self._known: Fields = np.ones(count, np.float32)
        self._stack, self._patches = (np.zeros(count, np.int32) for _ in range(2))
        self._settings = np.array((NOISE, SLACK, ROUNDS), np.float32)
        self._fit: Fields = np.zeros(7, np.float32)

    def set_plate(self, luma: NDArray[np.uint8], cells: Cells, known: NDArray[np.uint8]) -> None:
        """Take the plate. `luma`: its own, two by two; `known`: by cell."""
        reduce_luma(luma, cells.width, cells.height, self.factor, self._row, self._plate)
        smooth(self._plate, self.width, self.height, self._line)
        measure_texture(self._plate, self.width, self.height, BLOCK, self._lines, self._texture)
        rows, columns = (
            np.minimum((np.arange(blocks) + 0.5) * BLOCK * self.factor / cells.cell, count - 1).astype(np.intp)
            for blocks, count in zip(self._blocks, cells.shape, strict=True)
        )
        self._known[:] = known.reshape(cells.shape)[np.ix_(rows, columns)].reshape(-1) >= SEEN

    def set_picture(self, cells: Cells) -> None:
        """Make the small picture."""
        reduce_luma(cells.luma, cells.width, cells.height, self.factor, self._row, self._picture)
        smooth(self._picture, self.width, self.height, self._line)

    def measure(self, start: tuple[float, float], gain: float, furthest: float) -> tuple[float, float]:
        """The shift near `start`, within `furthest`, both ways, in samples of this plane.

        `gain`: what the plate's contrast is to be multiplied by, roughly.
        """
        across, down = start
        for _ in range(STEPS):
            moved = (round(across), round(down))
            plate = self._laid(across, down)
            planes = (self._picture, plate, self.width, self.height, *moved)
            correlate(*planes, gain, BLOCK, self._lines, self._sums)
            fit_shift(self._sums, self._texture, self._known, self._settings, self._scatter, self._fit)
            step = float(self._fit[0]), float(self._fit[1])
            across, down = (max(-furthest, min(furthest, s)) for s in (across + step[0], down + step[1]))
            if max(map(abs, step)) < NEAR:
                break
        return across, down

    @property
    def gain(self) -> float:
        """See the class."""
        return float(self._fit[2])

    @property
    def share(self) -> float:
        """See the class."""
        return float(self._fit[3])

    @property
    def texture(self) -> float:
        """See the class."""
        return float(self._fit[4])

    @property
    def deviation(self) -> float:
        """See the class."""
        return float(self._fit[5])

    @property
    def contrast(self) -> float:
        """See the class."""
        return float(self._fit[6])

    def agreed(self, enough: float) -> float | None:
        """The share of the plate's texture that agrees on the shift, beside what speaks against it.

        Unless the share is `enough` at once: texture under a person says nothing, and is told by that nothing around it
        looks like the plate either. None where too little is left to say anything; 0 where what disagrees lies about
        in pieces, as under a zoom, a turn or out of focus.
        """
        if self.share >= PLENTY:
            return self.share
        alike = self._alike()
        worth = self._worth().reshape(self._blocks)
        agreed = self.share * self.texture if self.share > BY_CHANCE else 0.0
        shown = (self._scatter[9] > COVERED * self._scatter[7]).reshape(self._blocks)
        if agreed < WHOLE * (agreed + self._scattered(~alike & shown & (worth > SOME), worth)):
            return 0.0
        if self.share >= enough:
            return self.share
        wide = np.pad(alike, 1).astype(np.int32)
        rows, columns = self._blocks
        around = sum(wide[y : y + rows, x : x + columns] for y in range(3) for x in range(3))
        against = float(worth[~alike & (around >= NEIGHBOURS)].sum())
        if agreed + against >= LEAST_TEXTURE / 2:
            return agreed / (agreed + against)
        return None if np.count_nonzero(alike) >= LEAST_ALIKE * alike.size else 0.0

    def _worth(self) -> Fields:
        """How much each block's texture can say, 0..1."""
        samples, slope = np.maximum(self._sums[0], 1), self._texture.sum(axis=0)
        return np.asarray(self._known * slope / (slope + 16 * NOISE**2 * samples), np.float32)

    def _scattered(self, other: NDArray[np.bool_], worth: Fields) -> float:
        """The worth of the blocks that disagree but for the largest patch of them, which may be a person."""
        rows, columns = self._blocks
        label(other.view(np.uint8).reshape(-1), columns, rows, self._stack, self._patches)
        sums = np.bincount(self._patches, weights=worth.reshape(-1))[1:]
        return float(sums.sum() - sums.max(initial=0))

    def _alike(self) -> NDArray[np.bool_]:
        """The blocks that look like the plate's, flat ones too: (rows, columns)."""
        across, down, gain = self._fit[:3]
        n = np.maximum(self._sums[0], 1)
        s = self._scatter
        left = s[9] - 2 * (across * s[3] + down * s[6] + gain * s[8]) + across**2 * s[0] + down**2 * s[4]
        left += gain**2 * s[7] + 2 * (across * down * s[1] + across * gain * s[2] + down * gain * s[5])
        known = (self._sums[0] > 0) & (self._known > 0)
        fits = known & (left < 4 * (NOISE**2 * n + SLACK**2 * self._texture.sum(axis=0)))
        off = (self._sums[4] - gain * self._sums[3]) / n
        # How much brighter the picture is the texture knows: what is flat in both may be a coat before a wall.
        telling = fits & (self._worth() > SOME) & (s[9] > COVERED * s[7])
        telling = telling if np.count_nonzero(telling) >= NEIGHBOURS else fits
        if telling.any():
            fits &= np.abs(off - np.median(off[telling])) < BRIGHTNESS
        return np.asarray(fits, np.bool_).reshape(self._blocks)

    def _laid(self, across: float, down: float) -> Fields:
        if across == 0 and down == 0:
            return self._plate
        right, taps_across = taps(across)
        below, taps_along = taps(down)
        sides = (self.width, self.height, right, below, taps_across, taps_along)
        shift_levels(self._plate, *sides, self._line, self._moved)
        return self._moved


def taps(shift: float) -> tuple[int, Fields]:
    """Whole samples to move by, and 4 taps for what is left, 0..1 back (Catmull and Rom 1974)."""
    whole = math.ceil(shift)
    t = whole - shift
    before, after = -0.5 * t + t**2 - 0.5 * t**3, 0.5 * t + 2 * t**2 - 1.5 * t**3
    return whole, np.array((before, 1 - 2.5 * t**2 + 1.5 * t**3, after, 0.5 * t**3 - 0.5 * t**2), np.float32)
