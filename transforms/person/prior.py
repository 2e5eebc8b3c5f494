"""What a segmentation says of each cell: a word to those who know the plate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from transforms.cells import Cells, look
from transforms.kernels.resample import resample
from transforms.matting import set_pace
from transforms.person.sampling import taps

if TYPE_CHECKING:
    from transforms.clean_plate import Mask, PersonPrior
    from transforms.person.segmenter import Segmentation, Segmenter
    from transforms.picture import Picture

NEITHER = 128
"""The chance of which nothing can be said."""

RELIABLE = 0.5
"""The confidence from which a segmentation is believed."""


def by_cells(chance: Mask, cells: Cells) -> Mask:
    """The mean chance of each cell: uint8 (cells). `chance`: uint8 (rows, columns), stretched over the picture."""
    rows, columns = cells.shape
    height, width = chance.shape
    # The last cells may be cut off by the picture's edge; that the others grow a little is nothing at this fineness.
    down = taps(0.0, min(rows * cells.cell / cells.height, 1) * height, height, rows)
    across = taps(0.0, min(columns * cells.cell / cells.width, 1) * width, width, columns)
    means = np.empty(cells.count, np.float32)
    resample(np.ascontiguousarray(chance).reshape(-1), width, *down, *across, np.empty(width, np.float32), means)
    return (means + np.float32(0.5)).astype(np.uint8)


class Once:
    """A segmenter that looks at each picture once, whoever asks. A picture is told by its time."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._every = 1
        self._found: Segmentation | None = None
        self._time = -np.inf

    @property
    def every(self) -> int:
        """See `transforms.matting.Paced`."""
        return self._every

    @every.setter
    def every(self, every: int) -> None:
        self._every = every
        set_pace(self._segmenter, every)

    def segment(self, picture: Picture, time: float) -> Segmentation:
        """See `Segmenter.segment`."""
        if self._found is None or time != self._time:
            self._found, self._time = self._segmenter.segment(picture, time), time
        return self._found

    def close(self) -> None:
        """Close what it asks."""
        self._segmenter.close()


class _Prior:
    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._cells: Cells | None = None

    def person(self, picture: Picture, time: float) -> Mask:
        """See `PersonPrior.person`."""
        if self._cells is None or self._cells.look != look(picture):
            self._cells = Cells(picture)
        found = self._segmenter.segment(picture, time)
        if found.confidence < RELIABLE:
            return np.full(self._cells.count, NEITHER, np.uint8)
        return by_cells(found.chance, self._cells)


def person_prior(segmenter: Segmenter) -> PersonPrior:
    """A segmenter's word by cell; where it cannot be relied on, neither for nor against. It stays the caller's."""
    return _Prior(segmenter)
