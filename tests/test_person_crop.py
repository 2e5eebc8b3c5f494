"""The box in which people are looked at."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.extent import count
from transforms.person.crop import Crop, Extent, extent_of
from transforms.person.sampling import Box
from transforms.picture import Size

SIZE, SQUARE = Size(960, 540), Size(256, 256)


def chances(*people: tuple[slice, slice]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    found = np.zeros((90, 160), np.uint8)
    for rows, columns in people:
        found[rows, columns] = 255
    return found


def test_an_extent_holds_all_the_people() -> None:
    assert extent_of(chances(np.s_[45:90, 16:32], np.s_[30:90, 80:96])) == Extent(0.1, 1 / 3, 0.6, 1.0)


def test_a_speck_is_nobody() -> None:
    assert extent_of(chances(np.s_[3:4, 3:4])) is None
    assert extent_of(chances()) is None


@given(
    columns=st.integers(1, 40),
    rows=st.integers(1, 40),
    bounds=st.tuples(*[st.integers(0, 40)] * 4),
    seed=st.integers(0, 99),
)
def test_the_kernel_counts_what_is_in_a_part(
    columns: int, rows: int, bounds: tuple[int, int, int, int], seed: int
) -> None:
    grid = np.random.default_rng(seed).integers(0, 256, (rows, columns), dtype=np.uint8)
    left, right, top, bottom = (
        min(bound, most) for bound, most in zip(bounds, (columns, columns, rows, rows), strict=True)
    )
    across, down = np.full(columns, 7, np.uint16), np.full(rows, 7, np.uint16)
    count(grid.reshape(-1), columns, np.uint8(128), left, top, right, bottom, across, down)
    part = np.zeros_like(grid)
    part[top:bottom, left:right] = grid[top:bottom, left:right]
    assert (across == (part >= 128).sum(0)).all()
    assert (down == (part >= 128).sum(1)).all()


def test_what_moves_near_people_is_reached_for() -> None:
    people, moved = Extent(0.4, 0.4, 0.6, 1.0), np.zeros((90, 160), np.bool_)
    moved[40:60, 96:98] = True  # at their right hand, 0.6 to 0.6125
    moved[0:5, 0:5] = True  # far off
    assert people.reaching(moved) == Extent(0.4, 0.4, 98 / 160, 1.0)


def test_the_box_is_square_and_has_a_margin() -> None:
    box = Crop(SQUARE).follow(Extent(0.4, 0.5, 0.5, 0.9), SIZE)
    assert box.width == box.height == round(0.4 * 540 * 1.1)
    assert abs(box.left + box.width / 2 - 0.45 * 960) <= 1


def test_the_box_stays_while_a_person_stirs() -> None:
    crop = Crop(SQUARE)
    first = crop.follow(Extent(0.40, 0.5, 0.5, 0.9), SIZE)
    assert crop.follow(Extent(0.402, 0.497, 0.503, 0.9), SIZE) is first


def test_the_box_follows_who_leaves_it_and_who_goes_away() -> None:
    crop = Crop(SQUARE)
    first = crop.follow(Extent(0.4, 0.5, 0.5, 0.9), SIZE)
    assert crop.follow(Extent(0.6, 0.5, 0.7, 0.9), SIZE).left > first.left + 150
    assert crop.follow(Extent(0.6, 0.7, 0.65, 0.9), SIZE).height < 0.6 * first.height


def test_what_moves_beside_a_person_is_in_the_box() -> None:
    person, moved = Extent(0.4, 0.5, 0.5, 0.9), np.zeros((90, 160), np.bool_)
    moved[50:58, 80:82] = True
    reached = person.reaching(moved)
    assert reached.right == 82 / 160
    moved[50:58, 80:82], moved[10:18, 150:158] = False, True
    assert person.reaching(moved) == person


def test_two_people_side_by_side_are_looked_at_in_turn() -> None:
    found = chances(np.s_[30:90, 20:60], np.s_[40:90, 100:145])
    crop = Crop(SQUARE)
    extent = extent_of(found)
    assert extent is not None
    box = crop.follow(extent, SIZE)
    left, right = crop.parts(box, SIZE, found)
    assert left.left <= 20 * 6
    assert 60 * 6 <= left.left + left.width <= 100 * 6
    assert 60 * 6 <= right.left <= 100 * 6
    assert right.left + right.width >= 145 * 6
    assert right.left < left.left + left.width


def test_one_wide_person_is_looked_at_whole() -> None:
    found = chances(np.s_[50:90, 10:150], np.s_[10:50, 60:100])
    crop = Crop(SQUARE)
    extent = extent_of(found)
    assert extent is not None
    box = crop.follow(extent, SIZE)
    assert crop.parts(box, SIZE, found) == (box,)
    assert crop.parts(Box(0, 0, 64, 20), Size(4000, 400), np.zeros((32, 320), np.uint8)) == (Box(0, 0, 64, 20),)


@given(
    st.tuples(*[st.floats(0, 1)] * 4),
    st.integers(2, 4000),
    st.integers(2, 4000),
    st.sampled_from([Size(256, 256), Size(256, 144), Size(90, 160)]),
)
def test_the_box_lies_within_any_picture(ends: tuple[float, ...], width: int, height: int, shape: Size) -> None:
    left, right = sorted(ends[:2])
    top, bottom = sorted(ends[2:])
    box = Crop(shape).follow(Extent(left, top, right, bottom), Size(width, height))
    assert min(box.left, box.top) >= 0
    assert min(box.width, box.height) >= 1
    assert box.left + box.width <= width
    assert box.top + box.height <= height
