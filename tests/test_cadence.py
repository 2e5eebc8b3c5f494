from __future__ import annotations

import pytest

from gateway.codec.cadence import WINDOW, Cadence, FrameRateLimit


def noted(cadence: Cadence, count: int, interval: int, start: int = 0) -> int:
    for index in range(count):
        cadence.note(start + index * interval)
    return start + count * interval


def test_the_expected_rate_stands_until_enough_frames_say_otherwise() -> None:
    cadence = Cadence(30)
    end = noted(cadence, WINDOW, 1500)
    assert cadence.rate == 30
    noted(cadence, 1, 1500, end)
    assert cadence.rate == 60


def test_missing_frames_are_no_change_of_cadence() -> None:
    cadence = Cadence(30)
    for index in range(300):
        if index % 3:
            cadence.note(index * 3000)
    assert cadence.rate == 30


def test_a_pause_is_no_change_of_cadence() -> None:
    cadence = Cadence(30)
    noted(cadence, 20, 3000, noted(cadence, 20, 3000) + 450_000)
    assert cadence.rate == 30


def test_a_step_back_is_no_change_of_cadence() -> None:
    cadence = Cadence(30)
    noted(cadence, 20, 3000, 10_000_000)
    noted(cadence, 20, 3000)
    assert cadence.rate == 30


def test_a_slower_stream_is_noticed() -> None:
    cadence = Cadence(30)
    noted(cadence, 20, 6000)
    assert cadence.rate == 15


@pytest.mark.parametrize(("frame_rate", "kept"), [(60, 300), (30, 300), (29, 290), (20, 200), (15, 150), (10, 100)])
def test_a_limit_keeps_its_share_of_30_frames_a_second(frame_rate: float, kept: int) -> None:
    limit = FrameRateLimit(frame_rate)
    assert sum(limit.admits(90_000 + number * 3000) for number in range(300)) == pytest.approx(kept, abs=2)


def test_a_limit_at_the_streams_own_rate_drops_nothing_for_jitter() -> None:
    limit = FrameRateLimit(30)
    assert all(limit.admits(number * 3000 + (-1) ** number * 300) for number in range(300))


def test_a_limit_lets_no_burst_through_after_a_gap() -> None:
    limit = FrameRateLimit(10)
    assert limit.admits(0)
    assert [limit.admits(900_000 + number * 3000) for number in range(4)] == [True, False, False, True]
