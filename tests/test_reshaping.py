"""Pictures cropped and turned: every sample where it belongs."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twins.turn import between, turned
from transforms.picture import FramePool, Matrix, Picture, Size
from transforms.reshaping import Cropper, Turner


def noise(size: Size, seed: int = 0) -> Picture:
    """A picture in a frame, any levels."""
    picture = FramePool(capacity=1).lease(size, matrix=Matrix.BT709, full_range=True)
    for plane in picture.planes:
        plane.rows[:] = np.random.default_rng(seed).integers(0, 256, (plane.height, plane.width), np.uint8)
    return picture


@given(st.integers(1, 150), st.integers(1, 150), st.sampled_from((90, 180, 270)), st.integers(0, 99))
def test_a_turned_picture_is_its_twin(width: int, height: int, degrees: int, seed: int) -> None:
    picture = noise(Size(width, height), seed)
    copy = Turner().turned(picture, degrees)
    for plane, out in zip(picture.planes, copy.planes, strict=True):
        assert np.array_equal(out.rows, turned(plane.rows, degrees // 90))


def test_four_quarters_are_none() -> None:
    picture = first = noise(Size(64, 33))
    turner = Turner()
    for _ in range(4):
        picture = turner.turned(picture, 90)
    assert all(np.array_equal(a.rows, b.rows) for a, b in zip(picture.planes, first.planes, strict=True))
    assert turner.turned(picture, 0) is picture


def test_a_part_on_even_numbers_lies_in_the_pictures_own_memory() -> None:
    picture = noise(Size(64, 48))
    part = Cropper().part(picture, 10, 6, Size(31, 42))  # down to the last row, where there is no more padding
    assert np.shares_memory(part.y.samples, picture.y.samples)
    assert np.array_equal(part.y.rows, picture.y.rows[6:, 10:41])
    assert np.array_equal(part.cb.rows, picture.cb.rows[3:, 5:21])
    assert (part.matrix, part.full_range) == (Matrix.BT709, True)
    assert Cropper().part(picture, 0, 0, Size(64, 48)) is picture


@given(st.data())
def test_a_part_on_odd_numbers_has_its_chroma_from_between_two_samples(data: st.DataObject) -> None:
    size = Size(data.draw(st.integers(2, 40)), data.draw(st.integers(2, 40)))
    x, y = (data.draw(st.integers(0, side - 1)) for side in size)
    part_size = Size(data.draw(st.integers(1, size.width - x)), data.draw(st.integers(1, size.height - y)))
    picture = noise(size)
    part = Cropper().part(picture, x, y, part_size)
    assert np.array_equal(part.y.rows, picture.y.rows[y : y + part_size.height, x : x + part_size.width])
    assert np.array_equal(part.cr.rows, between(picture.cr.rows, x, y, *part_size.chroma))


@pytest.mark.parametrize(("x", "y"), [(1, 0), (0, 1), (3, 5)])
def test_a_slope_of_colour_stays_in_place_under_an_odd_crop(x: int, y: int) -> None:
    """Chroma that grows by 4 a column and 2 a row of chroma: at luma x it is 2 x, whatever is cut away."""
    picture = noise(Size(40, 40))
    down, across = np.mgrid[0:20, 0:20]
    picture.cb.rows[:] = 2 * (2 * across + down)
    rows = Cropper().part(picture, x, y, Size(20, 20)).cb.rows.astype(int)
    down, across = np.mgrid[0:10, 0:10]
    assert np.abs(rows - (2 * (2 * across + x) + 2 * down + y)).max() <= 0.5


def test_a_crop_costs_no_copy_and_keeps_its_picture_alive() -> None:
    picture = noise(Size(64, 48))
    expected = picture.y.rows[2:4, 2:4].copy()
    part = Cropper().part(picture, 2, 2, Size(2, 2))
    del picture
    assert np.array_equal(part.y.rows, expected)
    assert cast(object, part.frame) is None
