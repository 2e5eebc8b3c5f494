"""A still image behind the person: what is read of files, and what a call sees of it and when."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from transforms import still, still_background
from transforms.effect import Color, EffectError, Placement
from transforms.fitting import fit
from transforms.picture import Look, Matrix, Picture, Size
from transforms.still import Layer, load_image, load_layer
from transforms.still_background import StillBackground, image_background

PORTRAIT = Look(Size(72, 128), Matrix.BT709, False)
LANDSCAPE = Look(Size(128, 72), Matrix.BT601, True)
TEAL = Color.parse("2a6a84")
ALWAYS_READ = ("JPEG", "PNG", "WEBP")


def source(look: Look) -> Picture:
    return Picture.blank(look.size, matrix=look.matrix, full_range=look.full_range)


def noise() -> Layer:
    return Layer(np.random.default_rng(3).integers(0, 256, (160, 200, 3), dtype=np.uint8), Size(200, 160))


def is_same(one: Picture, other: Picture) -> bool:
    return all(np.array_equal(a.rows, b.rows) for a, b in zip(one.planes, other.planes, strict=True))


class Gate:
    """Lets the careful fitting begin when it is told to, and says when it has ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = threading.Event()
        self.looks: list[Look] = []

        def gated(image: np.ndarray, look: Look, **options: object) -> Picture:
            assert self.opened.wait(20)
            self.looks.append(look)
            return fit(image, look, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(still_background, "fit", gated)


def fitters() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "fit a background"]


def wait_for_fitters() -> None:
    for thread in fitters():
        thread.join(20)


def test_a_call_has_a_soft_one_at_once_and_a_good_one_when_that_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, layer = Gate(monkeypatch), noise()
    background = StillBackground(layer, Placement(), TEAL, live=True)
    soft = background.picture(source(PORTRAIT), None, 0.0)
    assert background.picture(source(PORTRAIT), None, 0.1) is soft
    gate.opened.set()
    wait_for_fitters()
    good = background.picture(source(PORTRAIT), None, 0.2)
    assert is_same(good, fit(layer.pixels, PORTRAIT))
    assert not is_same(soft, good)
    assert background.picture(source(PORTRAIT), None, 0.3) is good
    background.close()


def test_of_two_sizes_in_a_row_only_the_last_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, layer = Gate(monkeypatch), noise()
    background = StillBackground(layer, Placement(), TEAL, live=True)
    background.picture(source(PORTRAIT), None, 0.0)
    soft = background.picture(source(LANDSCAPE), None, 0.1)
    assert Look.of(soft) == LANDSCAPE
    gate.opened.set()
    wait_for_fitters()
    assert is_same(background.picture(source(LANDSCAPE), None, 0.2), fit(layer.pixels, LANDSCAPE))
    assert not is_same(background.picture(source(PORTRAIT), None, 0.3), fit(layer.pixels, PORTRAIT))
    background.close()


def test_what_is_made_beside_ends_with_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch)
    background = StillBackground(noise(), Placement(), TEAL, live=True)
    background.picture(source(PORTRAIT), None, 0.0)
    assert len(fitters()) == 1
    background.close()
    gate.opened.set()
    wait_for_fitters()
    assert not fitters()


def test_a_look_seen_before_is_there_at_once() -> None:
    background = StillBackground(noise(), Placement(), TEAL, live=True)
    made = [background.prepare(look) for look in (PORTRAIT, LANDSCAPE)]
    for _ in range(3):
        for look, picture in zip((PORTRAIT, LANDSCAPE), made, strict=True):
            assert background.picture(source(look), None, 0.0) is picture
    assert not fitters()
    for side in range(20, 25):
        background.prepare(Look(Size(side, side), Matrix.BT601, False))
    assert background.picture(source(PORTRAIT), None, 0.0) is not made[0]
    background.close()


def test_what_is_not_live_has_the_good_one_always() -> None:
    layer = noise()
    background = StillBackground(layer, Placement("contain"), TEAL, live=False)
    for look in (PORTRAIT, LANDSCAPE):
        expected = fit(layer.pixels, look, placement=Placement("contain"), color=TEAL)
        assert is_same(background.picture(source(look), None, 0.0), expected)
    assert not fitters()
    background.close()


def test_laid_otherwise_it_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "half.png"
    Image.fromarray(np.full((40, 40, 4), (255, 255, 255, 0), np.uint8)).save(path)
    first = image_background(path, Placement(), Color(255, 0, 0))
    path.unlink()
    again = first.relaid(Placement("contain"), TEAL)
    first.close()
    picture = again.prepare(PORTRAIT)
    for plane, level in zip(picture.planes, PORTRAIT.matrix.to_ycbcr(TEAL, full_range=False), strict=True):
        assert (plane.rows == level).all()
    again.close()


def test_the_colour_shows_through_what_is_transparent(tmp_path: Path) -> None:
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:] = (200, 100, 50, 255)
    pixels[:, 32:, 3] = 128
    Image.fromarray(pixels).save(tmp_path / "veil.png")
    Image.fromarray(pixels).save(tmp_path / "veil.webp", lossless=True)
    for name in ("veil.png", "veil.webp"):
        layer = load_layer(tmp_path / name)
        assert not layer.is_opaque
        laid = layer.over(TEAL)
        assert tuple(laid[5, 5]) == (200, 100, 50)
        expected = [(128 * ink + 127 * paper) / 255 for ink, paper in zip((200, 100, 50), (42, 106, 132), strict=True)]
        assert laid[5, 60].astype(int) == pytest.approx(expected, abs=1)


def test_an_alpha_that_hides_nothing_costs_nothing(tmp_path: Path) -> None:
    Image.new("RGBA", (32, 32), (9, 8, 7, 255)).save(tmp_path / "opaque.png")
    layer = load_layer(tmp_path / "opaque.png")
    assert layer.is_opaque
    assert layer.over(TEAL) is layer.pixels


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_every_format_is_shown_upright(tmp_path: Path, image_format: str, orientation: int) -> None:
    """Orientation as EXIF counts it: 6 is a phone held upright, whose sensor lies on its side."""
    Image.init()
    if image_format not in Image.SAVE and image_format not in ALWAYS_READ:
        pytest.skip(f"this Pillow has no {image_format}")
    upright = np.zeros((48, 32, 3), np.uint8)
    upright[:24], upright[24:, :16], upright[24:, 16:] = (230, 30, 30), (30, 200, 30), (30, 30, 230)
    turned = np.ascontiguousarray(np.rot90(upright, {1: 0, 3: 2, 6: 1, 8: 3}[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"phone.{image_format.lower()}"
    Image.fromarray(turned).save(path, image_format, exif=exif, quality=95)
    layer = load_layer(path)
    assert (layer.size, layer.pixels.shape) == (Size(32, 48), (48, 32, 3))
    for place, color in (((6, 16), (230, 30, 30)), ((40, 6), (30, 200, 30)), ((40, 26), (30, 30, 230))):
        assert layer.pixels[place].astype(int) == pytest.approx(color, abs=12)


def test_cmyk_and_16_bits_are_read(tmp_path: Path) -> None:
    Image.new("CMYK", (32, 32), (0, 255, 255, 0)).save(tmp_path / "print.jpg", quality=95)
    Image.fromarray(np.full((32, 32), 128 * 257, np.uint16)).save(tmp_path / "deep.png")
    assert load_image(tmp_path / "print.jpg")[16, 16].astype(int) == pytest.approx((255, 0, 0), abs=6)
    assert tuple(load_image(tmp_path / "deep.png")[16, 16]) == (128, 128, 128)


def test_a_large_image_is_kept_smaller_but_lies_as_large_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(still, "KEPT_PIXELS", 50 * 40)
    Image.fromarray(np.repeat(np.arange(100, dtype=np.uint8), 80).reshape(100, 80).T).save(tmp_path / "wide.png")
    layer = load_layer(tmp_path / "wide.png")
    assert layer.size == Size(100, 80)
    assert layer.pixels.shape == (40, 50, 3)
    look = Look(Size(40, 40), Matrix.BT601, True)
    background = StillBackground(layer, Placement("none", focus=(0, 0), offset=(-30, -20)), TEAL, live=False)
    columns = background.picture(source(look), None, 0.0).y.rows.mean(axis=0)
    assert columns == pytest.approx(np.arange(30, 70), abs=1.5)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", "is not an image"),
        (b"\x89PNG\r\n\x1a\nnonsense", "cannot be read|is not an image"),
        (b"GIF89a", "image|read"),
    ],
)
def test_what_is_no_image_is_refused_in_a_line(tmp_path: Path, content: bytes, refusal: str) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(EffectError, match=refusal) as refused:
        image_background(path)
    assert "\n" not in str(refused.value)


def test_a_truncated_photograph_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    Image.fromarray(noise().pixels).save(path, quality=90)
    path.write_bytes(path.read_bytes()[:-4000])
    with pytest.raises(EffectError, match="cannot be read"):
        image_background(path)
