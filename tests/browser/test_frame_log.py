from __future__ import annotations

import pytest

from tests.browser.frame_log import WatchedFrame, way_back
from transforms.picture import Size

GREY = (16.0, 128.0, 128.0)


def seen(at: float, number: int | None) -> WatchedFrame:
    return WatchedFrame(at, Size(640, 360), number, (GREY, GREY))


def test_what_came_back_is_matched_to_what_left_last_under_its_number() -> None:
    sent = [seen(tick / 10, tick % 4) for tick in range(12)]
    back = [seen(0.05, None), *(seen(tick / 10 + 0.03, tick % 4) for tick in (4, 5, 7, 8))]
    way = way_back(sent, back)
    assert (way.sent, way.returned, way.unreadable, way.repeated) == (5, 4, 0, 0)
    assert way.latencies == pytest.approx([0.03] * 4)
    assert way.longest_freeze == pytest.approx(0.2)


def test_the_unreadable_and_the_repeated_are_counted_apart() -> None:
    sent = [seen(tick / 10, tick) for tick in range(4)]
    way = way_back(sent, [seen(0.02, 0), seen(0.12, 1), seen(0.13, None), seen(0.15, 1), seen(0.32, 3)])
    assert (way.sent, way.returned, way.unreadable, way.repeated) == (4, 3, 1, 1)
    assert way.share == 0.75


def test_what_came_before_the_time_asked_about_does_not_count() -> None:
    sent = [seen(tick / 10, tick) for tick in range(4)]
    way = way_back(sent, [seen(0.02, 0), seen(0.22, 2), seen(0.32, 3)], since=0.2)
    assert (way.sent, way.returned) == (2, 2)
