"""Pictures of one size out of pictures of any, by swscale: bicubic, widened where it shrinks; Y'CbCr throughout."""

from __future__ import annotations

from typing import cast

import av
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from transforms.picture import FramePool, Picture, Size
from transforms.reshaping import leased, window


class Scaler:
    """Pictures to one size. Their matrix and range stay."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self._pool = FramePool(capacity=2)
        self._reformatter = VideoReformatter()

    def scaled(self, picture: Picture) -> Picture:
        """The picture at that size: itself if it has it, else its largest centred part of that shape, scaled."""
        if picture.size == self.size:
            return picture
        limits = ColorRange.JPEG if picture.full_range else ColorRange.MPEG
        scaled = self._reformatter.reformat(
            self._framed(picture),
            *self.size,
            format="yuv420p",
            src_colorspace=Colorspace.DEFAULT,  # alike on both sides: the matrix is kept, whichever it is
            dst_colorspace=Colorspace.DEFAULT,
            src_color_range=limits,
            dst_color_range=limits,
            interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND,  # else flat levels drift by two
            threads=1,
        )
        scaled.color_range = limits
        return Picture.of(scaled, matrix=picture.matrix)

    def _framed(self, picture: Picture) -> av.VideoFrame:
        """A frame with that part alone: the picture's own where it is all of it."""
        part = _largest_part(picture.size, self.size)
        if part == picture.size and picture.frame is not None:
            return picture.frame
        x, y = ((whole - kept) // 4 * 2 for whole, kept in zip(picture.size, part, strict=True))
        copy = leased(self._pool, part, like=picture)
        copy.copy_from(window(picture, x, y, part))
        return cast(av.VideoFrame, copy.frame)  # a leased picture's always is one


def _largest_part(size: Size, shape: Size) -> Size:
    """The largest part of `size` in that shape, to even numbers of samples unless it is all there is."""
    width = min(size.width, size.height * shape.width / shape.height)
    height = min(size.height, size.width * shape.height / shape.width)
    across, down = 2 * round(width / 2), 2 * round(height / 2)
    return Size(
        size.width if across >= size.width - 1 else max(across, 2),
        size.height if down >= size.height - 1 else max(down, 2),
    )
