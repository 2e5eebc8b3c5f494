"""The first stage: a file's frames as the pictures that its pipeline is given, and what is carried over beside them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import av

from gateway.codec.cadence import FrameRateLimit
from gateway.codec.decoder import TIME_BASE
from gateway.intake import Intake
from transforms.picture import Matrix, Picture, Plane, Size

if TYPE_CHECKING:
    from gateway.codec.reader import VideoReader
    from gateway.file.settings import ConversionSettings


Carried: TypeAlias = "av.Packet[Any]"
"""Of a stream that is carried over as it is."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture to be matted, and the frame it was made from; None where the bound on the frame rate leaves it out.

    `time`: seconds of the stream.
    """

    frame: av.VideoFrame
    picture: Picture | None
    time: float


class Decoding:
    """One file's. `is_even`: the output cannot code odd sizes, so their last column or row is left out."""

    def __init__(self, reader: VideoReader, settings: ConversionSettings, *, is_even: bool) -> None:
        matrix = settings.effect.matrix
        self._reader = reader
        self._limit = FrameRateLimit(float(settings.frame_rate)) if settings.frame_rate else None
        self._intake = Intake(matrix=Matrix(matrix) if matrix else None, geometry=settings.geometry)
        self._is_even = is_even

    def items(self) -> Generator[Decoded | Carried, None, None]:
        """All there is, in the file's order; packets are of the streams that are carried over."""
        for item in self._reader.items():
            yield self._decoded(item) if isinstance(item, av.VideoFrame) else item

    def _decoded(self, frame: av.VideoFrame) -> Decoded:
        time = (frame.pts or 0) * Fraction(frame.time_base or 1)
        if self._limit is not None and not self._limit.admits(round(time / TIME_BASE)):
            return Decoded(frame, None, float(time))
        picture = self._intake.picture(frame)
        if self._is_even:
            picture = cropped(picture, Size(picture.size.width & ~1, picture.size.height & ~1))
        return Decoded(frame, picture, float(time))


def cropped(picture: Picture, size: Size) -> Picture:
    """The upper left part of `picture`, in place."""
    if picture.size == size:
        return picture
    y, cb, cr = (
        Plane(plane.samples, plane.stride, *part)
        for plane, part in zip(picture.planes, (size, size.chroma, size.chroma), strict=True)
    )
    return Picture(y, cb, cr, picture.matrix, picture.full_range, picture.frame)
