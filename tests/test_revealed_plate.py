"""A plate revealed cell by cell: believed by how it was seen, forgotten where it proves wrong."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.footage import Footage, Person, measured
from transforms.cells import Cells
from transforms.clean_plate import CleanPlate
from transforms.exposure import Exposure
from transforms.person.revealed_plate import FIRST, FULLY, LOOKED, LOST, WRONG, RevealedPlate, Sighting
from transforms.picture import Picture, Size

SIZE, RATE = Size(160, 120), 30
Cellwise = NDArray[np.bool_]


class Stream:
    """A room before a matting that is always right. `somebody`: the cells in which it sees a person."""

    def __init__(self) -> None:
        self.footage = Footage(SIZE)
        self.source = RevealedPlate()
        self.cells = Cells(self.footage.frame())
        self.somebody: Cellwise = np.zeros(self.cells.count, np.bool_)
        self.foreign: Cellwise = np.zeros(self.cells.count, np.bool_)
        self.time = 0.0

    def left(self) -> Cellwise:
        """The cells of the picture's left half."""
        rows, columns = self.cells.shape
        return np.asarray(np.tile(np.arange(columns) < columns // 2, rows))

    def show(self, seconds: float, *, picture: Picture | None = None, moved: bool = False) -> CleanPlate:
        for _ in range(max(1, round(seconds * RATE))):
            self.time += 1 / RATE
            shown = picture or self.footage.frame()
            measured(shown, self.cells)
            plate = self.source.observe(shown, self.cells, self.time)
            prior = (255 * self.somebody).astype(np.uint8)
            sighting = Sighting(~self.somebody, self.foreign, prior, Exposure.unit())
            self.source.reveal(shown, self.cells, sighting, self.time)
            if moved:
                self.source.moved()
        return plate


def test_an_empty_room_is_believed_at_once() -> None:
    """After a third of a second, all of it, and it looks like the room."""
    stream = Stream()
    plate = stream.show(1 / 3)
    assert (plate.known >= FULLY).all()
    off = plate.picture.y.rows.astype(int) - stream.footage.frame().y.rows
    assert np.abs(off).mean() < 2


def test_nothing_is_known_of_what_was_seen_only_in_passing() -> None:
    """Not before it was nobody's in FIRST pictures on end."""
    assert not Stream().show((FIRST - 1) / RATE).known.any()


def test_beside_somebody_a_room_is_believed_little_by_little() -> None:
    """And never where they are."""
    stream = Stream()
    stream.somebody = stream.left()
    soon = stream.show(1 / 3).known.copy()
    assert not soon[stream.somebody].any()
    assert (soon[~stream.somebody] > 0).all()
    assert (soon < FULLY).all()
    assert (stream.show(4).known[~stream.somebody] >= FULLY).all()


def test_what_is_somebodys_after_all_is_forgotten() -> None:
    """A hand that the model had missed: while the room is not fully believed."""
    stream = Stream()
    stream.somebody = stream.left()
    stream.show(0.5)
    stream.somebody = ~stream.left()
    assert not stream.show(1).known[stream.somebody].any()


def test_what_was_seen_empty_is_not_denied_any_more() -> None:
    """A bed that the model takes for a person once there is one in the room."""
    stream = Stream()
    stream.show(1)
    stream.somebody = stream.left()
    assert (stream.show(2).known >= FULLY).all()


def test_what_differs_though_nobody_is_there_is_forgotten() -> None:
    """After WRONG seconds, and only there; then it is seen anew."""
    stream = Stream()
    stream.show(1)
    stream.foreign = stream.left()
    assert (stream.show(0.9 * WRONG).known > 0).all()
    plate = stream.show((FIRST - 1) / RATE + 0.1 * WRONG)
    assert (plate.known[~stream.foreign] > 0).all()
    assert not plate.known[stream.foreign].any()


def test_nothing_is_believed_fully_while_much_is_foreign() -> None:
    """Before a camera that moves on every cell will be another soon."""
    stream = Stream()
    stream.show(1)
    stream.foreign[: stream.cells.count // 20] = True
    known = stream.show(0.9 * WRONG + 1).known
    assert (known < 255).all()
    assert (stream.show(2).known < FULLY).all()


@pytest.mark.parametrize(("seconds", "is_forgotten"), [(0.5 * LOST, False), (1.5 * LOST, True)])
def test_a_view_is_forgotten_once_it_is_lost_for_long(seconds: float, is_forgotten: bool) -> None:
    """A hand before the lens is no other view."""
    stream = Stream()
    stream.show(1)
    stream.somebody = ~stream.somebody  # so that nothing is learned of another view
    known = stream.show(seconds, moved=True).known
    assert bool((known >= FULLY).all()) is not is_forgotten


def test_another_size_keeps_what_is_known() -> None:
    """Laid out anew, as well believed."""
    stream = Stream()
    stream.somebody = stream.left()
    before = stream.show(5).known >= FULLY
    stream.footage = Footage(Size(240, 180))
    picture = stream.footage.frame()
    cells = measured(picture)
    after = stream.source.observe(picture, cells, stream.time + 1 / RATE)
    assert after.picture.size == Size(240, 180)
    assert np.isclose((after.known >= FULLY).mean(), before.mean(), atol=0.03)


def test_a_moving_person_uncovers_the_room() -> None:
    """Their old place is known as soon as it has been bare for a few pictures."""
    stream = Stream()
    stream.somebody = stream.left()
    stream.show(0.5, picture=stream.footage.frame(Person(x=0.3)))
    stream.somebody = ~stream.left()
    plate = stream.show((FIRST + LOOKED + 1) / RATE, picture=stream.footage.frame(Person(x=1.0)))
    assert (plate.known[stream.left()] > 0).all()
