"""How often a network looks: by how much of its time the worker is at work, never swinging."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pace import CALM, SPAN, Pace
from transforms.matting import SLOWEST_PACE

RATE = 30


class Call:
    """A worker that does `other` seconds of work per picture beside a picture of `looking` + `rest` seconds."""

    def __init__(self) -> None:
        self.pace, self.every, self.steps = Pace(), 1, 0
        self._number, self._busy, self._now = 0, 0.0, 100.0

    def show(self, seconds: float, *, looking: float, rest: float = 0.002, other: float = 0.005) -> int:
        """`every` after so many more seconds of pictures, 30 a second, fewer where the worker does not come round."""
        end = self._now + seconds
        while self._now < end:
            taken = rest + (looking if self._number % self.every == 0 else 0.0)
            self._number += 1
            self._busy += taken + other
            self._now += max(1 / RATE, taken + other)
            every = self.pace.rendered(self._now, busy=self._busy, rendering=taken, every=self.every)
            self.steps += every != self.every
            self.every = every
        return self.every


def test_a_worker_with_time_looks_at_every_picture() -> None:
    call = Call()
    assert call.show(60, looking=0.010) == 1
    assert call.steps == 0


@pytest.mark.parametrize(("looking", "every"), [(0.022, 2), (0.070, 3), (0.200, SLOWEST_PACE)])
def test_a_strained_worker_looks_as_seldom_as_it_takes(looking: float, every: int) -> None:
    call = Call()
    assert call.show(10, looking=looking) == every
    assert call.steps == every - 1  # one by one, and there it stays


def test_the_first_step_comes_with_the_first_span_and_the_second_a_span_later() -> None:
    call = Call()
    assert call.show(0.9 * SPAN, looking=0.2) == 1
    assert call.show(0.5 * SPAN, looking=0.2) == 2
    assert call.show(SPAN, looking=0.2) == 3


def test_when_the_load_goes_it_looks_at_every_picture_again() -> None:
    call = Call()
    call.show(10, looking=0.2)
    assert call.show((CALM - 1) * SPAN, looking=0.004) == SLOWEST_PACE
    assert call.show(4 * CALM * SPAN, looking=0.004) == 1


def test_a_load_that_comes_and_goes_is_not_followed_for_long() -> None:
    call = Call()
    for _ in range(30):
        call.show(6, looking=0.035)
        call.show(14, looking=0.004)
    first, call.steps = call.steps, 0
    for _ in range(30):
        call.show(6, looking=0.035)
        call.show(14, looking=0.004)
    assert call.steps <= first / 2


def test_between_strained_and_eased_nothing_changes() -> None:
    call = Call()
    call.show(10, looking=0.022)
    assert call.show(120, looking=0.018) == 2


def test_a_strain_that_is_not_the_pictures_is_left_alone() -> None:
    call = Call()
    assert call.show(20, looking=0.0, rest=0.0005, other=0.04) == 1


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20), st.floats(0, 20)), max_size=50))
def test_whatever_comes_it_steps_by_one_and_stays_within_its_range(pictures: list[tuple[float, float, float]]) -> None:
    pace, now, busy, every = Pace(), 0.0, 0.0, 1
    for passed, worked, rendering in pictures:
        now, busy = now + passed, busy + worked
        after = pace.rendered(now, busy=busy, rendering=rendering, every=every)
        assert abs(after - every) <= 1
        assert 1 <= after <= SLOWEST_PACE
        every = after
