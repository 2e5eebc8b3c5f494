"""Frames of any pixel format as the one that everything here works on: planar Y'CbCr 4:2:0 of 8 bits."""

from __future__ import annotations

import av
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from transforms.picture import Matrix, Picture, Size

PLANAR = ("yuv420p", "yuvj420p")
"""The same samples; the second says by its name that they are full range."""

UNSPECIFIED = 2
"""The colour space of a frame whose stream does not name it (ITU-T H.273 table 4)."""


def picture_of(frame: av.VideoFrame, *, assumed: Matrix | None) -> Picture:
    """A planar frame as a picture; `assumed` is its matrix where the stream names none, None what its size suggests."""
    return Picture.of(frame, matrix=assumed if frame.colorspace == UNSPECIFIED else None)


def planar(frame: av.VideoFrame) -> av.VideoFrame:
    """The frame itself if it is planar 4:2:0 already, else a copy made by swscale with the same times and colours.

    R'G'B' becomes limited range, BT.709 from 720 lines on the short side, else BT.601; Y'CbCr keeps matrix and range.
    What is transparent lies over black: nobody was meant to see the colours that such a file has there.
    """
    if frame.format.name in PLANAR:
        return frame
    is_transparent = _has_alpha(frame)
    pixel_format = "yuva420p" if is_transparent else "yuv420p"
    if frame.format.is_rgb or frame.format.has_palette:
        matrix, full_range = _assumed(frame), False
        copy = frame.reformat(format=pixel_format, dst_colorspace=matrix, dst_color_range=ColorRange.MPEG)
    else:
        matrix, full_range = frame.colorspace, _is_full_range(frame)
        scale = Colorspace.DEFAULT  # named alike on both sides: the matrix is kept, whichever it is
        limits = ColorRange.JPEG if full_range else ColorRange.MPEG
        copy = frame.reformat(
            format=pixel_format,
            src_colorspace=scale,
            dst_colorspace=scale,
            src_color_range=limits,
            dst_color_range=limits,
        )
    if is_transparent:
        copy = _over_black(copy, full_range=full_range)
    copy.colorspace = matrix
    copy.color_range = ColorRange.JPEG if full_range else ColorRange.MPEG
    return copy


def _has_alpha(frame: av.VideoFrame) -> bool:
    return frame.format.has_palette or any(component.is_alpha for component in frame.format.components)


def _over_black(frame: av.VideoFrame, *, full_range: bool) -> av.VideoFrame:
    """A straight `yuva420p` frame laid over black, as `yuv420p`."""
    flat = av.VideoFrame(frame.width, frame.height, "yuv420p")
    y, cb, cr, alpha = (_rows(plane) for plane in frame.planes)
    coarse = _halved(alpha)
    black = 0 if full_range else 16
    for target, source, weight, level in zip(
        Picture.of(flat).planes, (y, cb, cr), (alpha, coarse, coarse), (black, 128, 128), strict=True
    ):
        target.rows[:] = level + ((source.astype(np.int16) - level) * weight.astype(np.int32) + 127) // 255
    flat.pts, flat.duration = frame.pts, frame.duration
    if frame.time_base is not None:
        flat.time_base = frame.time_base
    return flat


def _rows(plane: VideoPlane) -> NDArray[np.uint8]:
    """The samples of a plane as (height, width)."""
    samples = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]
    return samples.reshape(plane.height, plane.line_size)[:, : plane.width]  # type: ignore[no-any-return]


def _halved(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The mean of every two by two, where a sample of chroma stands for them; an odd edge stands for itself."""
    height, width = alpha.shape
    even = np.pad(alpha, ((0, height & 1), (0, width & 1)), mode="edge").astype(np.uint16)
    return ((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2] + 2) // 4).astype(np.uint8)


def _is_full_range(frame: av.VideoFrame) -> bool:
    return frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG


def _assumed(frame: av.VideoFrame) -> int:
    is_hd = Matrix.assumed(Size(frame.width, frame.height)) is Matrix.BT709
    return int(Colorspace.ITU709 if is_hd else Colorspace.ITU601)
