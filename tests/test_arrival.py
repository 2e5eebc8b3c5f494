"""How much may become person at once before it is something else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from transforms.arrival import DOUBT, Arrivals
from transforms.cells import Cells
from transforms.picture import Matrix, Picture, Size

FRAME = 1 / 30
CELLS = Cells(Picture.blank(Size(640, 480), matrix=Matrix.BT601, full_range=False))


def person(*, left: float, right: float, top: float = 0.3) -> NDArray[np.uint8]:
    """Everything between two shares of the width, from `top` down."""
    shape = np.zeros(CELLS.shape, np.uint8)
    rows, columns = CELLS.shape
    shape[round(top * rows) :, round(left * columns) : round(right * columns)] = 1
    return shape.reshape(-1)


def arrivals(before: NDArray[np.uint8]) -> Arrivals:
    watched = Arrivals(CELLS)
    watched.trust(before, 0.0)
    return watched


def test_the_first_picture_may_hold_anything() -> None:
    assert not Arrivals(CELLS).are_sudden(person(left=0, right=1, top=0), 0.0)


def test_who_walks_is_not_sudden() -> None:
    watched = arrivals(person(left=0.0, right=0.3))
    for step in range(1, 10):
        moved = person(left=0.05 * step, right=0.3 + 0.05 * step)
        assert not watched.are_sudden(moved, step * FRAME)
        watched.trust(moved, step * FRAME)


def test_a_fifth_of_the_picture_at_once_is_doubted_for_a_while_and_then_looked_at_anew() -> None:
    watched = arrivals(person(left=0.3, right=0.6))
    wider = person(left=0.3, right=0.9)
    assert [watched.are_sudden(wider, FRAME + wait) for wait in (0, DOUBT / 2, DOUBT + 1e-6)] == [True, True, False]


@pytest.mark.parametrize(("elapsed", "sudden"), [(FRAME, True), (0.1, False)])
def test_fewer_pictures_a_second_leave_room_for_larger_steps(elapsed: float, sudden: bool) -> None:
    watched = arrivals(person(left=0.3, right=0.6))
    assert watched.are_sudden(person(left=0.3, right=0.9), elapsed) is sudden


@pytest.mark.parametrize(("top", "sudden"), [(0.2, False), (0.0, True)])
def test_into_an_empty_room_anybody_may_come_but_not_along_its_upper_edges(top: float, sudden: bool) -> None:
    watched = arrivals(np.zeros(CELLS.count, np.uint8))
    assert watched.are_sudden(person(left=0.05, right=0.9, top=top), FRAME) is sudden
