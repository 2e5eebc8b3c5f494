"""What is done to an uploaded picture before it is kept: it is decoded, and written anew.

Nothing of the upload itself survives, only what it looks like: no metadata (where a photo was taken, by whom), no
second file hidden in the first, no damage that a later reader might stumble over. It is decoded as the one format that
its first bytes say, after its size was judged from its header. It takes up to seconds, and a gigabyte
at times; `apart.py` does it elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from gateway.backgrounds.formats import format_of
from gateway.effect import AssetKind
from gateway.errors import ArgumentError, TooLarge
from transforms.effect import EffectError
from transforms.still import ImageTooLarge, decode_image, decode_layer, decode_mask

THUMBNAIL_SIZE = (320, 180)
"""Pixels, at most; its aspect is the picture's."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An upload as it will be kept: two files' bytes, and the picture's size."""

    picture: bytes
    thumbnail: bytes
    width: int
    height: int


def take_in(content: bytes, kind: AssetKind) -> Taken:
    """Decode a picture and write it anew.

    Raises:
        UnsupportedMedia: no picture of a kind we take. TooLarge: too many pixels. ArgumentError: it is damaged, or
        too small.
    """
    image = _decoded(content, kind)
    return Taken(_written(image, kind), thumbnail(image), *image.size)


def thumbnail(image: Image.Image) -> bytes:
    """A small JPEG of an RGB or grey image, of RGBA over black."""
    small = Image.new("RGB", image.size)
    small.paste(image, mask=image if image.mode == "RGBA" else None)
    small.thumbnail(THUMBNAIL_SIZE, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return jpeg(small, quality=82)


def jpeg(image: Image.Image, *, quality: int) -> bytes:
    """The image as JPEG, colours at full resolution."""
    file = BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=0)
    return file.getvalue()


def _decoded(content: bytes, kind: AssetKind) -> Image.Image:
    """The image, upright, RGB, of a mask grey, of a background RGBA where something of it is transparent.

    No side is above `transforms.still.KEPT_SIDE`.
    """
    decode = {"mask": decode_mask, "background": decode_layer}.get(kind, decode_image)
    try:
        return Image.fromarray(decode(BytesIO(content), what=f"the {kind}", formats=[format_of(content)]))
    except ImageTooLarge as error:
        raise TooLarge(str(error)) from error
    except EffectError as error:
        raise ArgumentError(str(error)) from error


def _written(image: Image.Image, kind: AssetKind) -> bytes:
    """A background as a photograph; a transparent one, a mask, and a plate, whose every level counts, unharmed."""
    if kind == "background" and image.mode == "RGB":
        return jpeg(image, quality=95)
    file = BytesIO()
    image.save(file, "PNG", compress_level=4)
    return file.getvalue()
