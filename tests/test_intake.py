"""Frames become pictures of one geometry and one reading, whatever the sender does to them meanwhile."""

from __future__ import annotations

import subprocess
import sys

import av
import pytest
from av.video.reformatter import Colorspace

from gateway.geometry import Crop, Geometry
from gateway.intake import Intake
from tests.frames import drawn_frame
from tests.test_scaling import split
from transforms.picture import Matrix, Picture, Size


def quartered(size: Size) -> av.VideoFrame:
    """Luma 40 and 80 above, 120 and 160 below."""
    frame = av.VideoFrame(*size, "yuv420p")
    picture = Picture.of(frame)
    down, across = size.height // 2, size.width // 2
    rows = picture.y.rows
    rows[:down, :across], rows[:down, across:], rows[down:, :across], rows[down:, across:] = 40, 80, 120, 160
    picture.cb.rows[:], picture.cr.rows[:] = 90, 160
    return frame


def corners(picture: Picture) -> list[int]:
    """Luma of the four corners, from the upper left one clockwise."""
    rows = picture.y.rows
    return [int(rows[y, x]) for y, x in ((2, 2), (2, -3), (-3, -3), (-3, 2))]


def test_without_a_geometry_the_frame_itself_is_the_picture() -> None:
    frame = drawn_frame(0)
    assert Intake().picture(frame).frame is frame


def test_a_frame_may_change_its_size_with_every_picture() -> None:
    intake = Intake(geometry=Geometry(size=(320, 180)))
    for source in (Size(1280, 720), Size(640, 360), Size(720, 1280), Size(320, 180), Size(1280, 720)):
        assert intake.picture(split(source)).size == Size(320, 180)


@pytest.mark.parametrize(
    ("degrees", "levels"),
    [(0, [40, 80, 160, 120]), (90, [120, 40, 80, 160]), (180, [160, 120, 40, 80]), (270, [80, 160, 120, 40])],
)
def test_pictures_turn_clockwise(degrees: int, levels: list[int]) -> None:
    turned = Intake(geometry=Geometry(rotate=degrees)).picture(quartered(Size(128, 96)))  # type: ignore[arg-type]
    assert turned.size == (Size(128, 96) if degrees % 180 == 0 else Size(96, 128))
    assert corners(turned) == levels


def test_a_picture_is_cropped_then_turned_then_scaled() -> None:
    """The right half of 640x320, turned, is 320x320 with its left side on top; half as large in the end."""
    geometry = Geometry(Crop(320, 320, 320, 0), rotate=90, size=(160, 160))
    picture = Intake(geometry=geometry).picture(quartered(Size(640, 320)))
    assert picture.size == Size(160, 160)
    assert corners(picture) == [160, 80, 80, 160]
    assert geometry.output((640, 320)) == (160, 160)


def test_a_size_is_that_of_what_comes_out_whichever_way_it_was_turned() -> None:
    intake = Intake(geometry=Geometry(rotate=90, size=(90, 160)))
    assert intake.picture(quartered(Size(640, 360))).size == Size(90, 160)


def test_a_smaller_picture_of_the_same_view_loses_the_same_part() -> None:
    """A sender short of bandwidth: what was cut away stays away, and is cut away in full again."""
    intake = Intake(geometry=Geometry(Crop(320, 360, 320, 0)))
    for size, part in (((640, 360), (320, 360)), ((320, 180), (160, 180)), ((640, 360), (320, 360))):
        picture = intake.picture(quartered(Size(*size)))
        assert picture.size == part
        assert set(picture.y.rows[0].tolist()) == {80}


def test_a_crop_where_there_is_no_picture_is_black_and_never_the_room(caplog: pytest.LogCaptureFixture) -> None:
    intake = Intake(geometry=Geometry(Crop(64, 48, 1000, 0)))
    for _ in range(2):
        picture = intake.picture(quartered(Size(640, 360)))
    assert picture.size == Size(64, 48)
    assert [set(plane.rows.ravel().tolist()) for plane in picture.planes] == [{16}, {128}, {128}]
    assert len(caplog.records) == 1


def test_another_geometry_holds_from_the_next_frame_on() -> None:
    intake = Intake(geometry=Geometry(rotate=90))
    frame = quartered(Size(128, 96))
    kept = intake.picture(frame)
    intake.geometry = Geometry()
    assert intake.picture(frame).frame is frame
    assert corners(kept) == [120, 40, 80, 160]


def test_what_somebody_keeps_is_not_written_over() -> None:
    """More pictures than any pool has: each stays as it was."""
    intake = Intake(geometry=Geometry(Crop(63, 47, 33, 25), rotate=90))
    kept = [intake.picture(quartered(Size(128, 96))) for _ in range(20)]
    assert len({picture.y.samples.ctypes.data for picture in kept}) == 20


def test_a_stream_that_names_no_matrix_is_read_as_its_first_picture_suggests() -> None:
    small, large = split(Size(640, 360)), split(Size(1280, 720))
    falling, rising = Intake(), Intake()
    assert [falling.picture(frame).matrix for frame in (large, small)] == [Matrix.BT709] * 2
    assert [rising.picture(frame).matrix for frame in (small, large)] == [Matrix.BT601] * 2
    small.colorspace = Colorspace.ITU601
    assert [falling.picture(frame).matrix for frame in (small, large)] == [Matrix.BT601, Matrix.BT709]
    assert Intake(matrix=Matrix.BT601).picture(large).matrix is Matrix.BT601


@pytest.mark.parametrize("geometry", [Geometry(size=(640, 360)), Geometry(Crop(64, 64, 8, 8)), Geometry(rotate=90)])
def test_what_is_reshaped_is_read_as_it_came(geometry: Geometry) -> None:
    assert Intake(geometry=geometry).picture(split(Size(1280, 720))).matrix is Matrix.BT709


def test_what_a_geometry_needs_is_loaded_before_the_first_picture_and_what_turns_a_phones_always() -> None:
    script = (
        "import sys; from gateway.intake import warm_up; from gateway.geometry import Crop, Geometry\n"
        "loaded = lambda: sorted(name for name in ('between', 'turn') if f'transforms.kernels.{name}' in sys.modules)\n"
        "warm_up(Geometry()); print(loaded()); warm_up(Geometry(Crop(720, 1280, 1, 0), rotate=90)); print(loaded())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['turn']", "['between', 'turn']"]
