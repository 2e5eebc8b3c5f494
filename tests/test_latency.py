from __future__ import annotations

import random

import pytest

from gateway.latency import MAX_PENDING, LatencyMeter


def test_percentiles_are_those_of_the_differences() -> None:
    meter, chance = LatencyMeter(), random.Random(3)
    latencies = [chance.lognormvariate(-4.6, 0.5) for _ in range(5000)]
    for number, latency in enumerate(latencies):
        meter.arrived(number * 3000, number / 30)
        meter.left(number * 3000, number / 30 + latency)
    latencies.sort()
    for share in (0.5, 0.95, 0.99):
        assert meter.percentile(share) == pytest.approx(latencies[int(share * 5000) - 1], rel=0.02)


def test_frames_that_never_leave_or_never_came_are_not_counted() -> None:
    meter = LatencyMeter()
    meter.left(1, 5.0)
    assert meter.percentile(0.5) is None
    for number in range(MAX_PENDING + 1):
        meter.arrived(number, 0.0)
    meter.left(0, 1.0)
    assert meter.percentile(0.5) is None
    meter.left(MAX_PENDING, 0.01)
    assert meter.percentile(0.5) == pytest.approx(0.01, rel=0.02)


def test_nothing_is_faster_than_the_floor() -> None:
    meter = LatencyMeter()
    meter.arrived(1, 2.0)
    meter.left(1, 2.0)
    assert meter.percentile(1) == pytest.approx(1e-4)


def test_the_recent_ones_forget_a_bad_beginning() -> None:
    meter = LatencyMeter()
    assert meter.recent(0.5) is None
    for number in range(600):
        meter.arrived(number, 0.0)
        meter.left(number, 1.0 if number < 340 else number % 4 / 100)
    assert meter.recent(0.5) == pytest.approx(0.01)
    assert meter.recent(1) == pytest.approx(0.03)
    assert (meter.percentile(0.5) or 0) > 0.9
