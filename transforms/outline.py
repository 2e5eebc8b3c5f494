"""Who stands before the screen, and what only lies beyond its edge: a strip of wall, the rod it hangs from, a door.

A screen seldom fills the picture for as long as a call lasts, and whatever is not screen would be shown. So each
matte's foreground is looked at in cells (`transforms.kernels.outline`): what hangs in from the top or a side, apart
from the person, is made transparent; and where person and room hang together, or no screen is left to tell them apart,
the matte is not to be trusted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.cells import UPPER, Cells
from transforms.kernels import outline as kernels

LEAST_PICTURE = 0.04
"""The share of the picture that must be screen."""

LEAST_SIDE = 0.25
"""The share of a side's upper part that must be screen, unless its corner is."""

LEAST_TOP = 0.1
"""The share of the top that must be screen, unless a corner is."""

MOST_BEYOND = 0.6
"""The share of a side's upper part that may lie beyond the screen's edge."""

MOST_THIN = 0.06
"""The share of the person that may be in shreds, thinner than three cells: fingers and wisps of hair reach 0.01, a pane
of glass 0.025, a small man with an axe 0.04, who wears the screen's colour 0.09 to 0.4."""

STRANGE = 0.6
"""How nearly sufficient a side is whose upper corner belongs to the person, where no screen was seen before."""

Shares = list[tuple[float, str]]


class Outline:
    """One look's cells: who or what each belongs to.

    Invariant: a cell's time is that of the picture in which it was last seen to be screen, or to lie beyond it.
    """

    def __init__(self, cells: Cells) -> None:
        self._shape = cells.shape
        self._side = 2 * cells.cell
        self._upper = max(1, round(UPPER * cells.shape[0]))
        self._seen, self._strayed = (np.full(cells.count, kernels.NEVER, np.float32) for _ in range(2))
        self._labels: NDArray[np.uint8] = np.zeros(cells.count, np.uint8)
        self._stack: NDArray[np.int64] = np.zeros(cells.count, np.int64)
        self._whole: NDArray[np.uint8] = np.zeros(cells.count, np.uint8)
        self._counts: NDArray[np.float32] = np.zeros(11, np.float32)
        self._trimmed: NDArray[np.uint8] | None = None

    def draw(self, alpha: NDArray[np.uint8], time: float) -> None:
        """Look at a matte of luma's size."""
        rows, columns = self._shape
        height, width = alpha.shape
        place = (width, height, self._side, columns, rows, self._upper, time)
        scratch = (self._seen, self._strayed, self._labels, self._stack, self._whole)
        kernels.outline(alpha.reshape(-1), *place, *scratch, self._counts)

    @property
    def labels(self) -> NDArray[np.uint8]:
        """Who or what each cell belonged to in the last matte (`transforms.kernels.outline`)."""
        return self._labels

    @property
    def floats(self) -> bool:
        """Whether nobody stands on the lower edge, though somebody is there."""
        persons = self._labels == kernels.PERSON
        return bool(persons.any() and not persons[-self._shape[1] :].any())

    def trim(self, alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The matte without what lies beyond the screen's edge: itself, where nothing does."""
        if not (self._labels >= kernels.BEYOND).any():
            return alpha
        if self._trimmed is None:
            self._trimmed = np.empty_like(alpha)
        self._trimmed[:] = alpha
        rows, columns = self._shape
        height, width = alpha.shape
        kernels.cut(self._labels, columns, rows, self._side, width, height, self._trimmed.reshape(-1))
        return self._trimmed

    @property
    def shares(self) -> Shares:
        """What is there of what there must be, 1 where it just suffices, and what is missing where it does not."""
        counts = self._counts.tolist()
        corners = counts[kernels.LEFT_CORNER], counts[kernels.RIGHT_CORNER]
        top = counts[kernels.TOP] / LEAST_TOP
        return [
            (counts[kernels.SEEN] / LEAST_PICTURE, "too little of it"),
            (_side(*(counts[i] for i in _LEFT)), "the screen does not reach the left side"),
            (_side(*(counts[i] for i in _RIGHT)), "the screen does not reach the right side"),
            (2.0 if kernels.SCREEN in corners else top, "the screen does not reach the top"),
            (MOST_THIN / max(counts[kernels.THIN], 1e-6), "the subject wears it"),
        ]


_LEFT = kernels.LEFT, kernels.LEFT_BEYOND, kernels.LEFT_CORNER
_RIGHT = kernels.RIGHT, kernels.RIGHT_BEYOND, kernels.RIGHT_CORNER


def _side(seen: float, beyond: float, corner: float) -> float:
    """What is there of a side, 1 where it just suffices."""
    bare = MOST_BEYOND / max(beyond, 1e-6)
    if corner == kernels.SCREEN:
        return bare
    if corner == kernels.UNKNOWN:
        return min(bare, STRANGE)
    return min(bare, seen / LEAST_SIDE)
