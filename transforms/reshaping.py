"""Pictures cropped and turned, sample by sample: nothing is interpolated that need not be.

Chroma is half as dense as luma, so a part that begins on an odd column or row has its chroma between two samples: their
mean, which is what a decoder shows there. Turned pictures keep their samples as they are, which moves chroma by at most
a pixel of luma against it, as every player does that turns a phone's picture.

The compiled loops are loaded when they are first needed: most calls never are turned.
"""

from __future__ import annotations

from transforms.picture import FramePool, Picture, Plane, PoolEmpty, Size

HELD_AT_MOST = 16
"""Pictures: what waits before a pipeline, is kept for a measurement, and a few more."""


class Cropper:
    """Parts of pictures."""

    def __init__(self) -> None:
        self._pool = FramePool(capacity=HELD_AT_MOST)

    def part(self, picture: Picture, x: int, y: int, size: Size) -> Picture:
        """A window that lies within the picture: in the picture's own memory if it begins on even numbers."""
        if (x, y) == (0, 0) and size == picture.size:
            return picture
        return self._copied(picture, x, y, size) if x & 1 or y & 1 else window(picture, x, y, size)

    def _copied(self, picture: Picture, x: int, y: int, size: Size) -> Picture:
        from transforms.kernels.between import between

        part = leased(self._pool, size, like=picture)
        part.y.rows[:] = picture.y.rows[y : y + size.height, x : x + size.width]
        for plane, out in zip(picture.planes[1:], part.planes[1:], strict=True):
            corner = (x // 2, y // 2, x & 1, y & 1)
            extent = (plane.width, plane.height)
            between(plane.samples, plane.stride, *extent, *corner, out.width, out.height, out.samples, out.stride)
        return part


class Turner:
    """Pictures turned clockwise."""

    def __init__(self) -> None:
        self._pool = FramePool(capacity=HELD_AT_MOST)

    def turned(self, picture: Picture, degrees: int) -> Picture:
        """By 0, 90, 180 or 270 degrees: the picture itself, or a copy."""
        quarters = degrees // 90 % 4
        if not quarters:
            return picture
        from transforms.kernels.turn import turn

        size = Size(*reversed(picture.size)) if quarters & 1 else picture.size
        copy = leased(self._pool, size, like=picture)
        for plane, out in zip(picture.planes, copy.planes, strict=True):
            turn(plane.samples, plane.stride, plane.width, plane.height, quarters, out.samples, out.stride)
        return copy


def window(picture: Picture, x: int, y: int, size: Size) -> Picture:
    """A part of the picture in its own memory, as a picture without a frame; `x` and `y` are even."""
    planes = zip(picture.planes, (1, 2, 2), (size, size.chroma, size.chroma), strict=True)
    luma, cb, cr = (
        Plane(plane.samples[y // half * plane.stride + x // half :], plane.stride, *part)
        for plane, half, part in planes
    )
    return Picture(luma, cb, cr, picture.matrix, picture.full_range)


def leased(pool: FramePool, size: Size, *, like: Picture) -> Picture:
    """A picture to write into, read as `like` is: the pool's, or one of its own where all of those are in use."""
    try:
        return pool.lease(size, matrix=like.matrix, full_range=like.full_range)
    except PoolEmpty:
        return FramePool(capacity=1).lease(size, matrix=like.matrix, full_range=like.full_range)
