"""Masks are files that people draw: written here, so that what is in them is known to the pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from transforms.effect import EffectError
from transforms.mask import Mask
from transforms.picture import Size


def saved(path: Path, pixels: NDArray[np.uint8], **options: object) -> Path:
    Image.fromarray(pixels).save(path, **options)  # type: ignore[arg-type]
    return path


def left_white(width: int = 32, height: int = 48) -> NDArray[np.uint8]:
    pixels = np.zeros((height, width), np.uint8)
    pixels[:, : width // 2] = 255
    return pixels


def load(path: Path) -> Mask:
    return Mask.load(path, what="garbage mask")


def test_a_mask_of_the_frames_size_is_taken_as_it_is(tmp_path: Path) -> None:
    drawn = np.random.default_rng(0).integers(0, 256, (40, 30), dtype=np.uint8)
    assert (load(saved(tmp_path / "mask.png", drawn)).at(Size(30, 40)) == drawn).all()


def test_it_is_stretched_over_the_frame_each_way_by_itself(tmp_path: Path) -> None:
    mask = load(saved(tmp_path / "mask.png", left_white()))
    for size in (Size(640, 360), Size(15, 301), Size(8, 6), Size(2, 2)):
        fitted = mask.at(size)
        assert fitted.shape == (size.height, size.width)
        edge = max(1, size.width // 32)
        assert (fitted[:, : size.width // 2 - edge] == 255).all()
        assert (fitted[:, size.width // 2 + edge + 1 :] == 0).all()
        assert fitted.mean() == pytest.approx(127.5, abs=255 / size.width)


def test_white_and_black_stay_exact_beside_an_edge(tmp_path: Path) -> None:
    """A filter that rings would let a little of what is masked shine through near its border."""
    for size in (Size(19, 31), Size(101, 77)):
        fitted = load(saved(tmp_path / "mask.png", left_white())).at(size)
        assert (np.diff(fitted.astype(int), axis=1) <= 0).all()


def test_colours_count_by_their_luma(tmp_path: Path) -> None:
    pixels = np.full((16, 16, 3), (0, 255, 0), np.uint8)
    assert load(saved(tmp_path / "green.png", pixels)).at(Size(16, 16))[0, 0] == round(0.587 * 255)


def test_an_alpha_channel_that_varies_is_the_mask(tmp_path: Path) -> None:
    pixels = np.full((16, 16, 4), 40, np.uint8)
    pixels[..., 3] = left_white(16, 16)
    assert (load(saved(tmp_path / "cut.png", pixels)).at(Size(16, 16)) == pixels[..., 3]).all()


@pytest.mark.parametrize("opacity", [0, 77, 255])
def test_an_alpha_channel_that_does_not_vary_says_nothing(tmp_path: Path, opacity: int) -> None:
    pixels = np.repeat(left_white(16, 16)[..., None], 4, axis=2)
    pixels[..., 3] = opacity
    assert (load(saved(tmp_path / "plain.png", pixels)).at(Size(16, 16)) == left_white(16, 16)).all()


@pytest.mark.parametrize("mode", ["1", "P", "LA", "CMYK", "I;16"])
def test_every_mode_keeps_white_white_and_black_black(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(left_white(16, 16))
    if mode == "I;16":
        image = Image.fromarray(left_white(16, 16).astype(np.uint16) * 257)
    else:
        image = image.convert("RGB").convert(mode) if mode == "CMYK" else image.convert(mode)
    path = tmp_path / ("mask.tiff" if mode == "CMYK" else "mask.png")
    image.save(path)
    assert (load(path).at(Size(16, 16)) == left_white(16, 16)).all()


def test_a_photographed_mask_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # stored turned left; the tag says to turn it right again
    fitted = load(saved(tmp_path / "mask.png", left_white(), exif=exif)).at(Size(48, 32))
    assert (fitted[:16] == 255).all()
    assert (fitted[16:] == 0).all()


def test_a_fitting_is_made_once_for_each_of_two_sizes(tmp_path: Path) -> None:
    mask = load(saved(tmp_path / "mask.png", left_white()))
    one, other = mask.at(Size(64, 64)), mask.at(Size(64, 48))
    assert mask.at(Size(64, 64)) is one
    assert mask.at(Size(64, 48)) is other


def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    saved(tmp_path / "tiny.png", np.zeros((3, 3), np.uint8))
    (tmp_path / "cut.png").write_bytes(saved(tmp_path / "whole.png", left_white(300, 300)).read_bytes()[:120])
    for name, why in (
        ("gone.png", "not there"),
        ("text.png", "not an image"),
        ("tiny.png", "too small"),
        ("cut.png", ""),
    ):
        with pytest.raises(EffectError, match=rf"garbage mask .*{name}.*{why}"):
            load(tmp_path / name)
