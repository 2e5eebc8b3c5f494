"""Pictures and videos as clients upload them, good and bad."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import av
import numpy as np
from PIL import Image


def photo(form: str = "JPEG", *, size: tuple[int, int] = (320, 240), seed: int = 0, **how: object) -> bytes:
    """A colourful picture of our own in one of Pillow's formats."""
    width, height = size
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    pixels = np.stack([x, y, np.full_like(x, (seed * 37) % 256)], axis=2).astype(np.uint8)
    return encoded(Image.fromarray(pixels), form, **how)


def encoded(image: Image.Image, form: str, **how: object) -> bytes:
    """The image as a file's bytes."""
    file = BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


def film(form: str = "mp4", *, frames: int = 12, size: tuple[int, int] = (64, 48)) -> bytes:
    """A video that turns from dark to light, with its maker's name in it."""
    file = BytesIO()
    with av.open(file, "w", format=form, options={"movflags": "frag_keyframe"} if form == "mp4" else {}) as container:
        container.metadata["title"] = "SECRET PLACE"
        stream = container.add_stream("mpeg4" if form == "avi" else "libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0]), 20 + 15 * number, np.uint8), format="gray")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return file.getvalue()


def located_photo() -> bytes:
    """A phone's: 60x40 lying on its side, with its place and a comment."""
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: to be turned a quarter
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010E] = "SECRET PLACE"
    return photo(size=(60, 40), exif=exif, comment=b"<script>alert(1)</script>")


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header says so, a few hundred bytes for any size: a decompression bomb."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
