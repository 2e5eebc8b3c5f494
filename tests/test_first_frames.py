"""A plate from a call's first pictures: what most of them show, whoever passes; doubted where it may be somebody."""

from __future__ import annotations

import numpy as np
import pytest

from tests.footage import Footage, Person, cover_of, measured
from transforms.cells import Cells
from transforms.clean_plate import CleanPlate
from transforms.first_frames import FirstFramesPlate
from transforms.matting import NotReady
from transforms.picture import Picture, Size

QUARTER = Size(160, 120)


class Stream:
    """Pictures before a source."""

    def __init__(self, count: int, footage: Footage | None = None, *, rate: int = 30) -> None:
        self.footage = footage or Footage()
        self.rate = rate
        self.source = FirstFramesPlate(count)
        self.cells: Cells | None = None
        self.time = 0.0

    def show(self, picture: Picture) -> CleanPlate:
        self.time += 1 / self.rate
        self.cells = measured(picture, self.cells)
        return self.source.observe(picture, self.cells, self.time)

    def show_for(self, seconds: float, person: Person | None = None, *, breath: float = 0.0) -> CleanPlate:
        for _ in range(round(self.rate * seconds)):
            chest = Person() if person is None else person
            breathing = Person(chest.x, breath * np.sin(1.6 * self.time), chest.width, chest.top)
            plate = self.show(self.footage.frame(breathing if person else None))
        return plate


def error(plate: CleanPlate) -> float:
    empty = Footage(plate.picture.size, noise=0.0).frame()
    return float(np.abs(plate.picture.y.rows.astype(float) - empty.y.rows).mean())


@pytest.mark.parametrize("count", [1, 2, 12])
def test_the_plate_is_there_with_the_last_of_the_pictures(count: int) -> None:
    stream = Stream(count)
    for number in range(1, count):
        with pytest.raises(NotReady, match=rf"learning the plate: {100 * number // count} %"):
            stream.show(stream.footage.frame())
    plate = stream.show(stream.footage.frame())
    assert plate.reason is None
    assert (plate.known == 255).all()
    assert error(plate) < 1.5 / np.sqrt(count) + 0.2


def test_the_light_may_flicker_meanwhile() -> None:
    stream, plate = Stream(12), None
    for number in range(12):
        try:
            plate = stream.show(stream.footage.frame(gain=1 + 0.08 * np.sin(number)))
        except NotReady:
            assert number < 11
    assert plate is not None
    assert plate.reason is None
    assert (plate.known == 255).all()
    assert error(plate) < 1.2


def test_the_camera_may_shake_meanwhile() -> None:
    stream, random = Stream(12), np.random.default_rng(1)
    plate = None
    for number in range(12):
        across, down = (0.0, 0.0) if number == 0 else random.normal(0, 1.5, 2)
        picture = stream.footage.frame(across=across, down=down)
        try:
            plate = stream.show(picture)
        except NotReady:
            assert number < 11
    assert plate is not None
    assert plate.reason is None
    assert error(plate) < 1.5
    assert np.median(plate.noise[0]) == pytest.approx(1.5, abs=0.5)


def test_somebody_may_walk_through() -> None:
    stream = Stream(30)
    plate = None
    for number in range(30):
        person = Person(x=-0.4 + 0.12 * number, width=0.2)
        try:
            plate = stream.show(stream.footage.frame(person))
        except NotReady:
            continue
    assert plate is not None
    assert plate.reason is None
    assert error(plate) < 1.0


def test_a_plate_with_somebody_in_it_is_doubted_until_they_have_left() -> None:
    stream = Stream(12)
    person = Person()
    plate = None
    for number in range(12):
        try:
            plate = stream.show(stream.footage.frame(Person(x=0.66 + 0.008 * number)))
        except NotReady:
            continue
    assert plate is not None
    assert plate.confidence < 0.5
    assert plate.reason == "somebody moved while the plate was taken"
    assert stream.cells is not None
    cover = cover_of(person, stream.cells, stream.footage.size)
    assert np.median(plate.known[(cover > 0.2) & (cover < 0.8)]) < 64
    assert stream.show_for(5, Person(x=0.75), breath=0.004).confidence < 0.5
    assert stream.show_for(3).reason == "the plate shows a person"
    plate = stream.show_for(8)
    assert plate.reason is None
    assert plate.confidence == 1
    assert error(plate) < 1.5


def test_somebody_still_in_the_plate_is_found_out_when_they_get_up() -> None:
    stream = Stream(6)
    for _ in range(5):
        with pytest.raises(NotReady):
            stream.show(stream.footage.frame(Person()))
    assert stream.show(stream.footage.frame(Person())).reason is None
    stream.show_for(2, Person(), breath=0.004)
    assert stream.show_for(3).reason == "the plate shows a person"
    plate = stream.show_for(6)
    assert plate.reason is None
    assert error(plate) < 1.5


def test_who_comes_in_and_sits_still_for_a_minute_is_not_taken_into_the_plate() -> None:
    stream = Stream(4, Footage(QUARTER), rate=15)
    for _ in range(3):
        with pytest.raises(NotReady):
            stream.show(stream.footage.frame())
    stream.show(stream.footage.frame())
    for number in range(30):
        stream.show(stream.footage.frame(Person(x=1.5 - 0.028 * number)))
    plate = stream.show_for(60, Person(), breath=0.004)
    assert plate.reason is None
    assert error(plate) < 1.2
