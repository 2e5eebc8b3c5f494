"""What has changed in the room: somebody gone is forgotten soon, a thing put there late, a sleeper never."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.footage import Footage, Person, measured
from transforms.cells import Cells
from transforms.clean_plate import CleanPlate
from transforms.picture import Picture, Size
from transforms.renewal import COME, GONE, Renewal

SIZE = Size(160, 120)
RATE = 10


class Room:
    """A room whose plate shows `shown`; `left`, `top`, `width`, `height` of a box in luma samples."""

    def __init__(self, shown: Callable[[Picture], None] | None = None, *, is_seen: bool = True) -> None:
        self.footage = Footage(SIZE)
        quiet = Footage(SIZE, noise=0.0).frame()
        if shown:
            shown(quiet)
        self.cells: Cells = measured(quiet)
        self.plate = CleanPlate(self.cells, quiet)
        self.plate.set(quiet, known=255, count=4)
        self.renewal = Renewal(quiet, self.cells, is_seen=is_seen)
        self.time = 0.0

    def go_on(self, seconds: float, change: Callable[[Picture, float], None], person: Person | None = None) -> None:
        for _ in range(round(RATE * seconds)):
            self.time += 1 / RATE
            picture = self.footage.frame(person)
            change(picture, self.time)
            self.renewal.look(picture, measured(picture, self.cells), self.plate, self.time)

    def luma(self, window: tuple[slice, slice]) -> float:
        return float(self.plate.picture.y.rows[window].mean())


def box(left: int, top: int, width: int, height: int, luma: int = 210) -> Callable[[Picture], None]:
    def draw(picture: Picture) -> None:
        picture.y.rows[top : top + height, left : left + width] = luma

    return draw


def nothing(picture: Picture, time: float) -> None:
    """Leave it as it is."""


def test_what_is_gone_from_the_room_goes_from_the_plate_and_is_doubted_until_then() -> None:
    room = Room(box(40, 40, 50, 80))
    room.go_on(GONE - 2, nothing)
    doubted = room.plate.reason, room.plate.confidence < 0.5
    room.go_on(4, nothing)
    assert doubted == ("the plate shows a person", True)
    assert room.plate.reason is None
    empty = Footage(SIZE, noise=0.0).frame().y.rows
    assert room.luma(np.s_[50:110, 50:80]) == pytest.approx(empty[50:110, 50:80].mean(), abs=2)


def test_a_small_thing_is_taken_in_when_it_has_stayed_long_enough() -> None:
    room, draw = Room(), box(100, 30, 14, 14)
    room.go_on(COME - 3, lambda picture, time: draw(picture))
    assert room.luma(np.s_[32:42, 102:112]) < 190
    room.go_on(6, lambda picture, time: draw(picture))
    assert room.luma(np.s_[32:42, 102:112]) == pytest.approx(210, abs=2)
    assert room.plate.reason is None


@pytest.mark.parametrize("thing", [(60, 60, 50, 60), (60, 100, 20, 20), (20, 20, 60, 60)])
def test_nothing_that_is_large_or_comes_from_below_is_ever_taken_in(thing: tuple[int, int, int, int]) -> None:
    room, draw = Room(), box(*thing)
    before = room.plate.picture.y.rows.copy()
    room.go_on(2 * COME, lambda picture, time: draw(picture))
    assert (room.plate.picture.y.rows == before).all()
    assert room.plate.reason is None


def test_a_thing_in_the_hands_of_somebody_who_breathes_is_not_taken_in() -> None:
    room, draw = Room(), box(100, 80, 12, 12)

    def breathe(picture: Picture, time: float) -> None:
        draw(picture)
        side = 92 + round(2 * np.sin(1.6 * time))
        picture.y.rows[70:, side : side + 8] = 60

    before = room.plate.picture.y.rows.copy()
    room.go_on(COME + 10, breathe)
    assert (room.plate.picture.y.rows == before).all()


def test_who_sleeps_before_the_plate_is_not_taken_in() -> None:
    room = Room()
    before = room.plate.picture.y.rows.copy()
    for number in range(60 * RATE):
        room.time = number / RATE
        picture = room.footage.frame(Person(breath=0.004 * np.sin(1.6 * room.time)))
        room.renewal.look(picture, measured(picture, room.cells), room.plate, room.time)
    assert (room.plate.picture.y.rows == before).all()
    assert room.plate.reason is None


def test_an_empty_room_in_changing_light_has_not_changed() -> None:
    room = Room()
    before = room.plate.picture.y.rows.copy()
    for number in range(20 * RATE):
        room.time = number / RATE
        picture = room.footage.frame(gain=1 + 0.2 * np.sin(0.5 * room.time))
        room.renewal.look(picture, measured(picture, room.cells), room.plate, room.time)
    assert (room.plate.picture.y.rows == before).all()
    assert room.plate.reason is None


def test_a_plate_with_somebody_in_it_is_doubted_with_the_first_picture_and_while_another_stands_before_them() -> None:
    def draw(picture: Picture) -> None:
        shown = Footage(SIZE, noise=0.0).frame(Person(x=0.5))
        for plane, other in zip(picture.planes, shown.planes, strict=True):
            plane.rows[:] = other.rows

    room = Room(draw, is_seen=False)
    room.go_on(0.1, nothing)
    reasons = [room.plate.reason]
    for number in range(30):
        room.go_on(0.1, nothing, Person(x=1.2 - 0.02 * number))
        reasons.append(room.plate.reason)
    room.go_on(2, nothing, Person(x=0.55))
    assert set(reasons) == {"the plate shows a person"}
    assert room.plate.reason == "the plate shows a person"


def test_whoever_comes_in_is_not_taken_for_gone() -> None:
    room = Room()
    for number in range(40):
        room.go_on(0.1, nothing, Person(x=1.2 - 0.015 * number))
        assert room.plate.reason is None
