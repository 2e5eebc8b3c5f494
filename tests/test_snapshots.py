"""Pictures of a call, written to files while it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
from aiortc.mediastreams import VideoStreamTrack
from av import VideoFrame
from numpy.typing import NDArray
from PIL import Image

from gateway.cli.parser import parse
from gateway.cli.relay import USAGE
from gateway.cli.relay_settings import relay_settings
from gateway.errors import ArgumentError
from gateway.relay import Snapshots
from gateway.snapshots import place, take_snapshots, write_snapshots
from gateway.track import MattingTrack
from gateway.worker import Worker
from tests.frames import drawn_frame, luma
from tests.mattings import pipeline
from transforms.picture import Size

SIZE = Size(64, 48)


class Drawn(VideoStreamTrack):
    """Frames that tell their number, as fast as they are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._number = 0

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(0)
        self._number += 1
        return drawn_frame(self._number, SIZE)


@pytest.fixture
async def track() -> AsyncIterator[MattingTrack]:
    opened = MattingTrack(Drawn(), pipeline(), pump=False)
    yield opened
    await opened.aclose()


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    opened = Worker("test")
    yield opened
    await opened.aclose()


def _names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def _pixels(file: Path) -> NDArray[np.uint8]:
    with Image.open(file) as image:
        return np.asarray(image)


async def test_each_view_is_a_file_with_its_number(track: MattingTrack, worker: Worker, tmp_path: Path) -> None:
    await track.recv()
    wanted = Snapshots(1.0, ("composite", "alpha"), tmp_path / "call.png")
    files = await write_snapshots(track, wanted, 7, worker)
    assert [file.name for file in files] == ["call-composite-000007.png", "call-alpha-000007.png"]
    composite, alpha = map(_pixels, files)
    assert (composite.shape, alpha.shape) == ((48, 64, 3), (48, 64))
    assert (alpha[:, :32] == 255).all()
    assert (alpha[:, 33:] == 0).all()
    assert _names(tmp_path) == {file.name for file in files}


async def test_the_room_is_for_its_owner_alone(track: MattingTrack, worker: Worker, tmp_path: Path) -> None:
    frame = await track.recv()
    wanted = Snapshots(1.0, ("input", "composite"), tmp_path / "call.jpg")
    room, composite = await write_snapshots(track, wanted, 1, worker)
    assert room.stat().st_mode & 0o077 == 0
    assert composite.stat().st_mode & 0o400
    with Image.open(composite) as image:
        assert image.format == "JPEG"
    assert luma(frame).shape == _pixels(room).shape[:2]


async def test_the_first_picture_is_waited_for(track: MattingTrack, worker: Worker, tmp_path: Path) -> None:
    wanted = Snapshots(1.0, ("composite",), tmp_path / "call.png")
    writing = asyncio.create_task(write_snapshots(track, wanted, 1, worker))
    await asyncio.sleep(0)
    assert not writing.done()
    await track.recv()
    assert await writing == (tmp_path / "call-000001.png",)


async def _until(done: Callable[[], bool], track: MattingTrack) -> None:
    """Frames flow until it is so."""
    while not done():
        await track.recv()


async def test_a_file_that_cannot_be_written_is_told_and_the_next_ones_follow(
    track: MattingTrack, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "call-000003.png").mkdir()  # where no file can be put
    wanted = Snapshots(0.0, ("composite",), tmp_path / "call.png")
    taking = asyncio.create_task(take_snapshots(track, wanted))
    await _until((tmp_path / "call-000005.png").exists, track)
    taking.cancel()
    await asyncio.wait([taking])
    assert [record.message for record in caplog.records if "call-000003.png" in record.message]
    assert not [name for name in _names(tmp_path) if name.startswith(".")]


async def test_a_folder_that_is_gone_is_told_once_and_ends_nothing(
    track: MattingTrack, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = Snapshots(0.0, ("composite",), tmp_path / "gone" / "call.png")
    taking = asyncio.create_task(take_snapshots(track, wanted))
    await _until(lambda: bool(caplog.records), track)
    for _ in range(50):
        await track.recv()
    assert not taking.done()
    taking.cancel()
    await asyncio.wait([taking])
    assert len(caplog.records) == 1


async def test_they_end_with_the_track(track: MattingTrack, tmp_path: Path) -> None:
    await track.recv()
    taking = asyncio.create_task(take_snapshots(track, Snapshots(0.001, ("composite",), tmp_path / "call.png")))
    await asyncio.sleep(0)
    await track.aclose()
    await taking


def test_one_view_needs_no_name() -> None:
    wanted = Snapshots(1.0, ("alpha",), Path("out/call.jpeg"))
    assert place(wanted, "alpha", 1_234_567) == Path("out/call-1234567.jpeg")


SDP = """\
v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=video 5004 RTP/AVP 96
a=rtpmap:96 H264/90000
"""


def _snapshots(tmp_path: Path, *words: str) -> Snapshots | None:
    sdp = tmp_path / "call.sdp"
    sdp.write_text(SDP)
    five = [str(sdp), "color:102030", "auto", "rtp://127.0.0.1:5006", "96"]
    return relay_settings(parse(USAGE, [*five, *words])).snapshots


def test_a_relay_is_told_how_often_what_and_where(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert _snapshots(tmp_path) is None
    assert _snapshots(tmp_path, "--snapshot-every=5") == Snapshots(5.0, ("composite",), Path("snapshot.png"))
    words = ["--snapshot-every=0.5", "--snapshot-view=alpha,input", "--snapshot-view=alpha"]
    wanted = _snapshots(tmp_path, *words, f"--snapshot-file={tmp_path}/a.jpg")
    assert wanted == Snapshots(0.5, ("alpha", "input"), tmp_path / "a.jpg")
    assert "show the room as it is" in caplog.text
    with pytest.raises(ArgumentError, match="there is no folder"):
        _snapshots(tmp_path, "--snapshot-every=5", "--snapshot-file=no/such/a.png")
