"""Media files read in order, whatever is in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from gateway.codec.inputs import PIPE
from gateway.codec.reader import VideoReader
from gateway.errors import ArgumentError
from tests.films import drawn, film, frames_of, luma, time_of
from transforms.picture import Matrix, Picture, Size

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg (Debian package ffmpeg)")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("clip") / "clip.mkv", [drawn(number) for number in range(12)])


def read(path: Path, **more: object) -> list[av.VideoFrame]:
    with VideoReader(path, **more) as reader:  # type: ignore[arg-type]
        return list(reader)


@pytest.mark.parametrize("threads", [1, 2])
def test_every_picture_comes_once_in_order_with_its_time(clip: Path, threads: int) -> None:
    frames = read(clip, threads=threads)
    assert [time_of(frame) for frame in frames] == pytest.approx([number / 30 for number in range(12)], abs=0.001)
    assert [luma(frame) for frame in frames] == [luma(drawn(number)) for number in range(12)]
    assert all(frame.duration * (frame.time_base or 0) == pytest.approx(1 / 30, abs=0.001) for frame in frames)


def test_a_file_tells_what_is_in_it_without_losing_a_picture(clip: Path) -> None:
    with VideoReader(clip) as reader:
        assert (reader.frame_rate, reader.total) == (Fraction(30), 12)
        assert not reader.has_sound
        assert not reader.is_y4m
        assert (reader.size, reader.matrix) == (Size(64, 48), None)
        assert len(list(reader)) == 12


def test_a_tagged_matrix_is_told(tmp_path: Path) -> None:
    with VideoReader(film(tmp_path / "clip.mkv", [drawn(0)], colorspace=1)) as reader:
        assert reader.matrix is Matrix.BT709


@pytest.mark.parametrize(
    ("pixel_format", "encoder"),
    [("yuv444p", "libx264"), ("yuv422p10le", "libx264"), ("yuv420p10le", "libx264"), ("rgb24", "libx264rgb")],
)
def test_any_pixel_format_comes_as_planar_420(tmp_path: Path, pixel_format: str, encoder: str) -> None:
    path = film(tmp_path / "clip.mkv", [drawn(0).reformat(format=pixel_format)], encoder=encoder)
    (frame,) = read(path)
    assert frame.format.name == "yuv420p"
    assert frame.pts == 0


def test_an_odd_size_stays_odd(tmp_path: Path) -> None:
    (frame,) = read(film(tmp_path / "clip.mkv", [drawn(0, 65, 49)], encoder="ffv1"))
    assert (frame.width, frame.height) == (65, 49)
    assert luma(frame) == luma(drawn(0, 65, 49))


def test_packets_beside_the_pictures_come_in_between(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mkv", [drawn(number) for number in range(30)], sound="flac")
    with VideoReader(path) as reader:
        items = list(reader.items())
    order = [0 if isinstance(item, av.VideoFrame) else item.stream_index for item in items]
    assert order.count(0) == 30
    assert set(order) == {0, 1, 2}
    assert order != sorted(order)
    assert len(read(path)) == 30


def test_decoding_goes_on_in_another_thread_than_the_opening(clip: Path) -> None:
    frames: list[av.VideoFrame] = []
    with VideoReader(clip) as reader:
        assert reader.size is not None
        thread = threading.Thread(target=lambda: frames.extend(reader))
        thread.start()
        thread.join()
    assert len(frames) == 12


def without_pictures(path: Path, *, cover: bool = False) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=48000, layout="mono")
        picture = container.add_stream("png", rate=1) if cover else None
        sound = av.AudioFrame(format="s16", layout="mono", samples=1024)
        sound.sample_rate = 48000
        if isinstance(picture, av.VideoStream):
            picture.width, picture.height, picture.pix_fmt = 64, 48, "rgb24"
            picture.disposition = av.stream.Disposition.attached_pic
            container.mux(picture.encode(drawn(0).reformat(format="rgb24")))
            container.mux(picture.encode(None))
        assert isinstance(stream, av.AudioStream)
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    return path


def unreadable(directory: Path) -> Iterator[tuple[Path, str]]:
    yield directory / "missing.mp4", "No such file"
    yield directory, "Is a directory"
    yield directory / "none.%04d.png", "there are no pictures of that name"
    for name, content in [("text.mp4", b"no video\n" * 99), ("empty.mp4", b""), ("b.mp4", bytes(range(256)) * 99)]:
        (directory / name).write_bytes(content)
        yield directory / name, "Invalid data"
    yield without_pictures(directory / "sound.mka"), "there is no video in it"
    yield without_pictures(directory / "cover.flac", cover=True), "but a cover picture"
    playlist = directory / "list.m3u8"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n")
    yield playlist, "names other files"
    joined = directory / "list.ffconcat"
    joined.write_text("ffconcat version 1.0\nfile sound.mka\n")
    yield joined, "names other files"


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
    with pytest.raises(ArgumentError, match="names other files or streams"):
        VideoReader(path)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_file_that_breaks_off_gives_what_it_has(tmp_path: Path, threads: int) -> None:
    noise = np.random.default_rng(1)
    frames = [drawn(number, 320, 240) for number in range(30)]
    for frame in frames:
        Picture.of(frame).y.rows[:] = noise.integers(0, 256, (240, 320), dtype=np.uint8)
    whole = film(tmp_path / "whole.mkv", frames)
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 5 < len(read(broken, threads=threads)) < 25


@pytest.mark.parametrize("threads", [1, 2])
def test_a_file_with_holes_in_it_is_read_to_its_end(tmp_path: Path, threads: int) -> None:
    path = film(tmp_path / "clip.mkv", [drawn(number, 320, 240) for number in range(60)])
    content = bytearray(path.read_bytes())
    for hole in range(len(content) // 4, len(content) - 400, len(content) // 5):
        content[hole : hole + 64] = bytes(64)
    path.write_bytes(content)
    assert 10 < len(read(path, threads=threads)) <= 60


def test_every_picture_is_kept_where_times_repeat_or_go_back(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = 64, 48
        for index, time in enumerate([0, 40, 40, 30, 120]):
            for packet in stream.encode(drawn(index)):
                packet.dts, packet.pts, packet.time_base = index, time, Fraction(1, 1000)
                container.mux(packet)
    times = [frame.pts for frame in read(path)]
    assert times == [0, 40, 41, 42, 120]


@needs_ffmpeg
@pytest.mark.parametrize("turn", ["90", "180", "270"])
def test_a_video_filmed_sideways_is_read_as_ffmpeg_shows_it(tmp_path: Path, clip: Path, turn: str) -> None:
    path = tmp_path / "turned.mp4"
    command = ["ffmpeg", "-v", "error", "-i", str(clip), "-c", "copy", "-metadata:s:v", f"rotate={turn}", str(path)]
    subprocess.run(command, check=True)
    assert luma(read(path)[0]) == shown(path)


def shown(path: Path) -> bytes:
    """The first picture's luma as ffmpeg shows it."""
    first = ["-frames:v", "1", "-vf", "extractplanes=y", "-f", "rawvideo", "-"]
    return subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), *first], check=True, capture_output=True).stdout


@needs_ffmpeg
@pytest.mark.parametrize(("degrees", "flips"), [(0, "h"), (0, "v"), (90, "h"), (90, "v"), (180, "h")])
def test_a_mirrored_video_is_read_as_ffmpeg_shows_it(tmp_path: Path, degrees: int, flips: str) -> None:
    source, path = film(tmp_path / "clip.mp4", [drawn(0)]), tmp_path / "mirrored.mp4"
    with av.open(str(source)) as original, av.open(str(path), "w") as copy:
        stream = copy.add_stream_from_template(original.streams.video[0], opaque=True)
        stream.set_display_rotation(degrees, hflip=flips == "h", vflip=flips == "v")
        for packet in original.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    assert luma(read(path)[0]) == shown(path)


def test_the_shape_of_a_sample_turns_with_the_picture(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mp4", [drawn(0)], sample_aspect_ratio=Fraction(4, 3))
    with VideoReader(path) as reader:
        assert (reader.size, reader.aspect_ratio) == (Size(64, 48), Fraction(4, 3))
    turned = tmp_path / "turned.mp4"
    with av.open(str(path)) as original, av.open(str(turned), "w") as copy:
        stream = copy.add_stream_from_template(original.streams.video[0], opaque=True)
        stream.set_display_rotation(90)
        for packet in original.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    with VideoReader(turned) as reader:
        assert (reader.size, reader.aspect_ratio) == (Size(48, 64), Fraction(3, 4))


@needs_ffmpeg
def test_interlaced_frames_come_as_whole_pictures_at_their_times(tmp_path: Path) -> None:
    path = tmp_path / "fields.mkv"
    fields = "testsrc2=s=160x120:r=50:d=0.4,tinterlace=interleave_top,fieldorder=tff"
    coding = ["-c:v", "libx264", "-flags", "+ildct+ilme", "-crf", "0", "-pix_fmt", "yuv420p"]
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", fields, *coding, path], check=True)
    combed, whole = frames_of(path), read(path)
    assert [time_of(frame) for frame in whole] == [time_of(frame) for frame in combed]
    assert all(frame.interlaced_frame for frame in combed)
    filtered = ["-vf", "bwdif=mode=send_frame,extractplanes=y", "-f", "rawvideo", "-"]
    command = ["ffmpeg", "-v", "error", "-i", str(path), *filtered]
    expected = subprocess.run(command, check=True, capture_output=True).stdout
    found = b"".join(luma(frame) for frame in whole)
    assert off_by(found, expected) < 0.5 < 5 * off_by(b"".join(luma(frame) for frame in combed), expected)


def off_by(samples: bytes, expected: bytes) -> float:
    """The mean difference, in levels."""
    pair = (np.frombuffer(octets, np.uint8).astype(int) for octets in (samples, expected))
    return float(np.abs(np.subtract(*pair)).mean())


def test_a_transport_stream_begins_at_0_and_leaps_over_a_jump_of_its_clock(tmp_path: Path) -> None:
    parts = [film(tmp_path / f"{name}.ts", [drawn(n) for n in range(15)], container="mpegts") for name in "ab"]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    times = [time_of(frame) for frame in read(joined)]
    assert len(times) == 30
    assert times == pytest.approx([number / 30 for number in range(30)], abs=0.08)


def test_a_numbered_sequence_is_read_at_the_rate_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "100%d"
    folder.mkdir()
    for number in range(3):
        drawn(number).save(folder / f"x.{number + 1:04}.png")
    with VideoReader(folder / "x.%04d.png", frame_rate=Fraction(50)) as reader:
        frames = list(reader)
    assert [time_of(frame) for frame in frames] == [0, 0.02, 0.04]
    assert len(read(folder / "x.%04d.png")) == 3


def test_what_is_transparent_lies_over_black(tmp_path: Path) -> None:
    pixels = np.full((48, 64, 4), 255, np.uint8)
    pixels[:, :32, 3] = 0
    pixels[:, 32:48, 3] = 128
    frame = av.VideoFrame.from_ndarray(pixels, format="rgba")
    frame.pts, frame.time_base = 0, Fraction(1, 30)
    (frame,) = read(film(tmp_path / "clip.mov", [frame], encoder="png"))
    row = Picture.of(frame).y.rows[24]
    assert (row[10], row[60]) == (16, 235)
    assert abs(int(row[40]) - 126) <= 1


def test_a_pipe_whose_far_end_stalls_is_left_when_told(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away, here = os.pipe()
    with os.fdopen(away, "rb") as standard_input, os.fdopen(here, "wb", buffering=0) as far_end:
        monkeypatch.setattr("sys.stdin", standard_input)
        feeding = threading.Thread(target=far_end.write, args=(clip.read_bytes(),))
        feeding.start()
        with VideoReader(PIPE) as reader:
            frames = reader.items()
            next(frames)
            feeding.join()
            reader.interrupt()
            assert len(list(frames)) < 12


def test_a_redirected_file_may_have_its_index_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = film(tmp_path / "clip.mp4", [drawn(number) for number in range(12)])
    with path.open("rb") as standard_input:
        monkeypatch.setattr("sys.stdin", standard_input)
        assert len(read(PIPE)) == 12


def test_a_picture_with_something_unknown_beside_it_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x112] = 6  # to be turned clockwise by a quarter
    Image.new("RGB", (64, 48)).save(tmp_path / "x.jpg", exif=exif)
    with VideoReader(tmp_path / "x.jpg") as reader:
        assert reader.size == Size(48, 64)


@pytest.mark.parametrize("name", ["x%d.jpg", "x[1]*.png"])
def test_an_image_whose_name_looks_like_many_is_itself(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / name)
    assert len(read(tmp_path / name)) == 1
