"""Media files written: pictures, times and colours kept, sound copied, alpha straight, nothing half-written."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from gateway.codec.formats import Coding, output_format
from gateway.codec.inputs import PIPE
from gateway.codec.paths import written_aside
from gateway.codec.reader import VideoReader
from gateway.codec.writer import VideoWriter
from gateway.errors import GatewayError
from tests.films import LOSSLESS, copied, drawn, film, frames_of, luma, packets_of, time_of
from transforms.effect import View
from transforms.picture import Picture

NO_WORDS = Coding()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("clip") / "clip.mp4", [drawn(number) for number in range(30)], sound="aac")


@pytest.mark.parametrize("name", ["copy.mkv", "copy.mp4", "copy.mov", "copy.m4v", "copy.ts"])
def test_pictures_times_and_sound_are_kept(tmp_path: Path, clip: Path, name: str) -> None:
    copy = copied(clip, tmp_path / name)
    frames = frames_of(copy)
    assert [luma(frame) for frame in frames] == [luma(drawn(number)) for number in range(30)]
    start = time_of(frames[0])
    assert [time_of(frame) - start for frame in frames] == pytest.approx([n / 30 for n in range(30)], abs=0.001)
    if name.endswith(".ts"):  # each packet has an ADTS header there
        assert [len(track) for track in packets_of(copy)] == [len(track) for track in packets_of(clip)]
    else:
        assert packets_of(copy) == packets_of(clip)


@pytest.mark.parametrize("name", ["copy.mkv", "copy.mp4"])
def test_a_file_lasts_as_long_as_its_source(tmp_path: Path, name: str) -> None:
    clip = film(tmp_path / "clip.mp4", [drawn(number) for number in range(30)])
    with av.open(str(copied(clip, tmp_path / name))) as container:
        assert container.duration == pytest.approx(1_000_000, abs=2000)


def test_variable_times_are_kept_to_the_unit(tmp_path: Path) -> None:
    frames = [drawn(number) for number in range(6)]
    for frame, time in zip(frames, (0, 7, 1000, 1001, 40_000, 90_000), strict=True):
        frame.pts, frame.time_base = time, Fraction(1, 90_000)
    clip = film(tmp_path / "clip.mp4", frames, time_base=Fraction(1, 90_000))
    copy = copied(clip, tmp_path / "copy.mp4")
    assert [time_of(frame) for frame in frames_of(copy)] == [time_of(frame) for frame in frames_of(clip)]


def test_what_a_file_says_of_itself_is_kept_but_not_where_it_was_filmed(tmp_path: Path, clip: Path) -> None:
    with av.open(str(copied(clip, tmp_path / "copy.mkv"))) as container:
        assert container.metadata["title"] == "A title"
        assert not [word for word in container.metadata if "location" in word.lower()]
        assert [stream.language for stream in container.streams.audio] == ["deu", "eng"]


def test_chapters_and_subtitles_are_kept(tmp_path: Path) -> None:
    chapter: Any = {"id": 1, "start": 0, "end": 500, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}}
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,100 --> 00:00:00,500\nHello\n")
    source = tmp_path / "clip.mkv"
    with av.open(str(words)) as said, av.open(str(source), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = 64, 48
        track = container.add_stream_from_template(said.streams.subtitles[0], opaque=True)
        container.set_chapters([chapter])
        for number in range(15):
            container.mux(stream.encode(drawn(number)))
        for packet in said.demux():
            if packet.size:
                packet.stream = track
                container.mux(packet)
    copy = copied(source, tmp_path / "copy.mkv")
    with av.open(str(copy)) as container:
        assert [entry["metadata"]["title"] for entry in container.chapters()] == ["One"]
    assert packets_of(copy, "subtitle") == packets_of(source, "subtitle") != []


def test_sound_that_a_container_does_not_hold_is_left_out_and_said(
    tmp_path: Path, clip: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy = copied(clip, tmp_path / "copy.webm", Coding(preset="ultrafast"))
    assert len(frames_of(copy)) == 30
    assert packets_of(copy) == []
    assert "audio aac is left out: webm does not hold it" in caplog.text


@pytest.mark.parametrize(("name", "sound"), [("out.mp4", "pcm_s24le"), ("out.ts", "flac"), ("out.mov", "flac")])
def test_sound_that_players_would_not_find_or_take_for_noise_is_left_out(tmp_path: Path, name: str, sound: str) -> None:
    clip = film(tmp_path / "clip.mkv", [drawn(number) for number in range(3)], sound=sound)
    assert packets_of(copied(clip, tmp_path / name)) == []
    assert len(packets_of(copied(clip, tmp_path / "copy.mkv"))) == 2


def test_a_damaged_packet_of_sound_does_not_cost_the_picture(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clip = film(tmp_path / "clip.ts", [drawn(number) for number in range(30)], sound="aac", container="mpegts")
    output = tmp_path / "out.mp4"
    form = output_format(output, "composite", LOSSLESS)
    with VideoReader(clip) as reader, VideoWriter(output, form, like=reader) as writer:
        for number, item in enumerate(reader.items()):
            if isinstance(item, av.VideoFrame):
                writer.write(item, colors=item)
                continue
            if number % 9 == 5:
                item.update(b"\xff\xf1" + bytes(item.size - 2))  # an ADTS header that says nothing
            writer.copy(item)
    assert len(frames_of(output)) == 30
    assert caplog.text.count("a damaged packet of audio is left out") == 1
    assert 0 < len(packets_of(output)[0]) < len(packets_of(clip)[0])


def test_a_cover_picture_is_not_carried_over_as_it_may_show_the_room(tmp_path: Path, clip: Path) -> None:
    with_cover = tmp_path / "cover.mp4"
    with av.open(str(clip)) as source, av.open(str(with_cover), "w") as container:
        video = container.add_stream_from_template(source.streams.video[0], opaque=True)
        cover = container.add_stream("mjpeg", rate=1)
        assert isinstance(cover, av.VideoStream)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                container.mux(packet)
        container.mux(cover.encode(drawn(0).reformat(format="yuvj420p")))
        container.mux(cover.encode(None))
    with av.open(str(copied(with_cover, tmp_path / "copy.mp4"))) as container:
        assert len(container.streams.video) == 1


def test_colour_tags_and_the_shape_of_samples_are_kept(tmp_path: Path) -> None:
    tags: dict[str, Any] = {
        "colorspace": Colorspace.ITU709,
        "color_range": ColorRange.JPEG,
        "color_primaries": 1,
        "color_trc": 1,
    }
    clip = film(tmp_path / "clip.mkv", [drawn(0)], sample_aspect_ratio=Fraction(4, 3), **tags)
    with VideoReader(copied(clip, tmp_path / "copy.mp4")) as reader:
        (frame,) = reader
        assert reader.aspect_ratio == Fraction(4, 3)
    assert (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc) == tuple(tags.values())
    assert luma(frame) == luma(drawn(0))


def test_a_picture_of_another_size_is_scaled_to_the_files(tmp_path: Path, clip: Path) -> None:
    output = tmp_path / "copy.mkv"
    with (
        VideoReader(clip) as reader,
        VideoWriter(output, output_format(output, "composite", LOSSLESS), like=reader) as w,
    ):
        for frame in (drawn(0), drawn(1, 128, 96)):
            w.write(frame, colors=frame)
    assert [(frame.width, frame.height) for frame in frames_of(output)] == [(64, 48)] * 2


def grey() -> av.VideoFrame:
    """Each level of alpha and of luma once, full range."""
    frame = av.VideoFrame(256, 16, "yuv420p")
    picture = Picture.of(frame)
    picture.y.rows[:] = np.arange(256)
    picture.cb.rows[:] = picture.cr.rows[:] = 128
    frame.pts, frame.time_base, frame.duration = 0, Fraction(1, 30), 1
    frame.color_range, frame.colorspace = ColorRange.JPEG, Colorspace.ITU709
    return frame


def seen(tmp_path: Path, clip: Path, name: str, view: View, *, alpha: bool = False) -> av.VideoFrame:
    """The first picture of what a view is written as."""
    output = tmp_path / name
    form = output_format(output, view, NO_WORDS)
    assert form.with_alpha is alpha
    weights = np.tile(np.arange(256, dtype=np.uint8), (16, 1)) if alpha else None
    with VideoReader(clip) as reader, VideoWriter(output, form, like=reader) as writer:
        frame = grey()
        writer.write(frame, colors=frame, alpha=weights)
    with av.open(str(output)) as container:
        stream = container.streams.video[0]
        if stream.codec_context.name == "vp9":  # libavcodec's own decoder leaves the alpha out
            decoder = av.CodecContext.create("libvpx-vp9", "r")
            return next(frame for packet in container.demux(stream) for frame in decoder.decode(packet))
        return next(container.decode(stream))


@pytest.mark.parametrize("name", ["alpha.mkv", "alpha.png"])
def test_an_alpha_is_written_without_loss(tmp_path: Path, clip: Path, name: str) -> None:
    frame = seen(tmp_path, clip, name, "alpha")
    assert frame.format.name == "gray"
    assert frame.to_ndarray()[5].tolist() == list(range(256))


@pytest.mark.parametrize(
    ("name", "pixel_format", "loss"),
    [
        ("seen.png", "rgba", 0),
        ("seen.mkv", "yuva420p", 0),
        ("seen.mov", "yuva444p12le", 1),
        ("seen.webm", "yuva420p", 12),
    ],
)
def test_a_foreground_is_straight_with_its_alpha_beside_it(
    tmp_path: Path, clip: Path, name: str, pixel_format: str, loss: int
) -> None:
    frame = seen(tmp_path, clip, name, "foreground", alpha=True)
    assert frame.format.name == pixel_format
    alpha = frame.reformat(format="rgba").to_ndarray()[5, :, 3].astype(int)
    assert np.abs(alpha - np.arange(256)).max() <= loss
    assert (alpha[0], alpha[255]) == (0, 255)
    colours = frame.reformat(format="rgba", dst_color_range=ColorRange.JPEG).to_ndarray()[5, 64:, :3].astype(int)
    assert np.median(np.abs(colours - 255)) <= 4 + loss  # luma as high as the alpha, over black: white


def test_a_foreground_without_a_place_for_alpha_lies_over_black(tmp_path: Path, clip: Path) -> None:
    frame = seen(tmp_path, clip, "seen.mp4", "foreground")
    assert np.abs(Picture.of(frame).y.rows[5].astype(int) - np.arange(256)).mean() < 3


def test_a_sequence_is_numbered_from_1_and_appears_when_it_is_whole(tmp_path: Path, clip: Path) -> None:
    folder = tmp_path / "50%d"
    folder.mkdir()
    copied(clip, folder / "x.%04d.png")
    assert sorted(path.name for path in folder.iterdir()) == [f"x.{number:04}.png" for number in range(1, 31)]
    with VideoReader(folder / "x.%04d.png", frame_rate=Fraction(30)) as reader:
        back = [luma(frame) for frame in reader]
    for number, octets in enumerate(back):
        assert np.abs(values(octets) - values(luma(drawn(number)))).mean() < 1


def values(octets: bytes) -> np.ndarray:
    return np.frombuffer(octets, np.uint8).astype(int)


def test_one_image_holds_one_picture(tmp_path: Path, clip: Path) -> None:
    with pytest.raises(GatewayError, match=r"out.png holds one picture, expected a name for many, as out.%04d.png"):
        copied(clip, tmp_path / "out.png")
    assert list(tmp_path.iterdir()) == []
    copied(film(tmp_path / "one.mkv", [drawn(0)]), tmp_path / "out.jpg")
    assert len(frames_of(tmp_path / "out.jpg")) == 1


def through_a_pipe(source: Path, coding: Coding) -> bytes:
    """What is written to standard output, which is a pipe here."""
    away, here = os.pipe()
    received = bytearray()
    with os.fdopen(away, "rb") as far_end, pytest.MonkeyPatch.context() as patch:
        reading = threading.Thread(target=lambda: received.extend(far_end.read()))
        reading.start()
        with os.fdopen(here, "wb") as standard_output:
            patch.setattr("sys.stdout", standard_output)
            copied(source, PIPE, coding)
        reading.join()
    return bytes(received)


def test_a_pipe_takes_matroska_with_sound_or_yuv4mpeg(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "piped.mkv").write_bytes(through_a_pipe(clip, LOSSLESS))
    assert len(frames_of(tmp_path / "piped.mkv")) == 30
    assert packets_of(tmp_path / "piped.mkv") == packets_of(clip)
    (tmp_path / "piped.y4m").write_bytes(through_a_pipe(clip, Coding(format="y4m")))
    frames = frames_of(tmp_path / "piped.y4m")
    assert [luma(frame) for frame in frames] == [luma(drawn(number)) for number in range(30)]
    again = through_a_pipe(tmp_path / "piped.y4m", NO_WORDS)
    assert again == (tmp_path / "piped.y4m").read_bytes()


def test_a_pipe_that_nobody_reads_is_left_when_told(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away, here = os.pipe()
    with os.fdopen(away, "rb"), os.fdopen(here, "wb") as standard_output:
        monkeypatch.setattr("sys.stdout", standard_output)
        with VideoReader(clip) as reader, pytest.raises(GatewayError, match="OUTPUT: - cannot be written"):
            form = output_format(PIPE, "composite", Coding(format="y4m"))
            with VideoWriter(PIPE, form, like=reader) as writer:
                writer.interrupt()
                for frame in reader:
                    writer.write(frame, colors=frame)


def test_a_pipe_whose_reader_has_gone_is_an_error_in_a_sentence(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away, here = os.pipe()
    os.close(away)
    with os.fdopen(here, "wb") as standard_output:
        monkeypatch.setattr("sys.stdout", standard_output)
        with pytest.raises(GatewayError, match="OUTPUT: - cannot be written: Broken pipe"):
            copied(clip, PIPE, LOSSLESS)


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.ts", "out.y4m", "x.%04d.png"])
def test_a_full_disk_leaves_nothing_and_is_told(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(1)
    frames = [drawn(number, 160, 120) for number in range(12)]
    for frame in frames:
        Picture.of(frame).y.rows[:] = noise.integers(0, 256, (120, 160), dtype=np.uint8)
    clip = film(tmp_path / "clip.mkv", frames)
    folder = tmp_path / "out"
    folder.mkdir()
    with no_file_above(10_000), pytest.raises(GatewayError, match="cannot be written: File too large"):
        copied(clip, folder / name)
    assert list(folder.iterdir()) == []


def test_a_folder_that_does_not_exist_cannot_be_written_to(tmp_path: Path, clip: Path) -> None:
    for name in ("out.mkv", "x.%d.png"):
        with pytest.raises((GatewayError, OSError)):
            copied(clip, tmp_path / "no" / name)


def test_a_writer_without_a_picture_leaves_nothing(tmp_path: Path, clip: Path) -> None:
    output = tmp_path / "out.mp4"
    with VideoReader(clip) as reader, written_aside(output) as part:
        VideoWriter(part, output_format(output, "composite", LOSSLESS), like=reader).__exit__(None)
    assert list(tmp_path.iterdir()) == []
