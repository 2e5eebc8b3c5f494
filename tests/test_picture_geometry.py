"""Which part of a picture a crop takes, and how large a picture comes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ArgumentError
from gateway.geometry import Crop, Geometry

SIDES = st.integers(1, 5000)


def test_a_crop_says_itself_as_it_is_typed() -> None:
    assert str(Crop(720, 1280, 700, 1550)) == "720x1280+700+1550"
    assert str(Crop(720, 1280)) == "720x1280"


def test_a_crop_without_a_corner_is_about_the_middle_on_even_pixels() -> None:
    assert Crop(100, 50).within((320, 240)) == (110, 94, 100, 50)
    assert Crop(100, 50).within((321, 246)) == (110, 98, 100, 50)


def test_of_a_crop_beyond_the_picture_the_part_that_is_there_is_left() -> None:
    assert Crop(720, 1280, 2000, 1200).within((2560, 1440)) == (2000, 1200, 560, 240)
    assert Crop(720, 1280, 2000, 1440).within((2560, 1440)) is None
    assert Crop(400, 400).within((320, 240)) == (0, 0, 320, 240)


def test_of_a_scaled_picture_the_same_share_is_taken() -> None:
    assert Crop(320, 360, 320, 0).within((320, 180), of=(640, 360)) == (160, 0, 160, 180)
    assert Crop(101, 101, 3, 3).within((640, 360), of=(1280, 720)) == (2, 2, 50, 50)


@given(SIDES, SIDES, st.integers(0, 5000) | st.none(), st.integers(0, 5000) | st.none(), SIDES, SIDES, SIDES, SIDES)
def test_a_window_always_lies_within_the_picture(
    width: int, height: int, x: int | None, y: int | None, across: int, down: int, wide: int, high: int
) -> None:
    window = Crop(width, height, x, y).within((across, down), of=(wide, high))
    if window is not None:
        assert min(window.x, window.y) >= 0
        assert min(window.width, window.height) >= 1
        assert window.x + window.width <= across
        assert window.y + window.height <= down


def test_a_crop_that_is_known_to_reach_beyond_the_picture_is_refused_by_name() -> None:
    geometry = Geometry(Crop(720, 1280, 700, 1550))
    geometry.check((2160, 3840))
    with pytest.raises(ArgumentError, match=r"--crop 720x1280\+700\+1550: reaches beyond the picture of 1280x720"):
        geometry.check((1280, 720))
    with pytest.raises(ArgumentError, match="--crop 1281x720"):
        Geometry(Crop(1281, 720)).check((1280, 720))
    Geometry().check((2, 2))


@pytest.mark.parametrize(
    ("geometry", "size"),
    [
        (Geometry(), (640, 360)),
        (Geometry(rotate=90), (360, 640)),
        (Geometry(rotate=180), (640, 360)),
        (Geometry(Crop(100, 50, 600, 0), rotate=270), (50, 40)),
        (Geometry(Crop(100, 50, 640, 0), rotate=270), (50, 100)),
        (Geometry(Crop(100, 50), rotate=90, size=(64, 64)), (64, 64)),
    ],
)
def test_the_size_that_comes_out_is_known_beforehand(geometry: Geometry, size: tuple[int, int]) -> None:
    assert geometry.output((640, 360)) == size
