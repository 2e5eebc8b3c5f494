"""A plate learned from the call: an empty room at once, somebody who keeps still never, what they uncover in time."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.footage import Footage, Person, cover_of, measured, place
from transforms.cells import Cells
from transforms.clean_plate import GUESSED, CleanPlate
from transforms.learned_plate import LearnedPlate
from transforms.matting import NotReady
from transforms.patches import Patches
from transforms.picture import Picture, Size
from transforms.plate import PlateKeyer

SIZE = Size(160, 120)
RATE = 15
"""Pictures a second."""

Scene = Callable[[float], Person | None]


class DrawnPrior:
    """Knows the drawn person's place, as a model would."""

    def __init__(self, scene: Scene, cells: Cells) -> None:
        self._scene, self._cells = scene, cells

    def person(self, picture: Picture, time: float) -> NDArray[np.uint8]:
        somebody = self._scene(time)
        if somebody is None:
            return np.zeros(self._cells.count, np.uint8)
        return np.asarray(255 * cover_of(somebody, self._cells, picture.size), np.uint8)


class Call:
    """A call from its beginning. `ready`: when the plate was; `said`: what was said until then."""

    def __init__(self, scene: Scene, *, has_prior: bool = False) -> None:
        self.scene = scene
        self.footage = Footage(SIZE)
        self.cells = Cells(self.footage.frame())
        self.source = LearnedPlate(DrawnPrior(scene, self.cells) if has_prior else None)
        self.time = 0.0
        self.ready: float | None = None
        self.said: list[str] = []
        self.plate: CleanPlate | None = None

    def go_on(self, seconds: float, *, gain: Callable[[float], float] = lambda time: 1.0, moved: bool = False) -> None:
        for _ in range(round(RATE * seconds)):
            self.time += 1 / RATE
            picture = self.footage.frame(self.scene(self.time), gain=gain(self.time))
            self.see(picture)
            if moved:
                self.source.moved()

    def see(self, picture: Picture) -> None:
        try:
            self.plate = self.source.observe(picture, measured(picture, self.cells), self.time)
            self.ready = self.time if self.ready is None else self.ready
        except NotReady as waiting:
            self.plate, self.ready = None, None
            self.said.append(str(waiting))

    def learned(self, person: Person | None = None) -> tuple[float, float]:
        """The shares of the person's cells, and of the room's, that the plate took for known."""
        assert self.plate is not None
        cover = np.zeros(self.cells.count) if person is None else cover_of(person, self.cells, SIZE)
        known, near = self.plate.known > GUESSED, Patches(self.cells.shape).widened(cover > 0, 3)
        inside = known[cover > 0.5]
        return float(inside.mean()) if len(inside) else 0.0, float(known[~near].mean())


def breathing(time: float) -> Person:
    return Person(breath=0.004 * np.sin(2 * np.pi * time / 4))


def talking(time: float) -> Person:
    return Person(x=0.66 + 0.03 * np.sin(1.1 * time) + 0.02 * np.sin(2.7 * time), top=0.2 + 0.015 * np.sin(1.9 * time))


def error(plate: CleanPlate, known: NDArray[np.bool_], cells: Cells) -> float:
    """The mean error of luma where the plate is known."""
    empty = measured(Footage(SIZE, noise=0.0).frame())
    shown = measured(plate.picture)
    return float(np.abs(empty.moments[0] - shown.moments[0])[known].mean())


def test_an_empty_room_is_learned_in_two_seconds() -> None:
    call = Call(lambda time: None)
    call.go_on(2.2)
    assert call.ready is not None
    assert call.learned() == (0, 1)
    assert call.plate is not None
    assert error(call.plate, call.plate.known > GUESSED, call.cells) < 0.5


def test_so_is_one_whose_light_flickers() -> None:
    call = Call(lambda time: None)
    call.go_on(2.5, gain=lambda time: 1 + 0.05 * np.sin(9 * time))
    assert call.ready is not None


@pytest.mark.parametrize("before", [None, talking])
def test_who_sits_still_for_a_minute_and_only_breathes_is_not_learned(before: Scene | None) -> None:
    call = Call(lambda time: before(time) if before is not None and time < 12 else breathing(time))
    call.go_on(72 if before else 60)
    assert call.ready is None
    assert all(
        re.fullmatch(r"learning the plate: [1-8]?\d %, quicker if .*ten seconds", said) for said in call.said[-9:]
    )


def test_a_frozen_picture_of_somebody_is_not_learned() -> None:
    call = Call(talking)
    call.go_on(5)
    frozen = call.footage.frame(talking(5))
    for number in range(30 * RATE):
        call.time = 5 + number / RATE
        call.see(frozen)
    assert call.ready is None


def test_beside_somebody_who_moves_the_room_is_learned_and_not_they() -> None:
    call = Call(talking)
    call.go_on(40)
    assert call.ready is not None
    assert 8 < call.ready < 36
    person, room = call.learned(talking(call.time))
    assert person == 0
    assert room > 0.95
    assert call.plate is not None
    assert error(call.plate, call.plate.known > GUESSED, call.cells) < 1.0


def test_the_share_that_is_known_is_told() -> None:
    call = Call(talking)
    call.go_on(15)
    shares = [int(said.split()[3]) for said in call.said]
    assert shares[0] == 0
    assert 20 < shares[-1] < 90


def test_who_leaves_uncovers_what_then_becomes_known() -> None:
    call = Call(lambda time: talking(time) if time < 36 else Person(x=0.66 + 0.4 * (time - 36)) if time < 40 else None)
    call.go_on(36)
    assert call.ready is not None
    assert call.plate is not None
    hidden = call.plate.known <= GUESSED
    assert hidden.mean() > 0.1
    call.go_on(19)
    assert (call.plate.known > GUESSED).mean() > 0.99
    assert error(call.plate, hidden, call.cells) < 1.5


def test_a_prior_settles_who_is_a_person_at_once() -> None:
    call = Call(breathing, has_prior=True)
    call.go_on(3)
    assert call.ready is not None
    person, room = call.learned(breathing(call.time))
    assert person == 0
    assert room > 0.99


def test_with_a_prior_too_what_is_uncovered_becomes_known() -> None:
    call = Call(lambda time: talking(time) if time < 3 else None, has_prior=True)
    call.go_on(8)
    assert call.learned() == (0, 1)


def test_a_hand_before_the_lens_is_no_other_view_but_two_seconds_of_one_are() -> None:
    call = Call(lambda time: None)
    call.go_on(3)
    old = call.plate
    call.go_on(1, moved=True)
    call.go_on(1)
    assert call.plate is old
    call.go_on(2.2, moved=True)
    was_forgotten = call.ready is None
    call.go_on(2.5)
    assert was_forgotten
    assert call.plate is not None
    assert call.plate is not old


def test_another_shape_begins_anew_and_the_first_one_is_remembered() -> None:
    call = Call(lambda time: None)
    call.go_on(3)
    plate, turned = call.plate, Footage(Size(120, 160)).frame()
    with pytest.raises(NotReady, match="learning the plate: 0 %"):
        call.source.observe(turned, measured(turned), 3.1)
    call.go_on(0.1)
    assert call.plate is plate is not None


@pytest.mark.parametrize("size", [Size(320, 240), Size(96, 72)])
def test_another_size_goes_on_with_what_is_known(size: Size) -> None:
    call = Call(lambda time: None)
    call.go_on(3)
    picture, empty = Footage(size).frame(), Footage(size, noise=0.0).frame()
    plate = call.source.observe(picture, measured(picture), 3.1)
    assert plate.picture.size == size
    assert (plate.known > GUESSED).all()
    off = np.abs(plate.picture.y.rows.astype(float) - empty.y.rows)
    assert np.median(off) <= 1
    assert off.mean() < 2.5  # places are told by their samples' corners there, so edges are half a sample off


@pytest.mark.parametrize("scene", [breathing, talking])
def test_who_sits_there_is_not_learned_while_sizes_change(scene: Callable[[float], Person]) -> None:
    """Neither from what was seen at one size, nor from what seems new at the next."""
    source, places = LearnedPlate(), (Footage(SIZE), Footage(Size(320, 240)))
    for number in range(20 * RATE):
        footage = places[number // (RATE // 2) % 2]
        person = scene(number / RATE)
        picture = footage.frame(person)
        cells = measured(picture)
        try:
            plate = source.observe(picture, cells, number / RATE)
        except NotReady:
            continue
        assert (plate.known[cover_of(person, cells, footage.size) > 0.9] <= GUESSED).all()


def test_who_was_there_from_the_beginning_is_cut_out_though_nobody_saw_behind_them() -> None:
    footage = Footage(SIZE)
    keyer = PlateKeyer(LearnedPlate())
    errors = []
    for number in range(40 * RATE):
        somebody = talking(number / RATE)
        try:
            matte = keyer.matte(footage.frame(somebody), number / RATE)
        except NotReady:
            continue
        cover = somebody.cover(*place(SIZE)[0])
        errors.append(1000 * np.abs(matte.alpha / 255 - cover).mean())
        assert matte.is_sure
        assert matte.alpha[cover == 1].mean() > 200
    # What they sway over is not known either, and shown with them.
    assert np.median(errors) < 130
