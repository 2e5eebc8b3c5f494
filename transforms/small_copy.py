"""A still image laid under pictures of a look in the time that there is between two.

It takes a few milliseconds, from a copy of the image that is small; and it puts the image to the same fraction of a
pixel as `transforms.fitting`, so that nothing moves when the one takes the place of the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from transforms.effect import Color, Placement
from transforms.geometry import placed
from transforms.kernels.lay_image import lay
from transforms.picture import Look, Matrix, Picture, Size
from transforms.rgb import ycbcr_from_rgb

SMALL_SIDE = 1280
"""Pixels, of the copy: what a call's picture measures, at a hundredth of the cost of a photograph's."""


class SmallCopy:
    """One of (H, W, 3) sRGB that measures `size`, or did before it was kept. `planes`: (3, h, w), red, green, blue."""

    def __init__(self, image: NDArray[np.uint8], size: Size) -> None:
        small = Image.fromarray(image)
        small.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
        self.planes = np.ascontiguousarray(np.asarray(small).transpose(2, 0, 1))
        self._size = size

    def fit(self, look: Look, *, placement: Placement, color: Color) -> Picture:
        """The image under pictures of that look, softer than it is; `color` shows around it. 2 ms for 720x1280."""
        picture = Picture.blank(look.size, matrix=look.matrix, full_range=look.full_range)
        source, target = placed(self._size, look.size, placement)
        _, height, width = self.planes.shape
        line = np.empty(width, np.float32)
        weights = _weights(look.matrix, full_range=look.full_range)
        levels = look.matrix.to_ycbcr(color, full_range=look.full_range)
        for plane, weight, level, is_chroma in zip(picture.planes, weights, levels, (False, True, True), strict=True):
            # Chroma sits on the even columns and between two rows, where there are two.
            columns = np.arange(plane.width) * 2 + 0.5 if is_chroma else np.arange(plane.width) + 0.5
            rows = np.arange(plane.height) * 2 + 1.0 if is_chroma else np.arange(plane.height) + 0.5
            rows = np.minimum(rows, look.size.height - 0.5)
            lay(
                self.planes.reshape(-1),
                width,
                height,
                *_places(rows, target.y, target.height, source.y, source.height, height / self._size.height, height),
                *_places(columns, target.x, target.width, source.x, source.width, width / self._size.width, width),
                weight,
                level,
                line,
                plane.samples,
                plane.stride,
            )
        return picture


def _places(
    points: NDArray[np.floating[Any]],
    start: float,
    extent: float,
    source: float,
    source_extent: float,
    reduced: float,
    pixels: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32], int, int]:
    """Between which two of the image's `pixels` each point of the picture lies, how far, and which points do."""
    inside = np.flatnonzero((points >= start) & (points < start + extent))
    scale = source_extent / extent if extent > 0 else 0.0
    place = np.clip((source + (points - start) * scale) * reduced - 0.5, 0, pixels - 1)
    first = np.floor(place).astype(np.int32)
    both = np.stack((first, np.minimum(first + 1, pixels - 1)))
    share = (place - first).astype(np.float32)
    return both, share, *((int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, 0))


def _weights(matrix: Matrix, *, full_range: bool) -> NDArray[np.float32]:
    """What each plane takes of red, green and blue of 0..255, and what is added: (3, 4)."""
    unit = np.vstack((np.zeros(3), np.eye(3))).astype(np.float32) * np.float32(255)
    black, *colors = ycbcr_from_rgb(unit, matrix=matrix, full_range=full_range)
    return np.ascontiguousarray(np.stack([*((color - black) / 255 for color in colors), black], axis=1))
