"""What a person's shape amends of a matte made of colours."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.twins import amend as twin
from transforms.auto.onlooker import OLD, Onlooker
from transforms.cells import Cells
from transforms.kernels.amend import amend, find_gaps, mark
from transforms.picture import Matrix, Picture, Size

SIZE = Size(320, 240)
SEEDS, SIDES = st.integers(0, 2**32 - 1), st.integers(1, 40)

Samples = NDArray[np.uint8]


class Told:
    """A person prior that says where it was told somebody is."""

    def __init__(self, shown: Samples) -> None:
        self.shown = shown
        self.asked = 0

    def person(self, picture: Picture, time: float) -> Samples:
        self.asked += 1
        cells = Cells(picture)
        side = 2 * cells.cell
        return self.shown[side // 2 :: side, side // 2 :: side].reshape(-1).copy()


def blank() -> Picture:
    return Picture.blank(SIZE, matrix=Matrix.BT601, full_range=False)


def caller() -> Samples:
    alpha = np.zeros((SIZE.height, SIZE.width), np.uint8)
    alpha[60:, 100:200] = 255
    return alpha


@settings(max_examples=40, deadline=None)
@given(width=SIDES, height=SIDES, side=st.integers(1, 9), seed=SEEDS)
def test_kernels_are_their_twins(width: int, height: int, side: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    alpha = random.integers(0, 256, (height, width), dtype=np.uint8)
    shape = -(-height // side), -(-width // side)
    marked = np.empty(shape, np.uint8)
    mark(alpha.reshape(-1), width, height, side, marked.reshape(-1))
    assert (marked == twin.marked(alpha, side)).all()
    asked, gaps = random.integers(0, 2, shape, dtype=np.uint8), np.empty(shape, np.uint8)
    find_gaps(alpha.reshape(-1), width, height, side, asked.reshape(-1), gaps.reshape(-1))
    assert (gaps == twin.gaps(alpha, side, asked)).all()
    kinds, out = random.integers(0, 3, shape, dtype=np.uint8), np.empty_like(alpha)
    amend(alpha.reshape(-1), width, height, side, kinds.reshape(-1), out.reshape(-1))
    assert np.abs(out.astype(int) - twin.amended(alpha, side, kinds)).max() <= 1


def test_what_shines_through_within_a_person_is_opaque() -> None:
    alpha = caller()
    alpha[120:160, 130:170] = 110
    found = Onlooker(Told(caller())).amended(alpha, blank(), 0.0)
    assert (found == caller()).all()


def test_a_gap_between_arm_and_body_keeps_its_soft_edge_though_no_shape_shows_it() -> None:
    alpha = caller()
    alpha[120:160, 130:136] = 0
    alpha[120:160, 136:139] = 90
    found = Onlooker(Told(caller())).amended(alpha, blank(), 0.0)
    assert (found == alpha).all()


def test_an_outline_is_left_to_colour() -> None:
    alpha = caller()
    alpha[60:, 100:108] = alpha[60:, 192:200] = 90
    found = Onlooker(Told(caller())).amended(alpha, blank(), 0.0)
    assert (found == alpha).all()


def test_what_nobody_holds_is_thrown_out_with_its_soft_edge() -> None:
    alpha = caller()
    alpha[40:, 260:290] = 255
    alpha[38:40, 258:292] = 100
    found = Onlooker(Told(caller())).amended(alpha, blank(), 0.0)
    assert (found == caller()).all()


def test_what_somebody_holds_stays() -> None:
    alpha = caller()
    alpha[100:140, 190:280] = 255
    assert (Onlooker(Told(caller())).amended(alpha, blank(), 0.0) == alpha).all()


def test_somebody_hardly_seen_stays() -> None:
    alpha, shown = caller(), caller()
    alpha[100:, 250:300] = 255
    shown[100:120, 260:280] = 60
    assert (Onlooker(Told(shown)).amended(alpha, blank(), 0.0) == alpha).all()


def test_where_nobody_is_nothing_is_shown() -> None:
    assert not Onlooker(Told(np.zeros_like(caller()))).amended(caller(), blank(), 0.0).any()


def test_of_a_shape_that_cannot_be_told_nothing_follows() -> None:
    alpha = caller()
    assert Onlooker(Told(np.full_like(alpha, 128))).amended(alpha, blank(), 0.0) is alpha


def test_what_somebody_leaves_behind_is_thrown_out_in_the_very_picture() -> None:
    prior = Told(caller())
    onlooker = Onlooker(prior)
    sofa = caller()
    sofa[150:, 190:300] = 255
    assert (onlooker.amended(sofa, blank(), 0.0) == sofa).all()
    prior.shown = np.zeros_like(sofa)
    sofa[60:, 100:190] = 0
    assert not onlooker.amended(sofa, blank(), 0.03).any()


def test_the_prior_is_asked_seldom_and_about_what_is_new_at_once() -> None:
    prior = Told(caller())
    onlooker = Onlooker(prior)
    for number in range(6):
        onlooker.amended(caller(), blank(), number / 30)
    assert prior.asked == 1
    guest = caller()
    guest[60:, 250:300] = 255
    prior.shown = guest
    assert (onlooker.amended(guest, blank(), 6 / 30 - 0.01) == guest).all()
    assert prior.asked == 2
    onlooker.amended(guest, blank(), 6 / 30 + OLD)
    assert prior.asked == 3


def test_where_time_is_short_the_prior_is_asked_more_seldom() -> None:
    prior = Told(caller())
    onlooker = Onlooker(prior)
    onlooker.every = 3
    for time in np.arange(0, 2 * OLD - 0.01, 0.03):
        onlooker.amended(caller(), blank(), float(time))
    assert prior.asked == 1


def test_a_stand_that_was_there_before_is_asked_about_no_more_often() -> None:
    prior = Told(caller())
    onlooker = Onlooker(prior)
    alpha = caller()
    alpha[40:, 260:290] = 255
    for number in range(18):
        onlooker.amended(alpha, blank(), number / 30)
    assert prior.asked == 2


def test_a_matte_of_chromas_size_is_amended_alike() -> None:
    alpha = caller()
    alpha[40:, 260:290] = 255
    alpha[120:160, 130:170] = 110
    found = Onlooker(Told(caller())).amended(np.ascontiguousarray(alpha[::2, ::2]), blank(), 0.0)
    assert (found == caller()[::2, ::2]).all()


def test_pictures_of_another_size_are_asked_about() -> None:
    prior = Told(caller())
    onlooker = Onlooker(prior)
    onlooker.amended(caller(), blank(), 0.0)
    small = Picture.blank(Size(160, 120), matrix=Matrix.BT601, full_range=False)
    prior.shown = np.ascontiguousarray(caller()[::2, ::2])
    assert onlooker.amended(prior.shown, small, 0.01).shape == (120, 160)
    assert prior.asked == 2
