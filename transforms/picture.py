"""Pictures: planar Y'CbCr 4:2:0, 8 bit, in the memory they already lie in.

From decoder to encoder nothing is converted and no pixel buffer is allocated per frame. A `Picture` is three flat views
of an `av.VideoFrame`'s planes; what is written goes into a frame leased from a `FramePool`. Never write into a decoded
frame: the decoder predicts the next pictures from it.
"""

from __future__ import annotations

import enum
import sys
from dataclasses import dataclass, field
from typing import NamedTuple

import av
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from transforms.effect import Color

HD_LINES = 720
"""Lines on the short side from which a picture that does not say is taken for BT.709, as players do."""


class Size(NamedTuple):
    """Width and height in luma samples."""

    width: int
    height: int

    @property
    def chroma(self) -> Size:
        """The size of each chroma plane: half, rounded up."""
        return Size((self.width + 1) // 2, (self.height + 1) // 2)


class Matrix(enum.Enum):
    """How R'G'B' becomes Y'CbCr: ITU-R BT.601 or BT.709."""

    BT601 = "bt601"
    BT709 = "bt709"

    @classmethod
    def assumed(cls, size: Size) -> Matrix:
        """What a picture of this size is taken for where nothing says it: BT.709 from 720 lines on the short side."""
        return cls.BT709 if min(size) >= HD_LINES else cls.BT601

    def to_ycbcr(self, color: Color, *, full_range: bool) -> tuple[int, int, int]:
        """The colour as 8-bit (y, cb, cr), each rounded to the nearest level. ITU-R BT.601 §2.5, BT.709 §3."""
        red_weight, blue_weight = LUMA_WEIGHTS[self]
        red, green, blue = color.red / 255, color.green / 255, color.blue / 255
        luma = red_weight * red + (1 - red_weight - blue_weight) * green + blue_weight * blue
        cb = (blue - luma) / (2 - 2 * blue_weight)
        cr = (red - luma) / (2 - 2 * red_weight)
        if full_range:
            return round(255 * luma), min(round(128 + 255 * cb), 255), min(round(128 + 255 * cr), 255)
        return round(16 + 219 * luma), round(128 + 224 * cb), round(128 + 224 * cr)


LUMA_WEIGHTS = {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722)}
"""The shares of red and of blue in luma (ITU-R BT.601-7 §2.5.1, BT.709-6 §3.2)."""

_TAGGED = {
    Colorspace.ITU709: Matrix.BT709,
    Colorspace.ITU601: Matrix.BT601,
    6: Matrix.BT601,  # SMPTE 170M, the same numbers (ITU-T H.273 table 4)
}
_TAGS = {Matrix.BT601: 6, Matrix.BT709: int(Colorspace.ITU709)}


@dataclass(frozen=True, slots=True)
class Plane:
    """One plane in place: `samples` is flat and contiguous, row `r` starts at `r * stride` and is `width` long.

    The padding behind the last row may be missing: a plane may be a part of another.
    """

    samples: NDArray[np.uint8]
    stride: int
    width: int
    height: int

    @property
    def rows(self) -> NDArray[np.uint8]:
        """A view of shape (height, width), without the padding at the ends of the rows."""
        return np.ndarray((self.height, self.width), np.uint8, self.samples, 0, (self.stride, 1))


@dataclass(frozen=True, slots=True)
class Picture:
    """Y, Cb, Cr planes of one picture and how to read them.

    `full_range`: luma 0..255 rather than 16..235. `frame` is the video frame the planes lie in, None where they lie
    elsewhere; each plane keeps that memory alive for itself.
    """

    y: Plane
    cb: Plane
    cr: Plane
    matrix: Matrix
    full_range: bool
    frame: av.VideoFrame | None = field(default=None, repr=False)

    @classmethod
    def of(cls, frame: av.VideoFrame, *, matrix: Matrix | None = None) -> Picture:
        """The frame's own memory as a picture. `matrix` overrules what the frame says or its size suggests.

        Raises:
            ValueError: the frame is not planar 4:2:0 of 8 bits (yuv420p or yuvj420p).
        """
        name = frame.format.name
        if name not in ("yuv420p", "yuvj420p"):
            raise ValueError(f"a picture is yuv420p or yuvj420p, not {name}")
        tagged = _TAGGED.get(frame.colorspace) or Matrix.assumed(Size(frame.width, frame.height))
        full_range = name == "yuvj420p" or frame.color_range == ColorRange.JPEG
        return cls(*_planes(frame), matrix=matrix or tagged, full_range=full_range, frame=frame)

    @classmethod
    def blank(cls, size: Size, *, matrix: Matrix, full_range: bool) -> Picture:
        """A black picture in memory of its own."""
        planes = (_plane(size), _plane(size.chroma), _plane(size.chroma))
        picture = cls(*planes, matrix=matrix, full_range=full_range)
        picture.clear()
        return picture

    @property
    def size(self) -> Size:
        """Width and height in luma samples."""
        return Size(self.y.width, self.y.height)

    @property
    def planes(self) -> tuple[Plane, Plane, Plane]:
        """Y, Cb, Cr."""
        return self.y, self.cb, self.cr

    def clear(self) -> None:
        """Paint it black."""
        self.y.rows[:] = 0 if self.full_range else 16
        self.cb.rows[:] = self.cr.rows[:] = 128

    def copy_from(self, other: Picture) -> None:
        """Overwrite the samples with those of a picture of the same size."""
        for target, source in zip(self.planes, other.planes, strict=True):
            np.copyto(target.rows, source.rows)


class Look(NamedTuple):
    """What pictures must have alike for one to be laid over another byte by byte, or for what was learned to hold."""

    size: Size
    matrix: Matrix
    full_range: bool

    @classmethod
    def of(cls, picture: Picture) -> Look:
        """The look of `picture`."""
        return cls(picture.size, picture.matrix, picture.full_range)


class PoolEmpty(Exception):  # noqa: N818  (a state of affairs, not a fault)
    """Every frame of the pool is still being read: drop this picture."""


class FramePool:
    """A few frames, written again and again.

    A lease ends by itself when the last reader lets go: `av.VideoFrame` cannot be weakly referenced, but every view of
    a plane refers to its frame, so the frame's reference count tells. Invariant: a frame that anything outside refers
    to, be it the picture, a plane or one numpy view, is never handed out. Frames are made when first needed, at most
    `capacity` of them, and made anew when the size changes; those still read then live on with their readers.
    """

    def __init__(self, *, capacity: int = 6) -> None:
        self.capacity = capacity
        self._size = Size(0, 0)
        self._frames: list[av.VideoFrame] = []

    def lease(self, size: Size, *, matrix: Matrix, full_range: bool) -> Picture:
        """A picture to write into, tagged with its matrix and range; its samples are whatever was there before.

        Raises:
            PoolEmpty: all `capacity` frames are in use.
        """
        if size != self._size:
            self._size, self._frames = size, []
        frame = self._idle_frame()
        if frame is None:
            if len(self._frames) == self.capacity:
                raise PoolEmpty(f"all {self.capacity} frames of {size.width}x{size.height} are in use")
            frame = av.VideoFrame(size.width, size.height, "yuv420p")
            self._frames.append(frame)
        _reset(frame, matrix, full_range)
        return Picture(*_planes(frame), matrix, full_range, frame)

    def _idle_frame(self) -> av.VideoFrame | None:
        for frame in self._frames:
            if sys.getrefcount(frame) == _IDLE_REFERENCES:
                frame.make_writable()  # gives it new memory should an encoder still hold the old natively
                return frame
        return None


_IDLE_REFERENCES = 3
"""The pool's list, the loop variable, and `getrefcount`'s own argument."""


def _reset(frame: av.VideoFrame, matrix: Matrix, full_range: bool) -> None:
    """Forget what the last lease's readers wrote on the frame; tag it."""
    frame.pts = None
    frame.pict_type = PictureType.NONE
    frame.colorspace = _TAGS[matrix]
    frame.color_range = ColorRange.JPEG if full_range else ColorRange.MPEG


def _planes(frame: av.VideoFrame) -> tuple[Plane, Plane, Plane]:
    y, cb, cr = (
        Plane(np.frombuffer(plane, np.uint8), plane.line_size, plane.width, plane.height)  # type: ignore[call-overload]
        for plane in frame.planes
    )
    return y, cb, cr


def _plane(size: Size) -> Plane:
    return Plane(np.empty(size.width * size.height, np.uint8), size.width, size.width, size.height)
