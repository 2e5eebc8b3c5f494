"""A part of a picture as the small RGB picture that a network takes."""

from __future__ import annotations

import av
import numpy as np
from numpy.typing import NDArray

from transforms.picture import Matrix, Picture, Size


def sample(picture: Picture, size: Size) -> NDArray[np.uint8]:
    """The whole picture, stretched to `size`: uint8 (height, width, 3) sRGB."""
    frame = av.VideoFrame(picture.size.width, picture.size.height, "yuv420p")
    for plane, source in zip(frame.planes, picture.planes, strict=True):
        target = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)  # type: ignore[call-overload]
        target[:, : plane.width] = source.rows
    small = frame.reformat(
        size.width,
        size.height,
        "rgb24",
        src_colorspace="ITU709" if picture.matrix is Matrix.BT709 else "ITU601",
        src_color_range="JPEG" if picture.full_range else "MPEG",
        interpolation="AREA",
    )
    return np.asarray(small.to_ndarray(), np.uint8)
