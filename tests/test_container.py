"""Media files read in order and written whole."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from gateway.codec.container import Encoding, VideoReader, VideoWriter, turned, written_aside
from gateway.errors import ArgumentError, GatewayError
from transforms.picture import Picture

LOSSLESS = Encoding("libx264", {"crf": "0", "preset": "ultrafast"})


def drawn(number: int, width: int = 64, height: int = 48) -> av.VideoFrame:
    """A picture unlike its neighbours: a bright square that wanders, each plane distinct."""
    frame = av.VideoFrame(width, height, "yuv420p")
    for index, plane in enumerate(Picture.of(frame).planes):
        plane.rows[:] = 60 + 40 * index
        plane.rows[:: 2 + number % 3, number % 8 :: 4] = 200 - 20 * index
    frame.pts, frame.time_base = number, Fraction(1, 30)
    return frame


def written(path: Path, frames: list[av.VideoFrame], *, encoder: str = "libx264", **tags: int) -> Path:
    """A file made by PyAV alone, not by the code under test."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=30, options={"crf": "0", "preset": "ultrafast", "bf": "2"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, frames[0].format.name
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        stream.codec_context.time_base = Fraction(1, 30)
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return written(tmp_path / "clip.mkv", [drawn(number) for number in range(12)])


def time_of(frame: av.VideoFrame) -> float:
    return float((frame.pts or 0) * Fraction(frame.time_base or 1))


def luma(frame: av.VideoFrame) -> bytes:
    return np.ascontiguousarray(Picture.of(frame).y.rows).tobytes()


def test_every_picture_comes_once_in_order_with_its_time(clip: Path) -> None:
    with VideoReader(clip) as reader:
        frames = [(time_of(frame), luma(frame)) for frame in reader]
    assert [time for time, _ in frames] == pytest.approx([number / 30 for number in range(12)], abs=0.001)
    assert [content for _, content in frames] == [luma(drawn(number)) for number in range(12)]


def test_a_file_tells_what_is_in_it(clip: Path) -> None:
    with VideoReader(clip) as reader:
        assert reader.frame_rate == 30
        assert reader.total == 12
        assert not reader.has_sound


@pytest.mark.parametrize(
    ("pixel_format", "encoder"), [("yuv444p", "libx264"), ("yuv420p10le", "libx264"), ("rgb24", "libx264rgb")]
)
def test_any_pixel_format_comes_as_planar_420(tmp_path: Path, pixel_format: str, encoder: str) -> None:
    path = written(tmp_path / "clip.mkv", [drawn(0).reformat(format=pixel_format)], encoder=encoder)
    with VideoReader(path) as reader:
        (frame,) = reader
    assert frame.format.name == "yuv420p"
    assert frame.pts == 0


def without_pictures(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        sound = av.AudioFrame(format="s16", layout="mono", samples=800)
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    return path


def unreadable(directory: Path) -> Iterator[tuple[Path, str]]:
    yield directory / "missing.mp4", "No such file"
    yield directory, "Is a directory"
    for name, content in [
        ("text.mp4", b"not a video\n" * 100),
        ("empty.mp4", b""),
        ("binary.mp4", bytes(range(256)) * 99),
    ]:
        (directory / name).write_bytes(content)
        yield directory / name, "Invalid data"
    yield without_pictures(directory / "sound.wav"), "there is no video in it"


def test_what_is_no_video_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for path, reason in unreadable(tmp_path):
        with pytest.raises(ArgumentError, match=reason) as refusal:
            VideoReader(path)
        assert str(path) in str(refusal.value)


def test_a_description_of_a_stream_opens_no_socket(tmp_path: Path) -> None:
    path = tmp_path / "call.sdp"
    path.write_text(
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
        "a=rtpmap:96 H264/90000\n"
    )
    with pytest.raises(ArgumentError):
        VideoReader(path)


def test_a_file_that_breaks_off_gives_what_it_has(tmp_path: Path) -> None:
    noise = np.random.default_rng(1)
    frames = [drawn(number, 320, 240) for number in range(30)]
    for frame in frames:
        Picture.of(frame).y.rows[:] = noise.integers(0, 256, (240, 320), dtype=np.uint8)
    whole = written(tmp_path / "whole.mkv", frames)
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with VideoReader(broken) as reader:
        assert 5 < len(list(reader)) < 25


@pytest.mark.parametrize(("degrees", "quarters"), [(90, 1), (-90, 3), (180, 2), (0, 0)])
def test_a_turned_picture_is_turned_counterclockwise_with_its_chroma(degrees: int, quarters: int) -> None:
    frame = drawn(3)
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.JPEG
    upright = turned(frame, degrees)
    for before, after in zip(Picture.of(frame).planes, Picture.of(upright).planes, strict=True):
        assert np.array_equal(after.rows, np.rot90(before.rows, quarters))
    assert (upright.pts, upright.time_base) == (frame.pts, frame.time_base)
    assert (upright.colorspace, upright.color_range) == (Colorspace.ITU709, ColorRange.JPEG)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg (Debian package ffmpeg)")
@pytest.mark.parametrize("turn", ["90", "180", "270"])
def test_a_video_filmed_sideways_is_read_as_ffmpeg_shows_it(tmp_path: Path, clip: Path, turn: str) -> None:
    path = tmp_path / "turned.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", clip, "-c", "copy", "-metadata:s:v", f"rotate={turn}", path], check=True
    )
    first = ["-frames:v", "1", "-vf", "extractplanes=y", "-f", "rawvideo", "-"]
    command = ["ffmpeg", "-v", "error", "-i", str(path), *first]
    shown = subprocess.run(command, check=True, capture_output=True).stdout
    with VideoReader(path) as reader:
        assert luma(next(iter(reader))) == shown


def test_a_written_file_keeps_times_pictures_and_colour_tags(tmp_path: Path, clip: Path) -> None:
    copy = tmp_path / "copy.mp4"
    with VideoReader(clip) as reader, VideoWriter(copy, LOSSLESS, container="mp4", like=reader) as writer:
        originals = list(reader)
        for frame in originals:
            frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.JPEG
            frame.color_primaries, frame.color_trc = 1, 1
            writer.write(frame, colors=frame)
    with VideoReader(copy) as reader:
        frames = list(reader)
    assert [time_of(frame) for frame in frames] == pytest.approx([time_of(frame) for frame in originals], abs=1e-4)
    assert [luma(frame) for frame in frames] == [luma(frame) for frame in originals]
    tags = {(f.colorspace, f.color_range, f.color_primaries, f.color_trc) for f in frames}
    assert tags == {(Colorspace.ITU709, ColorRange.JPEG, 1, 1)}


def test_the_luma_alone_is_kept_exactly_as_grey(tmp_path: Path, clip: Path) -> None:
    grey = Encoding("ffv1", {"level": "3"}, "gray")
    with (
        VideoReader(clip) as reader,
        VideoWriter(tmp_path / "a.mkv", grey, container="matroska", like=reader) as writer,
    ):
        originals = list(reader)
        for frame in originals:
            frame.color_range = ColorRange.JPEG
            writer.write(frame, colors=frame)
    with av.open(str(tmp_path / "a.mkv")) as container:
        frames = list(container.decode(video=0))
    assert {frame.format.name for frame in frames} == {"gray"}
    assert {frame.color_range for frame in frames} == {ColorRange.JPEG}
    assert [frame.to_ndarray().tobytes() for frame in frames] == [luma(frame) for frame in originals]


def test_a_picture_of_another_size_is_scaled_to_the_files(tmp_path: Path, clip: Path) -> None:
    copy = tmp_path / "copy.mkv"
    with VideoReader(clip) as reader, VideoWriter(copy, LOSSLESS, container="matroska", like=reader) as writer:
        for frame in [drawn(0), drawn(1, 128, 96)]:
            frame.time_base = reader.time_base
            writer.write(frame, colors=frame)
    with VideoReader(copy) as reader:
        assert [(frame.width, frame.height) for frame in reader] == [(64, 48)] * 2


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.mkv"
    target.write_text("before")
    with pytest.raises(GatewayError), written_aside(target) as part:
        part.write_text("half")
        raise GatewayError("no more")
    assert target.read_text() == "before"
    with written_aside(target) as part:
        part.write_text("whole")
        assert target.read_text() == "before"
    assert target.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [target]


def test_a_directory_that_does_not_exist_cannot_be_written_to(tmp_path: Path, clip: Path) -> None:
    with VideoReader(clip) as reader, pytest.raises(GatewayError, match="No such file"):
        VideoWriter(tmp_path / "no" / "out.mkv", LOSSLESS, container="matroska", like=reader)
