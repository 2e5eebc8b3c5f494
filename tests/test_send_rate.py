from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.send_rate import DOUBTED, FLOOR, QUICK_GROWTH, START_SECONDS, SendRate

MOST = 2_000_000


def begun(start: int = 400_000) -> SendRate:
    rate = SendRate(start=start, most=MOST)
    assert rate.step(0.0)
    rate.begin(0.0)
    return rate


def pass_time(rate: SendRate, end: float) -> list[tuple[float, int]]:
    """What the encoder is told meanwhile, if the rate is asked exactly when it wants to be."""
    told = []
    while (timeout := rate.next_timeout()) is not None and timeout <= end:
        if rate.step(timeout):
            told.append((timeout, rate.bits_per_second))
    return told


def test_it_waits_for_the_first_frame() -> None:
    rate = SendRate(start=400_000, most=MOST)
    assert rate.step(0.0)
    assert (rate.bits_per_second, rate.next_timeout()) == (400_000, None)
    assert not rate.step(50.0)


def test_the_start_grows_quickly_and_then_rests_at_the_most() -> None:
    rate = begun()
    told = pass_time(rate, 10.0)
    at_a_second = next(bits for at, bits in told if at >= 1.0)
    assert at_a_second == pytest.approx(400_000 * QUICK_GROWTH, rel=0.05)
    assert told[-1][1] == MOST
    assert told[-1][0] < START_SECONDS
    assert rate.next_timeout() is None


def test_a_lower_estimate_ends_the_start_at_once_and_a_higher_one_is_approached() -> None:
    rate = begun()
    pass_time(rate, 1.0)
    rate.estimated(300_000, now=1.0)
    assert rate.step(1.0)
    assert (rate.bits_per_second, rate.next_timeout()) == (300_000, None)
    rate.estimated(1_000_000, now=1.0)
    told = pass_time(rate, 10.0)
    assert told[0][1] < 400_000
    assert told[-1][1] == 1_000_000


def test_heavy_loss_cuts_once_per_way_there_and_back_and_light_loss_does_not() -> None:
    rate = begun()
    rate.reported(fraction_lost=0.05, round_trip_time=0.05, now=1.0)
    assert rate.bits_per_second == 400_000
    rate.reported(fraction_lost=0.4, round_trip_time=0.05, now=1.1)
    rate.reported(fraction_lost=0.4, round_trip_time=0.05, now=1.2)
    assert rate.bits_per_second == 320_000
    rate.reported(fraction_lost=0.4, round_trip_time=0.05, now=1.5)
    assert rate.bits_per_second == 256_000


def test_a_very_low_estimate_counts_where_losses_bear_it_out() -> None:
    rate = begun()
    rate.estimated(60_000, now=1.0)
    assert rate.bits_per_second == DOUBTED
    rate.reported(fraction_lost=0.3, round_trip_time=0.05, now=2.0)
    rate.estimated(60_000, now=2.1)
    assert rate.bits_per_second == 60_000


def test_a_limit_that_is_asked_for_is_obeyed_as_it_is() -> None:
    rate = begun()
    rate.limited(60_000)
    assert rate.bits_per_second == 60_000


def test_a_long_way_is_left_to_a_far_end_that_tells_estimates() -> None:
    rate = begun(1_000_000)
    rate.estimated(1_000_000, now=0.0)
    for second, round_trip in enumerate((0.05, 0.5, 0.5, 0.5, 0.5)):
        rate.reported(fraction_lost=0.0, round_trip_time=round_trip, now=float(second))
    assert rate.bits_per_second == 1_000_000


def test_after_a_cut_it_grows_slowly_without_an_estimate() -> None:
    rate = begun()
    rate.reported(fraction_lost=0.4, round_trip_time=0.05, now=1.0)
    pass_time(rate, 2.0)
    assert 320_000 < rate.bits_per_second < 400_000


def test_one_late_report_is_a_busy_machine_and_several_are_a_queue() -> None:
    rate = begun(1_000_000)
    for second, round_trip in enumerate((0.05, 0.5, 0.05, 0.5)):
        rate.reported(fraction_lost=0.0, round_trip_time=round_trip, now=float(second))
    assert rate.bits_per_second == 1_000_000
    rate.reported(fraction_lost=0.0, round_trip_time=0.5, now=4.0)
    assert rate.bits_per_second == 850_000


def test_a_longer_path_is_not_taken_for_a_queue_for_ever() -> None:
    rate = begun(1_000_000)
    rate.reported(fraction_lost=0.0, round_trip_time=0.02, now=0.0)
    for second in range(1, 60):
        rate.reported(fraction_lost=0.0, round_trip_time=0.3, now=float(second))
        rate.step(float(second))
    assert rate.bits_per_second > 500_000


def test_repetitions_are_bounded_by_a_share_of_the_rate() -> None:
    rate = begun()
    sent = 0
    for step in range(1000):
        now = step / 100
        while rate.may_repeat(now):
            rate.repeated(1200, now)
            sent += 1200 * 8
    assert 0.5 * 400_000 * 10 < sent < 0.6 * 400_000 * 10


def test_it_comes_back_from_the_very_bottom() -> None:
    rate = begun()
    rate.limited(0)
    for step in range(40):
        rate.reported(fraction_lost=0.9, round_trip_time=None, now=step / 2)
        rate.step(step / 2)
    assert rate.bits_per_second == FLOOR
    assert rate.may_repeat(20.0)
    rate.estimated(MOST, now=20.0)
    pass_time(rate, 60.0)
    assert rate.bits_per_second == MOST


@given(
    st.lists(
        st.one_of(
            st.integers(0, 1 << 40),
            st.tuples(st.floats(0, 1), st.none() | st.floats(0, 100)),
            st.floats(0.001, 100),
        ),
        max_size=40,
    )
)
def test_whatever_is_reported_it_stays_between_its_bounds(
    steps: list[int | tuple[float, float | None] | float],
) -> None:
    rate, now = begun(), 0.0
    for step in steps:
        if isinstance(step, int):
            rate.estimated(step, now=now)
        elif isinstance(step, tuple):
            rate.reported(fraction_lost=step[0], round_trip_time=step[1], now=now)
        else:
            now += step
            rate.step(now)
        assert FLOOR <= rate.bits_per_second <= MOST
