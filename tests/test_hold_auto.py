"""What may happen to a call in which the matting chooses for itself: never the room, and never back and forth."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.screens import GREEN, drawn
from transforms import catalog, effect
from transforms.effect import Color, Quality
from transforms.picture import Matrix, Picture, Size
from transforms.pipeline import Shown
from transforms.sample import SampleCaller

SIZE = Size(256, 192)
BEGINNING = 8
"""Pictures of a call before anything happens."""

MOST_ROOM, MOST_MISSING = 0.04, 0.05
"""Shares of the room that may show, which is hair and a fringe, and of the person that may not."""

Truth = NDArray[np.uint8]
Shot = tuple[Picture, Truth]


class Seen(NamedTuple):
    """What was shown of one picture; of a composite, the shares shown of the room and missing of the person."""

    shown: Shown
    room: float
    missing: float
    note: str | None


@pytest.fixture(autouse=True)
def _strict_arithmetic() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


@cache
def caller(screen: Color | None) -> SampleCaller:
    return SampleCaller(SIZE, screen=screen)


@cache
def shot(number: int, screen: Color | None) -> Shot:
    frame, truth = caller(screen).frame(number)
    picture = Picture.of(frame)
    kept = Picture.blank(picture.size, matrix=picture.matrix, full_range=picture.full_range)
    kept.copy_from(picture)
    return kept, truth


def call(numbers: Iterable[int], screen: Color | None = GREEN) -> Iterator[Shot]:
    for number in numbers:
        yield shot(number, screen)


def shown(planes: Iterable[NDArray[np.float64]]) -> Picture:
    picture = Picture.blank(SIZE, matrix=Matrix.BT601, full_range=False)
    for plane, levels in zip(picture.planes, planes, strict=True):
        plane.rows[:] = np.clip(np.rint(levels), 0, 255)
    return picture


def lit(taken: Shot, gain: float) -> Shot:
    zeros = (16, 128, 128)
    planes = zip(taken[0].planes, zeros, strict=True)
    return shown((plane.rows.astype(np.float64) - zero) * gain + zero for plane, zero in planes), taken[1]


def bumped(taken: Shot, across: int) -> Shot:
    """By an even number of samples; what comes in at the side is a copy of what went out at the other."""
    planes = [np.roll(plane.rows, across // (2 if number else 1), 1) for number, plane in enumerate(taken[0].planes)]
    return shown(plane.astype(np.float64) for plane in planes), np.roll(taken[1], across, 1)


def flat(count: int, luma: int) -> Iterator[Shot]:
    for _ in range(count):
        picture = Picture.blank(SIZE, matrix=Matrix.BT601, full_range=False)
        for plane, level in zip(picture.planes, (luma, 128, 128), strict=True):
            plane.rows[:] = level
        yield picture, np.zeros((SIZE.height, SIZE.width), np.uint8)


def noise(count: int) -> Iterator[Shot]:
    random = np.random.default_rng(3)
    for picture, truth in flat(count, 16):
        for plane in picture.planes:
            plane.rows[:] = random.integers(0, 256, plane.rows.shape)
        yield picture, truth


def watch(shots: Iterable[Shot], *, quality: Quality = "balanced") -> list[Seen]:
    wanted = effect.Effect(effect.AutoKey(), effect.ColorBackground(Color(0, 0, 0)), quality, "alpha", "cover")
    pipeline, seen = catalog.pipeline(wanted), []
    for number, (picture, truth) in enumerate(shots):
        rendered = pipeline(picture, number / 30)
        opaque = rendered.picture.y.rows / 255
        room = float(opaque[truth == 0].mean())
        missing = float(1 - opaque[truth == 255].mean()) if (truth == 255).any() else 0.0
        is_composite = rendered.shown == "composite"
        seen.append(Seen(rendered.shown, room, missing if is_composite else 0.0, rendered.note))
        assert np.isfinite(rendered.confidence)
    pipeline.close()
    return seen


def switches(seen: list[Seen]) -> list[str]:
    """What was said of the choice after the first."""
    said = [one.note for one in seen if one.note and ("keyed" in one.note or "shape" in one.note)]
    return said[1:]


@pytest.mark.parametrize("quality", ["fast", "balanced"])
def test_a_screen_that_is_taken_away_leaves_persons_and_no_room(quality: Quality) -> None:
    seen = watch([*call(range(BEGINNING)), *call(range(BEGINNING, 24), None)], quality=quality)
    assert {one.shown for one in seen} == {"composite"}
    assert max(one.room for one in seen) < MOST_ROOM
    assert max(one.missing for one in seen) < MOST_MISSING
    assert len(switches(seen)) == 1


def test_a_call_without_a_screen_shows_persons_from_the_first_picture_on() -> None:
    seen = watch(call(range(20), None))
    assert {one.shown for one in seen} == {"composite"}
    assert max(one.room for one in seen) < MOST_ROOM
    assert max(one.missing for one in seen) < MOST_MISSING
    assert not switches(seen)


def test_a_screen_that_is_put_up_is_keyed_after_a_while_and_once() -> None:
    seen = watch([*call(range(BEGINNING), None), *(shot(number % 24, GREEN) for number in range(40))])
    assert {one.shown for one in seen} == {"composite"}
    assert max(one.room for one in seen) < MOST_ROOM
    assert [note.split()[-1] for note in switches(seen)] == ["keyed"]


@pytest.mark.parametrize("screen", [GREEN, None])
def test_light_that_goes_out_and_on_again_changes_nothing_but_while_it_is_out(screen: Color | None) -> None:
    dark = [lit(taken, 0.02) for taken in call(range(BEGINNING, 16), screen)]
    seen = watch([*call(range(BEGINNING), screen), *dark, *(shot(number % 24, screen) for number in range(16, 40))])
    assert {one.shown for one in seen[-10:]} == {"composite"}
    assert max(one.room for one in seen) < MOST_ROOM
    assert max(one.missing for one in seen[-10:]) < MOST_MISSING
    assert not switches(seen)


@pytest.mark.parametrize("screen", [GREEN, None])
def test_a_camera_that_is_bumped_shows_no_room(screen: Color | None) -> None:
    seen = watch(
        [*call(range(BEGINNING), screen), *(bumped(taken, 14) for taken in call(range(BEGINNING, 24), screen))]
    )
    assert max(one.room for one in seen) < MOST_ROOM
    assert {one.shown for one in seen[-8:]} == {"composite"}


def test_a_screen_that_comes_and_goes_is_not_followed_back_and_forth() -> None:
    turns = [number // 6 % 2 for number in range(72)]
    seen = watch(shot(number % 24, None if turn else GREEN) for number, turn in enumerate(turns))
    assert max(one.room for one in seen) < MOST_ROOM
    assert len(switches(seen)) == 1


def furnished(wall: Color, count: int) -> Iterator[Shot]:
    """A room of one painted wall, with a floor, a sofa and a shelf before it, and nobody."""
    height, width = SIZE.height, SIZE.width
    things = np.zeros((height, width))
    things[7 * height // 8 :] = things[height // 2 :, 5 * width // 8 :] = things[height // 6 :, : width // 8] = 1
    for number in range(count):
        yield drawn(wall, Color(0x78, 0x5A, 0x3C), things, noise=2, seed=number), np.zeros((height, width), np.uint8)


@pytest.mark.parametrize("wall", [Color(0x2A, 0x8A, 0x84), Color(0x3C, 0x5A, 0xBE), Color(0xC8, 0xA0, 0x28)])
def test_a_painted_wall_is_no_screen(wall: Color) -> None:
    assert max(one.room for one in watch(furnished(wall, 12))) == 0


@pytest.mark.parametrize("luma", [16, 235])
def test_an_empty_picture_shows_nothing_and_leaves_nothing(luma: int) -> None:
    seen = watch([*call(range(BEGINNING)), *flat(10, luma), *call(range(BEGINNING, 24))])
    during = seen[BEGINNING : BEGINNING + 10]
    assert max(one.room for one in during) == 0
    assert {one.shown for one in seen[-4:]} == {"composite"}
    assert max(one.missing for one in seen[-4:]) < MOST_MISSING


def test_noise_is_never_shown() -> None:
    seen = watch([*noise(12), *call(range(4))])
    assert max(one.room for one in seen[:12]) < MOST_ROOM


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 3), (17, 33), (2, 64), (64, 2), (960, 17)])
def test_no_size_is_too_odd(size: tuple[int, int]) -> None:
    matting = catalog.matting(effect.Effect(effect.AutoKey(), effect.ColorBackground(Color(0, 0, 0))))
    random = np.random.default_rng(1)
    for number in range(4):
        picture = Picture.blank(Size(*size), matrix=Matrix.BT601, full_range=bool(number % 2))
        picture.y.rows[:] = random.integers(0, 256, picture.y.rows.shape)
        assert np.isfinite(matting.matte(picture, number / 30).confidence)
    matting.close()
