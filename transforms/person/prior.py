"""What a segmentation says of each cell: a word to those who know the plate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from transforms.cells import Cells, look

if TYPE_CHECKING:
    from transforms.clean_plate import Mask, PersonPrior
    from transforms.person.segmenter import Segmentation, Segmenter
    from transforms.picture import Picture


class Once:
    """A segmenter that looks at each picture once, whoever asks. A picture is told by its time."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._found: Segmentation | None = None
        self._time = -np.inf

    def segment(self, picture: Picture, time: float) -> Segmentation:
        """See `Segmenter.segment`."""
        if self._found is None or time != self._time:
            self._found, self._time = self._segmenter.segment(picture, time), time
        return self._found

    def close(self) -> None:
        """Close what it asks."""
        self._segmenter.close()


class _Prior:
    """By cells, the mean chance of each."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._cells: Cells | None = None

    def person(self, picture: Picture, time: float) -> Mask:
        """See `PersonPrior.person`. Of a segmentation that cannot be relied on: 128, neither."""
        if self._cells is None or self._cells.look != look(picture):
            self._cells = Cells(picture)
        found = self._segmenter.segment(picture, time)
        rows, columns = self._cells.shape
        if found.confidence < 1:
            return np.full(rows * columns, 128, np.uint8)
        cell = self._cells.cell
        # Cells at the right and lower edge may be cut off.
        box = (0.0, 0.0, columns * cell / self._cells.width, rows * cell / self._cells.height)
        height, width = found.chance.shape
        stretched = (0, 0, min(box[2], 1) * width, min(box[3], 1) * height)
        chance = Image.fromarray(found.chance).resize((columns, rows), Image.Resampling.BOX, box=stretched)
        return np.ascontiguousarray(np.asarray(chance, np.uint8)).reshape(-1)


def person_prior(segmenter: Segmenter) -> PersonPrior:
    """A segmenter's word by cell. The segmenter stays the caller's."""
    return _Prior(segmenter)
