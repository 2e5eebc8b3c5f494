from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import av
import pytest
from aiortc.mediastreams import VideoStreamTrack

from gateway.codec.decoder import VideoDecoder
from gateway.codec.encoder import EncodedUnit, EncoderSettings, VideoEncoder
from gateway.latest import LatestFrame
from gateway.rtp.core import BitrateLimited, KeyframeRequested
from gateway.rtp.payload import PayloadTooLarge
from gateway.sink import ANSWER_WITHIN, REPEAT_MARGIN, RtpVideoSink
from gateway.worker import Worker
from tests.frames import access_unit, drawn_frame, luma, psnr
from transforms.picture import Size

DRAWN = [drawn_frame(number) for number in range(8)]


class HandedTrack(VideoStreamTrack):
    """Gives what it is handed."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: LatestFrame[av.VideoFrame] = LatestFrame()
        self._wanted = asyncio.Event()

    async def recv(self) -> av.VideoFrame:
        self._wanted.set()
        return await self.frames.get()

    async def wanted_again(self) -> None:
        """Wait until what was handed last has been dealt with."""
        self._wanted.clear()
        await self._wanted.wait()


@dataclass
class Rig:
    """A sink at work, and what it sent. It is the sender as well."""

    track: HandedTrack
    sink: RtpVideoSink = field(init=False)
    sent: asyncio.Queue[EncodedUnit] = field(default_factory=asyncio.Queue)
    flushed: int = 0
    fits: bool = True

    def send(self, frame: EncodedUnit, now: float) -> None:
        if not self.fits:
            raise PayloadTooLarge("a NAL unit of 9999 bytes")
        self.sent.put_nowait(frame)

    def on_sent(self, unit: EncodedUnit) -> None:
        self.flushed += 1

    async def pass_on(self, frame: av.VideoFrame) -> EncodedUnit:
        self.track.frames.put(frame)
        return await self.sent.get()


@asynccontextmanager
async def rig(codec: str = "H264") -> AsyncIterator[Rig]:
    worker, r = Worker(), Rig(HandedTrack())
    r.sink = RtpVideoSink(r.track, VideoEncoder(EncoderSettings(codec)), r, worker=worker, on_sent=r.on_sent)
    running = asyncio.create_task(r.sink.run())
    yield r
    r.track.frames.end()
    await running
    await worker.aclose()


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_every_frame_is_sent_with_its_timestamp(codec: str, loop_guard: None) -> None:
    async with rig(codec) as r:
        decoder = VideoDecoder(codec)
        for number, drawn in enumerate(DRAWN):
            unit = await r.pass_on(drawn)
            assert (unit.timestamp, unit.is_keyframe) == (number * 3000, number == 0)
            (frame,) = decoder.decode(access_unit(unit))
            assert psnr(luma(frame), luma(drawn)) > 32
        assert r.flushed == 8
        assert (r.sink.stats.sent, r.sink.stats.keyframes, r.sink.stats.repeated) == (8, 1, 0)


async def test_a_request_is_answered_by_the_next_frame() -> None:
    async with rig() as r:
        for number in range(6):
            if number == 3:
                r.sink.deliver(KeyframeRequested())
            unit = await r.pass_on(drawn_frame(number))
            assert unit.is_keyframe == (number in (0, 3))
        assert r.sink.stats.repeated == 0


async def test_a_request_in_silence_is_answered_by_the_last_frame_again() -> None:
    async with rig() as r:
        await r.pass_on(drawn_frame(0))
        last = await r.pass_on(drawn_frame(1))
        r.sink.deliver(KeyframeRequested())
        unit = await asyncio.wait_for(r.sent.get(), ANSWER_WITHIN + 1)
        assert unit.is_keyframe
        assert last.timestamp < unit.timestamp < 6000
        (frame,) = VideoDecoder("H264").decode(access_unit(unit))
        assert psnr(luma(frame), luma(drawn_frame(1))) > 32
        following = await r.pass_on(drawn_frame(2))
        assert (following.timestamp, following.is_keyframe) == (6000, False)


async def test_a_repeated_frame_keeps_up_with_the_streams_clock_and_never_goes_back() -> None:
    async with rig() as r:
        await r.pass_on(drawn_frame(0))
        timestamps = []
        for _ in range(5):
            r.sink.deliver(KeyframeRequested())
            timestamps.append((await asyncio.wait_for(r.sent.get(), ANSWER_WITHIN + 1)).timestamp)
        assert timestamps == sorted(set(timestamps))
        assert timestamps[-1] >= (5 * ANSWER_WITHIN - REPEAT_MARGIN) * 90_000
        assert r.sink.stats.repeated == 5


async def test_a_request_before_the_first_frame_costs_nothing() -> None:
    async with rig() as r:
        r.sink.deliver(KeyframeRequested())
        await asyncio.sleep(2 * ANSWER_WITHIN)  # what is under test is that nothing happens meanwhile
        assert [(await r.pass_on(drawn_frame(number))).is_keyframe for number in range(3)] == [True, False, False]


async def test_a_bit_rate_limit_reaches_the_encoder() -> None:
    async with rig() as r:
        await r.pass_on(drawn_frame(0))
        r.sink.deliver(BitrateLimited(300_000))
        await r.pass_on(drawn_frame(1))
        assert r.sink._encoder.bitrate == 300_000


async def test_a_frame_no_codec_can_code_is_dropped_and_the_next_one_sent(caplog: pytest.LogCaptureFixture) -> None:
    async with rig() as r:
        await r.pass_on(drawn_frame(0))
        r.track.frames.put(drawn_frame(1, Size(1, 1)))
        await r.track.wanted_again()
        assert r.sink.stats.refused == 1
        unit = await r.pass_on(drawn_frame(2))
        assert unit.timestamp == 6000
        assert "1x1" in caplog.text


async def test_a_frame_that_fits_no_packet_is_dropped_and_the_next_is_a_key_frame(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with rig() as r:
        await r.pass_on(drawn_frame(0))
        r.fits = False
        r.track.frames.put(drawn_frame(1))
        await r.track.wanted_again()
        r.fits = True
        assert (await r.pass_on(drawn_frame(2))).is_keyframe
        assert r.sink.stats.refused == 1
        assert "9999" in caplog.text


async def test_a_request_outlives_a_frame_that_cannot_be_coded() -> None:
    async with rig() as r:
        await r.pass_on(drawn_frame(0))
        r.sink.deliver(KeyframeRequested())
        r.track.frames.put(drawn_frame(1, Size(1, 1)))
        await r.track.wanted_again()
        assert (await r.pass_on(drawn_frame(2))).is_keyframe
