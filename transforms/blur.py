"""The caller's own room, out of focus: as far behind the person as it takes for nothing in it to be read.

Blurring a picture and laying the person over it shows a glow of the person around the person. Here the room alone is
blurred (`transforms.kernels.blur`): where the person stands, its colours go on behind them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from transforms.effect import Color
from transforms.kernels import blur as kernels
from transforms.matting import Matte
from transforms.picture import Look, Picture

SOFT, SOFTEST = 1 / 14, 1 / 7
"""The blur's standard deviation at strength 0 and at 1, as a share of the picture's short side. Eyes read letters that
are more than twice as tall as it: those of a poster's headline, a tenth of the short side, are blots at strength 0."""

CELLS = 60
"""Along the short side: a quarter of the least standard deviation each, finer than anything that it leaves."""

GREY = Color(128, 128, 128)
"""What is shown where nothing is known of the room: the room itself never is."""


INERTIA = 0.1
"""Seconds of stream time in which most of a change comes in: noise and an outline's trembling are lost in it."""


class Blur:
    """One stream's. `strength`: 0..1. The picture it returns is its own and holds until the next."""

    def __init__(self, strength: float) -> None:
        self._share = SOFT * (SOFTEST / SOFT) ** strength
        self._room: _Room | None = None

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        """The room around whom `matte` shows in `source`; plain grey without one, and where it leaves no room.

        Raises:
            ValueError: the matte is of another size.
        """
        look = Look.of(source)
        if self._room is None or self._room.look != look:
            self._room = _Room(look, self._share)
        return self._room.grey() if matte is None else self._room.blurred(source, matte.alpha, time)

    def close(self) -> None:
        """Let go of the buffers."""
        self._room = None


def blur_background(strength: float) -> Blur:
    """The caller's room, blurred by `strength`, 0..1; at 0 no text in it can be read any more."""
    return Blur(strength)


class _Room:
    """The buffers for pictures of one look. `share`: the standard deviation, of the short side."""

    def __init__(self, look: Look, share: float) -> None:
        self.look = look
        across, down = look.size.chroma
        short = min(look.size)
        self._cell = min(max(1, round(short / 2 / CELLS)), kernels.TALLEST_CELL)
        self._stay = _stay(short * share / (2 * self._cell))
        columns, rows = math.ceil(across / self._cell), math.ceil(down / self._cell)
        self._cells: NDArray[np.float32] = np.empty((rows, 4 * columns), np.float32)
        self._turned: NDArray[np.float32] = np.empty((columns, 4 * rows), np.float32)
        self._grid: NDArray[np.float32] = np.zeros((3, rows, columns), np.float32)
        self._down: NDArray[np.float32] = np.empty((kernels.PASSES, 4 * columns), np.float32)
        self._across: NDArray[np.float32] = np.empty((kernels.PASSES, 4 * rows), np.float32)
        self._stretched: NDArray[np.float32] = np.empty((2, look.size.width), np.float32)
        self._totals: NDArray[np.float32] = np.empty(4, np.float32)
        self._lines: NDArray[np.uint16] = np.empty((2, look.size.width + 1), np.uint16)
        self._sums: NDArray[np.uint16] = np.empty((4, across), np.uint16)
        self._time: float | None = None
        self._picture = Picture.blank(look.size, matrix=look.matrix, full_range=look.full_range)

    def grey(self) -> Picture:
        """Nothing of the room, nor anything remembered of it."""
        self._time = None
        levels = self.look.matrix.to_ycbcr(GREY, full_range=self.look.full_range)
        for plane, level in zip(self._picture.planes, levels, strict=True):
            plane.samples.fill(level)
        return self._picture

    def blurred(self, source: Picture, alpha: NDArray[np.uint8], time: float) -> Picture:
        """The room in `source`, out of focus; grey where `alpha` leaves none."""
        size = self.look.size
        if alpha.shape not in ((size.height, size.width), (size.chroma.height, size.chroma.width)):
            raise ValueError(f"alpha of {alpha.shape[1]}x{alpha.shape[0]} does not fit {size.width}x{size.height}")
        self._measure(source, alpha)
        if self._totals[3] <= 0:
            return self.grey()
        self._smooth(self._news(time))
        self._paint()
        return self._picture

    def _measure(self, source: Picture, alpha: NDArray[np.uint8]) -> None:
        y, cb, cr = source.planes
        kernels.average(
            y.samples,
            y.stride,
            y.width,
            y.height,
            cb.samples,
            cr.samples,
            cb.stride,
            np.ascontiguousarray(alpha).reshape(-1),
            self._cell,
            self._lines,
            self._sums,
            self._cells,
            self._totals,
        )

    def _news(self, time: float) -> float:
        """How much of the grid is to be of a picture at `time`, 0..1."""
        before, self._time = self._time, time
        return 1.0 if before is None or time < before else 1 - math.exp((before - time) / INERTIA)

    def _smooth(self, news: float) -> None:
        kernels.smooth(self._cells, self._stay, self._down)
        kernels.turn(self._cells, self._turned)
        kernels.smooth(self._turned, self._stay, self._across)
        kernels.divide(self._turned, news, self._grid)

    def _paint(self) -> None:
        for plane, levels in zip(self._picture.planes, self._grid, strict=True):
            cell = 2 * self._cell if plane is self._picture.y else self._cell
            scratch = (self._stretched, self._lines)
            kernels.paint(levels, cell, *scratch, plane.samples, plane.stride, plane.width, plane.height)


def _stay(deviation: float) -> float:
    """The `a` of the smoothing's passes for a standard deviation in cells.

    There and back, an exponential's variance is 2a / (1 - a)²; those of all passes add up.
    """
    ratio = 1 + kernels.PASSES / deviation**2
    return ratio - math.sqrt(ratio**2 - 1)
