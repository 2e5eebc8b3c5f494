"""The shadow that the person casts on the screen, kept on the background that takes its place.

A screen that follows its own light takes its shadow for screen, and the shadow is gone. To keep it, the screen's luma
is remembered as it is where nobody stands near, and a shadow is what lacks of it near the person. As the compositor
takes (1 - alpha) of the screen out and puts as much of the background in, an alpha of 1 - t against the unshadowed
screen leaves t of the background where the screen shows t of its light: the shadow, on whatever is there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells, Fields, Pyramid
from transforms.kernels.outline import PERSON
from transforms.kernels.shadow import keep_shadow, learn_lit, measure_shadow
from transforms.kernels.trimap import measure_distances

FAR = 0.22
"""Of the picture's height: how far from the person the screen is taken to lie in full light."""

RATE = 0.05
"""How much of what is known of a cell's light one picture replaces: at 30 fps a time constant of 0.7 s."""

LEAST = 0.03
"""The share of the light that a shadow takes at the least, smoothed: folds leave 0.02 of themselves."""

REACH = 0.045
"""Of the picture's height: how far around a cell it is smoothed."""


class CastShadow:
    """One look's shadow. Invariant: what is known of a cell's light was seen far from the person, or was brighter."""

    def __init__(self, cells: Cells) -> None:
        self._far = max(2, round(FAR * cells.shape[0]))
        self._reach = max(1, round(REACH * cells.shape[0]))
        self._lit: Fields = np.zeros((1, cells.count), np.float32)
        self._trust, self._raw, self._ratio = (np.zeros(cells.count, np.float32) for _ in range(3))
        self._pyramid = Pyramid(cells.shape, channels=1)
        self._distances: NDArray[np.int32] = np.zeros(cells.count, np.int32)
        self._line: Fields = np.zeros(cells.shape[1], np.float32)
        self._alpha: NDArray[np.uint8] | None = None

    def measure(self, cells: Cells, screen: NDArray[np.uint8], local: Fields, labels: NDArray[np.uint8]) -> None:
        """Measure it. `screen`: 1 where it is seen; `local`: its colour about 128; `labels`: those of `Outline`."""
        rows, columns = cells.shape
        person = (labels == PERSON).view(np.uint8)
        most = self._far + self._far // 2 + 1
        measure_distances(person, columns, rows, most, self._distances)
        known = (self._lit, self._trust, self._pyramid.values, self._pyramid.weights)
        learn_lit(cells.moments, screen, self._distances, self._far, RATE, cells.lift, *known)
        self._pyramid.fill(1.0)
        lit = self._pyramid.filled[0, : cells.count]
        measure_shadow(
            local,
            lit,
            self._distances,
            self._far,
            self._reach,
            cells.lift,
            LEAST,
            columns,
            rows,
            self._raw,
            self._ratio,
        )

    def keep(self, alpha: NDArray[np.uint8], cells: Cells) -> NDArray[np.uint8]:
        """The matte that leaves the shadow on the background."""
        if self._alpha is None:
            self._alpha = np.empty_like(alpha)
        height, width = alpha.shape
        rows, columns = cells.shape
        place = (width, height, self._ratio, columns, rows, 2 * cells.cell)
        keep_shadow(alpha.reshape(-1), *place, self._line, self._alpha.reshape(-1))
        return self._alpha

    def lit(self, local: Fields, cells: Cells) -> Fields:
        """The screen's colour without the shadow, about 128, where it shows `local`."""
        black = np.array((-cells.lift, 0, 0), np.float32)[:, None]
        unshadowed: Fields = (local - black) / self._ratio + black
        return unshadowed
