"""Pictures of one size, unstretched, with the levels that they had."""

from __future__ import annotations

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from gateway.scaling import Scaler
from transforms.picture import Matrix, Picture, Size
from transforms.reshaping import window


def split(size: Size, *, upright: bool = True) -> av.VideoFrame:
    """Three equal stripes of luma 40, 120 and 200, side by side or one below another."""
    frame = av.VideoFrame(size.width, size.height, "yuv420p")
    picture = Picture.of(frame)
    rows = picture.y.rows if upright else picture.y.rows.T
    for number, level in enumerate((40, 120, 200)):
        rows[:, number * rows.shape[1] // 3 : (number + 1) * rows.shape[1] // 3] = level
    picture.cb.rows[:], picture.cr.rows[:] = 90, 160
    return frame


def test_a_picture_of_the_size_is_left_as_it_is() -> None:
    picture = Picture.of(split(Size(64, 48)))
    assert Scaler(Size(64, 48)).scaled(picture) is picture


@pytest.mark.parametrize("size", [Size(640, 360), Size(1920, 1080), Size(322, 182), Size(16, 16), Size(90, 160)])
@pytest.mark.parametrize("source", [Size(1280, 720), Size(641, 361), Size(360, 640), Size(2, 2)])
def test_every_picture_comes_out_at_the_size(source: Size, size: Size) -> None:
    picture = Scaler(size).scaled(Picture.of(split(source)))
    assert picture.size == size
    assert (picture.cb.rows == 90).all()
    assert (picture.cr.rows == 160).all()


@pytest.mark.parametrize(("source", "upright"), [(Size(1920, 640), True), (Size(640, 1920), False)])
def test_another_shape_is_cropped_about_its_centre_and_never_stretched(source: Size, upright: bool) -> None:
    """Of three squares in a row, the one in the middle is what a square shows."""
    picture = Scaler(Size(320, 320)).scaled(Picture.of(split(source, upright=upright)))
    assert np.abs(picture.y.rows[4:-4, 4:-4].astype(int) - 120).max() == 0
    wide = Scaler(Size(480, 320)).scaled(Picture.of(split(Size(1920, 640)))).y.rows
    assert [set(wide[:, column].tolist()) for column in (0, 240, 479)] == [{40}, {120}, {200}]
    # 960 of 1920 columns are kept, 480..1439: a third of them is of each outer stripe's last sixth.
    assert np.abs(np.flatnonzero(wide[160] > 80)[0] - 80) <= 1


def test_a_part_of_a_picture_is_scaled_without_what_lies_around_it() -> None:
    part = window(Picture.of(split(Size(960, 320))), 320, 0, Size(320, 320))
    assert set(Scaler(Size(160, 160)).scaled(part).y.rows.ravel().tolist()) == {120}


@pytest.mark.parametrize("limits", [ColorRange.MPEG, ColorRange.JPEG])
def test_levels_matrix_and_range_stay(limits: ColorRange) -> None:
    frame = split(Size(64, 48))
    frame.colorspace, frame.color_range = Colorspace.ITU709, limits
    picture = Scaler(Size(32, 24)).scaled(Picture.of(frame))
    assert (picture.matrix, picture.full_range) == (Matrix.BT709, limits == ColorRange.JPEG)
    assert [set(picture.y.rows[:, column].tolist()) for column in (2, -3)] == [{40}, {200}]
