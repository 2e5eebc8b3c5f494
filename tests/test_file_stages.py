"""Stages in threads of their own: order kept, so many ahead or behind and no more, failures met by their neighbour."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

import pytest

from gateway.file.stages import DEPTH, Ahead, Behind


class BrokenError(Exception):
    pass


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def counted(until: int, drawn: list[int] | None = None) -> Generator[int, None, None]:
    for number in range(until):
        if drawn is not None:
            drawn.append(number)
        yield number


def test_ahead_gives_all_in_order() -> None:
    with Ahead(counted(100), name="ahead") as numbers:
        assert list(numbers) == list(range(100))


def test_ahead_draws_no_more_than_its_depth_ahead() -> None:
    drawn: list[int] = []
    with Ahead(counted(100, drawn), name="ahead") as numbers:
        for number in numbers:
            assert len(drawn) <= number + 1 + DEPTH + 1  # those that wait, and the one that does not fit
            if number == 50:
                break
    assert len(drawn) < 60


def test_ahead_passes_on_a_failure_after_what_came_before_it() -> None:
    def broken() -> Generator[int, None, None]:
        yield 1
        raise BrokenError

    with Ahead(broken(), name="ahead") as items:
        numbers = iter(items)
        assert next(numbers) == 1
        with pytest.raises(BrokenError):
            next(numbers)


def test_ahead_closes_its_generator_in_the_thread_that_drew_from_it() -> None:
    threads = set()

    def noting() -> Generator[int, None, None]:
        try:
            while True:
                threads.add(threading.current_thread().name)
                yield 0
        finally:
            threads.add(threading.current_thread().name)

    with Ahead(noting(), name="ahead") as numbers:
        next(iter(numbers))
    assert threads == {"ahead"}


def test_ahead_stops_waiting_for_a_silent_source_and_interrupts_it() -> None:
    silence = threading.Event()

    def silent() -> Generator[int, None, None]:
        silence.wait()
        yield from ()

    with Ahead(silent(), name="ahead", is_stopping=lambda: True, interrupt=silence.set) as numbers:
        assert list(numbers) == []


def test_behind_takes_all_in_order_before_it_ends() -> None:
    taken: list[int] = []
    with Behind(taken.append, name="behind") as behind:
        for number in range(100):
            behind.put(number)
    assert taken == list(range(100))


def test_behind_falls_back_no_more_than_its_depth() -> None:
    taken: list[int] = []
    gate = threading.Semaphore(0)

    def take(number: int) -> None:
        gate.acquire()
        taken.append(number)

    with Behind(take, name="behind") as behind:
        for number in range(30):
            if number > DEPTH:
                gate.release()
            behind.put(number)
            assert number - len(taken) <= DEPTH + 1
        gate.release(30)
    assert len(taken) == 30


def test_what_fails_behind_is_raised_at_the_next_item_or_at_the_end() -> None:
    def fail(_: int) -> None:
        raise BrokenError

    with pytest.raises(BrokenError), Behind(fail, name="behind") as behind:
        for number in range(100):
            behind.put(number)
    with pytest.raises(BrokenError), Behind(fail, name="behind") as behind:
        behind.put(0)


def test_what_fails_in_front_leaves_the_rest_untaken() -> None:
    taken: list[int] = []
    gate = threading.Event()

    def take(number: int) -> None:
        gate.wait()
        taken.append(number)

    with pytest.raises(BrokenError), Behind(take, name="behind") as behind:
        behind.put(0)
        behind.put(1)
        threading.Timer(0.05, gate.set).start()
        raise BrokenError
    assert len(taken) <= 1
