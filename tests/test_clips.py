"""Uploaded videos: what is kept of them, and what is refused."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from gateway.backgrounds import clips
from gateway.backgrounds.asset import PICTURE, THUMBNAIL
from gateway.backgrounds.clips import Clip, take_in_clip
from gateway.errors import ArgumentError, GatewayError, TooLarge, UnsupportedMedia
from tests.numbered import number_in, steady, write_numbered
from transforms.clip.shots import Reel
from transforms.clip.source import ClipSource
from transforms.picture import Size


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


def taken_in(upload: Path, folder: Path) -> Clip:
    with upload.open("rb") as source:
        return take_in_clip(source, folder)


def test_a_video_is_kept_as_browsers_show_it(tmp_path: Path, kept: Path) -> None:
    upload = write_numbered(tmp_path / "clip.mkv", steady(45, 15), rate=15)

    taken = taken_in(upload, kept)

    assert taken == Clip(240, 300, taken.seconds)
    assert taken.seconds == pytest.approx(3.0, abs=0.01)

    with av.open(str(kept / PICTURE)) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264"]
        assert "mp4" in container.format.name
        assert [number_in(frame) for frame in container.decode(video=0)] == list(range(45))
    assert (kept / PICTURE).read_bytes()[36:40] == b"moov"  # at its head, for who begins to watch while it comes


def test_it_is_upright_and_says_nothing_of_where_it_was_filmed(tmp_path: Path, kept: Path) -> None:
    upload = write_numbered(tmp_path / "clip.mov", steady(10), quarters=1)
    located = tmp_path / "located.mov"
    with av.open(str(upload)) as source, av.open(str(located), "w", options={"movflags": "use_metadata_tags"}) as copy:
        copy.metadata["location"] = "+48.2082+016.3738/"
        stream = copy.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(90)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    assert b"+48.2082" in located.read_bytes()

    taken = taken_in(located, kept)

    assert (taken.width, taken.height) == (240, 300)
    assert b"+48.2082" not in (kept / PICTURE).read_bytes()
    assert number_in(Reel(ClipSource.of(kept / PICTURE)).first.frame) == 0


def test_of_a_fast_video_every_other_picture_is_kept(tmp_path: Path, kept: Path) -> None:
    upload = write_numbered(tmp_path / "clip.mp4", steady(40, 60), rate=60)

    taken_in(upload, kept)

    shots = list(Reel(ClipSource.of(kept / PICTURE)).shots())
    assert [number_in(shot.frame) for shot in shots] == list(range(0, 40, 2))
    assert shots[-1].start + shots[-1].length == pytest.approx(40 / 60, abs=0.002)


def test_the_thumbnail_shows_it_a_second_on(tmp_path: Path, kept: Path) -> None:
    taken_in(write_numbered(tmp_path / "clip.mkv", steady(20, 10), rate=10), kept)

    with Image.open(kept / THUMBNAIL) as image:
        assert image.format == "JPEG"
        assert image.size == (144, 180)


@pytest.mark.parametrize(
    ("clip", "size"),
    [
        ((3840, 2160), (1920, 1080)),
        ((2160, 3840), (1080, 1920)),
        ((1920, 1080), (1920, 1080)),
        ((641, 361), (640, 360)),
        ((4096, 1024), (1920, 480)),
    ],
)
def test_it_is_kept_no_larger_than_a_call(clip: tuple[int, int], size: tuple[int, int]) -> None:
    assert clips._kept_size(Size(*clip)) == size


def test_what_is_too_long_is_refused(tmp_path: Path, kept: Path) -> None:
    upload = write_numbered(tmp_path / "clip.mkv", [0.0, 100.0, 200.0])

    with pytest.raises(TooLarge, match="lasts 200 s or more, 120 at most"):
        taken_in(upload, kept)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nothing", b""),
        ("text", b"a video, believe me"),
        ("playlist.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"),
        ("concat", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ("ftyp", b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + bytes(500)),
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, kept: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UnsupportedMedia, match="the video"):
        taken_in(tmp_path / name, kept)


def test_any_damage_is_a_refusal_or_a_clip(tmp_path: Path, kept: Path) -> None:
    whole = write_numbered(tmp_path / "clip.mp4", steady(12)).read_bytes()
    random = np.random.default_rng(6)
    for _ in range(30):
        hurt = bytearray(whole)
        for place in random.integers(0, len(hurt), 40):
            hurt[place] = random.integers(256)
        (tmp_path / "hurt.mp4").write_bytes(hurt)
        try:
            taken_in(tmp_path / "hurt.mp4", kept)
        except GatewayError as error:
            assert isinstance(error, UnsupportedMedia | ArgumentError | TooLarge)
