"""The caller: the sample person, drawn and coded as a phone would, then sent over and over as real RTP.

One period of her movement is coded beforehand, and the call is a loop of it: drawing would take half a core that the
figures of the relay are better off without.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final

import av

from gateway.codec.decoder import TIME_BASE
from gateway.codec.encoder import EncodedUnit, EncoderSettings, VideoEncoder, parameter_sets
from gateway.demo.frame_clock import FrameClock
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
        self._also: list[Address] = []
        self.frames_sent = 0
        self.began = 0.0

    def description(self, destination: Address | None = None) -> str:
        """The SDP that a receiver at `destination`, the first one where None, needs to take the call."""
        to = destination or self._destination
        video = SentVideo(
            to=SentTo(to, to[1] + 1),
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
        async with AsyncExitStack() as stack:
            receivers = {self._destination: self._take} | dict.fromkeys(self._also, _pass_over)
            lines = [await stack.enter_async_context(_line(to, take)) for to, take in receivers.items()]
            self.began = monotonic()
            self._clock.began = round((time.time() + UNIX_EPOCH_NTP) * NTP_SECOND)
            for line in lines:
                line.sender.set_source_clock(SourceClock(self._clock.began, 0, CNAME, self.began), self.began)
            for number in range(frames):
                await asyncio.sleep(max(0.0, self.began + number / FRAME_RATE - monotonic()))
                if is_stopping():
                    break
                for line in lines:
                    line.sender.send(self._unit(number), monotonic())
                    line.endpoint.flush()
            await asyncio.sleep(LAST_PACKETS)

    def send_also_to(self, destination: Address) -> None:
        """Send the call there, too; to be said before it begins."""
        self._also.append(destination)

    async def aclose(self) -> None:
        """End the thread."""
        await self._worker.aclose()

    def _unit(self, number: int) -> EncodedUnit:
        """Frame `number` of the call: one of the loop, at its own time."""
        return replace(self._loop[number % len(self._loop)], timestamp=round(number / FRAME_RATE / TIME_BASE))

    def _take(self, event: Event) -> None:
        if isinstance(event, FrameLeft):
            self._on_frame_left(self.frames_sent, monotonic())
            self.frames_sent += 1


@dataclass(frozen=True, slots=True)
class _Line:
    """What goes to one receiver."""

    sender: RtpSender
    endpoint: Endpoint


@asynccontextmanager
async def _line(to: Address, on_event: Callable[[Event], None]) -> AsyncIterator[_Line]:
    """A line to one receiver, who is told BYE at its end."""
    sender = RtpSender(_settings(to), now=monotonic(), random=random.Random(), unix_time=time.time())
    async with Endpoint.open(sender, bind=to[0], port=0, rtcp_port=0, on_event=on_event) as endpoint:
        yield _Line(sender, endpoint)
        endpoint.send(sender.goodbye(monotonic()))


def _settings(to: Address) -> SenderSettings:
    return SenderSettings(
        destination=to,
        rtcp_destination=(to[0], to[1] + 1),
        payload_type=PAYLOAD_TYPE,
        codec="H264",
        cname=CNAME,
        nack=True,
        bitrate=BIT_RATE,
    )


def _pass_over(event: Event) -> None:
    """What one receiver of several gets is not counted."""
