"""What a camera may show a screen keyer in mid-call: the room never leaves, and what was before leaves no ghost."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.mattings import BACKDROP
from tests.screens import GREEN
from transforms.background import color_background
from transforms.effect import Color
from transforms.matting import Matte
from transforms.picture import Matrix, Picture, Size
from transforms.pipeline import Pipeline, Shown
from transforms.sample import SampleCaller
from transforms.screen import ScreenKeyer

SIZE = Size(320, 240)
BEGINNING = 8
"""Pictures of a call before anything happens."""

Truth = NDArray[np.uint8]
Shot = tuple[Picture, Truth]
Seen = list[tuple[Shown, float]]


@pytest.fixture(autouse=True)
def _strict_arithmetic() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


class Watched:
    """A screen keyer whose last matte can be looked at."""

    def __init__(self, color: Color | None = None) -> None:
        self.last: Matte | None = None
        self._keyer = ScreenKeyer(color)

    def matte(self, picture: Picture, time: float) -> Matte:
        self.last = self._keyer.matte(picture, time)
        return self.last

    def close(self) -> None:
        self._keyer.close()


def watch(shots: Iterable[Shot]) -> Seen:
    """What was shown of each, and the mean error of alpha where a composite was, in thousandths."""
    keyer = Watched()
    pipeline = Pipeline(keyer, color_background(BACKDROP), on_unsure="cover")
    seen: Seen = []
    for number, (picture, truth) in enumerate(shots):
        rendered = pipeline(picture, number / 30)
        assert np.isfinite(rendered.confidence)
        off = 0.0
        if rendered.shown == "composite":
            assert keyer.last is not None
            off = float(np.abs(keyer.last.alpha.astype(np.int16) - truth).mean() / 0.255)
        seen.append((rendered.shown, off))
    return seen


def call(count: int, *, screen: Color | None = GREEN, gain: float = 1.0, first: int = 0) -> Iterator[Shot]:
    """A caller, `gain` the light on her and on the screen."""
    caller = SampleCaller(SIZE, screen=screen)
    for number in range(first, first + count):
        frame, truth = caller.frame(number)
        yield dimmed(Picture.of(frame), gain), truth


def dimmed(picture: Picture, gain: float) -> Picture:
    if gain == 1:
        return picture
    dark = Picture.blank(picture.size, matrix=picture.matrix, full_range=picture.full_range)
    for target, source, zero in zip(dark.planes, picture.planes, (16, 128, 128), strict=True):
        target.rows[:] = np.clip((source.rows.astype(np.float64) - zero) * gain + zero, 0, 255)
    return dark


def flat(count: int, y: int, cb: int = 128, cr: int = 128) -> Iterator[Shot]:
    for _ in range(count):
        picture = Picture.blank(SIZE, matrix=Matrix.BT601, full_range=False)
        for plane, level in zip(picture.planes, (y, cb, cr), strict=True):
            plane.rows[:] = level
        yield picture, np.zeros((SIZE.height, SIZE.width), np.uint8)


def noise(count: int, *, color: bool) -> Iterator[Shot]:
    random = np.random.default_rng(7)
    for picture, truth in flat(count, 16):
        for plane in picture.planes if color else picture.planes[:1]:
            plane.rows[:] = random.integers(0, 256, plane.rows.shape)
        yield picture, truth


INTERRUPTIONS = {
    "black": lambda: flat(12, 16),
    "white": lambda: flat(12, 235),
    "grey noise": lambda: noise(12, color=False),
    "coloured noise": lambda: noise(12, color=True),
    "a room": lambda: call(12, screen=None),
    "the light out": lambda: call(12, gain=0.04),
}


@pytest.mark.parametrize("name", INTERRUPTIONS)
def test_an_interruption_shows_nothing_and_leaves_nothing(name: str) -> None:
    def shots() -> Iterator[Shot]:
        yield from call(BEGINNING)
        yield from INTERRUPTIONS[name]()
        yield from call(30, first=BEGINNING)

    seen = watch(shots())
    before, during, after = seen[:BEGINNING], seen[BEGINNING : BEGINNING + 12], seen[BEGINNING + 12 :]
    usual = max(off for _, off in before[1:])
    assert {shown for shown, _ in before} == {"composite"}
    assert {shown for shown, _ in during} == {"cover"}
    assert {shown for shown, _ in after[10:]} == {"composite"}
    assert max(off for _, off in after) < 1.5 * usual + 2


@pytest.mark.parametrize("name", INTERRUPTIONS)
def test_what_is_no_screen_at_the_beginning_is_never_shown(name: str) -> None:
    assert {shown for shown, _ in watch(INTERRUPTIONS[name]())} == {"cover"}


def test_light_that_falls_and_comes_back_leaves_no_ghost() -> None:
    gains = [1.0] * BEGINNING + [0.7, 0.4, 0.1, 0.1, 0.1, 0.1, 0.4, 0.7] + [1.0] * 20
    seen = watch(shot for number, gain in enumerate(gains) for shot in call(1, gain=gain, first=number))
    assert seen[-1][0] == "composite"
    assert max(off for _, off in seen[-15:]) < 1.5 * seen[BEGINNING - 1][1] + 2


def test_somebody_who_comes_near_at_one_step_leaves_no_outline() -> None:
    def near(shot: Shot) -> Shot:
        picture, truth = shot
        bigger = Picture.blank(SIZE, matrix=picture.matrix, full_range=False)
        for target, source in zip(bigger.planes, picture.planes, strict=True):
            target.rows[:] = twice(source.rows)
        return bigger, np.ascontiguousarray(twice(truth))

    seen = watch([*call(BEGINNING), *(near(shot) for shot in call(6, first=BEGINNING))])
    assert seen[-1][0] == "composite"
    assert seen[-1][1] < 2 * 1.5 * seen[BEGINNING - 1][1] + 2


def twice(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle, twice as large."""
    height, width = rows.shape
    middle = rows[height // 8 : height // 8 + height // 2, width // 4 : width // 4 + width // 2]
    return np.asarray(middle.repeat(2, axis=0).repeat(2, axis=1))


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 3), (17, 33), (2, 64), (64, 2), (960, 17)])
@pytest.mark.parametrize("levels", [(90, 74, 52), (0, 0, 0), (255, 255, 255), (0, 255, 255), (128, 128, 129)])
def test_no_size_and_no_level_is_too_odd(size: tuple[int, int], levels: tuple[int, int, int]) -> None:
    keyer = ScreenKeyer(None)
    for number in range(7):
        picture = Picture.blank(Size(*size), matrix=Matrix.BT601, full_range=bool(number % 2))
        for plane, level in zip(picture.planes, levels, strict=True):
            plane.rows[:] = level
        assert np.isfinite(keyer.matte(picture, number / 30).confidence)


def test_the_largest_picture_is_keyed_as_any_other() -> None:
    keyer = ScreenKeyer(None)
    picture = Picture.blank(Size(3840, 2160), matrix=Matrix.BT709, full_range=False)
    for plane, level in zip(picture.planes, (133, 63, 52), strict=True):
        plane.rows[:] = level
    matte = keyer.matte(picture, 0.0)
    assert matte.is_sure
    assert not matte.alpha.any()
