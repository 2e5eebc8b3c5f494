"""Frames become pictures of one size and one reading, whatever the sender does to them meanwhile."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from gateway.intake import Intake, Scaler
from tests.frames import drawn_frame
from transforms.picture import Matrix, Picture, Size


def split(size: Size, *, upright: bool = True) -> av.VideoFrame:
    """Three equal stripes of luma 40, 120 and 200, side by side or one below another."""
    frame = av.VideoFrame(size.width, size.height, "yuv420p")
    picture = Picture.of(frame)
    rows = picture.y.rows if upright else picture.y.rows.T
    for number, level in enumerate((40, 120, 200)):
        rows[:, number * rows.shape[1] // 3 : (number + 1) * rows.shape[1] // 3] = level
    picture.cb.rows[:], picture.cr.rows[:] = 90, 160
    frame.pts, frame.time_base = 4711, Fraction(1, 90_000)
    return frame


def test_without_a_size_the_frame_itself_is_the_picture() -> None:
    frame = drawn_frame(0)
    assert Intake().picture(frame).frame is frame
    assert Scaler(Size(frame.width, frame.height)).scaled(frame) is frame


@pytest.mark.parametrize("size", [Size(640, 360), Size(1920, 1080), Size(322, 182), Size(16, 16), Size(90, 160)])
@pytest.mark.parametrize("source", [Size(1280, 720), Size(641, 361), Size(360, 640), Size(2, 2)])
def test_every_frame_comes_out_at_the_size(source: Size, size: Size) -> None:
    scaled = Scaler(size).scaled(split(source))
    picture = Picture.of(scaled)
    assert picture.size == size
    assert (scaled.pts, scaled.time_base) == (4711, Fraction(1, 90_000))
    assert (picture.cb.rows == 90).all()
    assert (picture.cr.rows == 160).all()


@pytest.mark.parametrize(("source", "upright"), [(Size(1920, 640), True), (Size(640, 1920), False)])
def test_another_shape_is_cropped_about_its_centre_and_never_stretched(source: Size, upright: bool) -> None:
    """Of three squares in a row, the one in the middle is what a square shows."""
    picture = Picture.of(Scaler(Size(320, 320)).scaled(split(source, upright=upright)))
    assert np.abs(picture.y.rows[4:-4, 4:-4].astype(int) - 120).max() == 0
    wide = Picture.of(Scaler(Size(480, 320)).scaled(split(Size(1920, 640)))).y.rows
    assert [set(wide[:, column].tolist()) for column in (0, 240, 479)] == [{40}, {120}, {200}]
    # 960 of 1920 columns are kept, 480..1439: a third of them is of each outer stripe's last sixth.
    assert np.abs(np.flatnonzero(wide[160] > 80)[0] - 80) <= 1


def test_a_frame_may_change_its_size_with_every_picture() -> None:
    intake = Intake(size=Size(320, 180))
    for source in (Size(1280, 720), Size(640, 360), Size(720, 1280), Size(320, 180), Size(1280, 720)):
        assert intake.picture(split(source)).size == Size(320, 180)


@pytest.mark.parametrize("limits", [ColorRange.MPEG, ColorRange.JPEG])
def test_levels_matrix_and_range_stay(limits: ColorRange) -> None:
    frame = split(Size(64, 48))
    frame.colorspace, frame.color_range = Colorspace.ITU709, limits
    scaled = Scaler(Size(32, 24)).scaled(frame)
    picture = Picture.of(scaled)
    assert (picture.matrix, picture.full_range) == (Matrix.BT709, limits == ColorRange.JPEG)
    assert [set(picture.y.rows[:, column].tolist()) for column in (2, -3)] == [{40}, {200}]


def test_a_stream_that_names_no_matrix_is_read_as_its_first_picture_suggests() -> None:
    small, large = split(Size(640, 360)), split(Size(1280, 720))
    falling, rising = Intake(), Intake()
    assert [falling.picture(frame).matrix for frame in (large, small)] == [Matrix.BT709] * 2
    assert [rising.picture(frame).matrix for frame in (small, large)] == [Matrix.BT601] * 2
    small.colorspace = Colorspace.ITU601
    assert [falling.picture(frame).matrix for frame in (small, large)] == [Matrix.BT601, Matrix.BT709]
    assert Intake(matrix=Matrix.BT601).picture(large).matrix is Matrix.BT601


def test_what_is_scaled_is_read_as_it_came() -> None:
    assert Intake(size=Size(640, 360)).picture(split(Size(1280, 720))).matrix is Matrix.BT709
