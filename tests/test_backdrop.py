"""What is seen behind the person while backgrounds come, go and fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from transforms.backdrop import Backdrop
from transforms.background import Background, BackgroundFailed, plain
from transforms.effect import BLACK, Color, Placement
from transforms.matting import Matte
from transforms.picture import Look, Matrix, Picture, Size
from transforms.stages import Stages

LOOK = Look(Size(48, 64), Matrix.BT709, False)
MATTE = Matte(np.zeros((64, 48), np.uint8))


def source(look: Look = LOOK) -> Picture:
    return Picture.blank(look.size, matrix=look.matrix, full_range=look.full_range)


class Grey:
    """A background of one level of luma, which may change with time or fail."""

    def __init__(self, level: float | Callable[[float], float]) -> None:
        self._level = level
        self.closed = 0

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        assert self.closed == 0
        level = self._level(time) if callable(self._level) else self._level
        if level < 0:
            raise BackgroundFailed("it has run out")
        picture = plain(Look.of(source), BLACK)
        picture.y.samples.fill(round(level))
        return picture

    def close(self) -> None:
        self.closed += 1


class Filed(Grey):
    """One that comes out of a file."""

    def relaid(self, placement: Placement, color: Color) -> Background:
        raise NotImplementedError


def level(backdrop: Backdrop, time: float, matte: Matte | None = MATTE, look: Look = LOOK) -> float:
    picture = backdrop.picture(source(look), matte, time)
    assert Look.of(picture) == look
    assert np.ptp(picture.y.rows) == 0
    return float(picture.y.rows[0, 0])


def test_a_fade_leads_from_one_to_the_other_in_its_time() -> None:
    before, after = Grey(50), Grey(150)
    backdrop = Backdrop(before, Stages())
    assert level(backdrop, 10.0) == 50
    backdrop.change(after, fade=0.5)
    assert [level(backdrop, time) for time in (10.1, 10.25, 10.4)] == pytest.approx([70, 100, 130], abs=1)
    assert before.closed == 0
    assert level(backdrop, 10.5) == 150
    assert before.closed == 1
    assert level(backdrop, 11.0) == 150
    backdrop.close()
    assert after.closed == 1


def test_both_go_on_while_one_passes_into_the_other() -> None:
    backdrop = Backdrop(Grey(lambda time: 40 + 10 * time), Stages())
    level(backdrop, 0.0)
    backdrop.change(Grey(lambda time: 200 - 10 * time), fade=2.0)
    assert level(backdrop, 1.0) == pytest.approx((50 + 190) / 2, abs=1)


def test_without_a_fade_the_next_picture_is_the_new_one() -> None:
    before = Grey(50)
    backdrop = Backdrop(before, Stages())
    level(backdrop, 0.0)
    backdrop.change(Grey(150), fade=0.0)
    assert before.closed == 1
    assert level(backdrop, 0.01) == 150


def test_before_the_first_picture_there_is_nothing_to_fade_from() -> None:
    before = Grey(50)
    backdrop = Backdrop(before, Stages())
    backdrop.change(Grey(150), fade=5.0)
    assert before.closed == 1
    assert level(backdrop, 0.0) == 150


def test_a_change_in_the_midst_of_a_fade_passes_out_of_what_is_seen() -> None:
    first, second, third = Grey(50), Grey(150), Grey(30)
    backdrop = Backdrop(first, Stages())
    level(backdrop, 0.0)
    backdrop.change(second, fade=1.0)
    assert level(backdrop, 0.5) == pytest.approx(100, abs=1)
    backdrop.change(third, fade=1.0)
    assert first.closed == 1
    assert second.closed == 1
    assert [level(backdrop, time) for time in (0.6, 1.0, 1.5)] == pytest.approx([93, 65, 30], abs=1)
    backdrop.close()
    assert third.closed == 1


def test_of_two_changes_before_a_picture_only_the_last_is_seen() -> None:
    first, second, third = Grey(50), Grey(255), Grey(150)
    backdrop = Backdrop(first, Stages())
    level(backdrop, 0.0)
    backdrop.change(second, fade=1.0)
    backdrop.change(third, fade=1.0)
    assert (first.closed, second.closed, third.closed) == (0, 1, 0)
    assert level(backdrop, 0.5) == pytest.approx(100, abs=1)
    assert level(backdrop, 1.0) == 150
    assert first.closed == 1


def test_a_hundred_changes_leave_two_at_work() -> None:
    made = [Grey(level) for level in range(101)]
    backdrop = Backdrop(made[0], Stages())
    for number, background in enumerate(made[1:]):
        level(backdrop, number / 30)
        backdrop.change(background, fade=5.0)
    assert sum(background.closed == 0 for background in made) <= 2
    backdrop.close()
    assert all(background.closed == 1 for background in made)


def test_what_stands_in_for_the_room_is_the_new_background_alone() -> None:
    """What lay before it may have been the room itself, out of focus."""
    backdrop = Backdrop(Grey(50), Stages())
    level(backdrop, 0.0)
    backdrop.change(Grey(150), fade=1.0)
    assert level(backdrop, 0.5) == pytest.approx(100, abs=1)
    assert level(backdrop, 0.5, matte=None) == 150


def test_a_call_that_changes_its_size_in_the_midst_of_a_fade_goes_on() -> None:
    other = Look(Size(64, 48), Matrix.BT601, True)
    backdrop = Backdrop(Grey(50), Stages())
    level(backdrop, 0.0)
    backdrop.change(Grey(150), fade=1.0)
    assert level(backdrop, 0.5) == pytest.approx(100, abs=1)
    assert level(backdrop, 0.6, look=other) == pytest.approx(110, abs=1)
    backdrop.change(Grey(30), fade=1.0)
    assert level(backdrop, 0.7) == 30


def test_a_fade_out_of_one_that_fails_is_over() -> None:
    before = Grey(lambda time: 50 if time < 0.4 else -1)
    backdrop = Backdrop(before, Stages())
    level(backdrop, 0.0)
    backdrop.change(Grey(150), fade=1.0)
    assert [level(backdrop, time) for time in (0.2, 0.5)] == pytest.approx([70, 150], abs=1)
    assert before.closed == 1
    assert backdrop.take_failure() is None


def test_one_that_fails_is_seen_as_it_was_last_and_said_once() -> None:
    backdrop = Backdrop(Grey(lambda time: -1 if 2 <= time < 4 else 50 + 10 * time), Stages())
    assert [level(backdrop, time) for time in (0.0, 1.0, 2.0, 3.0)] == [50, 60, 60, 60]
    assert [backdrop.take_failure() for _ in range(2)] == ["it has run out", None]
    level(backdrop, 3.5)
    assert backdrop.take_failure() is None
    assert level(backdrop, 4.0) == 90
    assert backdrop.take_failure() is None


def test_one_that_has_failed_fades_out_as_it_was_last() -> None:
    backdrop = Backdrop(Grey(lambda time: 50 if time < 1 else -1), Stages())
    assert [level(backdrop, time) for time in (0.0, 1.0)] == [50, 50]
    backdrop.change(Grey(150), fade=1.0)
    assert [level(backdrop, time) for time in (1.5, 2.0)] == pytest.approx([100, 150], abs=1)


def test_its_last_picture_is_fitted_to_another_size() -> None:
    backdrop = Backdrop(Filed(lambda time: 100 if time < 1 else -1), Stages())
    wide = Look(Size(128, 60), Matrix.BT709, False)
    assert level(backdrop, 0.0) == 100
    assert level(backdrop, 1.0, look=wide) == pytest.approx(100, abs=1)
    assert level(backdrop, 2.0, matte=None, look=wide) == pytest.approx(100, abs=1)


def test_the_room_out_of_focus_never_stands_in_for_the_room() -> None:
    """What does not come out of a file may show the room: where no matte hides it, it is black."""
    backdrop = Backdrop(Grey(lambda time: 100 if time < 1 else -1), Stages())
    assert level(backdrop, 0.0) == 100
    assert level(backdrop, 1.0) == 100
    assert level(backdrop, 2.0, matte=None) == 16


def test_one_that_never_worked_is_black() -> None:
    backdrop = Backdrop(Grey(-1), Stages())
    assert level(backdrop, 0.0) == 16
    assert backdrop.take_failure() == "it has run out"


def test_a_fade_between_pictures_of_every_level_is_exact(tmp_path: Path) -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    from transforms.still_background import image_background

    look = Look(Size(16, 16), Matrix.BT601, True)
    backdrop = Backdrop(Grey(0), Stages())
    backdrop.picture(source(look), MATTE, 0.0)
    backdrop.change(image_background(tmp_path / "ramp.png", live=False), fade=1.0)
    for quarter in (1, 2, 3):
        shown = backdrop.picture(source(look), MATTE, quarter / 4).y.rows
        assert np.abs(shown - ramp * (quarter / 4)).max() <= 0.5
