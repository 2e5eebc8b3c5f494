"""A still image file, read once and kept, fitted to each picture size it is shown at.

What a camera or a designer hands over is taken: JPEG (CMYK too), PNG of 8 or 16 bits, palettes, grey, WebP, AVIF, and
the orientation that a phone writes beside the pixels. Transparent parts show black, there being nothing behind a
background; of a mask they are the mask. Embedded colour profiles are ignored: the values are taken as sRGB.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from transforms.effect import EffectError
from transforms.geometry import cover
from transforms.picture import Matrix, Picture, Size
from transforms.rgb import picture_from_rgb

SMALLEST_SIDE = 16
"""Pixels. Below this an image is an icon or a tracking pixel given by mistake: blown up it is one blur."""
MOST_PIXELS = 64_000_000
"""200 MB as RGB while it is read: every camera's photo, and no decompression bomb."""
KEPT_SIDE = 4096
"""Pixels. What is kept in memory is no larger (50 MB): enough for 4096x2304, the most of H.264 level 5.1."""
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


def load_image(path: Path, *, what: str = "background") -> NDArray[np.uint8]:
    """Read an image file as (H, W, 3) sRGB, upright, no side above `KEPT_SIDE`. `what`: what a refusal calls it.

    Raises:
        EffectError: there is no such file, it holds no whole image, or its size is absurd.
    """
    return _loaded(path, what, _opaque_rgb)


def load_mask(path: Path, *, what: str = "mask") -> NDArray[np.uint8]:
    """Read an image file as (H, W), 0..255: its alpha channel where it has one that varies, else its luma.

    Upright and sized as `load_image` does it, with its refusals.

    Raises:
        EffectError: as `load_image`.
    """
    return _loaded(path, what, _mask)


def decode_image(file: BinaryIO, *, what: str, formats: Sequence[str] = FORMATS) -> NDArray[np.uint8]:
    """As `load_image`, from a file that is open and is one of Pillow's `formats`.

    Raises:
        ImageTooLarge: too many pixels. EffectError: as `load_image`.
    """
    return _decoded(file, what, _opaque_rgb, formats)


def decode_mask(file: BinaryIO, *, what: str, formats: Sequence[str] = FORMATS) -> NDArray[np.uint8]:
    """As `load_mask`, from a file that is open and is one of Pillow's `formats`.

    Raises:
        ImageTooLarge: too many pixels. EffectError: as `load_mask`.
    """
    return _decoded(file, what, _mask, formats)


def _loaded(path: Path, what: str, convert: Callable[[Image.Image], Image.Image]) -> NDArray[np.uint8]:
    if not path.is_file():
        raise EffectError(f"{what} {path} is {'not a file' if path.exists() else 'not there'}")
    try:
        with path.open("rb") as file:
            return _decoded(file, f"{what} {path}", convert, FORMATS)
    except OSError as error:
        raise EffectError(f"{what} {path} cannot be read: {error}") from error


def _decoded(
    file: BinaryIO, what: str, convert: Callable[[Image.Image], Image.Image], formats: Sequence[str]
) -> NDArray[np.uint8]:
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


def fit(image: NDArray[np.uint8], size: Size, *, matrix: Matrix, full_range: bool) -> Picture:
    """Scale (H, W, 3) sRGB to cover `size`, as a picture of that matrix and range. Takes about 100 ms for 720x1280."""
    window = cover(Size(image.shape[1], image.shape[0]), size)
    box = (window.x, window.y, window.x + window.width, window.y + window.height)
    scaled = Image.fromarray(image).resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    return picture_from_rgb(np.asarray(scaled), matrix=matrix, full_range=full_range)


def _read(
    file: BinaryIO, what: str, convert: Callable[[Image.Image], Image.Image], formats: Sequence[str]
) -> NDArray[np.uint8]:
    Image.init()
    with Image.open(file, formats=[name for name in formats if name in Image.OPEN]) as image:
        _check_size(what, Size(*image.size))
        image.draft("RGB", (KEPT_SIDE, KEPT_SIDE))
        image.load()
        upright = ImageOps.exif_transpose(image)
    kept = convert(upright)
    kept.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.asarray(kept)


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


def _opaque_rgb(image: Image.Image) -> Image.Image:
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
