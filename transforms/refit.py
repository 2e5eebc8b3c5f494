"""A picture of one look as one of another: for the moment until the right one has been made."""

from __future__ import annotations

import av
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from transforms.geometry import cover
from transforms.picture import FramePool, Look, Matrix, Picture, Plane, Size

_SPACES = {Matrix.BT601: Colorspace.ITU601, Matrix.BT709: Colorspace.ITU709}


def refit(picture: Picture, look: Look) -> Picture:
    """The largest centred part in the shape of `look`, scaled: in memory of its own, to a sample or two. 1 to 5 ms."""
    cropped = _cropped(picture, look.size)
    frame = VideoReformatter().reformat(
        cropped,
        *look.size,
        format="yuv420p",
        src_colorspace=_SPACES[picture.matrix],
        dst_colorspace=_SPACES[look.matrix],
        src_color_range=_range(picture.full_range),
        dst_color_range=_range(look.full_range),
        interpolation=Interpolation.BILINEAR | Interpolation.ACCURATE_RND,
        threads=1,
    )
    return _tagged(frame, look)


def _cropped(picture: Picture, shape: Size) -> av.VideoFrame:
    """A copy of that part, from an even sample on."""
    window = cover(picture.size, shape)
    left, top = int(window.x) // 2 * 2, int(window.y) // 2 * 2
    size = Size(
        min(round(window.width), picture.size.width - left), min(round(window.height), picture.size.height - top)
    )
    size = Size(max(size.width, 1), max(size.height, 1))
    copy = FramePool(capacity=1).lease(size, matrix=picture.matrix, full_range=picture.full_range)
    for target, source, halved in zip(copy.planes, picture.planes, (1, 2, 2), strict=True):
        _copy(target, source, top // halved, left // halved)
    assert copy.frame is not None  # a leased picture's always is one
    return copy.frame


def _copy(target: Plane, source: Plane, top: int, left: int) -> None:
    target.rows[:] = source.rows[top : top + target.height, left : left + target.width]


def _tagged(frame: av.VideoFrame, look: Look) -> Picture:
    picture = Picture.of(frame)
    return Picture(*picture.planes, look.matrix, look.full_range, frame)


def _range(full_range: bool) -> ColorRange:
    return ColorRange.JPEG if full_range else ColorRange.MPEG
