"""The pipeline fails closed: whatever goes wrong, no sample of the source is shown."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from transforms.background import Background, BackgroundFailed, color_background, plain
from transforms.effect import Color, Edge, EffectError
from transforms.matting import Matte, Opaque
from transforms.matting import NotReady as MattingNotReady
from transforms.picture import Look, Matrix, Picture, PoolEmpty, Size
from transforms.pipeline import Pipeline

SOURCE = 199
"""A luma level that nothing else here has: it must not be seen outside the person."""

BACKDROP = Color.parse("204060")
SIZE = Size(32, 24)


class Scripted:
    """The left half is the person, unless the script says something else for that time."""

    def __init__(self, script: Callable[[float], float | Exception] = lambda time: 1.0) -> None:
        self.script = script
        self.closed = False

    def matte(self, picture: Picture, time: float) -> Matte:
        said = self.script(time)
        if isinstance(said, Exception):
            raise said
        alpha = np.zeros((picture.size.height, picture.size.width), np.uint8)
        alpha[:, : picture.size.width // 2] = 255
        return Matte(alpha, None, said, 0.5, None if said >= 0.5 else "the curtain fell")

    def close(self) -> None:
        self.closed = True


class Talking(Scripted):
    """Has something to say at one time."""

    def matte(self, picture: Picture, time: float) -> Matte:
        return dataclasses.replace(super().matte(picture, time), note="found it" if time == 1 else None)


class Faltering:
    """A colour that changes with time, unless the script says otherwise."""

    def __init__(self, script: Callable[[float], float | Exception]) -> None:
        self.script = script

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        said = self.script(time)
        if isinstance(said, Exception):
            raise said
        return plain(Look.of(source), Color(round(time * 10), 0, 0))

    def close(self) -> None: ...


class Broken:
    """A background that fails."""

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        raise OSError("the disk is gone")

    def close(self) -> None: ...


class Misfit:
    """A background of another size."""

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        return Picture.blank(Size(8, 8), matrix=source.matrix, full_range=source.full_range)

    def close(self) -> None: ...


def source(size: Size = SIZE, *, full_range: bool = False) -> Picture:
    picture = Picture.blank(size, matrix=Matrix.BT601, full_range=full_range)
    picture.y.rows[:] = SOURCE
    return picture


def pipeline(script: Callable[[float], float | Exception] = lambda time: 1.0, **options: object) -> Pipeline:
    return Pipeline(Scripted(script), color_background(BACKDROP), **options)  # type: ignore[arg-type]


def fails_from(start: float, failure: float | Exception) -> Callable[[float], float | Exception]:
    return lambda time: failure if time >= start else 1.0


def test_a_composite_is_tagged_and_in_a_frame_of_its_own() -> None:
    picture = source()
    rendered = pipeline()(picture, 0.0)
    assert (rendered.shown, rendered.reason, rendered.confidence) == ("composite", None, 1.0)
    assert rendered.picture.frame is not None
    assert (rendered.picture.frame.colorspace, rendered.picture.frame.color_range) == (6, 1)
    half = SIZE.width // 2
    assert (rendered.picture.y.rows[:, :half] == SOURCE).all()
    assert (rendered.picture.y.rows[:, half:] == Matrix.BT601.to_ycbcr(BACKDROP, full_range=False)[0]).all()
    assert set(rendered.timings) == {"matte", "background", "composite", "quality"}
    assert all(0 <= seconds < 60 for seconds in rendered.timings.values())


@pytest.mark.parametrize("failure", [0.49, MattingNotReady("the model is loading"), ZeroDivisionError("bug")])
def test_what_fails_is_held_for_two_seconds_and_then_covered(failure: float | Exception) -> None:
    effect = pipeline(fails_from(1.0, failure))
    last = effect(source(), 0.9).picture.y.rows.copy()
    for time, shown in ((1.0, "held"), (2.0, "held"), (2.9, "held"), (2.91, "cover"), (3.5, "cover")):
        rendered = effect(source(), time)
        assert rendered.shown == shown, time
        assert rendered.reason
        if shown == "held":
            assert (rendered.picture.y.rows == last).all()
        else:
            assert not (rendered.picture.y.rows == SOURCE).any()


@pytest.mark.parametrize("failure", [0.0, MattingNotReady("loading"), RuntimeError("bug")])
def test_nothing_of_the_source_is_in_the_first_picture(failure: float | Exception) -> None:
    rendered = pipeline(lambda time: failure)(source(), 0.0)
    assert rendered.shown == "cover"
    assert not (rendered.picture.y.rows == SOURCE).any()


def test_reasons_and_confidence_are_handed_on() -> None:
    unsure = pipeline(lambda time: 0.3)(source(), 0.0)
    assert (unsure.reason, unsure.confidence) == ("the curtain fell", 0.3)
    waiting = pipeline(lambda time: MattingNotReady("the model is loading"))(source(), 0.0)
    assert (waiting.reason, waiting.confidence) == ("the model is loading", 0.0)
    assert pipeline(lambda time: KeyError("x"))(source(), 0.0).reason == "matte failed"


def test_on_unsure_cover_never_holds() -> None:
    effect = pipeline(fails_from(1.0, 0.0), on_unsure="cover")
    assert effect(source(), 0.9).shown == "composite"
    assert effect(source(), 1.0).shown == "cover"


def test_a_sure_matte_ends_the_hold_and_the_cover() -> None:
    effect = pipeline(lambda time: 0.0 if 1 <= time < 2 or 3 <= time < 6 else 1.0)
    shown = [effect(source(), time).shown for time in (0.5, 1.0, 2.0, 3.0, 5.0, 6.0)]
    assert shown == ["composite", "held", "composite", "held", "cover", "composite"]


def test_a_held_picture_of_another_size_is_not_shown() -> None:
    effect = pipeline(fails_from(1.0, 0.0))
    effect(source(), 0.9)
    rendered = effect(source(Size(24, 32)), 1.0)
    assert rendered.shown == "cover"
    assert rendered.picture.size == Size(24, 32)
    assert effect(source(), 1.1).shown == "cover"


def test_sizes_may_change_from_picture_to_picture() -> None:
    effect = pipeline()
    for size in (Size(1, 1), Size(2, 2), Size(3, 5), Size(65, 33), Size(64, 32), Size(1, 1)):
        rendered = effect(source(size), 0.0)
        assert rendered.picture.size == size
        assert rendered.shown == "composite"


def test_each_held_picture_is_a_frame_of_its_own() -> None:
    """Readers stamp their time on the frame: two of them must not share one."""
    effect = pipeline(fails_from(1.0, 0.0))
    frames = [effect(source(), time).picture.frame for time in (0.9, 1.0, 1.1)]
    for number, frame in enumerate(frames):
        assert frame is not None
        frame.pts, frame.time_base = number, Fraction(1, 30)
    assert [frame.pts for frame in frames if frame is not None] == [0, 1, 2]


@pytest.mark.parametrize("background", [Broken(), Misfit()])
def test_a_background_that_never_worked_is_black(background: Background) -> None:
    effect = Pipeline(Scripted(), background)
    half = SIZE.width // 2
    composite, cover = effect(source(), 0.0), effect.cover(source(), 0.1)
    assert (composite.shown, cover.shown) == ("composite", "cover")
    assert (composite.picture.y.rows[:, :half] == SOURCE).all()
    for behind in (composite.picture.y.rows[:, half:], cover.picture.y.rows):
        assert (behind == 16).all()
    assert (cover.picture.cb.rows == 128).all()


def test_why_a_background_fails_is_told_once_for_each_time_it_begins_to() -> None:
    background = Faltering(fails_from(1.0, BackgroundFailed("the clip has ended")))
    effect = Pipeline(Scripted(), background)
    told = [effect(source(), time).background_failed for time in (0.0, 1.0, 1.1, 1.2)]
    assert told == [None, "the clip has ended", None, None]
    background.script = fails_from(3.0, ZeroDivisionError("bug"))
    told = [effect(source(), time).background_failed for time in (2.0, 3.0, 3.1)]
    assert told == [None, "background failed", None]


def test_of_a_picture_that_was_dropped_there_is_no_snapshot() -> None:
    """Its matte was drawn over that of the one before: the two do not belong together."""
    effect = pipeline()
    kept = [effect(source(), float(time)).picture for time in range(effect.pool.capacity)]
    assert effect.snapshot("alpha") is not None
    with pytest.raises(PoolEmpty):
        effect(source(), 10.0)
    assert effect.snapshot("alpha") is None
    kept.clear()
    effect(source(), 11.0)
    assert effect.snapshot("alpha") is not None


def test_a_kind_of_failure_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    effect = pipeline(lambda time: ZeroDivisionError("bug") if time < 10 else KeyError("another"))
    for time in range(20):
        effect(source(), float(time))
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError, KeyError]


def test_cover_is_the_background_alone() -> None:
    rendered = pipeline().cover(source(), 0.0)
    assert (rendered.shown, rendered.confidence) == ("cover", 0.0)
    assert not (rendered.picture.y.rows == SOURCE).any()


def test_the_alpha_view_is_full_range_and_covered_by_nothing() -> None:
    effect = pipeline(fails_from(1.0, 0.0), view="alpha")
    shown = effect(source(), 0.9)
    assert shown.picture.frame is not None
    assert shown.picture.frame.color_range == 2
    half = SIZE.width // 2
    assert (shown.picture.y.rows[:, :half] == 255).all()
    assert (shown.picture.y.rows[:, half:] == 0).all()
    assert effect(source(), 1.0).shown == "held"
    cover = effect(source(), 9.0)
    assert cover.shown == "cover"
    assert (cover.picture.y.rows == 0).all()
    assert (effect.cover(source(), 9.1).picture.y.rows == 0).all()


def test_readers_that_keep_every_frame_empty_the_pool() -> None:
    effect = pipeline()
    with pytest.raises(PoolEmpty):
        _kept = [effect(source(), float(time)) for time in range(100)]
    assert effect(source(), 100.0).shown == "composite"


def test_pictures_sent_before_are_never_written_again() -> None:
    effect = pipeline()
    first = effect(source(), 0.0)
    before = first.picture.y.rows.copy()
    for time in range(1, 50):
        dark = source()
        dark.y.rows[:] = 50
        effect(dark, float(time))
    assert (first.picture.y.rows == before).all()


def test_opaque_matting_passes_the_picture_through_byte_for_byte() -> None:
    effect = Pipeline(Opaque(), color_background(BACKDROP), shown="passthrough")
    picture = source(Size(33, 17))
    picture.y.rows[:] = np.arange(33 * 17).reshape(17, 33) % 256
    rendered = effect(picture, 0.0)
    assert rendered.shown == "passthrough"
    assert all((a.rows == b.rows).all() for a, b in zip(rendered.picture.planes, picture.planes, strict=True))


class Marked(Scripted):
    """Takes a marker beside the person for the person too, as a keyer would, and counts what it was asked."""

    asked = 0

    def matte(self, picture: Picture, time: float) -> Matte:
        self.asked += 1
        matte = super().matte(picture, time)
        matte.alpha[MARKER] = 255
        return matte


MARKER = (slice(4, 10), slice(20, 28))


def saved_mask(path: Path, where: tuple[slice, slice], size: Size = SIZE) -> Path:
    pixels = np.zeros((size.height, size.width), np.uint8)
    pixels[where] = 255
    Image.fromarray(pixels).save(path)
    return path


def test_a_garbage_mask_hides_a_marker_exactly(tmp_path: Path) -> None:
    mask = saved_mask(tmp_path / "garbage.png", MARKER)
    free = Pipeline(Marked(), color_background(BACKDROP))(source(), 0.0)
    masked = Pipeline(Marked(), color_background(BACKDROP), edge=Edge(garbage=mask))(source(), 0.0)
    plain = pipeline()(source(), 0.0)
    assert (free.picture.y.rows[MARKER] == SOURCE).all()
    assert all((a.rows == b.rows).all() for a, b in zip(masked.picture.planes, plain.picture.planes, strict=True))


def test_an_untouched_edge_leaves_every_byte_alone() -> None:
    plain, untouched = pipeline(), pipeline(edge=Edge())
    one, other = (effect(source(), 0.0) for effect in (plain, untouched))
    assert all((a.rows == b.rows).all() for a, b in zip(one.picture.planes, other.picture.planes, strict=True))
    assert "edge" not in other.timings
    assert untouched.edge == Edge()


def test_the_edge_is_replaced_between_two_pictures_and_nothing_else(tmp_path: Path) -> None:
    matting = Marked()
    effect = Pipeline(matting, color_background(BACKDROP))
    assert (effect(source(), 0.0).picture.y.rows[MARKER] == SOURCE).all()
    edge = Edge(garbage=saved_mask(tmp_path / "garbage.png", MARKER), feather=1.0)
    effect.set_edge(edge)
    assert effect.edge == edge
    rendered = effect(source(), 0.1)
    assert "edge" in rendered.timings
    assert not (rendered.picture.y.rows[MARKER] == SOURCE).any()
    assert (effect.matting, matting.asked, matting.closed) == (matting, 2, False)
    effect.set_edge(Edge())
    assert (effect(source(), 0.2).picture.y.rows[MARKER] == SOURCE).all()


def test_an_edge_whose_mask_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    edge = Edge(garbage=saved_mask(tmp_path / "garbage.png", MARKER))
    effect = Pipeline(Marked(), color_background(BACKDROP), edge=edge)
    with pytest.raises(EffectError, match=r"holdout mask .*gone\.png is not there"):
        effect.set_edge(Edge(holdout=tmp_path / "gone.png"))
    assert effect.edge == edge
    assert not (effect(source(), 0.0).picture.y.rows[MARKER] == SOURCE).any()
    with pytest.raises(EffectError, match=r"gone\.png is not there"):
        Pipeline(Marked(), color_background(BACKDROP), edge=Edge(garbage=tmp_path / "gone.png"))


def test_an_edge_is_set_from_another_thread_while_pictures_are_made(tmp_path: Path) -> None:
    """Each picture is of one setting or of another, whole."""
    masks = [saved_mask(tmp_path / f"{side}.png", (slice(0, 24), half)) for side, half in enumerate(HALVES)]
    edges = [Edge(garbage=mask) for mask in masks]
    effect, done = Pipeline(Opaque(), color_background(BACKDROP), edge=edges[0]), threading.Event()

    def change() -> None:
        for number in range(50):
            effect.set_edge(edges[number % 2])
        done.set()

    thread = threading.Thread(target=change)
    thread.start()
    time = 0.0
    while not done.is_set():
        time += 0.1
        shown = effect(source(), time).picture.y.rows == SOURCE
        assert [bool(shown[:, half].all()) for half in HALVES] in ([False, True], [True, False])
        assert shown.sum() == shown.size // 2
    thread.join()


HALVES = (slice(0, 16), slice(16, 32))


@pytest.mark.parametrize("shrink", [4.0, -4.0])
def test_the_alpha_view_shows_the_edge_and_the_background_all_that_was_or_is_the_person(shrink: float) -> None:
    """A blurred room must have nothing of a rim that was cut off the person."""
    seen: list[Matte | None] = []

    class Watching:
        def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
            seen.append(matte)
            return Picture.blank(source.size, matrix=source.matrix, full_range=source.full_range)

        def close(self) -> None: ...

    edge = Edge(shrink=shrink)
    alpha = pipeline(view="alpha", edge=edge)(source(), 0.0).picture.y.rows
    end = SIZE.width // 2 - round(shrink)
    assert (alpha[:, :end] == 255).all()
    assert (alpha[:, end:] == 0).all()
    assert Pipeline(Scripted(), Watching(), edge=edge)(source(), 0.0).shown == "composite"
    assert seen[0] is not None
    assert (seen[0].alpha == np.maximum(alpha, Scripted().matte(source(), 0.0).alpha)).all()


def test_edges_follow_the_size_and_the_colour_range() -> None:
    effect = pipeline(edge=Edge((0.1, 0.9), -1.5, 2.0, 0.5))
    for size in (Size(1, 1), Size(2, 2), Size(65, 33), Size(33, 65), Size(64, 32)):
        for full_range in (False, True):
            assert effect(source(size, full_range=full_range), 0.0).shown == "composite"


def test_closing_closes_the_parts() -> None:
    matting = Scripted()
    effect = Pipeline(matting, color_background(BACKDROP))
    effect.close()
    assert matting.closed


@pytest.mark.parametrize("confidence", [1.0, 0.1])
def test_what_a_matting_has_found_out_is_told_once(confidence: float) -> None:
    made = Pipeline(Talking(lambda time: confidence), color_background(BACKDROP))
    assert [made(source(), time).note for time in (0.0, 1.0, 2.0)] == [None, "found it", None]


def test_what_a_matting_has_found_out_waits_for_a_frame_to_come_with() -> None:
    made = Pipeline(Talking(), color_background(BACKDROP))
    readers = []
    with pytest.raises(PoolEmpty):
        while True:
            readers.append(made(source(), 0.0))
    with pytest.raises(PoolEmpty):
        made(source(), 1.0)
    readers.clear()
    assert made(source(), 2.0).note == "found it"
