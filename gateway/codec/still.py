"""A frame as an image file: a snapshot for somebody to look at."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

from PIL import Image

if TYPE_CHECKING:
    import av

ImageFormat = Literal["png", "jpeg"]

JPEG_QUALITY = 92
"""libjpeg's: chroma stays at half size, as it was in the frame."""


def coded_still(frame: av.VideoFrame, image_format: ImageFormat, *, is_grey: bool = False) -> bytes:
    """The file's octets. `is_grey`: only luma counts, at full range: an alpha.

    Takes some 10 ms a megapixel: not on the event loop.
    """
    image = _luma(frame) if is_grey else Image.fromarray(frame.to_ndarray(format="rgb24"))
    file = io.BytesIO()
    if image_format == "png":
        image.save(file, "PNG", compress_level=3)
    else:
        image.save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def _luma(frame: av.VideoFrame) -> Image.Image:
    plane = frame.planes[0]
    return Image.frombuffer("L", (frame.width, frame.height), bytes(plane), "raw", "L", plane.line_size, 1)
