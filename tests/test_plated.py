"""Persons before a plate that was given: who no shape tells is shown all the same."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
import pytest

from tests.footage import SMALL, Footage, Person, place
from tests.mattings import never_ready
from transforms import catalog, effect
from transforms.auto.keyer import AutoKeyer
from transforms.auto.plated import LOOK, PROOF, PlatedPersons
from transforms.first_frames import FirstFramesPlate
from transforms.matting import Matte, Matting, NotReady
from transforms.picture import Picture
from transforms.plate import PlateKeyer

EMPTY = 6


class Eye:
    """A matting of persons that sees as much of somebody as it is told: a share, from the left."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.is_sure = True
        self.shown: Person | None = None

    def matte(self, picture: Picture, time: float) -> Matte:
        alpha = truth(self.shown)
        alpha[:, round(self.share * SMALL.width) :] = 0
        return Matte(alpha, None, float(self.is_sure), 0.5, None if self.is_sure else "too dark")

    def close(self) -> None:
        """Nothing is held."""


def truth(person: Person | None) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    if person is None:
        return np.zeros((SMALL.height, SMALL.width), np.uint8)
    return np.asarray(person.cover(*place(SMALL)[0]) * 255).astype(np.uint8)


@cache
def picture(number: int, is_empty: bool) -> tuple[Picture, Person | None]:
    person = None if is_empty else Person(x=0.66 + 0.05 * np.sin(number / 5))
    return Footage(seed=number).frame(person, seed=0), person


def missing(keyer: Matting, eye: Eye, numbers: Iterable[int], *, is_empty: bool = False) -> list[float]:
    """The mean error of alpha in each picture, 0..1."""
    found = []
    for number in numbers:
        shown, eye.shown = picture(number, is_empty)
        matte = keyer.matte(shown, number / 30)
        assert matte.is_sure
        found.append(float(np.abs(matte.alpha.astype(int) - truth(eye.shown)).mean() / 255))
    return found


def keyer(eye: Matting) -> PlatedPersons:
    return PlatedPersons(eye, PlateKeyer(FirstFramesPlate(EMPTY)))


def test_somebody_whom_no_shape_tells_is_shown_by_the_plate_soon_and_stays() -> None:
    eye = Eye(0.0)
    both = keyer(eye)
    assert max(missing(both, eye, range(EMPTY), is_empty=True)) == 0
    found = missing(both, eye, range(EMPTY, 40))
    assert found[0] > 0.1
    assert max(found[round(30 * (PROOF + 0.4)) :]) < 0.01
    assert max(-np.diff(found)) < 0.05


def test_once_a_shape_tells_them_again_the_plate_is_left() -> None:
    eye = Eye(0.0)
    both = keyer(eye)
    missing(both, eye, range(EMPTY), is_empty=True)
    missing(both, eye, range(EMPTY, 30))
    eye.share = 1.0
    found = missing(both, eye, range(30, 75))
    assert max(found) < 0.01
    assert found[-1] == 0


def test_where_shape_and_plate_agree_shape_is_used() -> None:
    eye = Eye(1.0)
    both = keyer(eye)
    missing(both, eye, range(EMPTY), is_empty=True)
    assert max(missing(both, eye, range(EMPTY, 40))) == 0


def test_a_shape_that_cannot_be_told_leaves_it_to_the_plate_at_once() -> None:
    eye = Eye(1.0)
    both = keyer(eye)
    missing(both, eye, range(EMPTY), is_empty=True)
    eye.is_sure = False
    found = missing(both, eye, range(EMPTY, EMPTY + 6))
    assert max(found) < 0.01


def test_without_either_nothing_is_shown() -> None:
    with pytest.raises(NotReady):
        keyer(never_ready()).matte(picture(0, True)[0], 0.0)
    eye = Eye(1.0)
    eye.is_sure = False
    matte = keyer(eye).matte(picture(0, True)[0], 0.0)
    assert not matte.is_sure and matte.reason == "too dark"


def test_beside_persons_the_plate_is_looked_at_seldom() -> None:
    class Counting(PlateKeyer):
        looks = 0

        def matte(self, picture: Picture, time: float) -> Matte:
            Counting.looks += 1
            return super().matte(picture, time)

    eye = Eye(1.0)
    both = PlatedPersons(eye, Counting(FirstFramesPlate(EMPTY)))
    missing(both, eye, range(EMPTY), is_empty=True)
    missing(both, eye, range(EMPTY, 40))
    assert Counting.looks <= EMPTY + 34 / 30 / LOOK + 1


def test_auto_with_a_plate_that_is_given_has_it_beside_persons() -> None:
    wanted = effect.AutoKey(None, effect.FirstFrames(EMPTY))
    auto = catalog.matting(effect.Effect(wanted, effect.ColorBackground(effect.Color(0, 0, 0))))
    assert isinstance(auto, AutoKeyer)
    assert isinstance(auto.person, PlatedPersons)
    auto.close()
