"""The caller: the sample person, drawn and coded as a phone would, then sent over and over as real RTP.

One period of her movement is coded beforehand, and the call is a loop of it: drawing would take half a core that the
figures of the relay are better off without.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import Final

import av

from gateway.decoder import TIME_BASE
from gateway.demo.frame_clock import FrameClock
from gateway.encoder import EncodedUnit, EncoderSettings, VideoEncoder, parameter_sets
from gateway.rtp.core import Address, Event, FrameLeft, SourceClock
from gateway.rtp.reports import NTP_SECOND, UNIX_EPOCH_NTP
from gateway.rtp.sdp import Feedback, H264Parameters, SentTo, SentVideo, describe_sender, write
from gateway.rtp.sender import RtpSender, SenderSettings
from gateway.rtp.udp import Endpoint
from gateway.worker import Worker
from transforms.picture import Size
from transforms.sample import TEAL, SampleCaller

SIZE: Final = Size(720, 1280)
SCREEN: Final = TEAL
FRAME_RATE: Final = 30
BIT_RATE: Final = 4_000_000
"""Bits per second: a good phone on a good network."""
PAYLOAD_TYPE: Final = 96
GOP: Final = 1.0
"""Seconds between key frames: a recorded caller cannot send one on request."""
CNAME: Final = "caller@demo"
LAST_PACKETS: Final = 0.05
"""Seconds that a paced key frame may still be on its way when the last frame has been handed over."""
ENCODER: Final = EncoderSettings("H264", BIT_RATE, preset="ultrafast", gop=GOP, frame_rate=FRAME_RATE)


class Caller:
    """Sends one frame after another to `destination`, each when it is due, numbered from 0. First `prepare`.

    `on_frame_left(number, now)` is told when a frame has left whole.
    """

    def __init__(self, destination: Address, *, clock: FrameClock, on_frame_left: Callable[[int, float], None]) -> None:
        self._destination = destination
        self._clock = clock
        self._on_frame_left = on_frame_left
        self._worker = Worker("caller", patience=60)  # painting compiles kernels where there is no cache yet
        self._person: SampleCaller | None = None
        self._loop: list[EncodedUnit] = []
        self.frames_sent = 0
        self.began = 0.0

    @property
    def description(self) -> str:
        """The SDP a relay needs to take the call."""
        video = SentVideo(
            to=SentTo(self._destination, self._destination[1] + 1),
            codec="H264",
            payload_type=PAYLOAD_TYPE,
            h264=H264Parameters.of_stream(parameter_sets(ENCODER, SIZE), packetization_mode=1),
            bitrate=BIT_RATE,
            framerate=FRAME_RATE,
            feedback=Feedback(nack=True),
        )
        return write(describe_sender(video, name="changebg demo"))

    async def prepare(self, *, is_stopping: Callable[[], bool], on_drawn: Callable[[float], None]) -> None:
        """Draw and code the loop, or until told to stop: some seconds. `on_drawn` is told the share that is done."""
        self._person = await self._worker.run(SampleCaller, SIZE, screen=SCREEN, frames_per_second=FRAME_RATE)
        encoder = VideoEncoder(ENCODER)
        for number in range(self._person.period):
            if is_stopping():
                return
            self._loop += await self._worker.run(lambda number: encoder.encode(self.picture(number)), number)
            on_drawn((number + 1) / self._person.period)

    def picture(self, number: int) -> av.VideoFrame:
        """Frame `number` as it is before it is coded."""
        if self._person is None:
            raise RuntimeError("prepare first")
        return self._person.frame(number)[0]

    async def call(self, frames: int, *, is_stopping: Callable[[], bool]) -> None:
        """Send so many frames, or until told to stop, and say BYE."""
        sender = RtpSender(self._settings(), now=monotonic(), random=random.Random(), unix_time=time.time())
        bind = self._destination[0]
        async with Endpoint.open(sender, bind=bind, port=0, rtcp_port=0, on_event=self._take) as endpoint:
            self.began = monotonic()
            self._clock.began = round((time.time() + UNIX_EPOCH_NTP) * NTP_SECOND)
            sender.set_source_clock(SourceClock(self._clock.began, 0, CNAME, self.began), self.began)
            for number in range(frames):
                await asyncio.sleep(max(0.0, self.began + number / FRAME_RATE - monotonic()))
                if is_stopping():
                    break
                sender.send(self._unit(number), monotonic())
                endpoint.flush()
            await asyncio.sleep(LAST_PACKETS)
            endpoint.send(sender.goodbye(monotonic()))

    async def aclose(self) -> None:
        """End the thread."""
        await self._worker.aclose()

    def _settings(self) -> SenderSettings:
        host, port = self._destination
        return SenderSettings(
            destination=self._destination,
            rtcp_destination=(host, port + 1),
            payload_type=PAYLOAD_TYPE,
            codec="H264",
            cname=CNAME,
            nack=True,
            bitrate=BIT_RATE,
        )

    def _unit(self, number: int) -> EncodedUnit:
        """Frame `number` of the call: one of the loop, at its own time."""
        return replace(self._loop[number % len(self._loop)], timestamp=round(number / FRAME_RATE / TIME_BASE))

    def _take(self, event: Event) -> None:
        if isinstance(event, FrameLeft):
            self._on_frame_left(self.frames_sent, monotonic())
            self.frames_sent += 1
