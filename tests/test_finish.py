"""What the finish does to a composite, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from transforms.compositor import chroma_alpha, composite, full_size
from transforms.edge import EdgeControls
from transforms.effect import Edge
from transforms.finish import Finish
from transforms.matting import Matte
from transforms.picture import Matrix, Picture, Size

SIZE = Size(320, 240)
PERSON = (120, 118, 142)
WHITE, BLACK, RED = (235, 128, 128), (16, 128, 128), (81, 90, 240)
SIZES = st.builds(Size, st.integers(1, 90), st.integers(1, 60))


def flat(*levels: int, size: Size = SIZE, full_range: bool = False) -> Picture:
    picture = Picture.blank(size, matrix=Matrix.BT601, full_range=full_range)
    for plane, level in zip(picture.planes, levels, strict=True):
        plane.rows[:] = level
    return picture


def noise(size: Size, seed: int) -> Picture:
    picture, random = flat(*BLACK, size=size), np.random.default_rng(seed)
    for plane in picture.planes:
        plane.rows[:] = random.integers(0, 256, plane.rows.shape)
    return picture


def middle(size: Size = SIZE) -> NDArray[np.uint8]:
    """The person stands in the middle half, as high as the picture."""
    alpha = np.zeros((size.height, size.width), np.uint8)
    alpha[:, size.width // 4 : -size.width // 4] = 255
    return alpha


def planes(picture: Picture) -> list[NDArray[np.int64]]:
    return [plane.rows.astype(np.int64) for plane in picture.planes]


def finished(finish: Finish, background: Picture, picture: Picture, matte: Matte, time: float = 0.0) -> Picture:
    out = flat(*BLACK, size=picture.size)
    composite(picture, background, matte, out)
    finish(picture, background, matte, time, out)
    return out


def shown(finish: Finish, behind: tuple[int, int, int], time: float = 0.0) -> list[NDArray[np.int64]]:
    """The person in the middle before a plain colour."""
    return planes(finished(finish, flat(*behind), flat(*PERSON), Matte(middle()), time))


@settings(max_examples=30, deadline=None)
@given(size=SIZES, seed=st.integers(0, 1000), half=st.booleans())
def test_where_alpha_is_0_the_background_stays_byte_for_byte(size: Size, seed: int, half: bool) -> None:
    random = np.random.default_rng(seed)
    shape = (size.chroma if half else size)[::-1]
    alpha = random.choice(np.array([0, 255], np.uint8), shape)
    alpha[: shape[0] // 2] = 0
    picture, background = noise(size, seed + 1), noise(size, seed + 2)
    matte = Matte(alpha)
    plain = flat(*BLACK, size=size)
    composite(picture, background, matte, plain)
    out = finished(Finish(1.0, 1.0), background, picture, matte)
    shown = full_size(alpha, size, np.empty((size.height, size.width), np.uint8))
    for before, after in zip(plain.planes, out.planes, strict=True):
        bare = shown == 0 if before is plain.y else chroma_alpha(shown) == 0
        assert (after.rows == before.rows)[bare].all()


def test_light_falls_around_the_outline_and_nowhere_else() -> None:
    plain, lit = (shown(Finish(share, 0.0), WHITE)[0][120] for share in (0.0, 1.0))
    left, deep = SIZE.width // 4, 24
    inside = np.s_[left : left + deep]
    assert (np.diff(lit[inside]) <= 0).all(), "the farther inside the less"
    assert 30 <= lit[left] - plain[left] <= 80
    assert (lit[left + deep : -left - deep] == plain[left + deep : -left - deep]).all()


def test_light_wraps_from_both_sides_alike() -> None:
    lit = shown(Finish(1.0, 0.0), WHITE)[0][120, SIZE.width // 4 : -SIZE.width // 4]
    assert np.abs(lit - lit[::-1]).max() <= 1


def test_a_black_background_sheds_no_light_and_a_coloured_one_its_own() -> None:
    plain = shown(Finish(0.0, 0.0), BLACK)
    for before, after in zip(plain, shown(Finish(1.0, 0.0), BLACK), strict=True):
        assert (after == before).all()
    _, cb, cr = shown(Finish(1.0, 0.0), RED)
    left = SIZE.width // 8
    assert cr[60, left] > PERSON[2] + 8
    assert cb[60, left] < PERSON[1] - 4


@settings(max_examples=20, deadline=None)
@given(share=st.floats(0, 1), seed=st.integers(0, 100))
def test_light_only_adds_and_never_goes_beyond_white(share: float, seed: int) -> None:
    size = Size(64, 48)
    picture, background, matte = noise(size, seed), noise(size, seed + 1), Matte(middle(size))
    plain = finished(Finish(0.0, 0.0), background, picture, matte).y.rows
    lit = finished(Finish(share, 0.0), background, picture, matte).y.rows
    assert (lit >= plain).all()
    assert (lit <= np.maximum(plain, 235)).all()


@pytest.mark.parametrize(("behind", "sign"), [(WHITE, 1), (BLACK, -1)])
def test_a_person_moves_toward_the_backgrounds_brightness_by_the_share_asked_for(
    behind: tuple[int, int, int], sign: int
) -> None:
    changes = [int(shown(Finish(0.0, share), behind)[0][120, 160]) - PERSON[0] for share in (0.25, 0.5, 1.0)]
    assert [change * sign > 0 for change in changes] == [True] * 3
    assert changes[2] == sign * 22  # 219 * 0.4 * 0.475 * 0.525
    assert changes[1] == sign * 11
    assert abs(changes[0]) in (5, 6)


def test_the_person_keeps_still_while_the_background_cuts_and_follows_within_seconds() -> None:
    finish = Finish(0.0, 1.0)
    levels = [int(shown(finish, BLACK, 0.0)[0][120, 160])]
    levels += [int(shown(finish, WHITE, 1 + number / 30)[0][120, 160]) for number in range(1, 150)]
    steps = np.diff(levels[1:])
    assert levels[1] - levels[0] <= 30  # the second that went by unseen
    assert steps.min() >= 0
    assert steps.max() <= 2
    assert levels[-1] == PERSON[0] + 22


def test_the_same_picture_twice_looks_the_same() -> None:
    """A snapshot is drawn once more, of the last picture at its own time."""
    finish = Finish(0.5, 1.0)
    shown(finish, BLACK, 0.0)
    first, again = (shown(finish, WHITE, 0.5) for _ in range(2))
    assert all((one == other).all() for one, other in zip(first, again, strict=True))


def test_another_setting_goes_on_with_the_same_tone() -> None:
    controls = EdgeControls(Edge(color_match=1.0))
    assert controls.finish is not None
    shown(controls.finish, BLACK, 0.0)
    after = EdgeControls(Edge(color_match=1.0, light_wrap=0.5), controls)
    assert after.finish is not None
    assert abs(int(shown(after.finish, WHITE, 0.033)[0][120, 160]) - (PERSON[0] - 22)) <= 3
    assert EdgeControls(Edge(shrink=1.0), after).finish is None


def test_a_finish_follows_the_size_and_the_range_of_the_pictures() -> None:
    finish = Finish(1.0, 1.0)
    for size in (Size(1, 1), Size(65, 33), Size(2, 300), SIZE, Size(33, 65)):
        for full_range in (False, True):
            picture, background = (flat(*levels, size=size, full_range=full_range) for levels in (PERSON, WHITE))
            out = flat(*PERSON, size=size, full_range=full_range)
            finish(picture, background, Matte(np.full((size.height, size.width), 255, np.uint8)), 0.0, out)
            assert (out.y.rows == out.y.rows[0, 0]).all(), "a flat person in the open stays flat"
