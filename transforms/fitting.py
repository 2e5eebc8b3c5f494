"""A still image laid under pictures of a look, as well as can be.

Where it lies between pixels it is scaled to the fraction, and where it ends within one it covers its share of it. That
takes a hundred milliseconds, so it goes strip by strip and can be called off between two.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from transforms.effect import BLACK, Color, Placement
from transforms.geometry import Placed, placed
from transforms.picture import Look, Picture, Size
from transforms.rgb import halve_chroma, ycbcr_from_rgb

STRIP = 64
"""Rows, even: some 6 ms of a picture 720 wide."""

_REACH = 4
"""Pixels to each side that Lanczos looks at, and one more: of the picture or of the image, whichever are larger."""

COVER = Placement()


class CalledOff(Exception):  # noqa: N818  (a state of affairs, not a fault)
    """Nobody wants the picture any more."""


class _Span(NamedTuple):
    """Where an image lies along one axis: the whole pixels of the picture that it touches, and how far.

    `start`: the first; `cover`: the share of each that the image covers. `begin`, `end`: what of the image those pixels
    show, in its pixels, which may be less than a pixel of the picture beyond it.
    """

    start: int
    cover: NDArray[np.float32]
    begin: float
    end: float


def fit(
    image: NDArray[np.uint8],
    look: Look,
    *,
    placement: Placement = COVER,
    color: Color = BLACK,
    size: Size | None = None,
    is_wanted: Callable[[], bool] = lambda: True,
) -> Picture:
    """Lay (H, W, 3) sRGB under pictures of a look; `color` shows around it. Takes about 100 ms for 720x1280.

    `size`: what the image is taken to measure, where it was made smaller when it was read.

    Raises:
        CalledOff: `is_wanted` said so.
    """
    picture = Picture.blank(look.size, matrix=look.matrix, full_range=look.full_range)
    where = placed(size or _size(image), look.size, placement)
    layer = None if where.is_empty else _Layer(image, size or _size(image), where)
    for top in range(0, look.size.height, STRIP):
        if not is_wanted():
            raise CalledOff
        bottom = min(top + STRIP, look.size.height)
        strip = np.empty((bottom - top, look.size.width, 3), np.float32)
        strip[:] = (color.red, color.green, color.blue)
        if layer is not None:
            layer.draw(strip, top)
        _write(ycbcr_from_rgb(strip, matrix=look.matrix, full_range=look.full_range), picture, top)
    return picture


class _Layer:
    """An image on its way under a picture."""

    def __init__(self, image: NDArray[np.uint8], size: Size, where: Placed) -> None:
        source, target = where
        height, width = image.shape[:2]
        self._across = _span(target.x, target.width, source.x, source.width, width / size.width)
        self._down = _span(target.y, target.height, source.y, source.height, height / size.height)
        left, right = _needed(self._across, width)
        top, bottom = _needed(self._down, height)
        part = image[max(top, 0) : bottom, max(left, 0) : right]
        beyond = [(max(-top, 0), max(bottom - height, 0)), (max(-left, 0), max(right - width, 0)), (0, 0)]
        self._part = Image.fromarray(np.pad(part, beyond, "edge") if any(map(any, beyond)) else part)
        self._left, self._top = self._across.begin - left, self._down.begin - top

    def draw(self, strip: NDArray[np.float32], top: int) -> None:
        """Over (rows, width, 3), the picture's rows from `top` on."""
        across, down = self._across, self._down
        first, last = max(top, down.start), min(top + len(strip), down.start + len(down.cover))
        if first >= last:
            return
        scale = (down.end - down.begin) / len(down.cover)
        upper, lower = (self._top + (row - down.start) * scale for row in (first, last))
        box = (self._left, upper, self._left + across.end - across.begin, lower)
        width = len(across.cover)
        scaled = self._part.resize((width, last - first), Image.Resampling.LANCZOS, _inside(box, self._part.size))
        behind = strip[first - top : last - top, across.start : across.start + width]
        share = down.cover[first - down.start : last - down.start, None, None] * across.cover[None, :, None]
        behind += (np.asarray(scaled, np.float32) - behind) * share


def _span(start: float, extent: float, source: float, source_extent: float, reduced: float) -> _Span:
    """`start`, `extent`: in the picture; `source`, `source_extent`: in the image before it was `reduced`."""
    first, last = math.floor(start + 1e-6), math.ceil(start + extent - 1e-6)
    last = max(last, first + 1)
    scale = source_extent / extent
    begin, end = ((source + (pixel - start) * scale) * reduced for pixel in (first, last))
    pixels = np.arange(first, last)
    cover = np.minimum(pixels + 1, start + extent) - np.maximum(pixels, start)
    return _Span(first, np.where(cover > 1 - 1e-6, 1, cover).astype(np.float32), begin, end)


def _needed(span: _Span, extent: int) -> tuple[int, int]:
    """From which row or column of an image to before which one drawing a span takes; beyond it as far as it shows."""
    reach = math.ceil(_REACH * max((span.end - span.begin) / len(span.cover), 1))
    begin, end = math.floor(span.begin), math.ceil(span.end)
    return min(max(begin - reach, 0), begin), max(min(end + reach, extent), end)


def _inside(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[float, float, float, float]:
    """The box without what rounding has put beyond the image."""
    left, upper, right, lower = box
    return max(left, 0.0), max(upper, 0.0), min(right, float(size[0])), min(lower, float(size[1]))


def _write(ycbcr: NDArray[np.float32], picture: Picture, top: int) -> None:
    """Put (rows, width, 3) into a picture's rows from the even `top` on."""
    height = len(ycbcr)
    picture.y.rows[top : top + height] = _rounded(ycbcr[..., 0])
    for channel, plane in ((1, picture.cb), (2, picture.cr)):
        plane.rows[top // 2 : (top + height + 1) // 2] = _rounded(halve_chroma(ycbcr[..., channel]))


def _rounded(levels: NDArray[np.float32]) -> NDArray[np.uint8]:
    rounded: NDArray[np.uint8] = np.clip(levels + np.float32(0.5), 0, 255).astype(np.uint8)
    return rounded


def _size(image: NDArray[np.uint8]) -> Size:
    return Size(image.shape[1], image.shape[0])
