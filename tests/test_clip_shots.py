"""A clip's pictures in their order and time, once through and over and over."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from tests.numbered import PORTRAIT, number_in, steady, write_numbered
from transforms.clip.line import KEPT_SHOTS, Due, Line
from transforms.clip.shots import Reel
from transforms.clip.source import ClipSource
from transforms.effect import EffectError
from transforms.picture import Size

OF_ITS_OWN: dict[str, dict[str, object]] = {
    "webm": {"codec": "libvpx", "options": {"deadline": "realtime"}},
    ".avi": {"codec": "mjpeg", "pixel_format": "yuvj420p", "options": {}},
}
Seconds = list[float]
Played = Callable[..., list[Due]]


@pytest.fixture
def reel(tmp_path: Path) -> Callable[..., Reel]:
    def made(seconds: Seconds, name: str = "clip.mp4", **how: object) -> Reel:
        return Reel(ClipSource.of(write_numbered(tmp_path / name, seconds, **how)))  # type: ignore[arg-type]

    return made


def numbers(played: list[Due]) -> list[int | None]:
    return [number_in(due.shot.frame) for due in played]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.mov", "clip.avi", "clip.ts", "clip.nut", "clip.webm"])
def test_every_picture_comes_once_in_order(reel: Callable[..., Reel], name: str) -> None:
    codec = OF_ITS_OWN.get(name[-4:], {})
    shots = list(reel(steady(20), name, **codec).shots())

    assert [number_in(shot.frame) for shot in shots] == list(range(20))
    assert [shot.start for shot in shots] == pytest.approx(steady(20), abs=0.0011)


@pytest.mark.parametrize("frames", [1, 2, KEPT_SHOTS, KEPT_SHOTS + 1, 40])
def test_the_wrap_has_no_gap_and_no_repetition(reel: Callable[..., Reel], frames: int) -> None:
    line = Line(reel(steady(frames)))

    played = [line.next() for _ in range(3 * frames)]

    assert numbers(played) == [*range(frames)] * 3
    if frames > 1:
        assert all(one.end == pytest.approx(other.start) for one, other in pairwise(played))
        assert [due.start for due in played] == pytest.approx(steady(3 * frames), abs=0.0011)


def test_pictures_reordered_for_coding_come_in_order(reel: Callable[..., Reel]) -> None:
    shots = reel(steady(30), options={"preset": "medium", "bf": "3"}).shots()

    assert [number_in(shot.frame) for shot in shots] == list(range(30))


def test_a_variable_rate_is_kept(reel: Callable[..., Reel]) -> None:
    seconds = [0.0, 0.1, 0.15, 0.65, 0.7, 1.0]
    line = Line(reel(seconds, "clip.mkv"))

    played = [line.next() for _ in range(12)]

    assert [due.start for due in played[:6]] == pytest.approx(seconds, abs=0.0011)
    assert [due.start - played[6].start for due in played[6:]] == pytest.approx(seconds, abs=0.0011)


def test_a_clip_that_does_not_begin_at_zero_begins_at_once(reel: Callable[..., Reel]) -> None:
    shots = list(reel([5 + second for second in steady(10)], "clip.mkv").shots())

    assert shots[0].start == 0
    assert shots[9].start == pytest.approx(0.3, abs=0.0011)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_it_is_entered_in_the_midst(reel: Callable[..., Reel], name: str) -> None:
    shots = reel(steady(60), name, options={"preset": "ultrafast", "g": "10"}).shots(at=1.05)

    first = next(shots)

    assert number_in(first.frame) == 31
    assert first.start == pytest.approx(31 / 30, abs=0.0011)


def test_another_reel_of_the_clip_goes_on_where_one_is(reel: Callable[..., Reel]) -> None:
    line = Line(reel(steady(30)))
    before = [line.next() for _ in range(12)]

    line.switch(reel(steady(30), "other.mkv"))
    after = [line.next() for _ in range(30)]

    assert numbers(before + after) == [*range(30), *range(12)]
    assert [due.start for due in before + after] == pytest.approx(steady(42), abs=0.002)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_clip_is_told_upright(reel: Callable[..., Reel], quarters: int) -> None:
    shot = reel(steady(3), quarters=quarters).first

    assert shot.quarters == quarters
    assert shot.clip == PORTRAIT


def test_samples_that_are_not_square_widen_the_clip(reel: Callable[..., Reel]) -> None:
    assert reel(steady(3), aspect=Fraction(4, 3)).first.clip == Size(320, 300)
    assert reel(steady(3), "tall.mkv", aspect=Fraction(1, 2)).first.clip == Size(240, 600)


def test_a_truncated_clip_is_played_as_far_as_it_goes(reel: Callable[..., Reel], tmp_path: Path) -> None:
    whole = write_numbered(tmp_path / "whole.mkv", steady(60))
    (tmp_path / "cut.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])

    line = Line(Reel(ClipSource.of(tmp_path / "cut.mkv")))
    played = numbers([line.next() for _ in range(60)])

    length = played.index(0, 1)
    assert 15 < length < 60
    assert played == ([*range(length)] * 4)[:60]


def test_damaged_pictures_are_left_out(reel: Callable[..., Reel], tmp_path: Path) -> None:
    whole = write_numbered(tmp_path / "whole.mkv", steady(60), options={"preset": "ultrafast", "g": "10"})
    octets = bytearray(whole.read_bytes())
    middle = len(octets) // 2
    octets[middle : middle + 600] = bytes(600)
    (tmp_path / "hurt.mkv").write_bytes(octets)

    played = [number_in(shot.frame) for shot in Reel(ClipSource.of(tmp_path / "hurt.mkv")).shots()]

    assert 30 < len(played) < 60
    assert [number for number in played if number is not None] == sorted({n for n in played if n is not None})
    assert played[0] == 0
    assert played[-1] == 59


def test_a_file_deleted_in_the_midst_plays_on(reel: Callable[..., Reel], tmp_path: Path) -> None:
    line = Line(reel(steady(12)))
    (tmp_path / "clip.mp4").unlink()

    assert numbers([line.next() for _ in range(36)]) == [*range(12)] * 3


def test_a_file_that_is_overwritten_is_told_not_raised_at_random(reel: Callable[..., Reel], tmp_path: Path) -> None:
    line = Line(reel(steady(12)))
    for _ in range(12):
        line.next()
    (tmp_path / "clip.mp4").write_bytes(b"no more")

    with pytest.raises(EffectError, match=r"clip\.mp4"):
        line.next()


def test_it_leaves_off_when_told(reel: Callable[..., Reel]) -> None:
    assert list(reel(steady(12)).shots(stopping=lambda: True)) == []
