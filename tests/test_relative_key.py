"""The relative keyer: alpha before uneven, dim and odd-coloured screens, and when it must not be trusted."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.screens import BLACK, BLUE, GREEN, JEANS, SIZE, SKIN, TEAL, WHITE, Mask, bust
from tests.screens import drawn as drawn_averaged
from transforms.effect import Color, EffectError
from transforms.matting import Matte, ScreenColor
from transforms.picture import Matrix, Picture, Size
from transforms.relative_key import RelativeKeyer
from transforms.sample import SampleCaller

drawn = partial(drawn_averaged, averaged=False)
"""Of half the picture's size: a sample of chroma is then one pixel, and alpha its opacity, exactly."""

SHARED = Path(__file__).parents[1].parent / "shared"


def flat_mask(opacity: float) -> Mask:
    """All screen but a wide band across the middle at this opacity."""
    mask = np.zeros((SIZE.height, SIZE.width))
    mask[40:80, 40:120] = opacity
    return mask


def keyed(picture: Picture, color: Color | None) -> Matte:
    return RelativeKeyer(color).matte(picture, 0.0)


def error(matte: Matte, mask: Mask) -> float:
    """Mean absolute difference at the chroma samples, in thousandths."""
    return float(np.abs(matte.alpha / 255 - mask[::2, ::2]).mean() * 1e3)


@pytest.mark.parametrize("matrix", list(Matrix))
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("screen", [TEAL, GREEN, BLUE])
@pytest.mark.parametrize("person", [SKIN, BLACK, WHITE])
def test_a_flat_screen_is_0_and_a_person_255(screen: Color, person: Color, matrix: Matrix, full_range: bool) -> None:
    mask = bust()
    matte = keyed(drawn(screen, person, mask, matrix=matrix, full_range=full_range, noise=0.5), screen)
    assert matte.is_sure
    assert matte.alpha.shape == (60, 80)
    inside = mask[::2, ::2] == 1
    assert (matte.alpha[~inside] == 0).all()
    assert (matte.alpha[inside] == 255).all()


def test_a_cameras_noise_leaves_hardly_a_speck() -> None:
    """A level of noise is 3 % of teal's whole strength."""
    mask = np.zeros((SIZE.height, SIZE.width))
    matte = keyed(drawn(TEAL, SKIN, mask, noise=1.0), TEAL)
    assert (matte.alpha > 0).mean() < 1e-3
    assert matte.alpha.max() < 64


def test_jeans_before_teal_are_a_person() -> None:
    mask = bust()
    assert error(keyed(drawn(TEAL, JEANS, mask, noise=1.0), TEAL), mask) < 12


@pytest.mark.parametrize("level", [0.6, 0.8, 1.2, 1.6])
def test_a_screen_lit_otherwise_than_typed_is_still_screen(level: float) -> None:
    mask = bust()
    assert error(keyed(drawn(GREEN, SKIN, mask, light=level, noise=1.0), GREEN), mask) < 10


def test_a_screen_lit_from_40_to_160_per_cent_across_is_screen() -> None:
    mask = bust()
    light = np.linspace(0.4, 1.6, SIZE.width)[None]
    keyer = RelativeKeyer(GREEN)
    for time in range(5):
        matte = keyer.matte(drawn(GREEN, SKIN, mask, light=light, noise=1.0, seed=time), float(time))
    assert matte.is_sure
    assert error(matte, mask) < 15


@pytest.mark.parametrize("typed", ["245f78", "3070a0", "2a6a70", "30808f"])
def test_a_typed_colour_is_only_where_the_search_begins(typed: str) -> None:
    mask = bust()
    matte = keyed(drawn(TEAL, SKIN, mask, noise=1.0), Color.parse(typed))
    assert matte.is_sure
    assert error(matte, mask) < 10


def test_the_measured_screen_is_the_one_that_is_there() -> None:
    light = np.linspace(0.7, 1.3, SIZE.width)[None]
    picture = drawn(TEAL, SKIN, bust(), light=light)
    matte = keyed(picture, Color.parse("245f78"))
    assert isinstance(matte.screen, ScreenColor)
    grid = matte.screen.grid
    y, cb, cr = (plane.rows.astype(float) for plane in picture.planes)
    assert grid[0, 1, 0] == pytest.approx(y[10:30, :10].mean(), abs=8)
    assert grid[0, 1, -1] == pytest.approx(y[10:30, -10:].mean(), abs=8)
    assert grid[1, 1, 0] == pytest.approx(cb[5:15, :5].mean(), abs=2)
    assert grid[2, 1, -1] == pytest.approx(cr[5:15, -5:].mean(), abs=2)


def test_alpha_grows_with_opacity() -> None:
    alphas = [
        int(keyed(drawn(GREEN, BLACK, flat_mask(opacity)), GREEN).alpha[30, 40]) for opacity in np.linspace(0, 1, 11)
    ]
    assert alphas == sorted(alphas)
    assert alphas[0] == 0
    assert alphas[-1] == 255
    assert any(0 < alpha < 255 for alpha in alphas)


@settings(max_examples=20, deadline=None)
@given(width=st.integers(1, 90), height=st.integers(1, 90), seed=st.integers(0, 100))
def test_every_size_is_keyed(width: int, height: int, seed: int) -> None:
    mask = np.zeros((height, width))
    picture = drawn(GREEN, SKIN, mask, noise=1.0, seed=seed)
    matte = keyed(picture, GREEN)
    assert matte.alpha.shape == picture.cb.rows.shape
    assert matte.is_sure
    assert (matte.alpha == 0).all()


def test_sizes_matrices_and_ranges_may_change_in_mid_stream() -> None:
    keyer = RelativeKeyer(TEAL)
    for size in (Size(160, 120), Size(120, 160), Size(121, 77), Size(160, 120)):
        for matrix in Matrix:
            for full_range in (False, True):
                mask = bust(size)
                matte = keyer.matte(drawn(TEAL, SKIN, mask, matrix=matrix, full_range=full_range), 0.0)
                assert error(matte, mask) < 10


def test_what_the_person_hides_is_remembered() -> None:
    """The light under a hand that comes in is still known: the grid there does not turn to the neighbours' word."""
    light = np.ones((SIZE.height, SIZE.width))
    light[50:70, 70:90] = 1.5
    keyer = RelativeKeyer(GREEN)
    for time in range(10):
        matte = keyer.matte(drawn(GREEN, SKIN, np.zeros_like(light), light=light), float(time))
    assert isinstance(matte.screen, ScreenColor)
    before = matte.screen.grid.copy()
    hand = np.zeros_like(light)
    hand[45:75, 65:95] = 1
    for time in range(10, 15):
        matte = keyer.matte(drawn(GREEN, SKIN, hand, light=light), float(time))
    assert isinstance(matte.screen, ScreenColor)
    assert (
        np.abs(matte.screen.grid - before).max() < 24
    )  # of the 47 levels by which the spot is brighter; every 8th row is measured


def test_the_room_is_never_taken_for_a_person() -> None:
    room = Picture.of(SampleCaller(Size(360, 640), screen=None).frame(0)[0])
    for typed in (TEAL, GREEN, BLUE):
        matte = keyed(room, typed)
        assert not matte.is_sure
        assert matte.reason
        assert str(typed) in matte.reason


@pytest.mark.parametrize("screen", [TEAL, GREEN, BLUE])
@pytest.mark.parametrize("typed", [TEAL, GREEN, BLUE, Color.parse("c02020"), Color.parse("d8c830")])
def test_a_wrong_typed_colour_is_unsure(screen: Color, typed: Color) -> None:
    picture = drawn(screen, SKIN, bust(), noise=1.0)
    assert keyed(picture, typed).is_sure == (screen == typed)


@pytest.mark.parametrize("fallen", [0.3, 0.6, 1.0])
def test_a_falling_curtain_is_unsure_at_once(fallen: float) -> None:
    """The room appears from the top: half the border is bare by the time a third of the curtain is down."""
    keyer = RelativeKeyer(GREEN)
    whole = drawn(GREEN, SKIN, bust(), noise=1.0)
    for time in range(10):
        assert keyer.matte(whole, float(time)).is_sure
    bare = drawn(Color.parse("b09a80"), SKIN, bust(), noise=1.0)
    rows = int(fallen * SIZE.height)
    for plane, room in zip(whole.planes, bare.planes, strict=True):
        cut = rows * plane.height // SIZE.height
        plane.rows[:cut] = room.rows[:cut]
    matte = keyer.matte(whole, 10.0)
    assert not matte.is_sure


def test_lights_off_is_unsure_and_lights_on_is_sure_again() -> None:
    keyer = RelativeKeyer(GREEN)
    lit, dark = drawn(GREEN, SKIN, bust(), noise=1.0), drawn(GREEN, BLACK, bust(), light=0.05, noise=1.0)
    sure = [
        keyer.matte(picture, float(time)).is_sure for time, picture in enumerate([lit] * 5 + [dark] * 5 + [lit] * 2)
    ]
    assert sure == [True] * 5 + [False] * 5 + [True] * 2


def test_light_that_fades_slowly_is_followed() -> None:
    keyer = RelativeKeyer(GREEN)
    mask = bust()
    for time, light in enumerate(np.linspace(1, 0.6, 40)):
        matte = keyer.matte(drawn(GREEN, SKIN, mask, light=light, noise=1.0, seed=time), float(time))
        assert matte.is_sure
        assert error(matte, mask) < 15


@pytest.mark.parametrize("share", [0.3, 0.6, 0.85])
def test_a_person_who_fills_the_picture_is_sure(share: float) -> None:
    """Shoulder to shoulder from the sides' lower half on, the head reaching towards the top edge."""
    y, x = np.mgrid[: SIZE.height, : SIZE.width]
    head = np.abs(x - SIZE.width / 2) < 0.4 * share * SIZE.width
    body = y > (1 - 0.6 * share) * SIZE.height
    mask = ((head & (y > 0.02 * SIZE.height)) | body).astype(np.float64)
    assert keyed(drawn(GREEN, SKIN, mask, noise=1.0), GREEN).is_sure


def test_a_raised_arm_that_touches_a_side_is_sure() -> None:
    mask = bust()
    mask[30:45, :50] = 1
    assert keyed(drawn(GREEN, SKIN, mask, noise=1.0), GREEN).is_sure


@pytest.mark.parametrize("color", ["808080", "000000", "ffffff", "7a8088"])
def test_a_grey_is_no_key(color: str) -> None:
    with pytest.raises(EffectError, match=f"{color} is too grey"):
        RelativeKeyer(Color.parse(color))


@pytest.mark.parametrize("screen", [TEAL, GREEN, BLUE])
def test_the_drawn_caller_is_keyed(screen: Color) -> None:
    caller, keyer = SampleCaller(Size(360, 640), screen=screen), RelativeKeyer(screen)
    errors = []
    for number in range(4):
        frame, alpha = caller.frame(number * 10)
        matte = keyer.matte(Picture.of(frame), number / 3)
        assert matte.is_sure
        errors.append(error(matte, alpha / 255))
    assert np.mean(errors) < 10


def test_markers_in_the_screens_colour_are_screen() -> None:
    """Checks of strong luma with the screen's chroma, well away from the outline: alpha is 0 there, exactly."""
    frame, alpha = SampleCaller(Size(360, 640), markers=True).frame(0)
    matte = keyed(Picture.of(frame), TEAL)
    away = np.ones(matte.alpha.shape, bool)
    for y, x in np.argwhere(alpha[::2, ::2] > 0):
        away[max(y - 4, 0) : y + 5, max(x - 4, 0) : x + 5] = False
    assert away.mean() > 0.2
    assert (matte.alpha[away] == 0).all()


@pytest.mark.parametrize(
    ("clip", "floor"),
    [("ck_green_curly", 5), ("ck_blue_denim", 9), ("ck_teal_denim", 8), ("ck_teal_c8", 8), ("ck_teal_long", 10)],
)
def test_bench_clips_stay_under_their_error(clip: str, floor: float) -> None:
    """Mean over six pictures; peers' figures lie beside the clips."""
    folder = SHARED / "bench" / clip
    if not folder.exists():
        pytest.skip("needs the shared folder beside the checkout")
    keyer = RelativeKeyer(Color.parse(json.loads((folder / "meta.json").read_text())["key"]))
    errors = []
    with av.open(str(folder / "in.mp4")) as pictures, av.open(str(folder / "alpha.mkv")) as truths:
        for number, (frame, truth) in enumerate(zip(pictures.decode(video=0), truths.decode(video=0), strict=True)):
            matte = keyer.matte(Picture.of(frame), number / 25)
            if number % 4 == 0:
                errors.append(error(matte, truth.to_ndarray(format="gray") / 255))
    assert np.mean(errors) < floor


@pytest.mark.parametrize("screen", [TEAL, GREEN, BLUE])
def test_a_colour_nobody_typed_is_found_in_the_first_picture(screen: Color) -> None:
    mask = bust()
    keyer = RelativeKeyer(None)
    for time in range(8):
        matte = keyer.matte(drawn(screen, SKIN, mask, noise=1.0, seed=time), float(time))
        assert matte.is_sure, matte.reason
        assert error(matte, mask) < 10
        assert (matte.note is not None) == (time == 0)
    assert keyer.key_color is not None
    assert keyer.key_color.accepted


def test_without_a_typed_colour_the_room_is_refused_and_the_screen_found_when_it_comes() -> None:
    keyer = RelativeKeyer(None)
    room = Picture.of(SampleCaller(Size(360, 640), screen=None).frame(0)[0])
    for time in range(3):
        matte = keyer.matte(room, float(time))
        assert not matte.is_sure
        assert matte.reason
    whole = drawn(GREEN, SKIN, bust(), noise=1.0)
    assert keyer.matte(whole, 3.0).is_sure


def test_what_the_first_picture_alone_showed_is_withdrawn() -> None:
    keyer = RelativeKeyer(None)
    assert keyer.matte(drawn(GREEN, SKIN, np.zeros((120, 160))), 0.0).is_sure
    other = drawn(BLUE, SKIN, bust(), noise=1.0)
    mattes = [keyer.matte(other, float(time)) for time in range(1, 8)]
    assert [matte.is_sure for matte in mattes] == [False] * 5 + [True] * 2
    assert mattes[0].note is not None
    assert "withdrawn" in mattes[0].note


def test_an_exact_colour_is_the_key() -> None:
    mask, typed = bust(), Color.parse("0aa845")
    keyer = RelativeKeyer(typed, exact=True)
    for time, light in enumerate(np.linspace(1, 0.7, 20)):
        matte = keyer.matte(drawn(GREEN, SKIN, mask, light=light, noise=1.0, seed=time), float(time))
        assert matte.is_sure
        assert error(matte, mask) < 15
    assert not keyer.matte(drawn(BLUE, SKIN, mask, noise=1.0), 20.0).is_sure


def test_a_side_that_is_mostly_bare_is_not_trusted() -> None:
    mask = bust()
    mask[:46, 146:] = 1  # a wall beyond the screen's edge, as when a camera turns away
    matte = keyed(drawn(GREEN, SKIN, mask, noise=1.0), GREEN)
    assert not matte.is_sure
    assert matte.reason == "no screen of 00b140 along a side"
