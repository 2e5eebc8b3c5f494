from __future__ import annotations

from gateway.rtp.history import (
    CAPACITY,
    MAX_AGE,
    MAX_REPEAT_INTERVAL,
    MAX_REPEATS,
    MIN_REPEAT_INTERVAL,
    REPEAT_RATE,
    History,
)


def test_what_was_sent_can_be_repeated() -> None:
    history = History()
    history.add(65535, b"last", 10.0)
    history.add(0, b"first", 10.0)
    assert history.repeat(65535, 10.02) == b"last"
    assert history.repeat(0, 10.02) == b"first"
    assert history.repeat(1, 10.02) is None


def test_a_packet_is_not_repeated_again_while_its_repetition_is_under_way() -> None:
    history = History()
    history.add(7, b"seven", 0.0)
    assert history.repeat(7, 0.05) == b"seven"
    assert history.repeat(7, 0.05 + MIN_REPEAT_INTERVAL * 0.9) is None
    assert history.repeat(7, 0.05 + MIN_REPEAT_INTERVAL * 1.1) == b"seven"


def test_what_is_too_old_or_pushed_out_is_gone() -> None:
    history = History()
    history.add(7, b"seven", 0.0)
    assert history.repeat(7, MAX_AGE * 1.01) is None
    history.add(7 + CAPACITY, b"its successor", 0.5)
    assert history.repeat(7, 0.5) is None
    assert history.repeat(7 + CAPACITY, 0.5) == b"its successor"


def test_repetitions_are_bounded_at_one_stroke_and_in_the_long_run() -> None:
    history = History()
    for number in range(CAPACITY):
        history.add(number, b"%d" % number, 0.0)
    assert sum(history.repeat(number, 0.1) is not None for number in range(CAPACITY)) == MAX_REPEATS
    more = sum(history.repeat(number, 0.15) is not None for number in range(CAPACITY))
    assert abs(more - 0.05 * REPEAT_RATE) <= 1


def test_our_own_packet_is_known_by_its_bytes() -> None:
    history = History()
    history.add(3, b"ours", 0.0)
    assert history.holds(3, b"ours")
    assert not history.holds(3, b"theirs")
    assert not history.holds(4, b"ours")


def test_what_may_still_be_under_way_is_not_repeated_again() -> None:
    history = History()
    history.add(7, b"packet", 0.0)
    assert history.repeat(7, 0.02, round_trip_time=0.06)
    assert history.repeat(7, 0.07, round_trip_time=0.06) is None
    assert history.repeat(7, 0.081, round_trip_time=0.06)
    assert history.repeat(7, 0.09 + MAX_REPEAT_INTERVAL, round_trip_time=5.0), "nobody waits for ever"
