"""A picture cut into small square cells: what the search for a screen and the estimate of alpha both start from.

Cells make the work small, 1 in 64 luma samples, and their moments tell a flat colour from a textured one. Their side
follows the picture's, so that a picture and its double are judged alike.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.cells import fill, measure_cells
from transforms.picture import Look, Picture
from transforms.scratch import Scratch, shared

CELLS_DOWN = 67.5
"""Cells along the short side: 8 luma samples of 540, finer than a finger, coarser than codec noise."""

LEAST_CELL = 2
"""Chroma samples: a cell of one has no scatter to tell anything by."""

BORDER = 0.08
"""The width of the border, as a share of the picture's."""

UPPER = 0.45
"""The part of the border's sides that is looked at, as a share of the height: shoulders come in further down."""

Fields = NDArray[np.float32]


class Cells:
    """One look's buffers, and the last picture's measurements. Arrays are flat, row by row; `shape` is theirs.

    `moments`: float32 (9, cells), see `transforms.kernels.cells`. `luma`: luma two by two, at chroma's size. `border`:
    the cells where a screen is seldom hidden. `lift`: 128 less the level of black, what makes of luma about 128 one
    about black.
    """

    def __init__(self, picture: Picture) -> None:
        self.look = look(picture)
        self.width, self.height = picture.size.chroma
        self.cell = max(LEAST_CELL, round(min(self.width, self.height) / CELLS_DOWN))
        self.shape = math.ceil(self.height / self.cell), math.ceil(self.width / self.cell)
        self.count = self.shape[0] * self.shape[1]
        self.lift = 128.0 if picture.full_range else 112.0
        self.moments: Fields = np.zeros((9, self.count), np.float32)
        self.luma: NDArray[np.uint8] = np.zeros(self.width * self.height, np.uint8)
        self.border = self.edge(BORDER, upper=UPPER)
        self._pairs: NDArray[np.uint16] = np.zeros(2 * self.width, np.uint16)
        self._lines: Fields = np.zeros((10, self.width + self.cell), np.float32)

    def measure(self, picture: Picture) -> None:
        """Measure a picture of this look."""
        y, cb, cr = picture.planes
        samples = (y.samples, y.stride, y.width, y.height, cb.samples, cr.samples, cb.stride)
        scratch = (self.luma, self._pairs, self._lines, self.moments)
        measure_cells(*samples, self.width, self.height, self.cell, *scratch)

    def places_in(self, other: Cells) -> NDArray[np.intp]:
        """For each of these cells the one of `other` in whose place it lies, when one picture covers the other."""
        down, across = (
            np.minimum((np.arange(count) + 0.5) * self.cell / mine * its / other.cell, most - 1).astype(np.intp)
            for count, mine, its, most in zip(
                self.shape, (self.height, self.width), (other.height, other.width), other.shape, strict=True
            )
        )
        return np.asarray((down[:, None] * other.shape[1] + across).reshape(-1), np.intp)

    def edge(self, share: float, *, upper: float = 1.0) -> NDArray[np.bool_]:
        """The cells along the left, the top and the right, `share` of the width wide, down to `upper` of the height."""
        rows, columns = self.shape
        band = max(1, round(share * columns))
        edge = np.zeros(self.shape, np.bool_)
        edge[:band] = edge[:, :band] = edge[:, columns - band :] = True
        edge[max(1, round(upper * rows)) :] = False
        return edge.reshape(-1)


class Pyramid:
    """A grid of weighted values and its halves, halves of halves, up to one of two cells across.

    Write `values[:, :cells]` and `weights[:cells]`, call `fill`, read `filled[:, :cells]`.
    """

    def __init__(self, shape: tuple[int, int], *, channels: int) -> None:
        sizes = [(shape[1], shape[0])]
        while min(sizes[-1]) > 2:
            sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
        starts = np.cumsum([0, *(width * height for width, height in sizes)])
        self.levels = np.array([(start, *size) for start, size in zip(starts, sizes, strict=False)], np.int64)
        total = int(starts[-1])
        self.cells = shape[0] * shape[1]
        self.values: Fields = np.zeros((channels, total), np.float32)
        self.weights: Fields = np.zeros(total, np.float32)
        self.filled: Fields = np.zeros((channels, total), np.float32)
        self._scratch: Fields = np.zeros((3, shape[1] + 2), np.float32)

    @classmethod
    def shared(cls, shape: tuple[int, int], *, channels: int) -> Scratch[Pyramid]:
        """Such pyramids to borrow."""
        return shared((cls, shape, channels), lambda: cls(shape, channels=channels))

    def fill(self, enough: float) -> None:
        """Give every cell a value: its own as far as its weight is `enough`, else its neighbourhood's."""
        fill(self.values, self.weights, self.filled, self.levels, enough, self._scratch)

    def halved(self) -> Fields:
        """The filled values once halved, (channels, rows, columns); as they are where nothing was halved."""
        start, width, height = self.levels[min(1, len(self.levels) - 1)]
        return self.filled[:, start : start + width * height].reshape(-1, height, width)


def look(picture: Picture) -> Look:
    """What must stay the same for what was learnt of cells to hold."""
    return Look.of(picture)
