"""Frames of any pixel format as the one that everything here works on: planar Y'CbCr 4:2:0 of 8 bits."""

from __future__ import annotations

import av
from av.video.reformatter import ColorRange, Colorspace

from transforms.picture import Matrix, Picture, Size

PLANAR = ("yuv420p", "yuvj420p")
"""The same samples; the second says by its name that they are full range."""

UNSPECIFIED = 2
"""The colour space of a frame whose stream does not name it (ITU-T H.273 table 4)."""


def picture_of(frame: av.VideoFrame, *, assumed: Matrix | None) -> Picture:
    """A planar frame as a picture; `assumed` is its matrix where the stream names none, None what its size suggests."""
    return Picture.of(frame, matrix=assumed if frame.colorspace == UNSPECIFIED else None)


def planar(frame: av.VideoFrame) -> av.VideoFrame:
    """The frame itself if it is planar 4:2:0 already, else a copy made by swscale with the same `pts` and colours.

    R'G'B' becomes limited range, BT.709 from 720 lines on the short side, else BT.601; Y'CbCr keeps matrix and range.
    """
    if frame.format.name in PLANAR:
        return frame
    if frame.format.is_rgb:
        matrix, full_range = _assumed(frame), False
        copy = frame.reformat(format="yuv420p", dst_colorspace=matrix, dst_color_range=ColorRange.MPEG)
    else:
        matrix, full_range = frame.colorspace, _is_full_range(frame)
        scale = Colorspace.DEFAULT  # named alike on both sides: the matrix is kept, whichever it is
        limits = ColorRange.JPEG if full_range else ColorRange.MPEG
        copy = frame.reformat(
            format="yuv420p",
            src_colorspace=scale,
            dst_colorspace=scale,
            src_color_range=limits,
            dst_color_range=limits,
        )
    copy.colorspace = matrix
    copy.color_range = ColorRange.JPEG if full_range else ColorRange.MPEG
    return copy


def _is_full_range(frame: av.VideoFrame) -> bool:
    return frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG


def _assumed(frame: av.VideoFrame) -> int:
    is_hd = Matrix.assumed(Size(frame.width, frame.height)) is Matrix.BT709
    return int(Colorspace.ITU709 if is_hd else Colorspace.ITU601)
