"""Garbage and holdout masks: drawings on the frame, of what is never the person and of what always is.

A mask is white where it holds and grey where it holds in part. It is stretched over the whole frame, each way by
itself, for it was drawn on the frame; so one mask serves every size that a call switches to.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from transforms.picture import Size
from transforms.still import load_mask

SIZES_KEPT = 4
"""A call that switches between a few sizes (a phone turned, a browser short of bandwidth) waits for a fitting once
each."""


class Mask:
    """A mask and its fittings to the last few sizes, which are replaced whole: any thread may ask."""

    def __init__(self, path: Path, drawing: NDArray[np.uint8]) -> None:
        self.path = path
        self._drawing = drawing
        self._kept: tuple[tuple[Size, NDArray[np.uint8]], ...] = ()

    @classmethod
    def load(cls, path: Path, *, what: str) -> Mask:
        """Read it; `what`: what a refusal calls it.

        Raises:
            EffectError: the file cannot be used; see `transforms.still.load_mask`.
        """
        return cls(path, load_mask(path, what=what))

    def at(self, size: Size) -> NDArray[np.uint8]:
        """The mask stretched to `size`: (H, W), 0 where it says nothing .. 255. The first of a size takes about 10 ms.

        Triangles, widened where it is made smaller: no ringing, so that plain white and black stay what they are.
        """
        for kept_size, fitting in self._kept:
            if kept_size == size:
                return fitting
        fitting = np.array(Image.fromarray(self._drawing).resize(size, Image.Resampling.BILINEAR))
        self._kept = ((size, fitting), *self._kept)[:SIZES_KEPT]
        return fitting
