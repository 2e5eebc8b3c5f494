"""Unwrapping, and one line over wraps, takeovers and a source's own jumps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.timeline import Timeline, unwrap

FRAME = 3000
"""Ticks of a frame at 30 frames per second and 90 kHz."""


@given(st.integers(0, 1 << 40), st.integers(-0x7FFF, 0x8000))
def test_unwrapping_finds_the_number_within_half_a_cycle(near: int, step: int) -> None:
    assert unwrap((near + step) & 0xFFFF, near, bits=16) == near + step


def test_sequence_numbers_go_on_past_their_wrap() -> None:
    assert unwrap(2, 65534, bits=16) == 65538
    assert unwrap(65534, 65538, bits=16) == 65534


def test_the_first_source_keeps_its_own_timestamps() -> None:
    timeline = Timeline(clock_rate=90000)
    assert timeline.place(0xFFFFFFFF, 5.0) == 0xFFFFFFFF


def test_timestamps_go_on_past_their_wrap() -> None:
    timeline = Timeline(clock_rate=90000)
    first = 0xFFFFFFFF - FRAME
    placed = [timeline.place((first + FRAME * i) & 0xFFFFFFFF, i / 30) for i in range(4)]
    assert placed == [first + FRAME * i for i in range(4)]


def test_b_frames_step_back() -> None:
    timeline = Timeline(clock_rate=90000)
    order = [0, 3, 1, 2, 6, 4, 5]
    assert [timeline.place(FRAME * n, i / 30) for i, n in enumerate(order)] == [FRAME * n for n in order]


def test_a_new_source_goes_on_by_the_time_that_passed() -> None:
    timeline = Timeline(clock_rate=90000)
    timeline.place(1000, 0.0)
    timeline.place(1000 + FRAME, 0.5)
    timeline.new_source()
    first = timeline.place(7, 2.5)
    assert first == 1000 + FRAME + 2 * 90000
    assert timeline.place(7 + FRAME, 2.6) == first + FRAME


def test_a_new_source_never_lies_before_the_old_one() -> None:
    timeline = Timeline(clock_rate=90000)
    end = timeline.place(5000, 1.0)
    timeline.new_source()
    assert timeline.place(100, 0.9) == end + 1


def test_a_source_that_wakes_with_a_backlog_keeps_its_timestamps() -> None:
    timeline = Timeline(clock_rate=90000)
    timeline.place(0, 0.0)
    placed = [timeline.place(FRAME * i, 3.0 + i / 1000) for i in range(1, 90)]
    assert placed == [FRAME * i for i in range(1, 90)]


def test_a_source_that_was_paused_goes_on_where_it_stopped_or_when_it_is() -> None:
    timeline = Timeline(clock_rate=90000)
    timeline.place(0, 0.0)
    assert timeline.place(FRAME, 60.0) == FRAME
    assert timeline.place(FRAME + 60 * 90000, 120.0) == FRAME + 60 * 90000


def test_a_jump_back_goes_on_by_the_time_that_passed() -> None:
    timeline = Timeline(clock_rate=90000)
    timeline.place(0, 0.0)
    timeline.place(90000 * 60, 60.0)
    looped = timeline.place(0, 60.1)
    assert looped == 90000 * 60 + 9000
    assert timeline.place(FRAME, 60.2) == looped + FRAME


def test_steps_back_do_not_add_up() -> None:
    timeline = Timeline(clock_rate=90000)
    end = timeline.place(90000 * 60, 60.0)
    assert timeline.place(90000 * 60 - 150000, 60.1) == end - 150000
    assert timeline.place(90000 * 60 - 200000, 60.2) == end + 18000


def test_a_jump_ahead_goes_on_by_the_time_that_passed() -> None:
    timeline = Timeline(clock_rate=90000)
    timeline.place(0, 0.0)
    jumped = timeline.place(90000 * 3600, 0.1)
    assert jumped == 9000
    assert timeline.place(90000 * 3600 + FRAME, 0.2) == jumped + FRAME


def test_a_sender_report_is_located_beside_the_frames() -> None:
    timeline = Timeline(clock_rate=90000)
    assert timeline.locate(1) is None
    timeline.place(0xFFFFFFF0, 0.0)
    assert timeline.locate(0x10) == 0x100000010
    timeline.new_source()
    assert timeline.locate(1) is None
    first = timeline.place(500, 1.0)
    assert timeline.locate(450) == first - 50


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 0xFFFFFFFF), st.floats(0, 100)), max_size=30))
def test_whatever_the_sources_do_a_new_one_comes_after_all_before_it(steps: list[tuple[bool, int, float]]) -> None:
    timeline = Timeline(clock_rate=90000)
    highest, now = -1, 0.0
    for is_new, timestamp, elapsed in steps:
        now += elapsed
        if is_new:
            timeline.new_source()
        placed = timeline.place(timestamp, now)
        assert placed > highest or not is_new
        assert placed >= highest - 2 * 90000
        highest = max(highest, placed)
