from __future__ import annotations

from gateway.cadence import Cadence


def noted(cadence: Cadence, count: int, interval: float, start: float = 0) -> float:
    for index in range(count):
        cadence.note(int(start + index * interval))
    return start + count * interval


def test_the_expected_rate_stands_until_a_whole_window_says_otherwise() -> None:
    cadence = Cadence(30)
    noted(cadence, 30, 1500)
    assert cadence.rate == 30
    noted(cadence, 1, 1500, 30 * 1500)
    assert cadence.rate == 60


def test_a_few_missing_frames_are_no_change_of_cadence() -> None:
    cadence = Cadence(30)
    for index in range(300):
        if index % 8:
            cadence.note(index * 3000)
    assert cadence.rate == 30


def test_a_step_back_starts_the_measurement_again() -> None:
    cadence = Cadence(30)
    noted(cadence, 20, 3000, 10_000_000)
    noted(cadence, 20, 3000)
    assert cadence.rate == 30
