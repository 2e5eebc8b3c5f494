"""A part of a picture as the small RGB picture that a network takes.

Each sample out is the mean over the part of the picture that it covers, those cut off counted by their share; where it
covers less than one sample it is the mean over one, which is linear interpolation. So nothing aliases, at any scale.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.resample import resample, to_rgb
from transforms.picture import LUMA_WEIGHTS, Matrix, Picture, Plane, Size
from transforms.scratch import Scratch, shared

Levels = NDArray[np.float32]
Taps = tuple[NDArray[np.int32], NDArray[np.float32]]


class Box(NamedTuple):
    """A part of a picture, in luma samples from its upper left corner; it lies within the picture."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def whole(cls, size: Size) -> Box:
        """All of a picture of this size."""
        return cls(0.0, 0.0, float(size.width), float(size.height))


class Sampler:
    """Samples into memory of its own: what it gave last is overwritten by what it gives next.

    `size`: of what it gives, width and height.
    """

    def __init__(self, size: Size) -> None:
        self.size = size
        count = size.width * size.height
        self._levels: tuple[Levels, ...] = tuple(np.empty(count, np.float32) for _ in range(3))
        self._rgb = np.empty((size.height, size.width, 3), np.uint8)
        self._line = np.empty(0, np.float32)

    @classmethod
    def shared(cls, size: Size) -> Scratch[Sampler]:
        """Such samplers to borrow."""
        return shared((cls, size), lambda: cls(size))

    def rgb(self, picture: Picture, box: Box, *, mirrored: bool = False) -> NDArray[np.uint8]:
        """The box, stretched: (height, width, 3) sRGB. `mirrored`: left becomes right."""
        y, cb, cr = self.levels(picture, box, mirrored=mirrored)
        factors = _factors(picture.matrix, full_range=picture.full_range)
        to_rgb(y, cb, cr, factors, self.size.width * self.size.height, self._rgb.reshape(-1))
        return self._rgb

    def levels(self, picture: Picture, box: Box, *, mirrored: bool = False) -> tuple[Levels, ...]:
        """As `rgb`, but the levels of Y, Cb and Cr as they are: three of float32 (height * width)."""
        if len(self._line) < picture.size.width:
            self._line = np.empty(picture.size.width, np.float32)
        for plane, out in zip(picture.planes, self._levels, strict=True):
            down, across = self._plane_taps(plane, picture.size, box, mirrored)
            resample(plane.samples, plane.stride, *down, *across, self._line, out)
        return self._levels

    def _plane_taps(self, plane: Plane, size: Size, box: Box, mirrored: bool) -> tuple[Taps, Taps]:
        """What each row, and each column, is the mean of."""
        across, down = plane.width / size.width, plane.height / size.height
        rows = taps(box.top * down, box.height * down, plane.height, self.size.height)
        return rows, taps(box.left * across, box.width * across, plane.width, self.size.width, mirrored=mirrored)


def sample(picture: Picture, size: Size) -> NDArray[np.uint8]:
    """The whole picture, stretched to `size`: uint8 (height, width, 3) sRGB."""
    return Sampler(size).rgb(picture, Box.whole(picture.size))


@lru_cache(maxsize=64)
def taps(start: float, length: float, limit: int, count: int, *, mirrored: bool = False) -> Taps:
    """Where each of `count` means over a line of `limit` samples begins, (count), and its weights, (taps, count).

    They share out the line from `start` on, `length` samples long, among themselves; a weight is 0 where a mean has
    fewer samples than another. `mirrored`: the last mean comes first. Not to be written to: it is given again.
    """
    step = length / count
    span = min(max(step, 1.0), limit)
    begins = np.clip(start + (np.arange(count) + 0.5) * step - span / 2, 0, limit - span)
    most = min(int(np.ceil(span)) + 1, limit)
    firsts = np.minimum(np.floor(begins), limit - most).astype(np.int32)
    places = firsts + np.arange(most)[:, None]
    weights = np.clip(np.minimum(begins + span, places + 1) - np.maximum(begins, places), 0, None) / span
    order = slice(None, None, -1 if mirrored else 1)
    return firsts[order].copy(), weights[:, order].astype(np.float32, order="C")


@cache
def _factors(matrix: Matrix, *, full_range: bool) -> Levels:
    """What `to_rgb` multiplies by (ITU-R BT.601 §2.5, BT.709 §3)."""
    kr, kb = LUMA_WEIGHTS[matrix]
    kg = 1 - kr - kb
    black, luma_span, chroma_span = (0.0, 255.0, 255.0) if full_range else (16.0, 219.0, 224.0)
    red, blue = 2 * (1 - kr) * 255 / chroma_span, 2 * (1 - kb) * 255 / chroma_span
    return np.array([black, 255 / luma_span, red, blue * kb / kg, red * kr / kg, blue], np.float32)
