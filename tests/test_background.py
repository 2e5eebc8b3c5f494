from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from transforms.background import FixedBackground, color_background
from transforms.effect import Color, EffectError
from transforms.picture import Look, Matrix, Picture, Size
from transforms.still_background import image_background

PORTRAIT = Look(Size(72, 128), Matrix.BT709, False)
LANDSCAPE = Look(Size(128, 72), Matrix.BT601, True)


def source(look: Look) -> Picture:
    return Picture.blank(look.size, matrix=look.matrix, full_range=look.full_range)


@pytest.mark.parametrize("look", [PORTRAIT, LANDSCAPE, Look(Size(3, 5), Matrix.BT601, False)])
def test_a_colour_fills_the_picture_with_its_levels_in_the_source_s_matrix_and_range(look: Look) -> None:
    color = Color.parse("2a6a84")
    picture = color_background(color).picture(source(look), None, 0.0)
    assert Look.of(picture) == look
    for plane, level in zip(picture.planes, look.matrix.to_ycbcr(color, full_range=look.full_range), strict=True):
        assert (plane.rows == level).all()


def test_an_image_takes_the_look_of_each_source(tmp_path: Path) -> None:
    Image.new("RGB", (100, 100), (250, 120, 30)).save(tmp_path / "orange.png")
    background = image_background(tmp_path / "orange.png")
    for look in (PORTRAIT, LANDSCAPE):
        picture = background.picture(source(look), None, 0.0)
        assert Look.of(picture) == look
        levels = look.matrix.to_ycbcr(Color(250, 120, 30), full_range=look.full_range)
        for plane, level in zip(picture.planes, levels, strict=True):
            assert np.abs(plane.rows.astype(int) - level).max() <= 1


def test_an_unreadable_image_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(EffectError, match=r"none\.jpg is not there"):
        image_background(tmp_path / "none.jpg")


def test_the_two_latest_looks_are_made_once() -> None:
    made: list[Look] = []

    def make(look: Look) -> Picture:
        made.append(look)
        return source(look)

    background = FixedBackground(make)
    first = background.picture(source(PORTRAIT), None, 0.0)
    background.prepare(LANDSCAPE)
    background.picture(source(LANDSCAPE), None, 0.1)
    assert background.picture(source(PORTRAIT), None, 0.2) is first
    assert made == [PORTRAIT, LANDSCAPE]
    background.prepare(Look(Size(8, 8), Matrix.BT601, False))
    background.picture(source(LANDSCAPE), None, 0.3)
    assert made[3:] == []
    background.close()
    background.picture(source(PORTRAIT), None, 0.4)
    assert made[3:] == [PORTRAIT]
