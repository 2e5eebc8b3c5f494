"""What of a stream's pictures is news, and how sure their mattes were."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gateway.shown import (
    AGAIN,
    RECENT,
    BackgroundLost,
    Confidence,
    Noted,
    PaceChanged,
    Quality,
    ShownChanged,
    ShownWatch,
)
from transforms.picture import Matrix, Picture, Size
from transforms.pipeline import Rendered, Shown

PICTURE = Picture.blank(Size(16, 16), matrix=Matrix.BT601, full_range=False)


def rendered(
    shown: Shown = "composite",
    reason: str | None = None,
    confidence: float = 1.0,
    note: str | None = None,
    *,
    quality: float | None = None,
    every: int | None = None,
) -> Rendered:
    return Rendered(PICTURE, shown, reason, confidence, {}, note, quality, every)


def test_only_a_change_of_what_is_shown_is_news() -> None:
    watch = ShownWatch("composite")
    assert watch.look(rendered(), 0.0) == []
    assert watch.look(rendered("held", "no screen"), 0.1) == [ShownChanged("held", "no screen", 0.1)]
    assert watch.look(rendered("held", "no screen"), 0.2) == []
    assert watch.look(rendered("cover", "too dark"), 2.2) == [ShownChanged("cover", "too dark", 2.2)]
    assert watch.look(rendered(), 2.3) == [ShownChanged("composite", None, 2.3)]
    assert (watch.held, watch.covered) == (2, 1)


def test_another_reason_for_the_same_is_told_now_and_then_and_ever_less() -> None:
    watch = ShownWatch("composite")
    told = [event for number in range(2401) for event in watch.look(rendered("cover", f"{number} %"), number / 30)]
    assert [event.time for event in told] == [0, AGAIN, 3 * AGAIN, 7 * AGAIN, 15 * AGAIN]
    assert told[1] == ShownChanged("cover", "150 %", 5.0)
    assert watch.look(rendered("held", "2401 %"), 81) == [ShownChanged("held", "2401 %", 81)]
    assert watch.look(rendered("held", "2402 %"), 86) == [ShownChanged("held", "2402 %", 86)]


def test_a_note_comes_before_what_it_leads_to() -> None:
    watch = ShownWatch("composite")
    watch.look(rendered("cover", "no screen", 0.2), 0.0)
    found = "key colour 2b6a83 found"
    assert watch.look(rendered(note=found), 0.1) == [Noted(found, 0.1), ShownChanged("composite", None, 0.1)]


def test_a_background_that_fails_is_news_each_time_and_counted() -> None:
    watch = ShownWatch("composite")
    reason = "the clip ends after 3 s"
    fails = replace(rendered(), background_failed=reason)
    assert watch.look(rendered(), 0.0) == []
    assert watch.look(fails, 3.0) == [BackgroundLost(reason, 3.0)]
    assert watch.look(rendered(), 3.1) == []
    assert watch.look(fails, 9.0) == [BackgroundLost(reason, 9.0)]
    assert (watch.background_failures, watch.counts) == (2, {"composite": 4})


def test_a_confidence_is_summed_up_by_its_lowest_and_its_median() -> None:
    watch = ShownWatch("composite")
    assert watch.confidence is None
    for confidence in (0.9, 0.31, 0.8, 1.0, 0.7):
        watch.look(rendered(confidence=confidence), 0.0)
    assert watch.confidence == Confidence(lowest=0.31, median=0.8)


@pytest.mark.parametrize(("confidence", "taken"), [(-1.0, 0.0), (7.0, 1.0), (math.nan, 0.0)])
def test_a_strange_confidence_is_taken_within_its_range(confidence: float, taken: float) -> None:
    watch = ShownWatch("composite")
    watch.look(rendered(confidence=confidence), 0.0)
    assert watch.confidence == Confidence(taken, taken)


def test_a_picture_that_passes_through_has_no_confidence() -> None:
    watch = ShownWatch("passthrough")
    assert watch.look(rendered("passthrough"), 0.0) == []
    assert watch.confidence is None


def test_the_quality_is_told_as_of_late_and_over_all() -> None:
    watch = ShownWatch("composite")
    assert watch.quality is None
    for number in range(2 * RECENT):
        watch.look(rendered(quality=0.25), number / 30)
    for number in range(RECENT):
        watch.look(rendered(quality=0.5 if number % 10 == 5 else 0.75), number / 30)
    assert watch.quality == Quality(p50=0.75, p05=0.5, latest=0.5 if RECENT % 10 == 6 else 0.75, median=0.25)


def test_a_picture_without_a_matte_has_no_quality_and_a_cover_the_least() -> None:
    watch = ShownWatch("passthrough")
    watch.look(rendered("passthrough"), 0.0)
    assert watch.quality is None
    watch.look(rendered("cover", quality=0.0), 0.1)
    assert watch.quality == Quality(0, 0, 0, 0)


def test_another_pace_is_news_and_a_matting_without_a_network_keeps_every_picture() -> None:
    watch = ShownWatch("composite")
    paces = (None, 1, 2, 2, None, 1, 3)
    told = [event for number, every in enumerate(paces) for event in watch.look(rendered(every=every), number)]
    assert told == [PaceChanged(2, 2), PaceChanged(1, 4), PaceChanged(3, 6)]
    assert watch.every == 3
