from __future__ import annotations

import random
from itertools import pairwise
from statistics import mean

import pytest

from gateway.rtp.core import SourceClock
from gateway.rtp.reports import NTP_SECOND, SOURCE_REPORT_PATIENCE, UNIX_EPOCH_NTP, RtcpTimer, SenderClock


def reports(timer: RtcpTimer, *, until: float, octets: int = 100) -> list[float]:
    """When reports leave, if the timer is asked exactly when it wants to be."""
    times = []
    while (now := timer.next_timeout) < until:
        if timer.due(now):
            timer.sent(now, octets=octets)
            times.append(now)
        else:
            assert timer.next_timeout > now
    return times


@pytest.mark.parametrize("seed", range(20))
def test_reports_are_spread_at_random_around_a_second(seed: int) -> None:
    times = reports(RtcpTimer(2_000_000, random=random.Random(seed), now=0.0), until=300.0)
    intervals = [later - earlier for earlier, later in pairwise(times)]
    assert 0.2 < times[0] < 1.24
    assert 0.4 < min(intervals) < 0.7 < 1.1 < max(intervals) < 1.24
    assert mean(intervals) == pytest.approx(1.0, abs=0.1)


def test_a_narrow_band_is_given_fewer_reports() -> None:
    narrow = reports(RtcpTimer(30_000, random=random.Random(1), now=0.0), until=300.0)
    assert 50 < len(narrow) < 75, "five seconds at the most, RFC 3550 §6.2"
    reduced = reports(RtcpTimer(100_000, random=random.Random(1), now=0.0), until=300.0)
    assert 70 < len(reduced) < 100, "360 divided by the kilobits"
    tiny = reports(RtcpTimer(4_000, random=random.Random(1), now=0.0), until=6000.0, octets=200)
    assert len(tiny) * 228 * 8 * 2 / 6000 == pytest.approx(4_000 * 0.05, rel=0.1), "a twentieth of the bandwidth"


def test_early_feedback_profiles_report_each_second_on_any_band() -> None:
    times = reports(RtcpTimer(64_000, random=random.Random(1), now=0.0, avpf=True), until=300.0)
    assert 250 < len(times) < 350


def test_the_timer_asks_for_nothing_before_its_time() -> None:
    timer = RtcpTimer(2_000_000, random=random.Random(1), now=50.0)
    assert not timer.due(50.0)
    assert timer.next_timeout > 50.0


def clock() -> SenderClock:
    return SenderClock(clock_rate=90000, cname="us@here", unix_time=1_700_000_000.0, now=100.0)


def ntp_seconds(ntp: int) -> float:
    return ntp / NTP_SECOND


def test_the_first_report_waits_for_the_sources() -> None:
    sender_clock = clock()
    assert sender_clock.ready_at() is None
    sender_clock.frame(9000, 101.0)
    sender_clock.frame(12000, 101.1)
    assert sender_clock.ready_at() == 101.0 + SOURCE_REPORT_PATIENCE
    sender_clock.follow(SourceClock(ntp=5 << 32, timestamp=9000, cname="caller@phone", received=101.2))
    assert sender_clock.ready_at() == 101.0


def test_each_pair_lies_on_the_sources_line_under_its_name() -> None:
    sender_clock = clock()
    sender_clock.frame(500_000, 200.0)
    sender_clock.follow(
        SourceClock(ntp=(3_900_000_000 << 32) + 7, timestamp=450_000, cname="caller@phone", received=200.1)
    )
    for now in (200.1, 200.15, 260.0):
        ntp, timestamp = sender_clock.at(now)
        assert ntp_seconds(ntp - (3_900_000_000 << 32)) == pytest.approx((timestamp - 450_000) / 90000, abs=1e-5)
        assert timestamp == 450_000 + round((now - 200.1) * 90000)
    assert sender_clock.cname == "caller@phone"


def test_a_nameless_source_is_reported_under_our_own_name() -> None:
    sender_clock = clock()
    sender_clock.follow(SourceClock(ntp=1 << 32, timestamp=0, cname="", received=1.0))
    assert sender_clock.cname == "us@here"


def test_without_the_sources_report_our_own_clock_tells_the_time() -> None:
    sender_clock = clock()
    sender_clock.frame(9000, 101.0)
    sender_clock.frame(99_000, 102.0)
    ntp, timestamp = sender_clock.at(107.0)
    assert ntp_seconds(ntp) == pytest.approx(UNIX_EPOCH_NTP + 1_700_000_007.0, abs=1e-5)
    assert timestamp == 99_000 + 5 * 90000


def test_ntp_time_wraps_in_2036() -> None:
    sender_clock = clock()
    sender_clock.follow(SourceClock(ntp=(1 << 64) - NTP_SECOND, timestamp=0, cname="", received=1.0))
    assert sender_clock.at(3.0) == (NTP_SECOND, 180_000)


def test_huge_datagrams_from_anybody_do_not_silence_our_reports() -> None:
    timer = RtcpTimer(2_000_000, random=random.Random(1), now=0.0)
    for _ in range(1000):
        timer.heard(65_507)
    assert len(reports(timer, until=60.0)) > 50
