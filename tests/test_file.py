"""A file in, a file out: every picture, its time, its colours, the same by any number of threads, nothing left behind.

What is written under which name, and what can be read, have their own tests (`test_formats`, `test_reader`).
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from gateway.codec.formats import Coding
from gateway.errors import ArgumentError, GatewayError
from gateway.file.decoding import cropped
from gateway.file.session import FileSession
from gateway.file.settings import FileSettings
from gateway.file.summary import FileSummary
from gateway.geometry import Crop, Geometry
from gateway.shown import ShownChanged, ShownEvent
from transforms import catalog
from transforms.effect import (
    AutoKey,
    Color,
    ColorBackground,
    Effect,
    FfmpegKey,
    Matting,
    NoMatting,
    ScreenKey,
    VideoBackground,
)
from transforms.picture import Matrix, Picture, Size

GREEN = Color(0, 255, 0)
RED = Color(255, 0, 0)
SMALL = Size(96, 64)
KEY = FfmpegKey(GREEN, similarity=0.2)
QUICK = Coding(preset="ultrafast")
LOSSLESS = Coding(preset="ultrafast", crf=0)


def effect(matting: Matting = KEY, **more: Any) -> Effect:
    return Effect(matting, ColorBackground(RED), **more)


def staged(number: int, size: Size = SMALL) -> av.VideoFrame:
    """A grey block that wanders before a green screen, BT.601, limited range."""
    frame = av.VideoFrame(size.width, size.height, "yuv420p")
    picture = Picture.of(frame)
    for plane, level in zip(picture.planes, Matrix.BT601.to_ycbcr(GREEN, full_range=False), strict=True):
        plane.rows[:] = level
    left = 8 + 2 * (number % 20)
    for plane, step, level in zip(picture.planes, (1, 2, 2), (140, 128, 128), strict=True):
        plane.rows[16 // step : 48 // step, left // step : (left + 32) // step] = level
    frame.pts, frame.time_base = number, Fraction(1, 30)
    return frame


def film(
    path: Path,
    frames: list[av.VideoFrame],
    *,
    times: list[int] | None = None,
    rate: int = 30,
    sound: bool = False,
    tags: Mapping[str, int] = MappingProxyType({}),
) -> Path:
    """A file made by PyAV alone; `times` in units of 1/`rate` s."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "1", "preset": "ultrafast", "bf": "2"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, frames[0].format.name
        stream.codec_context.time_base = Fraction(1, rate)
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        heard = container.add_stream("pcm_s16le", rate=8000, layout="mono") if sound else None
        for index, frame in enumerate(frames):
            frame.pts = times[index] if times else index
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
            if isinstance(heard, av.AudioStream):
                hum = av.AudioFrame.from_ndarray(np.full((1, 200), 100 * index, np.int16), format="s16", layout="mono")
                hum.sample_rate = 8000
                container.mux(heard.encode(hum))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("clip") / "in.mkv", [staged(number) for number in range(24)])


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before


def converted(
    source: Path,
    output: Path,
    what: Effect | None = None,
    *,
    coding: Coding = QUICK,
    is_stopping: Callable[[FileSummary], bool] = lambda now: False,
    on_event: Callable[[ShownEvent], None] = lambda _: None,
    **more: Any,
) -> FileSummary:
    settings = FileSettings(source=source, output=output, effect=what or effect(), coding=coding, **more)
    session = FileSession(settings, on_event=on_event)
    return session.run(is_stopping=lambda: is_stopping(session.summary), on_progress=lambda now: None)


def frames(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def samples(path: Path) -> list[bytes]:
    return [frame.to_ndarray().tobytes() for frame in frames(path)]


def time_of(frame: av.VideoFrame) -> float:
    return float((frame.pts or 0) * Fraction(frame.time_base or 1))


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_every_picture_goes_through_once_at_its_own_time(clip: Path, tmp_path: Path, threads: int) -> None:
    summary = converted(clip, tmp_path / "out.mkv", threads=threads)
    assert (summary.frames_in, summary.frames_out, summary.dropped, summary.total) == (24, 24, 0, 24)
    assert [time_of(f) for f in frames(tmp_path / "out.mkv")] == [time_of(f) for f in frames(clip)]


@pytest.mark.parametrize("matting", [ScreenKey(GREEN), ScreenKey(None), AutoKey()], ids=["typed", "found", "auto"])
def test_what_is_shown_is_bit_for_bit_the_same_by_any_number_of_threads(
    clip: Path, tmp_path: Path, matting: Matting
) -> None:
    """Coded without loss, and the matte by itself, too."""
    shown = []
    for threads in (1, 3):
        coding = Coding(preset="ultrafast", crf=0, threads=threads)
        converted(clip, tmp_path / "out.mkv", effect(matting), coding=coding, threads=threads)
        alpha = Coding(threads=threads)
        converted(clip, tmp_path / "alpha.mkv", effect(matting, view="alpha"), coding=alpha, threads=threads)
        shown.append((samples(tmp_path / "out.mkv"), samples(tmp_path / "alpha.mkv")))
    assert shown[0] == shown[1]
    assert len(shown[0][0]) == len(shown[0][1]) == 24


def test_a_video_behind_goes_by_the_files_time_and_not_by_the_clock(clip: Path, tmp_path: Path) -> None:
    """Its pictures are numbered by their light; the file is far faster than real time."""
    behind = film(tmp_path / "behind.mkv", [grey(40 + 6 * number) for number in range(20)], rate=10)
    what = Effect(KEY, VideoBackground(behind))
    for threads in (1, 3):
        converted(clip, tmp_path / "out.mkv", what, coding=LOSSLESS, threads=threads)
        shown = [int(Picture.of(frame).y.rows[1, 1]) for frame in frames(tmp_path / "out.mkv")]
        assert shown == [pytest.approx(40 + 6 * (number // 3), abs=2) for number in range(24)]


def grey(level: int) -> av.VideoFrame:
    frame = av.VideoFrame(96, 64, "yuv420p")
    for plane, value in zip(Picture.of(frame).planes, (level, 128, 128), strict=True):
        plane.rows[:] = value
    return frame


def test_a_matte_that_is_written_is_the_live_pipelines(clip: Path, tmp_path: Path) -> None:
    what = effect(ScreenKey(GREEN), view="alpha")
    converted(clip, tmp_path / "alpha.mkv", what)
    pipeline = catalog.pipeline(what)
    for frame, written in zip(frames(clip), frames(tmp_path / "alpha.mkv"), strict=True):
        live = pipeline(Picture.of(frame), time_of(frame)).picture.y.rows
        assert np.array_equal(written.to_ndarray(), live)
    pipeline.close()


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.mov", "out.m4v", "out.webm", "out.ts"])
def test_the_screen_becomes_the_background_in_any_container(clip: Path, tmp_path: Path, name: str) -> None:
    converted(clip, tmp_path / name)
    last = Picture.of(frames(tmp_path / name)[-1])
    red = Matrix.BT601.to_ycbcr(RED, full_range=False)
    corner = [int(plane.rows[1, 1]) for plane in last.planes]
    middle = [int(plane.rows[plane.height // 2, 32 * plane.width // 96]) for plane in last.planes]
    assert corner == pytest.approx(red, abs=6)
    assert middle == pytest.approx((140, 128, 128), abs=6)


def test_irregular_times_and_a_late_start_are_kept(tmp_path: Path) -> None:
    times = [100, 103, 104, 110, 150, 151, 200]
    source = film(tmp_path / "in.mkv", [staged(number) for number in range(len(times))], times=times, rate=100)
    converted(source, tmp_path / "out.mkv")
    assert [time_of(f) for f in frames(tmp_path / "out.mkv")] == pytest.approx([time / 100 for time in times])


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_the_sources_colour_tags_are_the_outputs(tmp_path: Path, suffix: str) -> None:
    tags = {"colorspace": Colorspace.ITU709, "color_range": ColorRange.JPEG, "color_primaries": 1, "color_trc": 1}
    source = film(tmp_path / "in.mkv", [staged(0), staged(1)], tags=tags)
    output = tmp_path / f"out{suffix}"
    converted(source, output, effect(NoMatting()))
    assert {(f.colorspace, f.color_range, f.color_primaries, f.color_trc) for f in frames(output)} == {(1, 2, 1, 1)}


@pytest.mark.parametrize(("size", "tag"), [(Size(96, 64), 6), (Size(1280, 720), 1)])
def test_an_untagged_source_gets_tags_by_its_size(tmp_path: Path, size: Size, tag: int) -> None:
    converted(film(tmp_path / "in.mkv", [staged(0, size)]), tmp_path / "out.mkv")
    assert [(f.colorspace, f.color_range) for f in frames(tmp_path / "out.mkv")] == [(tag, ColorRange.MPEG)]


def test_the_alpha_view_is_lossless_full_range_grey(clip: Path, tmp_path: Path) -> None:
    converted(clip, tmp_path / "alpha.mkv", effect(view="alpha"))
    shown = frames(tmp_path / "alpha.mkv")
    assert len(shown) == 24
    assert {(frame.format.name, frame.color_range) for frame in shown} == {("gray", ColorRange.JPEG)}
    alpha = shown[-1].to_ndarray()
    assert alpha[2:14].max() == 0
    assert alpha[20:44, 20:40].min() == 255


def test_passing_through_changes_no_sample_but_by_coding(clip: Path, tmp_path: Path) -> None:
    converted(clip, tmp_path / "out.mkv", effect(NoMatting()), coding=LOSSLESS)
    for before, after in zip(frames(clip), frames(tmp_path / "out.mkv"), strict=True):
        difference = Picture.of(before).y.rows.astype(int) - Picture.of(after).y.rows
        assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(("name", "size"), [("out.mkv", (32, 20)), ("out.webm", (33, 21))])
def test_h264_leaves_out_what_it_cannot_code_of_odd_sizes(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    frame = av.VideoFrame(33, 21, "yuv444p")
    for plane in frame.planes:
        plane.update(bytes([90]) * plane.buffer_size)
    source = film(tmp_path / "in.mkv", [frame])
    converted(source, tmp_path / name, effect(NoMatting()))
    assert [(f.width, f.height) for f in frames(tmp_path / name)] == [size]


def test_cropping_is_a_view_of_the_same_samples() -> None:
    picture = Picture.of(staged(0, Size(33, 21)))
    smaller = cropped(picture, Size(32, 20))
    assert (smaller.size, smaller.cb.rows.shape) == (Size(32, 20), (10, 16))
    assert np.shares_memory(smaller.y.samples, picture.y.samples)


def test_a_bound_on_the_frame_rate_drops_evenly(clip: Path, tmp_path: Path) -> None:
    summary = converted(clip, tmp_path / "out.mkv", frame_rate=Fraction(15))
    assert (summary.frames_in, summary.frames_out, summary.dropped) == (24, 12, 12)
    steps = np.diff([time_of(frame) for frame in frames(tmp_path / "out.mkv")])
    assert steps == pytest.approx([1 / 15] * 11, abs=0.002)


def test_what_cannot_be_matted_is_told_of_and_never_shown(clip: Path, tmp_path: Path) -> None:
    """A screen of another colour than the typed one: nothing is sure, so nothing of the source is seen."""
    told: list[ShownEvent] = []
    summary = converted(clip, tmp_path / "out.mkv", effect(ScreenKey(Color(0, 0, 255))), on_event=told.append)
    assert summary.covered == summary.frames_out == 24
    assert isinstance(told[0], ShownChanged)
    assert told[0].shown == "cover"
    assert told[0].reason
    assert summary.confidence is not None
    assert summary.confidence.median < 0.5
    red = Matrix.BT601.to_ycbcr(RED, full_range=False)
    for frame in frames(tmp_path / "out.mkv"):
        assert Picture.of(frame).y.rows.mean() == pytest.approx(red[0], abs=3)


@pytest.mark.parametrize("threads", [0, 1])
def test_a_stop_leaves_a_playable_file_of_what_was_done(clip: Path, tmp_path: Path, threads: int) -> None:
    summary = converted(clip, tmp_path / "out.mp4", is_stopping=lambda now: now.frames_out == 9, threads=threads)
    assert summary.frames_out == 9
    assert len(frames(tmp_path / "out.mp4")) == 9
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_a_stop_before_the_first_picture_leaves_what_was_there(clip: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    output.write_text("before")
    assert converted(clip, output, is_stopping=lambda now: True).frames_out == 0
    assert output.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


@pytest.mark.parametrize("threads", [0, 1])
def test_a_failure_half_way_leaves_nothing(clip: Path, tmp_path: Path, threads: int) -> None:
    def fail(now: FileSummary) -> bool:
        if now.frames_out == 5:
            raise RuntimeError("half way")
        return False

    with pytest.raises(RuntimeError, match="half way"):
        converted(clip, tmp_path / "out.mp4", is_stopping=fail, threads=threads)
    assert list(tmp_path.iterdir()) == []


def test_no_picture_waits_for_the_garbage_collector(clip: Path, tmp_path: Path) -> None:
    """A frame in a cycle lives on: at 1080 lines 3 MB each, some hundred of them."""

    def alive(now: FileSummary) -> bool:
        if now.frames_out == 23:
            counts.append(sum(isinstance(thing, av.VideoFrame) for thing in gc.get_objects()))
        return False

    counts: list[int] = []
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(thing, av.VideoFrame) for thing in gc.get_objects())
        converted(clip, tmp_path / "out.mkv", is_stopping=alive, threads=1)
    finally:
        gc.enable()
    assert counts[-1] - before < 12


@pytest.mark.parametrize("threads", [0, 1])
def test_sound_is_carried_over_bit_for_bit(tmp_path: Path, threads: int) -> None:
    source = film(tmp_path / "in.mkv", [staged(number) for number in range(24)], sound=True)
    converted(source, tmp_path / "out.mkv", threads=threads)
    heard = []
    for path in (source, tmp_path / "out.mkv"):
        with av.open(str(path)) as container:
            packets = [packet for packet in container.demux(audio=0) if packet.pts is not None]
            heard.append([(bytes(packet), float((packet.pts or 0) * packet.time_base)) for packet in packets])
    assert heard[0] == heard[1]
    assert heard[0]


def test_an_encoder_that_refuses_is_told_of(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(GatewayError, match=r"OUTPUT.*out\.mkv.*: Invalid argument"):
        converted(clip, tmp_path / "out.mkv", coding=Coding(crf=0, profile="high"))  # lossless is not in that profile
    assert list(tmp_path.iterdir()) == []


def test_paths_that_would_end_badly_are_refused_beforehand(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"OUTPUT .*is the input"):
        converted(clip, clip)
    with pytest.raises(ArgumentError, match=r"OUTPUT .*: expected a name ending in"):
        converted(clip, tmp_path / "out.yuv")


def test_a_video_without_a_single_picture_is_a_failure(tmp_path: Path, clip: Path) -> None:
    broken = tmp_path / "in.mkv"
    content = bytearray(clip.read_bytes())
    start = content.find(b"\x1f\x43\xb6\x75")  # the first cluster: what is before it says that there is a video
    content[start + 40 :] = bytes(len(content) - start - 40)
    broken.write_bytes(content)
    with pytest.raises(GatewayError, match="not one picture could be decoded"):
        converted(broken, tmp_path / "out.mkv")
    assert not (tmp_path / "out.mkv").exists()


def test_a_size_is_what_every_picture_comes_out_at(clip: Path, tmp_path: Path) -> None:
    """Three by two becomes two by one: a sixth of the height goes above, and a sixth below."""
    converted(clip, tmp_path / "out.mkv", geometry=Geometry(size=(64, 32)))
    scaled = frames(tmp_path / "out.mkv")
    assert {(frame.width, frame.height) for frame in scaled} == {(64, 32)}
    assert len(scaled) == 24
    shown = Picture.of(scaled[0]).y.rows
    red = Matrix.BT601.to_ycbcr(RED, full_range=False)[0]
    # The block lies at 8..39 by 16..47 of 96x64, so at 5..26 by 5..26 of what is left, 96x48, made 64x32.
    assert np.abs(shown[8:24, 9:23].astype(int) - 140).max() < 6
    assert np.abs(shown[:, 34:].astype(int) - red).max() < 6
    assert np.abs(shown[:2].astype(int) - red).max() < 6


def test_a_crop_that_reaches_beyond_the_picture_is_refused_at_the_start(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"--crop 64x64\+40\+0: reaches beyond the picture of 96x64"):
        converted(clip, tmp_path / "out.mkv", geometry=Geometry(crop=Crop(64, 64, 40, 0)))
