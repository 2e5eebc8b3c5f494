"""A video behind the person: which picture of it, when, and what is left of it afterwards."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from pathlib import Path
from time import monotonic

import pytest

from tests.numbered import PORTRAIT, number_on, steady, write_numbered
from transforms import catalog
from transforms.background import BackgroundFailed, Prepared, Relaid
from transforms.clip.ahead import Ahead
from transforms.clip.layout import Layout
from transforms.clip.reels import Reels
from transforms.clip.transcoding import Transcoding
from transforms.effect import BLACK, Color, Effect, EffectError, NoMatting, Placement
from transforms.effect import VideoBackground as Asked
from transforms.picture import Look, Matrix, Picture, Size
from transforms.video_background import VideoBackground, video_background

PATIENCE = 30.0
"""Seconds for a thread or a process to do what takes it milliseconds."""

Opened = Callable[..., VideoBackground]


def source(size: Size = PORTRAIT, matrix: Matrix = Matrix.BT601) -> Picture:
    return Picture.blank(size, matrix=matrix, full_range=False)


def until(is_so: Callable[[], bool], what: str) -> None:
    deadline = monotonic() + PATIENCE
    while not is_so():
        assert monotonic() < deadline, what
        os.sched_yield()


def play(background: VideoBackground, times: list[float], like: Picture | None = None) -> list[int | None]:
    """The numbers shown at those stream seconds, in a call whose machine is never too slow."""
    like, shown = like or source(), []
    for time in times:
        player = background._shared.player
        if isinstance(player, Ahead) and player._thread is not None:
            until(lambda player=player: player.has_enough, "the player does not get ahead")  # type: ignore[misc]
        shown.append(number_on(background.picture(like, None, time)))
    return shown


def reels_of(background: VideoBackground) -> Reels:
    player = background._shared.player
    assert isinstance(player, Ahead)
    return player._reels


def transcoding_of(background: VideoBackground) -> Transcoding:
    until(lambda: reels_of(background)._making is not None, "nothing is transcoded")
    making = reels_of(background)._making
    assert making is not None
    return making


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "changebg-clip"]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """A background of a numbered clip; closed at the end, of which nothing may be left then."""
    made: list[VideoBackground] = []

    def opening(seconds: list[float], *, live: bool = True, name: str = "clip.mp4", **how: object) -> VideoBackground:
        path = write_numbered(tmp_path / name, seconds, **how)  # type: ignore[arg-type]
        made.append(video_background(path, live=live))
        return made[-1]

    before = len(list(Path("/proc/self/fd").iterdir()))
    yield opening
    for background in made:
        background.close()
    made.clear()
    until(lambda: not threads(), "a thread is left")
    until(lambda: len(list(Path("/proc/self/fd").iterdir())) == before, "a file is left open")


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("rate", [10, 25, 30, 60])
def test_a_clip_of_any_rate_goes_by_the_streams_time(opened: Opened, rate: int, live: bool) -> None:
    clip, call = 1.6, 1.5
    background = opened(steady(round(clip * rate), rate), rate=rate, live=live)

    shown = play(background, [7 + second for second in steady(round(call * 30))])

    assert shown == [int(frame * rate / 30 + 1e-6) for frame in range(len(shown))]


@pytest.mark.parametrize("live", [True, False])
def test_it_loops_without_a_hitch(opened: Opened, live: bool) -> None:
    background = opened(steady(20), live=live)

    shown = play(background, steady(90))

    assert shown == [frame % 20 for frame in range(90)]


def test_a_file_that_is_converted_has_each_picture_at_its_time_whatever_the_pace(opened: Opened) -> None:
    background = opened([0.0, 0.1, 0.15, 0.65, 0.7, 1.0], name="clip.mkv", live=False)

    assert play(background, [3.0, 3.12, 3.16, 3.5, 3.66, 4.02]) == [0, 1, 2, 2, 3, 5]
    assert play(background, [1003.0]) == play(background, [1003.0])


def test_the_call_never_waits_for_its_clip(opened: Opened) -> None:
    background = opened(steady(20))

    first = background.picture(source(), None, 0.0)

    assert number_on(first) == 0


@pytest.mark.parametrize("live", [True, False])
def test_a_call_that_changes_its_pictures_has_what_fits_at_once(opened: Opened, live: bool) -> None:
    background = opened(steady(40), live=live)
    play(background, steady(6))

    turned = source(Size(300, 240), Matrix.BT709)
    shown = background.picture(turned, None, 6 / 30)

    assert Look.of(shown) == Look.of(turned)
    background.picture(source(), None, 7 / 30)
    numbers = play(background, [second + 8 / 30 for second in steady(12)])
    assert None not in numbers
    assert [other - one for one, other in pairwise(numbers) if one and other] == [1] * 11


def test_a_clip_behind_a_call_that_stood_still_goes_on_where_it_was(opened: Opened) -> None:
    background = opened(steady(40))
    before = play(background, steady(10))[-1]

    after = play(background, [second + 300 for second in steady(3)])

    assert before is not None
    assert after == [before + 1, before + 2, before + 3]


def test_a_clip_of_one_picture_costs_nothing_further(opened: Opened) -> None:
    background = opened([0.0])
    play(background, steady(10))

    pictures = {id(background.picture(source(), None, 1 + second)) for second in steady(10)}

    assert len(pictures) == 1


def test_laid_elsewhere_it_goes_on_where_it_was(opened: Opened) -> None:
    background = opened(steady(60))
    play(background, steady(10))

    moved = background.relaid(Placement(offset=(20, 0)), Color(255, 0, 0))
    assert number_on(_moved_back(moved.prepare(Look.of(source())))) == 9
    assert number_on(_moved_back(moved.picture(source(), None, 10 / 30))) == 9
    assert number_on(background.picture(source(), None, 10 / 30)) == 9
    assert number_on(background.picture(source(), None, 11 / 30)) == 9
    background.close()

    player = background._shared.player
    assert isinstance(player, Ahead)
    until(lambda: player.has_enough, "the player does not lay its pictures elsewhere")
    assert number_on(_moved_back(moved.picture(source(), None, 11 / 30))) == 11
    moved.close()


def _moved_back(picture: Picture) -> Picture:
    """What lies 20 pixels to the right of where it was, there again."""
    copy = source()
    copy.y.rows[:, :-20] = picture.y.rows[:, 20:]
    return copy


def test_a_clip_that_cannot_be_read_on_fails_and_recovers(opened: Opened, tmp_path: Path) -> None:
    background = opened(steady(20))
    clip = (tmp_path / "clip.mp4").read_bytes()
    play(background, [0.0, 1 / 30])
    (tmp_path / "clip.mp4").write_bytes(b"overwritten")
    time = count(2)

    def fails() -> bool:
        try:
            background.picture(source(), None, next(time) / 30)
        except BackgroundFailed as failure:
            return str(failure) == "the clip cannot be read any further"
        return False

    until(fails, "it does not fail")
    (tmp_path / "clip.mp4").write_bytes(clip)
    until(lambda: not fails(), "it does not recover")


def test_a_file_that_cannot_be_read_on_fails_where_nobody_waits_for_a_thread(opened: Opened, tmp_path: Path) -> None:
    background = opened(steady(20), live=False)
    play(background, [0.0])
    (tmp_path / "clip.mp4").write_bytes(b"overwritten")

    with pytest.raises(BackgroundFailed, match="cannot be read any further"):
        play(background, steady(40))


def test_a_heavy_clip_shows_its_first_picture_until_it_is_transcoded(opened: Opened) -> None:
    background = opened(steady(12), size=Size(3840, 2160))
    wide = source(Size(320, 180))

    time = count()

    def shown_now() -> int | None:
        return number_on(background.picture(wide, None, next(time) / 30))

    assert [shown_now() for _ in range(3)] == [0, 0, 0]
    making = transcoding_of(background)
    assert making._process.wait(60) == 0
    until(lambda: shown_now() != 0, "what was transcoded is not played")
    reel = reels_of(background)
    assert reel.is_heavy
    assert reel.best(Layout(Look.of(wide), Placement(), BLACK), is_worth_it=False) is not reel.original

    shown = play(background, [1e6 + second for second in steady(30)], wide)
    assert None not in shown
    assert [(other or 0) - (one or 0) for one, other in pairwise(shown)].count(-11) == 2
    assert set(shown) == set(range(12))


def test_closed_while_it_is_transcoded_it_leaves_no_process(opened: Opened) -> None:
    background = opened(steady(12), size=Size(3840, 2160))
    background.picture(source(), None, 0.0)
    making = transcoding_of(background)

    background.close()

    until(lambda: not threads(), "the thread is left")
    assert making._process.returncode is not None


def test_let_go_of_without_a_word_it_ends_too(tmp_path: Path) -> None:
    background = video_background(write_numbered(tmp_path / "clip.mp4", steady(20)))
    play(background, steady(3))
    assert threads()

    del background
    gc.collect()

    until(lambda: not threads(), "the thread is left")


def test_the_catalog_makes_it(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "clip.mp4", steady(20))
    pipeline = catalog.pipeline(Effect(NoMatting(), Asked(path)), live=False)

    assert isinstance(pipeline.background, VideoBackground)
    assert isinstance(pipeline.background, Prepared)
    assert isinstance(pipeline.background, Relaid)
    assert [number_on(pipeline.cover(source(), second).picture) for second in steady(25)] == [*range(20), *range(5)]
    pipeline.close()


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EffectError, match="is not there"):
        catalog.background(Effect(NoMatting(), Asked(tmp_path / "none.mp4")))
