"""Image files are written here, so that what is in them is known to the pixel."""

from __future__ import annotations

import random
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from transforms.effect import EffectError
from transforms.picture import Matrix, Size
from transforms.rgb import picture_from_rgb
from transforms.still import KEPT_SIDE, fit, load_image

QUADRANTS = ((220, 40, 40), (40, 200, 60), (50, 60, 210), (230, 210, 60))


def quadrants(width: int = 64, height: int = 96) -> Image.Image:
    """Red, green / blue, yellow."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2], pixels[: height // 2, width // 2 :] = QUADRANTS[:2]
    pixels[height // 2 :, : width // 2], pixels[height // 2 :, width // 2 :] = QUADRANTS[2:]
    return Image.fromarray(pixels)


def corners(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    height, width = pixels.shape[:2]
    rows, columns = [height // 4, height // 4, -height // 4, -height // 4], [width // 4, -width // 4] * 2
    return pixels[rows, columns].astype(np.int64)


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("a.png", {}, 0),
        ("a.bmp", {}, 0),
        ("a.tiff", {}, 0),
        ("a.jpg", {"quality": 95, "subsampling": 0}, 3),
        ("a.webp", {"lossless": True}, 0),
        ("a.avif", {"quality": 95}, 8),
    ],
)
def test_common_formats_are_read_as_they_are(
    tmp_path: Path, name: str, options: dict[str, object], tolerance: int
) -> None:
    if name.endswith("avif") and "AVIF" not in Image.registered_extensions().values():
        pytest.skip("this Pillow is built without AVIF")
    pixels = load_image(saved(tmp_path / name, quadrants(), **options))
    assert pixels.shape == (96, 64, 3)
    assert np.abs(corners(pixels) - QUADRANTS).max() <= tolerance


def test_a_cmyk_jpeg_is_not_negative(tmp_path: Path) -> None:
    pixels = load_image(saved(tmp_path / "cmyk.jpg", quadrants().convert("CMYK"), quality=95))
    assert np.abs(corners(pixels) - QUADRANTS).max() <= 12


def test_a_16_bit_grey_png_is_scaled_not_clipped(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)[None, :].repeat(32, axis=0)
    pixels = load_image(saved(tmp_path / "grey16.png", Image.fromarray(ramp)))
    assert np.abs(pixels[0, :, 1].astype(int) - ramp[0] / 257).max() <= 1


def test_a_16_bit_rgb_png_is_read(tmp_path: Path) -> None:
    rows = np.zeros((32, 1 + 32 * 6), np.uint8)
    rows[:, 1:] = np.tile(np.array([0xDC, 0x12, 0x28, 0x34, 0x50, 0x56], np.uint8), 32)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 16, 2, 0, 0, 0))
    path = tmp_path / "rgb16.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows.tobytes())) + chunk(b"IEND", b"")
    )
    assert np.abs(load_image(path).astype(int) - [0xDC, 0x28, 0x50]).max() <= 1


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA"])
def test_every_png_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    assert load_image(saved(tmp_path / "a.png", quadrants().convert(mode))).shape == (96, 64, 3)


def test_transparent_parts_show_black_in_proportion(tmp_path: Path) -> None:
    pixels = np.full((32, 32, 4), (200, 100, 50, 255), np.uint8)
    pixels[:16, :, 3], pixels[16:, :16, 3] = 0, 128
    read = load_image(saved(tmp_path / "a.png", Image.fromarray(pixels)))
    assert (read[0, 0] == 0).all()
    assert np.abs(read[31, 0] - np.array([100, 50, 25])).max() <= 1
    assert (read[31, 31] == [200, 100, 50]).all()


def test_a_transparent_palette_colour_shows_black(tmp_path: Path) -> None:
    image = quadrants().convert("P", palette=Image.Palette.ADAPTIVE)
    corner = image.getpixel((0, 0))
    pixels = load_image(saved(tmp_path / "a.png", image, transparency=corner))
    assert (pixels[0, 0] == 0).all()
    assert pixels[0, -1].any()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright(tmp_path: Path, orientation: int) -> None:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,  # stored turned left; the tag says to turn it right again
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = quadrants().transpose(turns[orientation]) if orientation in turns else quadrants()
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = load_image(saved(tmp_path / "photo.jpg", stored, quality=95, subsampling=0, exif=exif))
    assert pixels.shape == (96, 64, 3)
    assert np.abs(corners(pixels) - QUADRANTS).max() <= 3


def test_a_large_image_is_kept_smaller(tmp_path: Path) -> None:
    pixels = load_image(saved(tmp_path / "wide.png", quadrants(6000, 500)))
    assert pixels.shape == (341, KEPT_SIDE, 3)
    assert np.abs(corners(pixels) - QUADRANTS).max() <= 1


def bomb(path: Path, side: int = 30_000) -> Path:
    """A PNG of 30000x30000 black pixels, 110 kB on disc."""
    deflate = zlib.compressobj(9)
    rows = bytes(1 + side // 8)
    body = b"".join([*(deflate.compress(rows) for _ in range(side)), deflate.flush()])
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    return path


def test_absurd_sizes_are_refused_before_a_pixel_is_read(tmp_path: Path) -> None:
    with pytest.raises(EffectError, match=r"bomb\.png is too large: 64 megapixels at most"):
        load_image(bomb(tmp_path / "bomb.png"))
    with pytest.raises(EffectError, match=r"9000x9000 pixels, too large: 64 megapixels at most"):
        load_image(bomb(tmp_path / "large.png", 9000))
    with pytest.raises(EffectError, match=r"1x1 pixels, too small: 16 a side at least"):
        load_image(saved(tmp_path / "dot.png", quadrants(64, 64).resize((1, 1))))


def test_what_is_no_image_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.jpg").write_text("v=0\r\n" * 100)
    for name, why in (("none.png", "is not there"), ("", "is not a file"), ("empty.png", "is not an image")):
        with pytest.raises(EffectError, match=f"background {tmp_path / name} {why}"):
            load_image(tmp_path / name)
    with pytest.raises(EffectError, match=r"text\.jpg is not an image"):
        load_image(tmp_path / "text.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_file_is_refused(tmp_path: Path, kind: str) -> None:
    whole = BytesIO()
    Image.effect_noise((256, 256), 80).convert("RGB").save(whole, kind)
    path = tmp_path / "half"
    path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    with pytest.raises(EffectError, match=r"half cannot be read|half is not an image"):
        load_image(path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM"])
def test_a_damaged_file_is_read_or_refused_in_one_way(tmp_path: Path, kind: str) -> None:
    whole = BytesIO()
    Image.effect_noise((64, 48), 60).convert("RGB").save(whole, kind)
    damage, path = random.Random(kind), tmp_path / "damaged"
    for _ in range(100):
        data = bytearray(whole.getvalue())
        for _ in range(damage.choice((1, 3, 12))):
            data[damage.randrange(min(len(data), damage.choice((64, 600, len(data)))))] = damage.randrange(256)
        path.write_bytes(data)
        try:
            assert load_image(path).dtype == np.uint8
        except EffectError as error:
            assert str(path) in str(error)


def test_fit_covers_about_the_centre_and_keeps_shapes_round() -> None:
    image = np.zeros((400, 400, 3), np.uint8)
    rows, columns = np.mgrid[:400, :400]
    image[(rows - 200) ** 2 + (columns - 200) ** 2 < 60**2] = 255
    bright = fit(image, Size(180, 320), matrix=Matrix.BT709, full_range=False).y.rows > 125
    height, width = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
    assert abs(len(height) - 96) <= 1 and abs(len(width) - 96) <= 1
    assert abs(height.mean() - 159.5) <= 0.5 and abs(width.mean() - 89.5) <= 0.5


def test_fit_of_the_same_size_changes_no_pixel() -> None:
    image = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    fitted = fit(image, Size(64, 48), matrix=Matrix.BT601, full_range=True)
    direct = picture_from_rgb(image, matrix=Matrix.BT601, full_range=True)
    for plane, expected in zip(fitted.planes, direct.planes, strict=True):
        assert (plane.rows == expected.rows).all()


@pytest.mark.parametrize("size", [Size(1, 1), Size(3, 5), Size(17, 2), Size(641, 359)])
def test_fit_gives_every_size_asked_for(size: Size) -> None:
    fitted = fit(np.asarray(quadrants()), size, matrix=Matrix.BT601, full_range=False)
    assert fitted.size == size
