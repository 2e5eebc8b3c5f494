"""A stream's frames as the pictures its pipeline is given: planar, cropped, turned, scaled as asked, read alike.

A frame that does not name its matrix is read by the size of the first that did not: a sender that sends smaller ones
for a while has scaled its pictures, and not turned their colours.
"""

from __future__ import annotations

import logging

import av

from gateway.codec.planar import UNSPECIFIED, picture_of, planar
from gateway.geometry import AS_IT_COMES, Crop, Geometry
from gateway.scaling import Scaler
from transforms.geometry import is_same_shape
from transforms.picture import Matrix, Picture, Size
from transforms.reshaping import Cropper, Turner

logger = logging.getLogger(__name__)


class Intake:
    """One stream's.

    `matrix`: assumed where a frame does not say; None what the first such frame's size suggests. `geometry`: what is
    done to each; it may be set anew, from another thread too, and holds from the next frame on.
    """

    def __init__(self, *, matrix: Matrix | None = None, geometry: Geometry = AS_IT_COMES) -> None:
        self.matrix = matrix
        self.geometry = geometry
        self._suggested: Matrix | None = None
        self._shaper = Shaper(self.geometry)

    def picture(self, frame: av.VideoFrame) -> Picture:
        """The frame as it is to be matted."""
        source = planar(frame)
        assumed = self.matrix or self._suggested
        if assumed is None and source.colorspace == UNSPECIFIED:
            assumed = self._suggested = Matrix.assumed(Size(source.width, source.height))
        geometry = self.geometry
        if self._shaper.geometry != geometry:
            self._shaper = Shaper(geometry)
        return self._shaper.shaped(picture_of(source, assumed=assumed))


def warm_up(geometry: Geometry) -> None:
    """Load what a geometry needs, so that no picture waits for it: where nothing is compiled yet that takes seconds."""
    blank = Picture.blank(Size(16, 16), matrix=Matrix.BT601, full_range=False)
    if geometry.crop is not None:
        Cropper().part(blank, 1, 1, Size(8, 8))
    Turner().turned(blank, geometry.rotate or 90)  # a phone may be turned at any time


class Shaper:
    """What one geometry makes of a stream's pictures. Their matrix and range stay."""

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self._cropped = None if geometry.crop is None else _Cropped(geometry.crop)
        self._scaler = None if geometry.size is None else Scaler(_before_turn(Size(*geometry.size), geometry.rotate))
        self._turner = Turner()

    def shaped(self, picture: Picture) -> Picture:
        """The picture, in its own memory where that is possible. It turns last, when there may be less to turn."""
        if self._cropped is not None:
            picture = self._cropped.part(picture)
        if self._scaler is not None:
            picture = self._scaler.scaled(picture)
        return self._turner.turned(picture, self.geometry.rotate)


class _Cropped:
    """One crop of a stream's pictures, whatever their size.

    Of a picture where nothing of it lies a black one is made, which is as large: what was to be cut away is not shown.
    """

    def __init__(self, crop: Crop) -> None:
        self._crop = crop
        self._largest = Size(0, 0)
        self._missed = Size(0, 0)
        self._cropper = Cropper()

    def part(self, picture: Picture) -> Picture:
        size = picture.size
        if 0 in self._largest or not is_same_shape(size, self._largest) or size > self._largest:
            self._largest = size
        window = self._crop.within(size, of=self._largest)
        if window is None:
            if size != self._missed:
                logger.warning("the crop %s lies beyond the picture of %dx%d", self._crop, *size)
            self._missed = size
            return _black(picture, Size(self._crop.width, self._crop.height))
        return self._cropper.part(picture, window.x, window.y, Size(window.width, window.height))


def _before_turn(size: Size, degrees: int) -> Size:
    return Size(size.height, size.width) if degrees in (90, 270) else size


def _black(picture: Picture, size: Size) -> Picture:
    return Picture.blank(size, matrix=picture.matrix, full_range=picture.full_range)
