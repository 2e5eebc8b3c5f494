"""A still image file, read once and kept.

What a camera or a designer hands over is taken: JPEG (CMYK too), PNG of 8 or 16 bits, palettes, grey, WebP, AVIF, and
the orientation that a phone writes beside the pixels. Transparent parts of a layer show what is behind it, of a plate
black; of a mask they are the mask. Embedded colour profiles are ignored: the values are taken as sRGB.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from transforms.effect import Color, EffectError
from transforms.picture import Size

SMALLEST_SIDE = 16
"""Pixels. Below this an image is an icon or a tracking pixel given by mistake: blown up it is one blur."""
MOST_PIXELS = 64_000_000
"""200 MB as RGB while it is read: every camera's photo, and no decompression bomb."""
KEPT_PIXELS = 4096 * 4096
"""What is kept in memory is no larger, 50 MB: the 5120x2880 of a desktop's wallpaper as it is."""
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM")
"""Those made for still pictures, where this Pillow has them: of its others some run programs (EPS)."""

_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    OverflowError,
    EOFError,
    RuntimeError,  # libavif
    struct.error,
    zlib.error,
)
"""What Pillow's readers raise on damaged files."""


class ImageTooLarge(EffectError):  # noqa: N818  (what is wrong with it)
    """An image of more than `MOST_PIXELS`."""


@dataclass(frozen=True, slots=True)
class Layer:
    """An image that may be seen through: (H, W, 3) sRGB or, where any of it is transparent, (H, W, 4) with alpha.

    `size`: what it measured, upright, before it was made smaller to be kept.
    """

    pixels: NDArray[np.uint8]
    size: Size

    @property
    def is_opaque(self) -> bool:
        """Whether nothing shows through it."""
        return bool(self.pixels.shape[2] == 3)

    def over(self, color: Color) -> NDArray[np.uint8]:
        """It over a colour, (H, W, 3); its own pixels where nothing shows through."""
        if self.is_opaque:
            return self.pixels
        behind = Image.new("RGB", self.pixels.shape[1::-1], (color.red, color.green, color.blue))
        translucent = Image.fromarray(self.pixels)
        behind.paste(translucent, mask=translucent.getchannel("A"))
        return np.asarray(behind)


def load_image(path: Path, *, what: str = "background") -> NDArray[np.uint8]:
    """Read an image file as (H, W, 3) sRGB, upright, of `KEPT_PIXELS` at most. `what`: what a refusal calls it.

    Raises:
        EffectError: there is no such file, it holds no whole image, or its size is absurd.
    """
    return _loaded(path, what, _opaque_rgb).pixels


def load_layer(path: Path, *, what: str = "background") -> Layer:
    """Read an image file, sized as `load_image` does it, with its refusals.

    Raises:
        EffectError: as `load_image`.
    """
    return _loaded(path, what, _layer)


def load_mask(path: Path, *, what: str = "mask") -> NDArray[np.uint8]:
    """Read an image file as (H, W), 0..255: its alpha channel where it has one that varies, else its luma.

    Upright and sized as `load_image` does it, with its refusals.

    Raises:
        EffectError: as `load_image`.
    """
    return _loaded(path, what, _mask).pixels


def decode_image(file: BinaryIO, *, what: str, formats: Sequence[str] = FORMATS) -> NDArray[np.uint8]:
    """As `load_image`, from a file that is open and is one of Pillow's `formats`.

    Raises:
        ImageTooLarge: too many pixels. EffectError: as `load_image`.
    """
    return _decoded(file, what, _opaque_rgb, formats).pixels


def decode_layer(file: BinaryIO, *, what: str, formats: Sequence[str] = FORMATS) -> NDArray[np.uint8]:
    """As `load_layer`, the pixels alone, from a file that is open and is one of Pillow's `formats`.

    Raises:
        ImageTooLarge: too many pixels. EffectError: as `load_image`.
    """
    return _decoded(file, what, _layer, formats).pixels


def decode_mask(file: BinaryIO, *, what: str, formats: Sequence[str] = FORMATS) -> NDArray[np.uint8]:
    """As `load_mask`, from a file that is open and is one of Pillow's `formats`.

    Raises:
        ImageTooLarge: too many pixels. EffectError: as `load_mask`.
    """
    return _decoded(file, what, _mask, formats).pixels


def _loaded(path: Path, what: str, convert: Callable[[Image.Image], Image.Image]) -> Layer:
    if not path.is_file():
        raise EffectError(f"{what} {path} is {'not a file' if path.exists() else 'not there'}")
    try:
        with path.open("rb") as file:
            return _decoded(file, f"{what} {path}", convert, FORMATS)
    except OSError as error:
        raise EffectError(f"{what} {path} cannot be read: {error}") from error


def _decoded(file: BinaryIO, what: str, convert: Callable[[Image.Image], Image.Image], formats: Sequence[str]) -> Layer:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
            return _read(file, what, convert, formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLarge(f"{what} is too large: {MOST_PIXELS // 1_000_000} megapixels at most") from error
    except EffectError:  # a ValueError too
        raise
    except UnidentifiedImageError as error:
        raise EffectError(f"{what} is not an image") from error
    except _BROKEN as error:
        raise EffectError(f"{what} cannot be read: {error}") from error


def _read(file: BinaryIO, what: str, convert: Callable[[Image.Image], Image.Image], formats: Sequence[str]) -> Layer:
    Image.init()
    with Image.open(file, formats=[name for name in formats if name in Image.OPEN]) as image:
        size = Size(*image.size)
        _check_size(what, size)
        image.draft("RGB", _kept(size))
        image.load()
        ImageOps.exif_transpose(image, in_place=True)  # no copy of one that stands upright
        if (image.width > image.height) != (size.width > size.height):
            size = Size(size.height, size.width)
        kept = convert(image)
    kept.thumbnail(_kept(size), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return Layer(np.asarray(kept), size)


def _kept(size: Size) -> Size:
    """The size at which an image is kept: its own, or in its shape of as many pixels as are kept."""
    scale = min(1.0, (KEPT_PIXELS / (size.width * size.height)) ** 0.5)
    return Size(max(round(size.width * scale), 1), max(round(size.height * scale), 1))


def _check_size(what: str, size: Size) -> None:
    if min(size) < SMALLEST_SIDE:
        raise EffectError(f"{what} is {size.width}x{size.height} pixels, too small: {SMALLEST_SIDE} a side at least")
    if size.width * size.height > MOST_PIXELS:
        raise ImageTooLarge(
            f"{what} is {size.width}x{size.height} pixels, too large: {MOST_PIXELS // 1_000_000} megapixels at most"
        )


def _mask(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        channel = image.convert("RGBA").getchannel("A")
        least, most = channel.getextrema()
        if least != most:
            return channel
        image = image.convert("RGB")
    return _opaque_rgb(image).convert("L")


def _layer(image: Image.Image) -> Image.Image:
    if image.has_transparency_data and not image.mode.startswith("I"):
        translucent = image.convert("RGBA")
        least, _ = translucent.getchannel("A").getextrema()
        if least != 255:
            return translucent
    return _opaque_rgb(image)


def _opaque_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and not image.has_transparency_data:
        return image  # a photo of 64 megapixels is 256 MB in Pillow: no copy of that
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow's own conversion would clip at 255
        return Image.fromarray((np.asarray(image).astype(np.uint32).clip(0, 65535) // 257).astype(np.uint8)).convert(
            "RGB"
        )
    if not image.has_transparency_data:
        return image.convert("RGB")
    translucent = image.convert("RGBA")
    opaque = Image.new("RGB", image.size)
    opaque.paste(translucent, mask=translucent.getchannel("A"))
    return opaque
