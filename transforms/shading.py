"""The screen's shading line, and the cells grown along it.

A screen is not one colour but one line of them: lit more or less, its luma and its saturation fall together and its hue
stays (`transforms.kernels.shading`). How far its hue strays over the picture, and how far from sample to sample, is
measured, so that nothing downstream asks for constants: a strong green on a good camera is held to a tenth of the
tolerance that pale teal through a webcam needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.cells import UPPER, Cells, Fields
from transforms.kernels import line as kernels
from transforms.kernels.evidence import survey
from transforms.kernels.shading import SCREEN, grow
from transforms.kernels.worn import BINS, TERMS, measure_worn

FINEST = 0.35
"""Levels: what rounding alone makes a sample stray (1 / sqrt(12), and the codec's own)."""

DEVIATION = 1.4826
"""A normal distribution's standard deviation, in medians of the distance from its median."""

LEAST_CELLS = 20
"""Cells from which a line is measured; a twentieth of them all where there are fewer than 400."""

PATCH = 300
"""One cell in so many is the least patch that may lie inside the picture, 6 cells at least: an eye, not a gap."""

QUICK, SLOW = 0.2, 0.02
"""How much of a line one picture replaces: of where it lies, which light moves, and of how far it scatters."""

MEDIAN_CELLS, WORN_CELLS = 2000, 600
"""Cells enough for a median, and for a surface."""

BENT = 2.0
"""How much more than about its surface a screen's hue is taken to stray: folds do, where light falls evenly."""

BAND = 0.03
"""How deep the sides and the top are looked at, as a share of the picture's width."""


@dataclass(frozen=True, slots=True)
class ShadingLine:
    """`key`: Cb and Cr about neutral, in levels. `seen`: the median of luma above black, Cb and Cr about neutral.

    Angles (across over along, from the key): the line's own, its `spread` over the picture and its `noise` from sample
    to sample. `rho`: luma per strength; `excess`: how far luma scatters about what strength says, as a share.
    """

    key: tuple[float, float]
    seen: tuple[float, float, float]
    angle: float
    spread: float
    noise: float
    rho: float
    excess: float = 0.0

    @property
    def strength(self) -> float:
        """Levels from neutral."""
        return math.hypot(*self.seen[1:])

    @property
    def along(self) -> float:
        """The median's strength in units of the key."""
        cb, cr = self.key
        return (self.seen[1] * cb + self.seen[2] * cr) / (cb * cb + cr * cr)

    @classmethod
    def through(cls, cells: Cells, key: tuple[float, float], chosen: NDArray[np.uint8]) -> ShadingLine | None:
        """The line of the cells where `chosen` is 1; None where they are too few to tell."""
        step = max(1, cells.count // MEDIAN_CELLS)
        medians = np.empty(9, np.float32)
        counts = np.zeros((8, kernels.BINS), np.int32)
        kernels.measure_line(cells.moments, chosen, step, *key, cells.lift, counts, medians)
        luma, cb, cr, angle, within, rho, spread, excess, number = medians.tolist()
        if number * step < min(LEAST_CELLS, max(1, cells.count // 20)):
            return None
        finest = FINEST / math.hypot(*key)
        spread = max(DEVIATION * spread, finest)
        noise = max(math.hypot(within, spread), finest)
        return cls(key, (luma, cb, cr), angle, spread, noise, rho, DEVIATION * excess)

    def smoothed(self, surface: Surface) -> ShadingLine:
        """This line, its noise taken about the smooth surface of its hue instead of about one hue."""
        noise = math.hypot(math.sqrt(max(self.noise**2 - self.spread**2, 0)), min(self.spread, BENT * surface.turned))
        return replace(self, noise=max(noise, FINEST / math.hypot(*self.key)))

    def followed(self, other: ShadingLine) -> ShadingLine:
        """This line, moved towards another of the same key."""
        angle, rho = (
            own + QUICK * (new - own) for own, new in zip((self.angle, self.rho), (other.angle, other.rho), strict=True)
        )
        spread, noise = (
            own + SLOW * (new - own)
            for own, new in zip((self.spread, self.noise), (other.spread, other.noise), strict=True)
        )
        return ShadingLine(self.key, other.seen, angle, spread, noise, rho, other.excess)


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

    def survey(self, cells: Cells) -> Survey:
        """Where the screen has grown."""
        rows, columns = cells.shape
        band = min(max(1, round(BAND * columns)), rows, columns)
        upper = max(1, round(UPPER * rows))
        counts = np.empty(5, np.float32)
        survey(self.coordinates, self.screen, columns, rows, band, upper, counts)
        seen, left, top, right, alike = counts.tolist()
        border = (upper * (left + right) + columns * top) / (2 * upper + columns)
        return Survey(seen, left, right, border, alike)

    def surface(self, cells: Cells, line: ShadingLine) -> Surface:
        """How smooth the screen is that has grown along this line."""
        rows, columns = cells.shape
        start = np.array((line.angle, 0, line.along), np.float32)
        fits = np.empty((TERMS, TERMS + 1), np.float32), np.empty((4, TERMS), np.float32)
        scratch = np.empty(BINS, np.int32), np.empty(cells.count, np.uint8)
        found = np.empty(4, np.float32)
        # An odd step takes its cells from all columns.
        step = max(1, cells.count // WORN_CELLS) | 1
        measure_worn(cells.moments, self.coordinates, self.screen, columns, rows, step, start, *fits, *scratch, found)
        return Surface(*found.tolist())


class Survey(NamedTuple):
    """Shares of cells, 0..1, that have grown: of all, of the left and right side's upper parts, of these and the top.

    `alike`: the share of all that have the screen's hue and half its strength, and yet have not grown.
    """

    seen: float
    left: float
    right: float
    border: float
    alike: float


class Surface(NamedTuple):
    """The smooth surface of second degree through the hue and the light of what has grown.

    `worn`: the share of all cells that step out of it. `turned`, `lit`: the deviations of hue, as an angle, and of luma
    about what strength says, as a share. `seams`: the share of all cells that are thin lines within it.
    """

    worn: float
    turned: float
    lit: float
    seams: float
