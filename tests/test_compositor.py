"""A picture over a background: what is exact, what is mixed, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.compositor import Edged, composite, draw_alpha
from transforms.matting import Matte, ScreenColor
from transforms.picture import FramePool, Matrix, Picture, Size

SIZES = [Size(1, 1), Size(2, 2), Size(3, 5), Size(64, 48), Size(65, 47), Size(1, 9), Size(9, 1)]


def noise(size: Size, seed: int, *, matrix: Matrix = Matrix.BT601, full_range: bool = False) -> Picture:
    picture = FramePool().lease(size, matrix=matrix, full_range=full_range)
    random = np.random.default_rng(seed)
    for plane in picture.planes:
        plane.rows[:] = random.integers(0, 256, plane.rows.shape)
    return picture


def flat(size: Size, *levels: int, full_range: bool = False) -> Picture:
    picture = Picture.blank(size, matrix=Matrix.BT601, full_range=full_range)
    for plane, level in zip(picture.planes, levels, strict=True):
        plane.rows[:] = level
    return picture


def screen_of(*levels: float) -> ScreenColor:
    return ScreenColor(np.array(levels, np.float32).reshape(3, 1, 1))


def same(a: Picture, b: Picture) -> bool:
    return all(bool((x.rows == y.rows).all()) for x, y in zip(a.planes, b.planes, strict=True))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("screen", [None, ScreenColor(np.full((3, 1, 1), 110, np.float32)), "plate"])
@pytest.mark.parametrize("despill", [0.0, 0.3, 1.0])
def test_alpha_0_is_the_background_and_255_the_picture_byte_for_byte(
    size: Size, half: bool, screen: ScreenColor | str | None, despill: float
) -> None:
    picture, background, out = noise(size, 1), noise(size, 2), noise(size, 3)
    behind = noise(size, 4) if isinstance(screen, str) else screen
    shape = (size.chroma if half else size)[::-1]
    composite(picture, background, Matte(np.zeros(shape, np.uint8), behind), out, despill=despill)
    assert same(out, background)
    composite(picture, background, Matte(np.full(shape, 255, np.uint8), behind), out, despill=despill)
    assert same(out, picture)


def test_half_transparent_screen_leaves_no_trace_of_itself() -> None:
    """A person of (180, 120, 150) covers half of each sample before a screen of (100, 160, 90)."""
    size = Size(4, 4)
    picture, background = flat(size, 140, 140, 120), flat(size, 40, 128, 128)
    matte = Matte(np.full((2, 2), 128, np.uint8), screen_of(100, 160, 90))
    out = noise(size, 0)
    composite(picture, background, matte, out)
    # 140 - 127/255 of 100 is 90.2, and 127/255 of 40 is 19.9; and so on.
    assert [int(plane.rows[0, 0]) for plane in out.planes] == [110, 124, 139]


def test_a_plate_is_known_sample_by_sample() -> None:
    """The same half person before a plate of any pattern, which leaves no trace; as a coarse screen it would."""
    size = Size(64, 48)
    plate, background, out = noise(size, 1), flat(size, 40, 128, 128), noise(size, 0)
    picture = flat(size, 0, 0, 0)
    for plane, pattern, level in zip(picture.planes, plate.planes, (180, 120, 150), strict=True):
        plane.rows[:] = np.rint(128 / 255 * level + 127 / 255 * pattern.rows)
    composite(picture, background, Matte(np.full((48, 64), 128, np.uint8), plate), out)
    for plane, level, behind in zip(out.planes, (180, 120, 150), (40, 128, 128), strict=True):
        assert np.abs(plane.rows - (128 * level + 127 * behind) / 255).max() <= 1.5


def test_despill_is_the_share_of_the_screens_light_that_is_taken_out() -> None:
    """Half a person of 180 before a screen of 100, over a background of 40: with none taken out, plainly mixed."""
    size = Size(4, 4)
    matte = Matte(np.full((4, 4), 128, np.uint8), screen_of(100, 160, 90))
    shown = []
    for despill in (0, 0.5, 1):
        out = noise(size, 0)
        composite(flat(size, 140, 140, 120), flat(size, 40, 128, 128), matte, out, despill=despill)
        shown.append([int(plane.rows[0, 0]) for plane in out.planes])
    assert shown == [[90, 134, 124], [100, 129, 131], [110, 124, 139]]


def test_an_edge_is_shown_instead_of_the_mattes_own_alpha() -> None:
    """The left half is the person; the edge shows the left quarter of it, and the screen is taken out by the matte."""
    size = Size(16, 8)
    own, shown = np.zeros((8, 16), np.uint8), np.zeros((8, 16), np.uint8)
    own[:, :8], shown[:, :4] = 255, 255
    picture, background, out = noise(size, 1), noise(size, 2), noise(size, 3)
    composite(picture, background, Matte(own, screen_of(90, 150, 110)), out, edged=Edged(shown, own))
    assert (out.y.rows[:, :4] == picture.y.rows[:, :4]).all()
    assert (out.y.rows[:, 4:] == background.y.rows[:, 4:]).all()
    assert (out.cb.rows[:, 3:] == background.cb.rows[:, 3:]).all()
    with pytest.raises(ValueError, match="an edge of 8x4 does not fit 16x8"):
        composite(picture, background, Matte(own), out, edged=Edged(shown, own[:4, :8]))


def test_an_alpha_set_too_low_makes_no_level_below_black() -> None:
    """The screen's share is brighter than the sample: nothing is left of the person, not less than nothing."""
    size = Size(4, 4)
    picture, background = flat(size, 60, 128, 128), flat(size, 200, 128, 128)
    matte = Matte(np.full((2, 2), 51, np.uint8), screen_of(180, 128, 128))
    out = noise(size, 0)
    composite(picture, background, matte, out)
    assert out.y.rows[0, 0] == round(0.2 * 16 + 0.8 * 200)
    bright = flat(size, 60, 128, 128, full_range=True), flat(size, 200, 128, 128, full_range=True)
    out = noise(size, 0, full_range=True)
    composite(*bright, matte, out)
    assert out.y.rows[0, 0] == round(0.8 * 200)


def test_without_a_screen_it_is_the_plain_mixture() -> None:
    size = Size(4, 4)
    out = noise(size, 0)
    composite(flat(size, 200, 90, 170), flat(size, 100, 130, 130), Matte(np.full((4, 4), 51, np.uint8)), out)
    assert [int(plane.rows[1, 1]) for plane in out.planes] == [120, 122, 138]


def test_the_screens_light_is_followed_across_the_picture() -> None:
    """Half of a grey person before a screen twice as bright on the right: the same person remains on both sides."""
    size = Size(64, 8)
    picture, background = flat(size, 0, 128, 128), flat(size, 16, 128, 128)
    ramp = np.interp((np.arange(64) + 0.5) / 64 * 2 - 0.5, [0, 1], [60, 120])
    picture.y.rows[:] = np.rint(0.5 * 150 + 0.5 * ramp)
    grid = np.stack([np.array([[60, 120]]), np.full((1, 2), 128), np.full((1, 2), 128)]).astype(np.float32)
    out = noise(size, 0)
    composite(picture, background, Matte(np.full((4, 32), 128, np.uint8), ScreenColor(grid)), out)
    assert np.ptp(out.y.rows) <= 2


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 70), height=st.integers(1, 20), seed=st.integers(0, 1000))
def test_a_level_lies_between_the_persons_and_the_backgrounds(width: int, height: int, seed: int) -> None:
    size = Size(width, height)
    picture, background, out = noise(size, seed), noise(size, seed + 1), noise(size, seed + 2)
    alpha = np.random.default_rng(seed).integers(0, 256, size[::-1], dtype=np.uint8)
    composite(picture, background, Matte(alpha), out)
    low = np.minimum(picture.y.rows, background.y.rows)
    high = np.maximum(picture.y.rows, background.y.rows)
    assert ((out.y.rows >= low) & (out.y.rows <= high)).all()


@pytest.mark.parametrize("size", SIZES)
def test_drawn_alpha_is_full_range_grey(size: Size) -> None:
    out = noise(size, 0, full_range=True)
    alpha = np.random.default_rng(0).integers(0, 256, size[::-1], dtype=np.uint8)
    draw_alpha(Matte(alpha), out)
    assert (out.y.rows == alpha).all()
    assert (out.cb.rows == 128).all()
    assert (out.cr.rows == 128).all()
    for level in (0, 255):
        draw_alpha(Matte(np.full(size.chroma[::-1], level, np.uint8)), out)
        assert (out.y.rows == level).all()


def test_pictures_that_do_not_fit_are_refused() -> None:
    """The kernels trust their sizes: a mismatch would be read, and written, past the end."""
    size = Size(16, 16)
    picture, out, matte = noise(size, 0), noise(size, 1), Matte(np.zeros((8, 8), np.uint8))
    for other in (noise(Size(16, 14), 0), noise(size, 0, matrix=Matrix.BT709), noise(size, 0, full_range=True)):
        with pytest.raises(ValueError, match="does not fit a picture of 16x16 bt601 limited range"):
            composite(picture, other, matte, out)
        with pytest.raises(ValueError, match="does not fit"):
            composite(picture, picture, matte, other)
        with pytest.raises(ValueError, match="does not fit"):
            composite(picture, picture, Matte(matte.alpha, other), out)
    with pytest.raises(ValueError, match="alpha of 9x8 does not fit a picture of 16x16"):
        composite(picture, picture, Matte(np.zeros((8, 9), np.uint8)), out)
    with pytest.raises(ValueError, match="alpha of 5x5"):
        draw_alpha(Matte(np.zeros((5, 5), np.uint8)), out)
