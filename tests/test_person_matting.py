"""The person matting: drawn persons before a drawn room, and a segmenter that knows them as roughly as a network."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.footage import SMALL, Footage, Person, place
from transforms import catalog, effect
from transforms.first_frames import FirstFramesPlate
from transforms.matting import Matte
from transforms.person.matting import PersonKeyer
from transforms.person.revealed_plate import RevealedPlate
from transforms.person.segmenter import Segmentation
from transforms.picture import Picture, Size

RATE = 30
COARSE = (36, 48)
"""Rows and columns of what the segmenter says: a seventh of the picture's, as a network's are of a call's."""

SEATED = Person()
Field = NDArray[np.float64]


class KnowsPersons:
    """Says where the drawn person is, coarsely and softly. `misses`, `hole`: where it never sees one."""

    def __init__(self) -> None:
        self.person: Person | None = None
        self.misses = 0.0
        self.hole: tuple[slice, slice] = np.s_[:0, :0]
        self.failure: str | None = None
        self.is_closed = False

    def segment(self, picture: Picture, time: float) -> Segmentation:
        rows, columns = COARSE
        if self.failure is not None:
            return Segmentation(np.zeros(COARSE, np.uint8), 0.0, self.failure)
        chance = np.zeros(COARSE) if self.person is None else self.person.cover(*place(Size(columns, rows))[0])
        chance[round(rows * (1 - self.misses)) :] = 0
        chance[self.hole] = 0
        padded = np.pad(chance, 1, "edge")
        soft = sum(padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)) / 9
        return Segmentation(np.asarray(np.rint(255 * soft), np.uint8))

    def close(self) -> None:
        self.is_closed = True


class Call:
    """One stream and its matting."""

    def __init__(self, keyer: PersonKeyer | None = None, *, size: Size = SMALL) -> None:
        self.segmenter = KnowsPersons()
        self.keyer = keyer or PersonKeyer(self.segmenter, RevealedPlate())
        self.footage = Footage(size)
        self.time = 0.0

    def show(self, person: Person | None = None, *, gain: float = 1.0, seed: int | None = None) -> Matte:
        self.time += 1 / RATE
        self.segmenter.person = person
        return self.keyer.matte(self.footage.frame(person, gain=gain, seed=seed), self.time)

    def show_often(self, count: int, person: Person | None = None) -> Matte:
        for _ in range(count - 1):
            self.show(person)
        return self.show(person)


def truth(person: Person, size: Size = SMALL) -> Field:
    return person.cover(*place(size)[0])


def error(matte: Matte, person: Person) -> float:
    """Mean absolute error of alpha, in thousandths."""
    return float(np.abs(matte.alpha / 255 - truth(person)).mean() * 1000)


def test_catalog_makes_a_selfie_matting() -> None:
    """`SelfieKey` is the person matting."""
    made = catalog.matting(effect.Effect(effect.SelfieKey(), effect.ColorBackground(effect.Color(0, 0, 0))))
    assert isinstance(made, PersonKeyer)
    made.close()


def test_nobody_is_all_background_and_sure() -> None:
    """From the first picture on."""
    call = Call()
    for matte in (call.show(), call.show_often(20)):
        assert matte.is_sure
        assert not matte.alpha.any()


def test_somebody_is_drawn_in_the_very_first_picture() -> None:
    """Better than the network's coarse answer stretched over the picture, which is off by 20."""
    assert error(Call().show(SEATED), SEATED) < 15


def test_a_room_seen_empty_draws_the_edge() -> None:
    """Within a third of a second the plate is as good as one that was taken."""
    call = Call()
    call.show_often(10)
    assert error(call.show_often(3, SEATED), SEATED) < 5


def test_what_somebody_uncovers_is_learned() -> None:
    """Whoever leans aside and back stands before a plate that is known."""
    call = Call()
    before = error(call.show_often(10, SEATED), SEATED)
    call.show_often(30, Person(x=0.3))
    call.show_often(10, Person(x=1.1))
    after = error(call.show_often(10, SEATED), SEATED)
    assert after < before
    assert after < 6


def test_somebody_who_keeps_still_is_never_swallowed() -> None:
    """However long."""
    call = Call()
    call.show_often(60, SEATED)
    assert error(call.show(SEATED), SEATED) < 12


def test_a_still_scene_has_a_still_matte() -> None:
    """dtSSD under 0.8: the mean change of alpha from picture to picture, in hundredths."""
    call = Call()
    call.show_often(40, SEATED)
    before = call.show(SEATED).alpha.astype(float) / 255
    changes = []
    for _ in range(10):
        now = call.show(SEATED).alpha.astype(float) / 255
        changes.append(100 * np.sqrt(np.mean((now - before) ** 2)))
        before = now
    assert np.mean(changes) < 0.8


def test_a_thing_put_into_the_room_is_nobody() -> None:
    """It differs from the plate, but the network sees no person there."""
    call = Call()
    call.show_often(20)
    call.time += 1 / RATE
    matte = call.keyer.matte(call.footage.frame(SEATED), call.time)  # the network is not told
    assert matte.is_sure
    assert not matte.alpha.any()


def test_a_little_that_the_network_misses_the_plate_still_shows() -> None:
    """A hand, say, before a room that was seen empty: here it is their lowest 3 %."""
    call = Call()
    call.show_often(20)
    call.segmenter.misses = 0.03
    matte = call.show_often(5, SEATED)
    assert np.abs(matte.alpha / 255 - truth(SEATED))[-6:].mean() < 0.05


def test_much_that_the_network_denies_is_no_persons() -> None:
    """When a quarter of the picture differs from the plate and nobody is there, it is the plate that is wrong."""
    call = Call()
    call.show_often(20)
    call.segmenter.misses = 0.25
    matte = call.show_often(5, SEATED)
    assert not matte.alpha[-36:].any()
    assert error(matte, SEATED) < 130


@pytest.mark.parametrize("gain", [0.05, 0.6, 1.5])
def test_a_light_that_changes_shows_no_room(gain: float) -> None:
    """Off, down or up in one picture: nobody is nobody."""
    call = Call()
    call.show_often(20)
    for _ in range(3):
        assert not call.show(gain=gain).alpha.any()


def test_another_view_shows_no_room() -> None:
    """A camera that was turned: the plate fits no more, the network goes on, and the new room is learned."""
    call = Call()
    call.show_often(20)
    call.show_often(5, SEATED)
    for _ in range(40):
        matte = call.show(SEATED, seed=7)
        assert error(matte, SEATED) < 25
    assert call.show(seed=7).is_sure
    assert not call.show(seed=7).alpha[:, :80].any()


def test_a_network_that_fails_is_unsure() -> None:
    """And says why."""
    call = Call()
    call.show_often(5, SEATED)
    call.segmenter.failure = "the network answers nonsense"
    matte = call.show(SEATED)
    assert not matte.is_sure
    assert matte.reason == "the network answers nonsense"


def test_pictures_of_another_size_keep_the_plate() -> None:
    """What was learned of the room is laid out anew."""
    call = Call()
    call.show_often(20)
    call.footage = Footage(Size(480, 360))
    matte = call.show_often(4, SEATED)
    assert matte.alpha.shape == (360, 480)
    assert float(np.abs(matte.alpha / 255 - truth(SEATED, Size(480, 360))).mean() * 1000) < 8


def test_a_plate_that_is_awaited_is_not_waited_for() -> None:
    """Before the first frames are through there is a matte already; afterwards it is better."""
    segmenter = KnowsPersons()
    call = Call(PersonKeyer(segmenter, FirstFramesPlate(10)))
    call.segmenter = segmenter
    assert call.show(SEATED).is_sure
    call.show_often(9)
    assert error(call.show_often(3, SEATED), SEATED) < 5


def test_a_successor_goes_on_before_the_same_plate() -> None:
    """A matting made anew costs nothing learned."""
    call = Call()
    call.show_often(20)
    after = PersonKeyer(call.segmenter, RevealedPlate())
    after.succeed(call.keyer)
    call.keyer = after
    assert error(call.show_often(2, SEATED), SEATED) < 5


def test_closing_closes_the_segmenter() -> None:
    """It is the matting's own."""
    call = Call()
    call.keyer.close()
    assert call.segmenter.is_closed


def test_a_thing_beyond_reach_is_not_theirs() -> None:
    """A poster hung up while somebody is there: it differs from the plate, but nobody is near it."""
    call = Call()
    call.show_often(20)
    call.show_often(5, SEATED)
    for _ in range(5):
        call.time += 1 / RATE
        picture = call.footage.frame(SEATED)
        picture.y.rows[20:100, 10:60] = 40
        matte = call.keyer.matte(picture, call.time)
        assert not matte.alpha[:110, :70].any()
        assert error(matte, SEATED) < 6


def test_a_long_pause_leaves_nobody_behind() -> None:
    """Whoever was there half a minute ago may have left."""
    call = Call()
    call.show_often(10)
    call.show_often(5, SEATED)
    call.time += 30
    assert not call.show().alpha.any()


def test_a_gap_that_the_network_sees_is_one() -> None:
    """Between an arm and a face, say, before a room that is hardly known: a person is no shape without holes."""
    call = Call()
    call.show_often(4, Person(x=1.1))
    call.segmenter.hole = np.s_[25:31, 20:27]
    call.segmenter.person = SEATED
    for _ in range(3):
        call.time += 1 / RATE
        picture, room = call.footage.frame(SEATED), call.footage.frame()
        for plane, behind, scale in zip(picture.planes, room.planes, (1, 2, 2), strict=True):
            gap = np.s_[167 // scale : 207 // scale, 133 // scale : 180 // scale]
            plane.rows[gap] = behind.rows[gap]
        matte = call.keyer.matte(picture, call.time)
    assert matte.alpha[175:198, 142:170].mean() < 26
    assert matte.alpha[155:162, 142:170].mean() > 230


def test_streams_in_turn_get_the_mattes_that_each_gets_alone() -> None:
    """They share scratch, whose content is another stream's whenever it is borrowed."""
    sizes = (SMALL, Size(SMALL.height, SMALL.width), SMALL)
    persons = (SEATED, SEATED, Person(x=1.1))
    alone = []
    for size, person in zip(sizes, persons, strict=True):
        call = Call(size=size)
        alone.append([call.show(person if number > 3 else None).alpha.copy() for number in range(9)])
    calls = [Call(size=size) for size in sizes]
    for number in range(9):
        for call, person, mattes in zip(calls, persons, alone, strict=True):
            assert np.array_equal(call.show(person if number > 3 else None).alpha, mattes[number])
