from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import framecode
from transforms.effect import Color
from transforms.picture import Matrix, Picture, Size
from transforms.sample import TEAL, SampleCaller
from transforms.sample.figure import Figure
from transforms.sample.look import Look
from transforms.sample.motion import moved
from transforms.sample.scenery import EVEN, UNEVEN, Light, screen

SMALL = Size(180, 320)
LANDSCAPE = Size(320, 180)


@cache
def caller(
    size: Size = SMALL, screen: Color | None = TEAL, *, seed: int = 0, plain: bool = True, markers: bool = False
) -> SampleCaller:
    """Shared between the tests: frames depend on nothing but their number."""
    return SampleCaller(size, screen=screen, seed=seed, uneven=not plain, noise=not plain, markers=markers)


def planes(sample: SampleCaller, number: int) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]:
    y, cb, cr = (plane.rows.astype(np.int16) for plane in Picture.of(sample.frame(number)[0]).planes)
    return y, cb, cr


def test_frames_carry_their_number_as_time_and_their_matrix() -> None:
    frame, alpha = caller().frame(7)
    assert (frame.pts, frame.time_base) == (7, Fraction(1, 30))
    assert (frame.width, frame.height) == SMALL
    assert alpha.shape == (320, 180) and alpha.dtype == np.uint8
    assert Picture.of(frame).matrix is Matrix.BT601
    tagged, _ = SampleCaller(SMALL, matrix=Matrix.BT709).frame(0)
    assert Picture.of(tagged).matrix is Matrix.BT709


def test_a_frame_depends_on_its_number_alone() -> None:
    again = SampleCaller(SMALL)
    again.frame(3)
    first, second = SampleCaller(SMALL).frame(10), again.frame(10)
    assert (first[0].to_ndarray() == second[0].to_ndarray()).all()
    assert (first[1] == second[1]).all()
    assert (first[0].to_ndarray() != again.frame(11)[0].to_ndarray()).mean() > 0.5  # the noise never stands still


def test_the_motion_repeats_after_its_period() -> None:
    sample = caller()
    assert sample.period == 120
    early, late = sample.frame(17), sample.frame(17 + sample.period)
    assert (early[0].to_ndarray() == late[0].to_ndarray()).all()
    assert (early[1] != sample.frame(47)[1]).mean() > 0.01


def test_frames_are_the_caller_s_to_keep() -> None:
    sample = caller()
    kept, alpha = sample.frame(0)
    before, alpha_before = kept.to_ndarray().copy(), alpha.copy()
    sample.frame(30)
    assert (kept.to_ndarray() == before).all() and (alpha == alpha_before).all()


@pytest.mark.parametrize("size", [SMALL, LANDSCAPE])
def test_the_screen_is_seen_through_one_minus_alpha(size: Size) -> None:
    """Before two screens, the same person: the difference is the screens' own, weighted."""
    dark, light = Color(20, 60, 90), Color(60, 160, 190)
    matrix = Matrix.assumed(size)
    for number in (0, 31, 50):
        (before, alpha), (after, same) = (caller(size, color).frame(number) for color in (dark, light))
        assert (alpha == same).all()
        difference = Picture.of(after).y.rows.astype(int) - Picture.of(before).y.rows
        levels = [matrix.to_ycbcr(color, full_range=False)[0] for color in (dark, light)]
        assert np.abs(difference - (1 - alpha / 255) * (levels[1] - levels[0])).max() <= 1.6  # three roundings


def test_alpha_0_is_the_bare_screen_and_alpha_255_never_it() -> None:
    teal = Matrix.BT601.to_ycbcr(TEAL, full_range=False)
    for number in (0, 45, 90):
        alpha = caller().frame(number)[1]
        y, cb, cr = planes(caller(), number)
        inside = np.minimum.reduce([alpha[:-1:2, :-1:2], alpha[1::2, :-1:2], alpha[:-1:2, 1::2], alpha[1::2, 1::2]])
        outside = np.maximum.reduce([alpha[:-1:2, :-1:2], alpha[1::2, :-1:2], alpha[:-1:2, 1::2], alpha[1::2, 1::2]])
        inside[:, 1:] = np.minimum(inside[:, 1:], inside[:, :-1])  # the chroma filter reaches one column to the left
        outside[:, 1:] = np.maximum(outside[:, 1:], outside[:, :-1])
        assert np.abs(y[alpha == 0] - teal[0]).max() <= 1
        assert np.abs(cb[outside == 0] - teal[1]).max() <= 1 and np.abs(cr[outside == 0] - teal[2]).max() <= 1
        distance = np.hypot(cb - teal[1], cr - teal[2])[inside == 255]
        assert distance.min() > 12  # nothing she wears is of the screen's colour


def test_the_hair_is_soft() -> None:
    alpha = caller(Size(360, 640)).frame(0)[1]
    head = alpha[: 640 * 45 // 100]
    soft = (head > 8) & (head < 247)
    assert soft.mean() > 0.02
    assert 0.3 < (alpha == 255).mean() < 0.7
    assert not alpha[:40].any()


def test_the_waving_hand_is_blurred() -> None:
    """More half-transparent pixels around the hand in mid-swing than at its turning point."""
    sample = caller(Size(360, 640))
    still, moving = ((alpha[250:300, 240:] % 255 > 0).sum() for alpha in (sample.frame(n)[1] for n in (5, 10)))
    assert moving > 1.3 * still


def test_she_blinks() -> None:
    eye = slice(80, 92), slice(60, 120)
    open_eye, closed_eye = (planes(caller(), number)[0][eye] for number in (26, 29))
    assert np.abs(open_eye - closed_eye).max() > 25


def test_an_uneven_screen_keeps_its_hue_over_a_wide_range_of_light() -> None:
    sample = caller(plain=False)
    alpha = sample.frame(0)[1]
    y, cb, cr = planes(sample, 0)
    teal = Matrix.BT601.to_ycbcr(TEAL, full_range=False)
    bare = alpha == 0
    assert np.percentile(y[bare], 99) > teal[0] * 1.1 and np.percentile(y[bare], 1) < teal[0] * 0.92
    far = alpha[::2, ::2] == 0
    angle = np.arctan2(cr[far] - 128, cb[far] - 128) - np.arctan2(teal[2] - 128, teal[1] - 128)
    assert np.abs(angle).mean() < 0.15


def test_markers_show_in_luma_only() -> None:
    marked, bare = caller(markers=True), caller()
    alpha = marked.frame(0)[1]
    (y, cb, cr), (_, bare_cb, bare_cr) = planes(marked, 0), planes(bare, 0)
    assert set(np.unique(y[alpha == 0])) == {60, 170}
    assert (cb == bare_cb).all() and (cr == bare_cr).all()


def test_a_room_is_no_screen() -> None:
    alpha = caller(screen=None).frame(0)[1]
    _, cb, cr = planes(caller(screen=None), 0)
    teal = Matrix.BT601.to_ycbcr(TEAL, full_range=False)
    behind = alpha[::2, ::2] == 0
    assert (np.hypot(cb - teal[1], cr - teal[2])[behind] < 12).mean() < 0.1


def coverage(figure: Figure, *, across: float = 0.0) -> NDArray[np.float32]:
    """Of the figure in a picture of 360x640, carried to the right by so many pixels."""
    band = np.zeros((4, 640, 360), np.float32)
    for layer in figure.at(0.0, move=moved(across, 0)):
        layer.draw(band, 0)
    covered: NDArray[np.float32] = band[3]
    return covered


def figure(*, is_veiled: bool = False, is_windblown: bool = False) -> Figure:
    look = Look.of(1)
    return Figure(Size(360, 640), look, Matrix.BT601, seed=1, is_veiled=is_veiled, is_windblown=is_windblown)


def test_a_veil_adds_half_transparent_cloth_and_hides_nothing() -> None:
    bare, veiled = coverage(figure()), coverage(figure(is_veiled=True))
    gauze = (bare == 0) & (veiled > 0)
    assert gauze.mean() > 0.01
    assert 0.2 < np.median(veiled[gauze]) < 0.7
    assert (veiled >= bare - 1e-6).all() and (veiled[bare >= 1] >= 1 - 1e-6).all()


def test_wind_takes_single_hairs_far_off_the_outline() -> None:
    bare, blown = coverage(figure()), coverage(figure(is_windblown=True))
    new = blown - bare > 0.1
    near = np.zeros_like(new)
    for across in range(-6, 7):
        near |= np.roll(bare > 0.1, across, axis=1)
    assert (new & ~near).sum() > 200  # pixels of hair that stand alone
    assert 0.001 < new.mean() < 0.02


def test_the_figure_goes_where_it_is_taken() -> None:
    where_she_stands, where_she_went = coverage(figure()), coverage(figure(), across=40)
    assert np.abs(where_she_went[:, 40:] - where_she_stands[:, :-40]).max() < 1e-4


def test_light_is_what_it_says() -> None:
    size, gray = Size(64, 48), Color(120, 120, 120)
    even = screen(size, gray, light=EVEN, seed=0)
    assert (even == 120).all()
    dim, steep = (screen(size, gray, light=light, seed=0) for light in (Light(level=0.5), Light(slope=0.4)))
    assert np.allclose(dim, 120 * 0.5 ** (1 / 2.2), atol=0.1)
    assert (np.diff(steep[0, :, 0]) > 0).all() and (steep[:1] == steep).all()
    assert np.ptp(screen(size, gray, light=UNEVEN, seed=0)) > 30


def test_other_seeds_are_other_people() -> None:
    for seed in (1, 2, 4):
        assert np.abs(planes(caller(), 0)[2] - planes(caller(seed=seed), 0)[2]).mean() > 1


@pytest.mark.parametrize("size", [Size(1, 1), Size(2, 2), Size(16, 16), Size(33, 65), Size(321, 181)])
def test_every_size_is_drawn(size: Size) -> None:
    frame, alpha = SampleCaller(size).frame(0)
    assert (frame.width, frame.height) == size and alpha.shape == (size.height, size.width)


@pytest.mark.parametrize("size", [SMALL, LANDSCAPE, Size(240, 240), Size(640, 360)])
def test_a_burnt_number_lies_within_the_person(size: Size) -> None:
    top, left = framecode._edges(np.empty((size.height, size.width), np.uint8))
    for number in range(0, caller(size).period, 8):
        alpha = caller(size).frame(number)[1]
        assert (alpha[top[0] : top[-1], left[0] : left[-1]] == 255).all()
