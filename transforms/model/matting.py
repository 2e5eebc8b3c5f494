"""The matting by a model whose answer is the matte: its alpha, stretched over the picture, and nothing else.

A model that only says how likely a person is where is not used so: it is refined (`transforms.person.matting`).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.widen import widen
from transforms.matting import Matte
from transforms.model.segmenter import ModelSegmenter
from transforms.model.unmixed import Stretching
from transforms.person.paced import PacedSegmenter
from transforms.picture import Picture, Size

THRESHOLD = 0.5

Places = tuple[NDArray[np.int32], NDArray[np.float32]]


class ModelMatting:
    """Follows one stream; owns the segmenter, and with it the model."""

    def __init__(self, segmenter: ModelSegmenter) -> None:
        self._segmenter = segmenter
        self._paced = PacedSegmenter(segmenter)
        self._stretching = Stretching()

    @property
    def every(self) -> int:
        """The model looks at one picture in so many (`transforms.matting.Paced`)."""
        return self._paced.every

    @every.setter
    def every(self, every: int) -> None:
        self._paced.every = every

    def matte(self, picture: Picture, time: float) -> Matte:
        """Alpha of luma's size as the model has it, and what lies behind where its foreground tells."""
        self._segmenter.behind = None
        found = self._paced.segment(picture, time)
        alpha = stretched(found.chance, picture.size)
        if found.confidence < THRESHOLD:
            return Matte(alpha, None, found.confidence, THRESHOLD, found.reason)
        # Of pictures between those looked at nothing is known behind: then of none, or the edge would flicker.
        behind = self._segmenter.behind if self.every == 1 else None
        screen = None if behind is None else self._stretching.like(picture, behind)
        return Matte(alpha, screen, found.confidence, THRESHOLD)

    def close(self) -> None:
        """Let go of the model."""
        self._paced.close()


def stretched(cells: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Cells over a whole picture as its samples, (height, width), bilinear."""
    rows, columns = cells.shape
    if (columns, rows) == size:
        return np.ascontiguousarray(cells)
    out = np.empty((size.height, size.width), np.uint8)
    lines = np.empty((2, size.width), np.float32)
    across, down = _places(columns, size.width), _places(rows, size.height)
    widen(np.ascontiguousarray(cells).reshape(-1), rows, columns, *down, *across, lines, out.reshape(-1))
    return out


@lru_cache(maxsize=16)
def _places(cells: int, samples: int) -> Places:
    """For each sample the cell before it, and how far it is on to the next, 0..1."""
    at = np.clip((np.arange(samples) + 0.5) * (cells / samples) - 0.5, 0, cells - 1)
    first = np.floor(at)
    return first.astype(np.int32), (at - first).astype(np.float32)
