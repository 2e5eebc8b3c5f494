"""What a camera may show a plate keyer in mid-call: the room never leaves, and what was before leaves no ghost."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.footage import SMALL, Footage, Person, place
from tests.mattings import BACKDROP
from transforms.background import color_background
from transforms.clean_plate import CleanPlateSource
from transforms.first_frames import FirstFramesPlate
from transforms.learned_plate import LearnedPlate
from transforms.matting import Matte
from transforms.picture import Matrix, Picture, Size
from transforms.pipeline import Pipeline, Shown
from transforms.plate import PlateKeyer
from transforms.plate_image import plate_from_image

EMPTY = 12
BEGINNING = 20
"""Pictures of the empty room, and those until something happens."""

Shot = tuple[Picture, Person | None]
Seen = list[tuple[Shown, float, float]]


@pytest.fixture(autouse=True)
def _strict_arithmetic() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


class Watched:
    """A plate keyer whose last matte can be looked at."""

    def __init__(self, plate: CleanPlateSource) -> None:
        self.last: Matte | None = None
        self._keyer = PlateKeyer(plate)

    def matte(self, picture: Picture, time: float) -> Matte:
        self.last = self._keyer.matte(picture, time)
        return self.last

    def close(self) -> None:
        self._keyer.close()


def watch(shots: Iterable[Shot], plate: CleanPlateSource | None = None) -> Seen:
    """What was shown of each picture; where a composite was, the shares shown of the room and missing of the person."""
    keyer = Watched(plate or FirstFramesPlate(EMPTY))
    pipeline = Pipeline(keyer, color_background(BACKDROP), on_unsure="cover")
    seen: Seen = []
    for number, (picture, person) in enumerate(shots):
        rendered = pipeline(picture, number / 30)
        assert np.isfinite(rendered.confidence)
        room = missing = 0.0
        if rendered.shown == "composite":
            assert keyer.last is not None
            room, missing = shares(keyer.last.alpha, person)
        seen.append((rendered.shown, room, missing))
    return seen


def shares(alpha: NDArray[np.uint8], person: Person | None) -> tuple[float, float]:
    cover = person.cover(*place(SMALL)[0]) if person else np.zeros(alpha.shape)
    opaque = alpha / 255
    return float(opaque[cover == 0].mean()), float(1 - opaque[cover == 1].mean()) if person else 0.0


class Take:
    """A room and somebody in it, one picture after the other."""

    def __init__(self) -> None:
        self._footage = Footage()
        self._number = 0

    def empty(self, count: int) -> Iterator[Shot]:
        for _ in range(count):
            yield self._footage.frame(), None

    def call(
        self, count: int, *, still: bool = False, across: float = 0.0, down: float = 0.0, gain: float = 1.0
    ) -> Iterator[Shot]:
        for _ in range(count):
            self._number += not still
            person = Person(x=0.66 + 0.08 * np.sin(self._number / 5))
            yield self._footage.frame(person, across=across, down=down, gain=gain), person

    def elsewhere(self, count: int) -> Iterator[Shot]:
        for _ in range(count):
            yield self._footage.frame(Person(), seed=5), Person()

    def flat(self, count: int, luma: int) -> Iterator[Shot]:
        for _ in range(count):
            picture = Picture.blank(SMALL, matrix=Matrix.BT601, full_range=False)
            picture.y.rows[:] = luma
            yield picture, None

    def beginning(self) -> Iterator[Shot]:
        yield from self.empty(EMPTY)
        yield from self.call(BEGINNING - EMPTY)


def interrupted(name: str, take: Take) -> Iterator[Shot]:
    match name:
        case "black":
            return take.flat(12, 16)
        case "white":
            return take.flat(12, 235)
        case "another room":
            return take.elsewhere(12)
        case _:
            return take.call(12, gain=0.04)


@pytest.mark.parametrize("name", ["black", "white", "another room", "the light out"])
def test_an_interruption_shows_nothing_and_leaves_nothing(name: str) -> None:
    take = Take()
    seen = watch([*take.beginning(), *interrupted(name, take), *take.call(30)])
    assert {shown for shown, *_ in seen[EMPTY - 1 : BEGINNING]} == {"composite"}
    assert {shown for shown, *_ in seen[BEGINNING : BEGINNING + 12]} == {"cover"}
    assert {shown for shown, *_ in seen[-15:]} == {"composite"}
    assert max(room for _, room, _ in seen) < 0.02
    assert max(missing for *_, missing in seen[EMPTY + 2 :]) < 0.05


def test_a_camera_that_is_bumped_never_shows_the_room() -> None:
    take = Take()
    seen = watch([*take.beginning(), *take.call(40, across=14.0, down=7.0)])
    assert max(room for _, room, _ in seen) < 0.1
    assert {shown for shown, *_ in seen[BEGINNING + 12 :]} == {"cover"}


def test_a_camera_that_shakes_shows_the_person_alone() -> None:
    take = Take()
    shaken = [shot for number in range(30) for shot in take.call(1, across=1.5 * np.sin(number * 0.9))]
    seen = watch([*take.beginning(), *shaken])
    assert {shown for shown, *_ in seen[BEGINNING:]} == {"composite"}
    assert max(room for _, room, _ in seen) < 0.02


def test_light_that_halves_slowly_takes_the_person_along() -> None:
    take = Take()
    dimmed = [shot for number in range(45) for shot in take.call(1, gain=1 - number / 90)]
    seen = watch([*take.beginning(), *dimmed])
    assert {shown for shown, *_ in seen[BEGINNING:]} == {"composite"}
    assert max(room for _, room, _ in seen) < 0.02
    assert max(missing for *_, missing in seen[EMPTY + 2 :]) < 0.05


def test_who_sits_still_for_long_is_not_absorbed() -> None:
    take = Take()
    seen = watch([*take.beginning(), *take.call(300, still=True)])
    assert {shown for shown, *_ in seen[BEGINNING:]} == {"composite"}
    assert max(missing for *_, missing in seen[EMPTY + 2 :]) < 0.05


def test_who_was_there_from_the_beginning_and_dozes_off_is_not_taken_for_the_room() -> None:
    take = Take()
    shots = [*take.call(60), *take.call(200, still=True), *take.call(60), *take.call(200, still=True), *take.call(30)]
    seen = watch(shots, LearnedPlate(None))
    assert max((missing for shown, _, missing in seen if shown == "composite"), default=0.0) < 0.2


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 3), (17, 33), (2, 64), (64, 2), (960, 17)])
def test_no_size_is_too_odd(size: tuple[int, int]) -> None:
    pipeline = Pipeline(Watched(FirstFramesPlate(2)), color_background(BACKDROP), on_unsure="cover")
    random = np.random.default_rng(1)
    for number in range(8):
        picture = Picture.blank(Size(*size), matrix=Matrix.BT601, full_range=False)
        picture.y.rows[:] = random.integers(0, 256, picture.y.rows.shape)
        assert np.isfinite(pipeline(picture, number / 30).confidence)


def test_a_plate_with_the_person_in_it_is_not_believed(tmp_path: Path) -> None:
    take = Take()
    [(picture, _)] = take.call(1)
    assert picture.frame is None
    levels = np.stack([picture.y.rows, *(plane.rows.repeat(2, 0).repeat(2, 1) for plane in picture.planes[1:])], 2)
    Image.fromarray(levels, "YCbCr").convert("RGB").save(tmp_path / "plate.png")
    seen = watch(
        [*take.empty(10), *(shot for shift in range(20) for shot in take.call(1))],
        plate_from_image(tmp_path / "plate.png"),
    )
    assert {shown for shown, *_ in seen[10:]} == {"cover"}
