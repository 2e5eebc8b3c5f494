"""What is opened as a clip, and what is refused in one line."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.numbered import number_in, steady, write_numbered
from transforms.clip.shots import Reel
from transforms.clip.source import ClipSource, ClipTooLarge
from transforms.effect import EffectError


def opened(path: Path) -> Reel:
    return Reel(ClipSource.of(path))


def test_what_a_clip_says_of_itself(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "clip.mp4", steady(30), aspect=Fraction(4, 3))

    described = ClipSource.of(path).described

    assert described.coded == (240, 300)
    assert described.aspect == Fraction(4, 3)
    assert described.frame_rate == pytest.approx(30, rel=0.01)
    assert described.duration == pytest.approx(1.0, abs=0.04)


def test_a_gif_that_moves_is_a_clip(tmp_path: Path) -> None:
    pictures = [Image.new("L", (64, 64), 40 * number) for number in range(5)]
    pictures[0].save(
        tmp_path / "moving.gif", save_all=True, append_images=pictures[1:], duration=[100, 40, 0, 100, 200]
    )

    shots = list(opened(tmp_path / "moving.gif").shots())

    assert [float(np.mean(shot.frame.to_ndarray(format="gray"))) for shot in shots] == pytest.approx(
        [0, 40, 80, 120, 160], abs=3
    )
    assert shots[1].start == pytest.approx(0.1, abs=0.011)


def test_a_clip_of_one_picture_is_a_clip(tmp_path: Path) -> None:
    assert number_in(opened(write_numbered(tmp_path / "one.mp4", [0.0])).first.frame) == 0


def test_a_pipe_and_a_folder_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for name in ("pipe", "."):
        with pytest.raises(EffectError, match="is not a file"):
            ClipSource.of(tmp_path / name)


def test_what_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(EffectError, match=r"background .*none\.mp4 is not there"):
        ClipSource.of(tmp_path / "none.mp4")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a video",
        bytes(4096),
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clip.mp4").write_bytes(content)

    with pytest.raises(EffectError, match=r"clip\.mp4 is no video that can be played"):
        opened(tmp_path / "clip.mp4")


@pytest.mark.parametrize("still", ["JPEG", "PNG", "WEBP", "BMP"])
def test_a_still_image_under_the_name_of_a_video_is_refused(tmp_path: Path, still: str) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "clip.mp4", still)

    with pytest.raises(EffectError, match="is no video"):
        opened(tmp_path / "clip.mp4")


def write_sound(path: Path, *, cover: bool) -> None:
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=48_000)
        assert isinstance(sound, av.AudioStream)
        picture = container.add_stream("mjpeg", rate=1) if cover else None
        if picture is not None:
            assert isinstance(picture, av.VideoStream)
            picture.width = picture.height = 64
            picture.pix_fmt = "yuvj420p"
            picture.disposition = av.stream.Disposition.attached_pic
        for block in range(20):
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            samples.sample_rate, samples.pts = 48_000, 1024 * block
            container.mux(sound.encode(samples))
        container.mux(sound.encode(None))
        if picture is not None:
            container.mux(picture.encode(av.VideoFrame(64, 64, "yuvj420p")))
            container.mux(picture.encode(None))


@pytest.mark.parametrize("cover", [False, True])
def test_sound_alone_is_refused_even_with_a_cover(tmp_path: Path, cover: bool) -> None:
    write_sound(tmp_path / "song.mp4", cover=cover)

    with pytest.raises(EffectError, match="has no video in it"):
        opened(tmp_path / "song.mp4")


def test_a_clip_whose_end_is_missing_and_with_it_its_index_is_refused(tmp_path: Path) -> None:
    whole = write_numbered(tmp_path / "whole.mp4", steady(30)).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(EffectError, match=r"cut\.mp4 is no video that can be played"):
        opened(tmp_path / "cut.mp4")


def test_a_picture_of_absurd_size_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    header = b"YUV4MPEG2 W5000 H4000 F25:1 Ip A1:1 C420jpeg\nFRAME\n"
    (tmp_path / "huge.y4m").write_bytes(header + bytes(1000))

    with pytest.raises(ClipTooLarge, match="is 5000x4000 pixels, too large: 4096x4096 at most"):
        opened(tmp_path / "huge.y4m")


def test_an_icon_is_refused(tmp_path: Path) -> None:
    frame = Image.new("L", (8, 8))
    frame.save(tmp_path / "icon.gif", save_all=True, append_images=[Image.new("L", (8, 8), 255)])

    with pytest.raises(EffectError, match="is 8x8 pixels, too small: 16 a side at least"):
        opened(tmp_path / "icon.gif")


def test_a_codec_that_nobody_films_in_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    write_numbered(path, steady(3), codec="snow", options={"strict": "experimental"})

    with pytest.raises(EffectError, match="is coded as snow, which is not played"):
        opened(path)


def test_it_holds_no_file_that_it_closed(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "clip.mp4", steady(3))
    before = len(list(Path("/proc/self/fd").iterdir()))

    for _ in range(3):
        opened(path).close()
    with pytest.raises(EffectError):
        opened(tmp_path)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
