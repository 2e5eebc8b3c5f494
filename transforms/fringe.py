"""The person's colours along an outline, carried outward: what stands in a softened edge beyond the person."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Pyramid
from transforms.kernels.fringe import CELL, average
from transforms.picture import Picture, Size

ENOUGH = 16.0
"""Samples of the person, of the 64 looked at in a cell, from which its colour needs no neighbour's word."""


class Fringe:
    """The buffers for pictures of one size."""

    def __init__(self, size: Size) -> None:
        self._shape = math.ceil(size.chroma.height / CELL), math.ceil(size.chroma.width / CELL)
        self._pyramid = Pyramid(self._shape, channels=3)
        cells = self._pyramid.cells
        self._sums: NDArray[np.float32] = np.zeros((3, cells), np.float32)
        self._counts: NDArray[np.float32] = np.zeros(cells, np.float32)
        self._lines: NDArray[np.uint16] = np.zeros((4, size.chroma.width), np.uint16)

    def colors(
        self, picture: Picture, alpha: NDArray[np.uint8], spans: NDArray[np.int64]
    ) -> NDArray[np.float32] | None:
        """Float32 (3, rows, columns), Y, Cb, Cr on a coarse grid, of what is opaque by `alpha` (H, W); None: nothing.

        `spans`: where an edge was worked out.
        """
        y, cb, cr = picture.planes
        planes = (y.samples, y.stride, cb.samples, cr.samples, cb.stride, alpha.reshape(-1), y.width, y.height)
        average(*planes, spans, self._lines, self._sums, self._counts)
        if not self._counts.any():
            return None
        pyramid = self._pyramid
        pyramid.values[:, : pyramid.cells], pyramid.weights[: pyramid.cells] = self._sums, self._counts
        pyramid.fill(ENOUGH)
        return pyramid.filled[:, : pyramid.cells].reshape(3, *self._shape)
