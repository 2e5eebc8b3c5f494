"""A file into RTP: every picture at its time, described beforehand, and an end that is said."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from gateway.codec.encoder import EncoderSettings
from gateway.errors import ArgumentError
from gateway.file.sending import SendingSession
from gateway.file.settings import SendingSettings
from gateway.rtp import sdp
from gateway.rtp.rtcp import Goodbye, SenderReport, parse_compound
from gateway.rtp.url import parse_rtp_url
from tests.peers.link import Link
from tests.peers.received import coded_frames, seen_frames
from transforms.effect import Color, ColorBackground, Effect, FfmpegKey
from transforms.picture import Matrix, Picture

GREEN, RED = Color(0, 255, 0), Color(255, 0, 0)
EFFECT = Effect(FfmpegKey(GREEN, similarity=0.2), ColorBackground(RED))
TIMES = [0, 1, 2, 3, 5, 6, 9, 10, 11, 12]
"""In thirtieths of a second: some pictures are missing."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A green wall, and a mark that grows."""
    path = tmp_path_factory.mktemp("clip") / "in.mkv"
    green = Matrix.BT601.to_ycbcr(GREEN, full_range=False)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "1", "preset": "ultrafast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 30)
        for time in TIMES:
            frame = av.VideoFrame(128, 96, "yuv420p")
            for plane, level, mark, step in zip(
                Picture.of(frame).planes, green, (200, 128, 128), (1, 2, 2), strict=True
            ):
                plane.rows[:] = level
                plane.rows[: 32 // step, : (32 + 4 * time) // step] = mark
            frame.pts, frame.time_base = time, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before


def settings(source: Path, port: int, codec: str = "H264") -> SendingSettings:
    url = parse_rtp_url(f"rtp://127.0.0.1:{port}")
    encoder = EncoderSettings(codec=codec, preset="ultrafast", gop=2.0)
    return SendingSettings(source=source, effect=EFFECT, destination=url, payload_type=96, encoder=encoder)


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_every_picture_leaves_at_its_time(clip: Path, codec: str) -> None:
    told: list[str] = []
    with Link() as far_end:
        session = SendingSession(settings(clip, far_end.port, codec), on_started=told.append)
        await session.run()
        await far_end.watch.until(lambda: any(map(_says_goodbye, far_end.arrived_rtcp)), "BYE", within=5)
    coded = coded_frames(far_end.arrived, codec)
    assert [unit.is_whole for unit in coded] == [True] * len(TIMES)
    since = [round(((unit.timestamp - coded[0].timestamp) & 0xFFFFFFFF) / 3000) for unit in coded]
    assert since == TIMES
    for unit, time in zip(coded, TIMES, strict=True):
        assert (unit.last_at - coded[0].first_at) / 1e9 > time / 30 - 0.06  # never sooner; a busy machine may be late
    shown = Picture.of(list(seen_frames(coded, codec))[-1].frame)
    red = Matrix.BT601.to_ycbcr(RED, full_range=False)
    assert [int(np.median(plane.rows[-10:, -10:])) for plane in shown.planes] == pytest.approx(red, abs=6)
    described = sdp.video_input(sdp.parse(told[0]))
    assert described.media.port == far_end.port
    assert described.codecs == {96: codec}
    assert (session.summary.frames_in, session.summary.frames_out) == (len(TIMES), len(TIMES))


async def test_reports_tell_the_time_of_what_is_sent(clip: Path) -> None:
    with Link() as far_end:
        await SendingSession(settings(clip, far_end.port), on_started=lambda _: None).run()
        await far_end.watch.until(lambda: any(map(_says_goodbye, far_end.arrived_rtcp)), "BYE", within=5)
    packets = [packet for passed in far_end.arrived_rtcp for packet in parse_compound(passed.data)]
    assert any(isinstance(packet, SenderReport) for packet in packets)


async def test_a_stop_ends_it_with_the_picture_at_work(clip: Path) -> None:
    with Link() as far_end:
        session = SendingSession(settings(clip, far_end.port), on_started=lambda _: None)
        running = asyncio.create_task(session.run())
        await far_end.watch.until(lambda: bool(far_end.arrived), "a packet", within=20)
        session.stop()
        await running
        await far_end.watch.until(lambda: any(map(_says_goodbye, far_end.arrived_rtcp)), "BYE", within=5)
    assert len(coded_frames(far_end.arrived)) < len(TIMES)


async def test_a_stop_before_anything_was_sent_sends_nothing(clip: Path) -> None:
    with Link() as far_end:
        session = SendingSession(settings(clip, far_end.port), on_started=lambda _: None)
        session.stop()
        await session.run()
    assert far_end.arrived == []


async def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.mkv"
    path.write_bytes(b"no video at all")
    with pytest.raises(ArgumentError, match="INPUT"):
        await SendingSession(settings(path, 9), on_started=lambda _: None).run()


def _says_goodbye(passed: object) -> bool:
    return any(isinstance(packet, Goodbye) for packet in parse_compound(getattr(passed, "data", b"")))
