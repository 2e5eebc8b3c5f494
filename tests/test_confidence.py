"""Whether a matte that is sure looks right, and one that is not looks wrong, whatever happens to the screen."""

from __future__ import annotations

import itertools
from pathlib import Path

import av
import numpy as np
import pytest

from tests.screens import BLUE, GREEN, TEAL
from tests.situations import BEGINS, COUNT, ENDS, FALLING, GOOD, PASSING, SIZE, pictures
from transforms.effect import Color
from transforms.matting import Matte
from transforms.picture import Picture
from transforms.screen import ScreenKeyer

SHARED = Path(__file__).parents[1].parent / "shared"

WRONG = 25.0
"""Thousandths of mean error from which a picture looks wrong."""


def followed(name: str, screen: Color, color: Color | None = None) -> tuple[list[Matte], list[float]]:
    """The mattes of a situation, and their errors; alpha is not kept."""
    keyer, mattes, errors = ScreenKeyer(color), [], []
    for time, picture, alpha in pictures(name, screen):
        matte = keyer.matte(picture, time)
        whole = matte.alpha if matte.alpha.shape == alpha.shape else np.full_like(alpha, 255)
        errors.append(float(np.abs(whole.astype(int) - alpha).mean() / 255 * 1e3))
        mattes.append(matte)
    return mattes, errors


@pytest.mark.parametrize("screen", [GREEN, BLUE, TEAL])
@pytest.mark.parametrize("name", GOOD)
def test_light_that_changes_and_a_source_that_stands_still_are_followed(name: str, screen: Color) -> None:
    mattes, errors = followed(name, screen)
    assert all(matte.is_sure for matte in mattes), {matte.reason for matte in mattes}
    assert max(errors) < WRONG


@pytest.mark.parametrize("screen", [GREEN, TEAL])
@pytest.mark.parametrize("name", PASSING)
def test_what_comes_between_is_unsure_at_once_and_sure_again_soon(name: str, screen: Color) -> None:
    mattes, errors = followed(name, screen)
    sure = [matte.is_sure for matte in mattes]
    assert all(sure[:BEGINS])
    assert not any(sure[BEGINS:ENDS])
    assert all(sure[ENDS + 8 :])
    assert sure == sorted(sure[:ENDS], reverse=True) + sorted(sure[ENDS:])
    assert max(error for error, is_sure in zip(errors, sure, strict=True) if is_sure) < WRONG


@pytest.mark.parametrize("screen", [GREEN, BLUE, TEAL])
@pytest.mark.parametrize("name", FALLING)
def test_a_room_that_comes_in_is_never_shown(name: str, screen: Color) -> None:
    mattes, errors = followed(name, screen)
    sure = [matte.is_sure for matte in mattes]
    assert all(sure[:BEGINS])
    assert not any(sure[BEGINS + 8 :])
    assert max(error for error, is_sure in zip(errors, sure, strict=True) if is_sure) < WRONG
    if name == "torn":
        assert not sure[BEGINS]


@pytest.mark.parametrize("color", [None, GREEN])
@pytest.mark.parametrize("name", ["beside", "patch", "shirt"])
def test_where_no_matte_can_be_right_none_is_sure(name: str, color: Color | None) -> None:
    mattes, _ = followed(name, GREEN, color)
    assert not any(matte.is_sure for matte in mattes)
    assert all(matte.reason for matte in mattes)


def test_a_room_in_a_corner_is_made_transparent() -> None:
    mattes, errors = followed("corner", GREEN)
    assert all(matte.is_sure for matte in mattes), {matte.reason for matte in mattes}
    assert max(errors) < WRONG


@pytest.mark.parametrize("typed", [BLUE, Color.parse("c02020"), Color.parse("d8c830")])
def test_a_wrong_typed_colour_is_never_sure(typed: Color) -> None:
    mattes, _ = followed("frozen", GREEN, typed)
    assert not any(matte.is_sure for matte in mattes)


def test_the_key_colour_is_told_of_every_picture() -> None:
    """While clouds pass: within 3 levels of the median of what is truly screen."""
    keyer = ScreenKeyer(None)
    for time, picture, alpha in pictures("clouds"):
        keyer.matte(picture, time)
        assert keyer.key_color is not None
        assert keyer.key_color.line is not None
        bare = alpha[::2, ::2] == 0
        for seen, plane in zip(keyer.key_color.line.seen[1:], picture.planes[1:], strict=True):
            assert seen + 128 == pytest.approx(np.median(plane.rows[bare]), abs=3)
        color = keyer.key_color.color
        _, cb, cr = picture.matrix.to_ycbcr(color, full_range=picture.full_range)
        assert (cb - 128, cr - 128) == pytest.approx(keyer.key_color.line.seen[1:], abs=1.5)


def test_who_covers_nearly_all_for_two_seconds_is_followed_by_the_same_key() -> None:
    """The key is the same, and sure soon after they left."""
    keyer = ScreenKeyer(None)
    shown = [picture for _, picture, _ in pictures("frozen")]
    y, x = np.mgrid[: SIZE.height, : SIZE.width]
    sure, keys = [], []
    for number in range(COUNT + 60):
        near = 0.0 if number < 10 or number > 70 else min(number - 10, 70 - number, 15) / 15
        picture = shown[min(number, COUNT - 1)]
        covered = np.hypot((x / SIZE.width - 0.5) / 0.7, (y / SIZE.height - 0.6) / 0.7) < near
        before = [plane.rows.copy() for plane in picture.planes]
        for plane, level in zip(picture.planes, (90, 118, 140), strict=True):
            step = 2 if plane.width < SIZE.width else 1
            plane.rows[covered[::step, ::step]] = level
        matte = keyer.matte(picture, number / 25)
        for plane, rows in zip(picture.planes, before, strict=True):
            plane.rows[:] = rows
        sure.append(matte.is_sure)
        keys.append(keyer.key_color.color if keyer.key_color else None)
    assert all(sure[:10])
    assert all(sure[80:])
    assert keys[-1] == keys[5]
    assert all(matte_note is None for matte_note in [matte.note])


@pytest.mark.parametrize("color", [None, BLUE])
def test_a_singer_dyed_in_the_screens_blue_is_refused(color: Color | None) -> None:
    folder = SHARED / "bench" / "ck_blue_c8"
    if not folder.exists():
        pytest.skip("needs the shared folder beside the checkout")
    keyer = ScreenKeyer(color)
    with av.open(str(folder / "in.mp4")) as pictures:
        for number, frame in enumerate(pictures.decode(video=0)):
            matte = keyer.matte(Picture.of(frame), number / 25)
            assert not matte.is_sure
            assert matte.reason is not None
            assert "the subject wears it" in matte.reason


@pytest.mark.parametrize("color", [None, Color.parse("e8c81e")])
def test_a_camera_that_pans_over_the_screens_edge_shows_no_room(color: Color | None) -> None:
    """Around 9.9 s a white wall, a green one that keys, and a red one lie beside the screen."""
    path = SHARED / "media" / "screens" / "mdn_chroma_video.mp4"
    if not path.exists():
        pytest.skip("needs the shared folder beside the checkout")
    keyer, sure = ScreenKeyer(color), []
    with av.open(str(path)) as pictures:
        for number, frame in enumerate(pictures.decode(video=0)):
            if number % 4 or number > 1000:
                continue
            picture = Picture.of(frame)
            matte = keyer.matte(picture, number / 60)
            sure.append(matte.is_sure)
            if matte.is_sure and 540 < number < 640:
                assert matte.alpha[:60, 250:].max() == 0
                assert matte.alpha[150:, 262:].max() == 0
    assert all(sure[:120])
    assert not any(sure[155:180]), "nothing but room"
    assert not any(sure[190:205]), "nothing but room"
    assert all(sure[220:])
    changes = sum(before != after for before, after in itertools.pairwise(sure))
    assert changes <= 6
