from __future__ import annotations

import pytest

from gateway.rtp.far_end import MAX_REPORTS, FarEnd
from gateway.rtp.rtcp import ReportBlock


def block(*, last_sr: int, delay: float) -> ReportBlock:
    return ReportBlock(1, 25, 10, 100, 900, last_sr, round(delay * 65536))


def test_a_round_trip_is_what_is_left_of_the_time_since_our_report() -> None:
    far_end = FarEnd()
    far_end.reported(0x1234_5678_9ABC_DEF0, 10.0)
    far_end.take(block(last_sr=0x5678_9ABC, delay=0.5), 10.62)
    assert far_end.round_trip_time == pytest.approx(0.12, abs=1e-4)


def test_it_is_not_negative_and_unknown_reports_do_not_count() -> None:
    far_end = FarEnd()
    far_end.reported(1 << 16, 10.0)
    far_end.take(block(last_sr=0, delay=0), 10.1)
    far_end.take(block(last_sr=99, delay=0), 10.1)
    assert far_end.round_trip_time is None
    far_end.take(block(last_sr=1, delay=5), 10.1)
    assert far_end.round_trip_time == 0


def test_only_the_last_reports_are_remembered() -> None:
    far_end = FarEnd()
    for number in range(MAX_REPORTS + 1):
        far_end.reported(number + 1 << 16, float(number))
    far_end.take(block(last_sr=1, delay=0), 20.0)
    assert far_end.round_trip_time is None
    far_end.take(block(last_sr=2, delay=0), 20.0)
    assert far_end.round_trip_time == 19.0
