"""A file in, a file out: every picture, its time, its colours, and nothing left behind."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from gateway.errors import ArgumentError, GatewayError
from gateway.file import FileSession, FileSettings, FileSummary, cropped, output_format
from gateway.shown import ShownChanged, ShownEvent
from transforms.effect import Color, ColorBackground, Effect, FfmpegKey, Matting, NoMatting, ScreenKey
from transforms.picture import Matrix, Picture, Size

GREEN = Color(0, 255, 0)
RED = Color(255, 0, 0)
SMALL = Size(96, 64)
KEY = FfmpegKey(GREEN, similarity=0.2)


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
        if sound:
            heard = container.add_stream("pcm_s16le", rate=8000, layout="mono")
            assert isinstance(heard, av.AudioStream)
            silence = av.AudioFrame(format="s16", layout="mono", samples=800)
            silence.sample_rate = 8000
            container.mux(heard.encode(silence))
            container.mux(heard.encode(None))
        for index, frame in enumerate(frames):
            frame.pts = times[index] if times else index
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("clip") / "in.mkv", [staged(number) for number in range(24)])


def converted(
    source: Path,
    output: Path,
    what: Effect | None = None,
    *,
    is_stopping: Callable[[], bool] = lambda: False,
    on_event: Callable[[ShownEvent], None] = lambda _: None,
    **more: Any,
) -> FileSummary:
    session = FileSession(FileSettings(source, output, what or effect(), preset="ultrafast", **more), on_event=on_event)
    return session.run(is_stopping=is_stopping, on_progress=lambda now: None)


def frames(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def time_of(frame: av.VideoFrame) -> float:
    return float((frame.pts or 0) * Fraction(frame.time_base or 1))


def test_every_picture_goes_through_once_at_its_own_time(clip: Path, tmp_path: Path) -> None:
    summary = converted(clip, tmp_path / "out.mkv")
    assert (summary.frames_in, summary.frames_out, summary.dropped) == (24, 24, 0)
    assert [time_of(f) for f in frames(tmp_path / "out.mkv")] == [time_of(f) for f in frames(clip)]


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
    converted(clip, tmp_path / "out.mkv", effect(NoMatting()), crf=0)
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
    summary = converted(
        clip,
        tmp_path / "out.mkv",
        effect(ScreenKey(Color(0, 0, 255))),
        on_event=told.append,
    )
    assert summary.covered == summary.frames_out == 24
    assert isinstance(told[0], ShownChanged)
    assert told[0].shown == "cover"
    assert told[0].reason
    assert summary.confidence is not None
    assert summary.confidence.median < 0.5
    red = Matrix.BT601.to_ycbcr(RED, full_range=False)
    for frame in frames(tmp_path / "out.mkv"):
        assert Picture.of(frame).y.rows.mean() == pytest.approx(red[0], abs=3)


def test_a_stop_leaves_a_playable_file_of_what_was_done(clip: Path, tmp_path: Path) -> None:
    answers: Iterator[bool] = iter([False] * 9 + [True] * 100)
    summary = converted(clip, tmp_path / "out.mp4", is_stopping=lambda: next(answers))
    assert summary.frames_out == 9
    assert len(frames(tmp_path / "out.mp4")) == 9
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_a_stop_before_the_first_picture_leaves_what_was_there(clip: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    output.write_text("before")
    assert converted(clip, output, is_stopping=lambda: True).frames_out == 0
    assert output.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_a_failure_half_way_leaves_nothing(clip: Path, tmp_path: Path) -> None:
    def fail() -> bool:
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        converted(clip, tmp_path / "out.mp4", is_stopping=fail)
    assert list(tmp_path.iterdir()) == []


def test_sound_is_said_to_be_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = film(tmp_path / "in.mkv", [staged(0)], sound=True)
    with caplog.at_level(logging.WARNING):
        converted(source, tmp_path / "out.mkv")
    assert [record.getMessage() for record in caplog.records] == [
        f"the sound of {source} is not carried over: this version writes video only"
    ]


@pytest.mark.parametrize("name", ["out", "out.avi", "out.png", "out.yuv", ".mkv"])
def test_only_containers_that_are_known_are_written(clip: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ArgumentError, match=r"OUTPUT .*: expected a name ending in \.mkv, \.mp4"):
        converted(clip, tmp_path / name)


def test_a_container_refuses_a_codec_that_it_does_not_hold(clip: Path, tmp_path: Path) -> None:
    for name, codec in [("out.mp4", "VP8"), ("out.webm", "H264")]:
        with pytest.raises(ArgumentError, match=f"--codec {codec.lower()}: {Path(name).suffix} holds"):
            converted(clip, tmp_path / name, codec=codec)


@pytest.mark.parametrize("more", [{"crf": 20}, {"bitrate": 100_000}, {"profile": "high"}], ids=str)
def test_what_a_lossless_alpha_has_no_use_for_is_refused(clip: Path, tmp_path: Path, more: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=f"--{next(iter(more))} .*: the alpha is lossless"):
        converted(clip, tmp_path / "out.mkv", effect(view="alpha"), **more)


def test_a_profile_is_refused_for_vp8_and_the_preset_is_heard(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="--profile high: H264 has one"):
        converted(clip, tmp_path / "out.webm", profile="high")
    speeds = {
        preset: output_format(FileSettings(clip, tmp_path / "out.webm", effect(), preset=preset))[1].options["cpu-used"]
        for preset in ("ultrafast", "medium", "veryslow")
    }
    assert speeds == {"ultrafast": "5", "medium": "2", "veryslow": "0"}


@pytest.mark.parametrize(("name", "crf"), [("out.mkv", 52), ("out.webm", 1)])
def test_a_quality_that_the_codec_does_not_know_is_refused(clip: Path, tmp_path: Path, name: str, crf: float) -> None:
    with pytest.raises(ArgumentError, match=f"--crf {crf}: expected"):
        converted(clip, tmp_path / name, crf=crf)


def test_a_bit_rate_takes_the_place_of_the_quality() -> None:
    settings = FileSettings(Path("in.mkv"), Path("out.mkv"), effect(), bitrate=500_000)
    _, encoding = output_format(settings)
    assert encoding.bit_rate == 500_000
    assert "crf" not in encoding.options


def test_an_encoder_that_refuses_is_told_of(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(GatewayError, match=r"OUTPUT: out\.mkv cannot be written: Invalid argument"):
        converted(clip, tmp_path / "out.mkv", crf=0, profile="high")  # lossless is not in that profile
    assert list(tmp_path.iterdir()) == []


def test_paths_that_would_end_badly_are_refused_beforehand(clip: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.mkv"
    link.symlink_to(clip)
    (tmp_path / "directory.mkv").mkdir()
    for source, output, sentence in [
        (tmp_path / "no.mkv", tmp_path / "out.mkv", "INPUT .*no such file"),
        (tmp_path, tmp_path / "out.mkv", "INPUT .*is a directory"),
        (clip, tmp_path / "directory.mkv", "OUTPUT .*is a directory"),
        (clip, tmp_path / "no" / "out.mkv", "OUTPUT .*there is no directory"),
        (clip, clip, "OUTPUT .*is the input"),
        (clip, link, "OUTPUT .*is the input"),
    ]:
        with pytest.raises(ArgumentError, match=sentence):
            converted(source, output)


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
    output = tmp_path / "out.mkv"
    settings = FileSettings(clip, output, effect(), size=Size(64, 32))
    FileSession(settings).run(is_stopping=lambda: False, on_progress=lambda _: None)
    with av.open(str(output)) as container:
        frames = list(container.decode(video=0))
    assert {(frame.width, frame.height) for frame in frames} == {(64, 32)}
    assert len(frames) == 24
    shown = Picture.of(frames[0]).y.rows
    red = Matrix.BT601.to_ycbcr(RED, full_range=False)[0]
    # The block lies at 8..39 by 16..47 of 96x64, so at 5..26 by 5..26 of what is left, 96x48, made 64x32.
    assert np.abs(shown[8:24, 9:23].astype(int) - 140).max() < 6
    assert np.abs(shown[:, 34:].astype(int) - red).max() < 6
    assert np.abs(shown[:2].astype(int) - red).max() < 6
