"""Sure screen, sure person, and what lies between, by the screen's local colour.

A chroma sample is screen where it lies on the local screen's shading line, within five deviations of its measured
noise, with the luma that its strength says: jeans before a blue screen have its hue but not its light. Lone samples are
opened away. Every cell further than REACH from any screen is person, whatever its colour: the filled core.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells, Fields
from transforms.kernels.cells import count_cells
from transforms.kernels.trimap import (
    believe,
    blur,
    classify,
    dilate,
    erode,
    find_bare,
    measure_distances,
    settle_veils,
)
from transforms.picture import Picture
from transforms.scratch import Scratch, shared
from transforms.shading import Growth, ShadingLine

LEAST, FIRST, MOST = 0.72, 0.9, 1.35
"""Strengths of a sample beside the local screen's: what a shadow's edge and a fold leave of it. The least falls from
FIRST with the screen's noise: before a clean screen a tenth less is the thinnest hair."""

ALONG = 10.0
"""So many deviations of the screen's noise a sample may lie below the screen's strength."""

TEXTURE, TEXTURE_DEVIATIONS = 1.5, 2.0
"""Levels, and the screen's own deviations within a cell, by which a shaded sample's luma may stand out of those beside
it: a shadow is smooth, and dark hair of the same colours is not."""

DEVIATIONS = 5.0
UNEVEN = 0.3
"""How far luma may be from what the strength says, as a share of the screen's."""

REACH = 5
"""Cells: hair and blur reach 40 samples of 540 from the last sure screen; beyond lies the core."""

ISLAND = 6 / 16
"""Strictly marked samples, in cells' worths, from which a patch that nothing grew near is taken for screen."""


class Trimap:
    """One look's masks, by sample at chroma's size, and distances, by cell. Read-only to others.

    `near`: bit 0 for sure screen, half a sample shrunk. `wide`: what may be screen. `rough`: alpha by chroma alone, 200
    is opaque. `marked`: samples of `near` by cell. `distances`: cells to the nearest screen, REACH + 1 in the core.
    `veiled`: 1 for cells under a veil. `bare`: 1 for cells that are screen in every sample; `idle`: where all around
    are, too.
    """

    reach = REACH

    def __init__(self, cells: Cells) -> None:
        samples, count = cells.width * cells.height, cells.count
        self.near, self.wide, self.rough, self._opened = (np.zeros(samples, np.uint8) for _ in range(4))
        self.marked, self.distances, self._strictly = (np.zeros(count, np.int32) for _ in range(3))
        self._sure, self._some = (np.zeros(count, np.int32) for _ in range(2))
        self.veiled, self.bare, self.idle, self._believed, self._near_grown = (
            np.zeros(count, np.uint8) for _ in range(5)
        )
        self._blurred: tuple[NDArray[np.uint16], ...] = tuple(np.zeros(samples, np.uint16) for _ in range(2))
        self._lines: Fields = np.zeros((4, cells.width), np.float32)
        self._short: NDArray[np.uint16] = np.zeros(cells.width + 2, np.uint16)
        self._line: NDArray[np.uint8] = np.zeros(cells.width + 2, np.uint8)
        self._enough = max(2, round(ISLAND * cells.cell**2))

    @classmethod
    def shared(cls, cells: Cells) -> Scratch[Trimap]:
        """Such trimaps to borrow: all they say is of the picture that was drawn or settled last."""
        return shared((cls, cells.width, cells.height, cells.cell), lambda: cls(cells))

    def draw(self, picture: Picture, cells: Cells, screen: Fields, growth: Growth, line: ShadingLine) -> None:
        """Draw a screen's anew. `screen`: float32 (3, cells), the local screen about 128."""
        width, height = cells.width, cells.height
        for plane, blurred in zip((picture.cb, picture.cr), self._blurred, strict=True):
            blur(plane.samples, plane.stride, width, height, self._short, blurred)
        least = min(max(1 - ALONG * line.noise, LEAST), FIRST)
        texture = TEXTURE + TEXTURE_DEVIATIONS * _deviation(cells, growth)
        bounds = np.array((least, MOST, DEVIATIONS * line.noise, UNEVEN, texture), np.float32)
        cb, cr = self._blurred
        masks = (self._lines, self.near, self.rough)
        classify(cells.luma, cb, cr, width, height, cells.cell, screen, bounds, 128 - cells.lift, *masks)
        self.settle(cells, growth.screen, growth.veiled)

    def settle(self, cells: Cells, grown: NDArray[np.uint8], veiled: NDArray[np.uint8] | None = None) -> None:
        """Work the rest out from `near` and `rough`, which the caller has written.

        `near`: bit 0 for background, bit 1 for background by a stricter measure, which makes the first too. `grown`:
        bit 0 for the cells that are surely background; `veiled` (cells): 1 under a veil.
        """
        width, height = cells.width, cells.height
        self._open(width, height)
        count_cells(self._opened, width, height, cells.cell, self._short, self._some, self._strictly)
        count_cells(self.near, width, height, cells.cell, self._short, self.marked, self._sure)
        rows, columns = cells.shape
        dilate(grown, columns, rows, self._line, self._near_grown)
        dilate(self._near_grown, columns, rows, self._line, self.idle)
        evidence = (self._some, self._strictly, self.idle, columns, rows, self._enough)
        believe(*evidence, self._sure, self._believed)
        measure_distances(self._believed, columns, rows, REACH + 1, self.distances)
        if veiled is None or not veiled.any():
            self.veiled[:] = 0
        else:
            settle_veils(veiled, columns, rows, self.distances, self.veiled)
        find_bare(self.marked, self.distances, width, height, cells.cell, self.bare)
        erode(self.bare, columns, rows, self._line, self.idle)

    def _open(self, width: int, height: int) -> None:
        """From the mask in `near`: opened, opened and shrunk, opened and widened."""
        erode(self.near, width, height, self._line, self.wide)
        dilate(self.wide, width, height, self._line, self._opened)
        erode(self._opened, width, height, self._line, self.near)
        dilate(self._opened, width, height, self._line, self.wide)


def _deviation(cells: Cells, growth: Growth) -> float:
    """The standard deviation of luma within the screen's cells, the middle one of them. Every fourth is asked."""
    chosen = growth.is_screen[::4]
    if not chosen.any():
        return 0.0
    mean, square = cells.moments[0, ::4][chosen], cells.moments[3, ::4][chosen]
    return math.sqrt(max(float(np.median(square - mean * mean)), 0.0))
