"""A plate from a file: fitted to the picture, or refused with both sizes; its noise measured from the stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.footage import Footage, measured
from transforms.clean_plate import UNMEASURED_NOISE
from transforms.effect import EffectError
from transforms.exposure import fit_exposure
from transforms.matting import NotReady
from transforms.picture import Matrix, Picture, Size
from transforms.plate_image import plate_from_image


def photograph(path: Path, size: tuple[int, int], **options: Any) -> Path:
    """Four patches of plain colour, and their borders."""
    colors = np.array([[(200, 60, 40), (40, 160, 70)], [(50, 80, 190), (150, 150, 150)]], np.uint8)
    Image.fromarray(colors).resize(size, Image.Resampling.NEAREST).save(path, **options)
    return path


@pytest.mark.parametrize("name", ["plate.png", "plate.jpg", "plate.webp"])
@pytest.mark.parametrize("matrix", list(Matrix))
@pytest.mark.parametrize("full_range", [False, True])
def test_an_image_is_scaled_and_converted_to_the_pictures_look(
    tmp_path: Path, name: str, matrix: Matrix, full_range: bool
) -> None:
    source = plate_from_image(photograph(tmp_path / name, (640, 480), quality=95))
    picture = Picture.blank(Size(320, 240), matrix=matrix, full_range=full_range)
    plate = source.observe(picture, measured(picture), 0.0)
    assert (plate.picture.size, plate.picture.matrix, plate.picture.full_range) == (Size(320, 240), matrix, full_range)
    grey = (150 if full_range else 16 + 150 * 219 / 255, 128, 128)
    for plane, level in zip(plate.picture.planes, grey, strict=True):
        corner = plane.rows[-plane.height // 4 :, -plane.width // 4 :]
        assert np.abs(corner.astype(float) - level).mean() < 2


def test_an_upright_photograph_is_taken_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees to show
    source = plate_from_image(photograph(tmp_path / "phone.jpg", (480, 320), exif=exif, quality=95))
    picture = Picture.blank(Size(160, 240), matrix=Matrix.BT601, full_range=False)
    plate = source.observe(picture, measured(picture), 0.0)
    # The red patch, the upper left one as stored, is the upper right one as shown.
    assert plate.picture.cr.rows[:40, -40:].mean() > 180


@pytest.mark.parametrize("size", [(640, 360), (480, 640), (330, 240)])
def test_another_shape_is_no_plate_and_both_sizes_are_named(tmp_path: Path, size: tuple[int, int]) -> None:
    source = plate_from_image(photograph(tmp_path / "plate.png", size))
    picture = Picture.blank(Size(320, 240), matrix=Matrix.BT601, full_range=False)
    for time in (0.0, 0.1):
        with pytest.raises(NotReady, match=rf"{size[0]}x{size[1]}.*320x240"):
            source.observe(picture, measured(picture), time)


def test_a_hundredth_of_difference_in_shape_is_let_pass(tmp_path: Path) -> None:
    source = plate_from_image(photograph(tmp_path / "plate.png", (1366, 768)))
    picture = Picture.blank(Size(1280, 720), matrix=Matrix.BT709, full_range=False)
    assert source.observe(picture, measured(picture), 0.0).picture.size == picture.size


@pytest.mark.parametrize(
    ("content", "said"), [(None, "plate .* is not there"), (b"", "not an image"), (b"\x89PNG\r\n\x1a\n123", "plate")]
)
def test_what_is_no_image_is_refused_before_anything_starts(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "plate.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EffectError, match=said):
        plate_from_image(path)


def grey(picture: Picture) -> Picture:
    """The picture without its colours, but for their noise."""
    for plane in (picture.cb, picture.cr):
        plane.rows[:] = 128 + np.random.default_rng(0).normal(0, 1, plane.rows.shape)
    return picture


def test_its_noise_is_the_streams(tmp_path: Path) -> None:
    footage = Footage(noise=2.0)
    quiet = Footage(noise=0.0).frame()
    rgb = Image.fromarray(np.dstack([quiet.y.rows] * 3))
    rgb.save(tmp_path / "plate.png")
    source = plate_from_image(tmp_path / "plate.png")
    picture = grey(footage.frame())
    cells = measured(picture)
    plate = source.observe(picture, cells, 0.0)
    assert (plate.noise == UNMEASURED_NOISE).all()
    for number in range(160):
        picture = grey(footage.frame())
        plate = source.observe(picture, measured(picture, cells), number / 30)
        exposure = fit_exposure(measured(plate.picture).moments, cells, np.ones(cells.count, np.float32)).exposure
        plate.learn(picture, cells, np.ones(cells.count, np.uint8), exposure)
    assert np.median(plate.noise[0]) == pytest.approx(2.0, rel=0.2)


def test_each_look_has_its_own_plate_and_a_camera_that_comes_back_the_old_one(tmp_path: Path) -> None:
    source = plate_from_image(photograph(tmp_path / "plate.png", (640, 480)))
    small, large = (
        Picture.blank(Size(*size), matrix=Matrix.BT601, full_range=False) for size in ((160, 120), (320, 240))
    )
    first = source.observe(small, measured(small), 0.0)
    assert source.observe(large, measured(large), 0.1).picture.size == large.size
    again = source.observe(large, measured(large), 0.2)
    source.moved()
    assert source.observe(large, measured(large), 0.3) is again
    assert first.picture.size == small.size
