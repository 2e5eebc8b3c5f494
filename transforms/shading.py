"""The screen's shading line, and the cells grown along it.

A screen is not one colour but one line of them: lit more or less, its luma and its saturation fall together and its hue
stays (`transforms.kernels.shading`). How far its hue strays over the picture, and how far from sample to sample, is
measured, so that nothing downstream asks for constants: a strong green on a good camera is held to a tenth of the
tolerance that pale teal through a webcam needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells, Fields
from transforms.kernels.shading import SCREEN, grow

FINEST = 0.35
"""Levels: what rounding alone makes a sample stray (1 / sqrt(12), and the codec's own)."""

LEAST_CELLS = 20
"""Cells from which a line is measured; a twentieth of them all where there are fewer than 400."""

PATCH = 300
"""One cell in so many is the least patch that may lie inside the picture, 6 cells at least: an eye, not a gap."""

RATE = 0.1
"""How much of the line one measurement replaces."""


@dataclass(frozen=True, slots=True)
class ShadingLine:
    """`key`: Cb and Cr about neutral, in levels. `seen`: the median of luma above black, Cb and Cr about neutral.

    Angles (across over along, from the key): the line's own, its `spread` over the picture and its `noise` from sample
    to sample. `rho`: luma per strength.
    """

    key: tuple[float, float]
    seen: tuple[float, float, float]
    angle: float
    spread: float
    noise: float
    rho: float

    @property
    def strength(self) -> float:
        """Levels from neutral."""
        return float(np.hypot(*self.seen[1:]))

    @classmethod
    def through(cls, cells: Cells, key: tuple[float, float], chosen: NDArray[np.bool_]) -> ShadingLine | None:
        """The line of the chosen cells; None where they are too few to tell."""
        if np.count_nonzero(chosen) < min(LEAST_CELLS, max(1, cells.count // 20)):
            return None
        m = cells.moments[:, chosen]
        cb, cr = key
        size = cb * cb + cr * cr
        along, across = (m[1] * cb + m[2] * cr) / size, (m[1] * cr - m[2] * cb) / size
        angles = across / along
        angle = float(np.median(angles))
        scatter = (
            (m[6] - m[1] ** 2) * cr**2 - 2 * (m[7] - m[1] * m[2]) * cb * cr + (m[8] - m[2] ** 2) * cb**2
        ) / size**2
        finest = FINEST / np.sqrt(size)
        spread = max(1.4826 * float(np.median(np.abs(angles - angle))), finest)
        noise = max(float(np.hypot(np.sqrt(max(np.median(scatter), 0)), spread)), finest)
        luma = m[0] + cells.lift
        seen = float(np.median(luma)), float(np.median(m[1])), float(np.median(m[2]))
        return cls(key, seen, angle, spread, noise, float(np.median(luma / along)))

    def followed(self, other: ShadingLine) -> ShadingLine:
        """This line, moved by RATE towards another of the same key."""
        mine = (self.angle, self.spread, self.noise, self.rho)
        theirs = (other.angle, other.spread, other.noise, other.rho)
        moved = (own + RATE * (new - own) for own, new in zip(mine, theirs, strict=True))
        return ShadingLine(self.key, other.seen, *moved)


class Growth:
    """The cells of the screen of one picture. `screen`: uint8 (cells), SCREEN, ISLAND or 0; `veiled`: 0 or 1."""

    def __init__(self, cells: Cells) -> None:
        count = cells.count
        self.screen: NDArray[np.uint8] = np.zeros(count, np.uint8)
        self.veiled: NDArray[np.uint8] = np.zeros(count, np.uint8)
        self.coordinates: Fields = np.zeros((3, count), np.float32)
        self._plain: NDArray[np.uint8] = np.zeros(count, np.uint8)
        self._stack: NDArray[np.int64] = np.zeros(count, np.int64)
        self._small = max(6, count // PATCH) if count > 24 else 1

    @property
    def is_screen(self) -> NDArray[np.bool_]:
        """The cells that are surely screen."""
        found: NDArray[np.bool_] = self.screen == SCREEN
        return found

    def grow(self, cells: Cells, line: ShadingLine) -> None:
        """Find them anew."""
        rows, columns = cells.shape
        numbers = np.array((line.angle, line.spread, line.noise, line.rho), np.float32)
        place = (cells.moments, columns, rows, *line.key, numbers, cells.lift, self._small)
        grow(*place, self.coordinates, self._plain, self._stack, self.screen, self.veiled)

    def lookalikes(self) -> float:
        """The share of cells that have the screen's hue and half its strength, yet were not grown."""
        strength, angle = self.coordinates[0], self.coordinates[1]
        alike = (strength > 0.4) & (np.abs(angle) < 0.35) & (self.screen != SCREEN)
        return int(np.count_nonzero(alike)) / len(alike)
