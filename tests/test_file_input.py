from __future__ import annotations

import asyncio
from fractions import Fraction
from pathlib import Path

import av
import pytest
from aiortc.mediastreams import MediaStreamError

from gateway.call.file_input import FileTrack, media_file
from gateway.errors import ArgumentError, NotFound
from tests.frames import drawn_frame


def film(path: Path, frames: int = 4, rate: int = 50) -> Path:
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(frames):
            frame = drawn_frame(number)
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


async def test_it_plays_over_and_over_on_one_line_of_time(tmp_path: Path) -> None:
    seen: list[int] = []
    track = FileTrack(film(tmp_path / "four.mp4"), on_frame=lambda timestamp, _: seen.append(timestamp))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    frames = [await track.recv() for _ in range(11)]
    assert [frame.pts for frame in frames] == [number * 1800 for number in range(11)]
    assert loop.time() - begun > 0.19  # ten fiftieths of a second, in real time
    assert seen == [frame.pts for frame in frames]
    await track.aclose()
    with pytest.raises(MediaStreamError):
        await track.recv()


async def test_stopped_while_it_waits_it_ends(tmp_path: Path) -> None:
    track = FileTrack(film(tmp_path / "slow.mp4", frames=2, rate=1), on_frame=lambda *_: None)
    await track.recv()
    waiting = asyncio.create_task(track.recv())
    await asyncio.sleep(0.05)
    track.stop()
    with pytest.raises(MediaStreamError):
        await waiting
    await track.aclose()


def test_only_films_below_the_folder_are_found(tmp_path: Path) -> None:
    inside = tmp_path / "media"
    inside.mkdir()
    film(inside / "film.mp4")
    film(tmp_path / "beside.mp4")
    (inside / "link.mp4").symlink_to(tmp_path / "beside.mp4")
    (inside / "text.mp4").write_text("no film")
    assert media_file(inside, "film.mp4") == inside / "film.mp4"
    (inside / "around").symlink_to("around")
    for name in ("../beside.mp4", str(tmp_path / "beside.mp4"), "link.mp4", "none.mp4", ".", "around/x", "x" * 300):
        with pytest.raises(NotFound, match="below the media directory"):
            media_file(inside, name)
    for name in ("", "a\0b"):
        with pytest.raises(ArgumentError):
            media_file(inside, name)
    with pytest.raises(ArgumentError, match="no video"):
        media_file(inside, "text.mp4")
    with pytest.raises(NotFound, match="--media-dir"):
        media_file(None, "film.mp4")
