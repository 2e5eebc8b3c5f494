"""A call's time as a clip's."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.clip.clock import Clock

FAR = float("inf")


def clock_after(times: list[float]) -> Clock:
    clock = Clock()
    for time in times:
        clock.at(time, latest=FAR)
    return clock


def call(frames: int, *, rate: float = 30, begun: float = 5000.0) -> list[float]:
    return [begun + frame / rate for frame in range(frames)]


def test_it_begins_with_the_call_and_goes_by_its_steps() -> None:
    assert clock_after(call(1)).now == 0
    assert clock_after(call(31)).now == pytest.approx(1.0)
    assert clock_after(call(31)).spacing == pytest.approx(1 / 30)


def test_while_the_call_stands_still_so_does_the_clip() -> None:
    assert clock_after([*call(31), *call(31, begun=5100.0)]).now == pytest.approx(2 + 1 / 30)


def test_to_ask_twice_at_one_time_moves_nothing() -> None:
    assert clock_after([5000.0, 5000.5, 5000.5, 5000.5]).now == pytest.approx(0.5)


def test_it_waits_for_what_is_not_decoded() -> None:
    clock = clock_after(call(31))

    assert clock.at(5001.4, latest=1.1) == pytest.approx(1.1)
    assert clock.at(5001.5, latest=FAR) == pytest.approx(1.2)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.floats(0, 100))
def test_it_never_goes_back(times: list[float], latest: float) -> None:
    clock = Clock()
    told = [clock.at(time, latest=latest) for time in times]

    assert all(one <= other <= latest for one, other in pairwise(told))


def test_what_a_call_will_not_ask_for_is_known() -> None:
    clock = clock_after(call(10))

    asked = [clock.asks_within(clock.now + n / 60, clock.now + (n + 1) / 60) for n in range(8)]

    assert asked == [True, False] * 4


def test_a_slower_clip_is_asked_for_whole() -> None:
    clock = clock_after(call(10))

    assert all(clock.asks_within(clock.now + n / 25, clock.now + (n + 1) / 25) for n in range(50))


def test_nothing_is_left_out_before_the_steps_are_known() -> None:
    assert Clock().asks_within(0.01, 0.011)
    assert clock_after(call(10)).asks_within(3.0, FAR)
