"""A stream's frames as the pictures that its pipeline is given: planar, of one size if one was asked for, read alike.

A frame that does not name its matrix is read by the size of the first that did not: a sender that sends smaller ones
for a while has scaled its pictures, and not turned their colours.
"""

from __future__ import annotations

import av
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from gateway.codec.planar import UNSPECIFIED, picture_of, planar
from transforms.picture import FramePool, Matrix, Picture, Size


class Intake:
    """One stream's.

    `matrix`: assumed where a frame does not say; None what the first such frame's size suggests. `size`: what each is
    scaled to, cropped about its centre where its shape is another; None leaves it as it is.
    """

    def __init__(self, *, matrix: Matrix | None = None, size: Size | None = None) -> None:
        self.matrix = matrix
        self._suggested: Matrix | None = None
        self._scaler = None if size is None else Scaler(size)

    def picture(self, frame: av.VideoFrame) -> Picture:
        """The frame as it is to be matted."""
        source = planar(frame)
        assumed = self.matrix or self._suggested
        if assumed is None and source.colorspace == UNSPECIFIED:
            assumed = self._suggested = Matrix.assumed(Size(source.width, source.height))
        shown = source if self._scaler is None else self._scaler.scaled(source)
        return picture_of(shown, assumed=assumed)


class Scaler:
    """Planar frames to one size. Their matrix, range and time stay."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self._pool = FramePool(capacity=2)
        self._reformatter = VideoReformatter()

    def scaled(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The frame at that size: itself if it has it, else its largest centred part of that shape, scaled."""
        if Size(frame.width, frame.height) == self.size:
            return frame
        limits = ColorRange.JPEG if Picture.of(frame).full_range else ColorRange.MPEG
        scaled = self._reformatter.reformat(
            self._cropped(frame),
            *self.size,
            format="yuv420p",
            src_colorspace=Colorspace.DEFAULT,  # alike on both sides: the matrix is kept, whichever it is
            dst_colorspace=Colorspace.DEFAULT,
            src_color_range=limits,
            dst_color_range=limits,
            interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND,  # else flat levels drift by two
            threads=1,
        )
        scaled.pts, scaled.time_base = frame.pts, frame.time_base
        scaled.colorspace, scaled.color_range = frame.colorspace, limits
        return scaled

    def _cropped(self, frame: av.VideoFrame) -> av.VideoFrame:
        """A copy of that part; the frame itself where it is all of it."""
        size = Size(frame.width, frame.height)
        part = _largest_part(size, self.size)
        if part == size:
            return frame
        picture = Picture.of(frame)
        copy = self._pool.lease(part, matrix=picture.matrix, full_range=picture.full_range)
        left, top = (size.width - part.width) // 4, (size.height - part.height) // 4  # in samples of chroma
        for target, source, scale in zip(copy.planes, picture.planes, (2, 1, 1), strict=True):
            x, y = left * scale, top * scale
            target.rows[:] = source.rows[y : y + target.height, x : x + target.width]
        assert copy.frame is not None  # a leased picture's always is one
        return copy.frame


def _largest_part(size: Size, shape: Size) -> Size:
    """The largest part of `size` in that shape, to even numbers of samples unless it is all there is."""
    width = min(size.width, size.height * shape.width / shape.height)
    height = min(size.height, size.width * shape.height / shape.width)
    across, down = 2 * round(width / 2), 2 * round(height / 2)
    return Size(
        size.width if across >= size.width - 1 else max(across, 2),
        size.height if down >= size.height - 1 else max(down, 2),
    )
