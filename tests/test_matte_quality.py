"""The score of a matte: what is wrong to the eye lowers it, what is right does not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.planes import strided
from tests.twins import quality as twin
from transforms.kernels import quality as kernels
from transforms.matting import Matte
from transforms.picture import Matrix, Picture, Size
from transforms.quality import HALF, UNSUPPORTED_COST, QualityMeter
from transforms.sample import SampleCaller

SIZE = Size(640, 360)
FRAMES = 4

Alpha = NDArray[np.uint8]
Spoiling = Callable[[Alpha, int], Alpha]


@cache
def call() -> tuple[tuple[Picture, Alpha], ...]:
    """Some frames of somebody who moves in a room, and the truth."""
    caller = SampleCaller(SIZE, screen=None)
    frames = [caller.frame(10 + 4 * number) for number in range(FRAMES)]
    return tuple((Picture.of(frame), alpha) for frame, alpha in frames)


def score(spoil: Spoiling = lambda alpha, number: alpha) -> float:
    """The last frame's, every frame's matte spoilt so."""
    meter = QualityMeter()
    return [meter.score(picture, Matte(spoil(alpha, number))) for number, (picture, alpha) in enumerate(call())][-1]


def with_hole(alpha: Alpha, number: int) -> Alpha:
    """A hole in the jacket."""
    spoilt = alpha.copy()
    spoilt[270:330, 290:350] = 0
    return spoilt


def with_patch(alpha: Alpha, number: int) -> Alpha:
    """A patch of the wall taken for the person."""
    spoilt = alpha.copy()
    spoilt[30:110, 40:160] = 255
    return spoilt


def blinking(alpha: Alpha, number: int) -> Alpha:
    """A lower third that comes and goes."""
    spoilt = alpha.copy()
    spoilt[240:] = 255 * (number % 2)
    return spoilt


def nobody(alpha: Alpha, number: int) -> Alpha:
    """Nobody seen who is there."""
    return np.zeros_like(alpha)


def test_the_truth_leaves_little_to_find_fault_with() -> None:
    assert score() > 0.7


@pytest.mark.parametrize("spoil", [with_hole, with_patch, blinking, nobody])
def test_what_is_wrong_to_the_eye_lowers_the_score(spoil: Spoiling) -> None:
    assert score(spoil) < score() - 0.05


def test_the_more_is_wrong_the_lower_the_score() -> None:
    def with_holes(count: int) -> Spoiling:
        def spoil(alpha: Alpha, number: int) -> Alpha:
            spoilt = alpha.copy()
            for hole in range(count):
                left = 230 + hole % 4 * 45
                top = 240 + hole // 4 * 45
                spoilt[top : top + 25, left : left + 25] = 0
            return spoilt

        return spoil

    scores = [score(with_holes(count)) for count in (0, 2, 4, 8)]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4


def test_nobody_before_a_room_that_keeps_still_is_right() -> None:
    meter, (picture, alpha) = QualityMeter(), call()[0]
    empty = Matte(np.zeros_like(alpha))
    assert [meter.score(picture, empty) for _ in range(3)] == [1.0] * 3


def test_a_camera_that_is_moved_is_not_taken_for_somebody() -> None:
    random = np.random.default_rng(3)
    room = random.integers(60, 200, (SIZE.height + 8, SIZE.width)).astype(np.uint8)
    meter, empty = QualityMeter(), Matte(np.zeros((SIZE.height, SIZE.width), np.uint8))
    scores = []
    for number in range(2):
        picture = Picture.blank(SIZE, matrix=Matrix.BT601, full_range=False)
        picture.y.rows[:] = room[4 * number : 4 * number + SIZE.height]
        scores.append(meter.score(picture, empty))
    assert scores[1] > 0.9


def test_mattings_that_see_different_persons_lower_the_score() -> None:
    picture, alpha = call()[0]
    alone, agreeing, disagreeing = (
        QualityMeter().score(picture, Matte(alpha, agreement=agreement)) for agreement in (None, 1.0, 0.3)
    )
    assert alone == agreeing
    assert disagreeing < agreeing - 0.3


def test_an_alpha_at_the_chromas_size_scores_as_the_same_at_the_lumas() -> None:
    picture, alpha = call()[0]
    wide, half = (
        QualityMeter().score(picture, Matte(alpha)),
        QualityMeter().score(picture, Matte(alpha[::2, ::2].copy())),
    )
    assert half == pytest.approx(wide, abs=0.03)


def test_pictures_of_another_size_are_judged_by_themselves() -> None:
    meter, (picture, alpha) = QualityMeter(), call()[0]
    meter.score(picture, Matte(np.full_like(alpha, 255)))
    small = Picture.blank(Size(64, 48), matrix=Matrix.BT601, full_range=False)
    assert meter.score(small, Matte(np.zeros((48, 64), np.uint8))) == 1
    assert meter.score(picture, Matte(alpha)) == QualityMeter().score(picture, Matte(alpha))


def test_an_edge_that_the_picture_has_not_costs_what_it_says() -> None:
    picture = Picture.blank(Size(270, 135), matrix=Matrix.BT601, full_range=False)  # the grid is the picture
    alpha = np.zeros((135, 270), np.uint8)
    alpha[:, 135:] = 255
    share = kernels.APART * 135 / (270 * 135)
    assert QualityMeter().score(picture, Matte(alpha)) == pytest.approx(HALF / (HALF + UNSUPPORTED_COST * share))


@settings(max_examples=40, deadline=None)
@given(width=st.integers(1, 40), height=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_whatever_a_matte_is_its_score_lies_between_0_and_1(width: int, height: int, seed: int) -> None:
    random, meter = np.random.default_rng(seed), QualityMeter()
    for _ in range(3):
        picture = Picture.blank(Size(width, height), matrix=Matrix.BT601, full_range=False)
        for plane in picture.planes:
            plane.rows[:] = random.integers(0, 256, plane.rows.shape)
        alpha = random.integers(0, 256, picture.y.rows.shape, dtype=np.uint8)
        assert 0 < meter.score(picture, Matte(alpha)) <= 1


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 20), columns=st.integers(1, 30), seed=st.integers(0, 2**32 - 1))
def test_judging_is_its_twins(rows: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    spread = random.integers(2, 128)
    y, cb, cr, y_before = random.integers(128 - spread, 128 + spread, (4, rows, columns), dtype=np.uint8)
    alpha, alpha_before = random.choice(np.array([0, 20, 32, 33, 100, 255], np.uint8), (2, rows, columns))
    sums = np.empty(kernels.SUMS)
    now, before = [plane.reshape(-1) for plane in (y, cb, cr, alpha)], [y_before.reshape(-1), alpha_before.reshape(-1)]
    kernels.judge(now[0], now[1], now[2], now[3], before[0], before[1], columns, rows, sums)
    np.testing.assert_allclose(sums, twin.judged((y, cb, cr, alpha), y_before, alpha_before), rtol=1e-4, atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(size=st.tuples(st.integers(1, 60), st.integers(1, 60)), seed=st.integers(0, 2**32 - 1))
def test_picking_is_its_twins(size: tuple[int, int], seed: int) -> None:
    random = np.random.default_rng(seed)
    plane = random.integers(0, 256, size, dtype=np.uint8)
    rows, columns = (int(random.integers(1, side + 1)) for side in size)
    samples, stride = strided(plane, seed % 5)
    places = [
        ((2 * np.arange(count) + 1) * length // (2 * count)).astype(np.uint32)
        for count, length in zip((rows, columns), size, strict=True)
    ]
    out = np.empty((rows, columns), np.uint8)
    kernels.pick(samples, stride, places[0], places[1], out.reshape(-1))
    np.testing.assert_array_equal(out, twin.picked(plane, rows, columns))
