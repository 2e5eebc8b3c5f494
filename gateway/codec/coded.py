"""Pictures as an encoder takes them: its pixel format, the file's one size, the alpha beside straight colours."""

from __future__ import annotations

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from transforms.picture import Size

LIMITED_ONLY = ("yuv422p10le", "yuva444p10le")
"""ProRes', which knows no full range (SMPTE RDD 36)."""

FULL_ONLY = ("yuvj420p", "gray", "rgb24", "rgba")
"""What a viewer takes for full range, whatever it is tagged with."""

RGB = ("rgb24", "rgba")


def as_coded(
    frame: av.VideoFrame, pixel_format: str, *, size: Size, alpha: NDArray[np.uint8] | None = None
) -> av.VideoFrame:
    """`frame` (4:2:0) in `pixel_format` and `size`: itself where nothing is to be done.

    `alpha`: (H, W) of a foreground over black; its colours are made straight again. A format with alpha wants one.
    """
    coded = frame
    if alpha is not None:
        from transforms.foreground import straight

        coded = straight(frame, alpha, full_chroma=pixel_format != "yuva420p")
    full_range = frame.color_range == ColorRange.JPEG
    if pixel_format in LIMITED_ONLY and full_range:
        coded = _reformatted(coded, coded.format.name, size, full_range=True, becomes_full=False)
        full_range = (
            False  # one step more, for swscale loses the top of an alpha when it changes range and depth at once
        )
    coded = _reformatted(coded, pixel_format, size, full_range=full_range, becomes_full=pixel_format in FULL_ONLY)
    coded.pts, coded.time_base, coded.duration = frame.pts, frame.time_base, frame.duration
    return coded


def _reformatted(
    frame: av.VideoFrame, pixel_format: str, size: Size, *, full_range: bool, becomes_full: bool
) -> av.VideoFrame:
    """By swscale. Y'CbCr keeps its matrix; R'G'B' is made of it as it is tagged."""
    becomes_full = becomes_full or (full_range and pixel_format not in LIMITED_ONLY)
    if (frame.format.name, frame.width, frame.height) == (pixel_format, *size) and full_range == becomes_full:
        return frame
    is_rgb = pixel_format in RGB
    reformatted = frame.reformat(
        *size,
        format=pixel_format,
        src_colorspace=frame.colorspace if is_rgb else Colorspace.DEFAULT,
        dst_colorspace=Colorspace.DEFAULT,
        src_color_range=ColorRange.JPEG if full_range else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG if becomes_full else ColorRange.MPEG,
        threads=1,
    )
    reformatted.colorspace = 0 if is_rgb else frame.colorspace
    reformatted.color_range = ColorRange.JPEG if becomes_full else ColorRange.MPEG
    return reformatted
