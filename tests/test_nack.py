"""What is asked for again, when, and how often."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.nack import ATTEMPTS, MAX_MISSING, MAX_REQUESTS, MIN_GRACE, Filled, MissingPackets

DEADLINE = 0.08


def receive(missing: MissingPackets, *sequences: int, at: float = 0.0) -> list[Filled | None]:
    return [missing.receive(sequence, at) for sequence in sequences]


def requests_until(missing: MissingPackets, end: float) -> list[tuple[float, tuple[int, ...]]]:
    """Every request up to `end`, each at the time it was due."""
    requests = []
    while (timeout := missing.next_timeout()) is not None and timeout <= end:
        if due := missing.due(timeout):
            requests.append((timeout, due))
    return requests


def test_a_missing_packet_is_asked_for_after_a_grace_and_again_until_nothing_waits_for_it() -> None:
    missing = MissingPackets(deadline=DEADLINE)
    receive(missing, 10, 12)
    requests = requests_until(missing, 1.0)
    assert [sequences for _, sequences in requests] == [(11,)] * 4
    assert [at for at, _ in requests] == pytest.approx(
        [MIN_GRACE + (DEADLINE - MIN_GRACE) / ATTEMPTS * i for i in range(4)]
    )
    assert missing.next_timeout() is None


def test_what_is_missing_together_is_asked_for_together() -> None:
    missing = MissingPackets(deadline=DEADLINE)
    receive(missing, 10, 12, 15)
    assert missing.due(MIN_GRACE) == (11, 13, 14)


def test_a_packet_that_comes_is_no_longer_asked_for() -> None:
    missing = MissingPackets(deadline=DEADLINE)
    assert receive(missing, 10, 13) == [None, None]
    assert receive(missing, 11, at=0.001) == [Filled.REORDERED]
    assert missing.due(MIN_GRACE) == (12,)
    assert receive(missing, 12, at=0.02) == [Filled.RECOVERED]
    assert receive(missing, 12, at=0.02) == [None]
    assert missing.next_timeout() is None


def test_a_path_that_reorders_is_soon_no_longer_asked() -> None:
    missing = MissingPackets(deadline=DEADLINE)
    rng = random.Random(1)
    arrivals = sorted((sequence * 0.002 + rng.uniform(0, 0.01), sequence) for sequence in range(1000))
    asked = []
    for now, sequence in arrivals:
        asked += [number for _, numbers in requests_until(missing, now) for number in numbers]
        missing.receive(sequence, now)
    assert len([number for number in asked if number < 200]) > 0
    assert len([number for number in asked if number >= 200]) <= 8


def test_where_answers_take_long_requests_are_rarer() -> None:
    missing = MissingPackets(deadline=1.0)
    for sequence in range(0, 200, 2):
        now = float(sequence)
        receive(missing, sequence, sequence + 2, at=now)
        missing.due(now + MIN_GRACE)
        receive(missing, sequence + 1, at=now + MIN_GRACE + 0.06)
    receive(missing, 1000, 1002, at=1000.0)
    first, second = [at for at, numbers in requests_until(missing, 1000.2) if 1001 in numbers][:2]
    assert second - first == pytest.approx(0.06 * 1.25, rel=0.05)


def test_no_packet_is_asked_for_more_often_than_the_limit() -> None:
    missing = MissingPackets(deadline=1000)
    receive(missing, 10, 12)
    assert len(requests_until(missing, 900)) == MAX_REQUESTS


def test_an_outage_is_not_asked_for() -> None:
    missing = MissingPackets(deadline=DEADLINE)
    receive(missing, 10, 12 + MAX_MISSING)
    assert missing.next_timeout() is None
    receive(missing, 14 + MAX_MISSING)
    assert missing.due(MIN_GRACE) == (13 + MAX_MISSING,)


@given(st.lists(st.tuples(st.integers(0, 600), st.floats(0, 0.05)), max_size=100))
def test_only_what_is_missing_is_asked_for_and_never_too_much(arrivals: list[tuple[int, float]]) -> None:
    missing = MissingPackets(deadline=DEADLINE)
    now, came = 0.0, set[int]()
    for sequence, elapsed in arrivals:
        now += elapsed
        missing.receive(sequence, now)
        came.add(sequence)
        due = missing.due(now)
        assert not came & set(due)
        assert len(due) <= MAX_MISSING
        timeout = missing.next_timeout()
        assert timeout is None or timeout > now
