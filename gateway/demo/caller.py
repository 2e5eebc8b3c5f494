"""The caller: the sample person, drawn, coded as a phone would, and sent as real RTP."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from time import monotonic
from typing import Final

import av

from gateway.demo.frame_clock import FrameClock
from gateway.encoder import EncodedUnit, EncoderSettings, VideoEncoder
from gateway.rtp.core import Address, Datagram, Event, KeyframeRequested, SourceClock
from gateway.rtp.packet import RtpPacket
from gateway.rtp.reports import NTP_SECOND, UNIX_EPOCH_NTP
from gateway.rtp.sdp import Feedback, SentTo, SentVideo, describe_sender, write
from gateway.rtp.sender import RtpSender, SenderSettings
from gateway.rtp.udp import Endpoint
from gateway.worker import Worker
from transforms.picture import Size
from transforms.sample import SampleCaller

SIZE: Final = Size(720, 1280)
FRAME_RATE: Final = 30
BIT_RATE: Final = 4_000_000
"""Bits per second: a good phone on a good network."""
PAYLOAD_TYPE: Final = 96
AHEAD: Final = 3
"""Frames drawn before they are due: drawing may stumble, sending does not."""
CNAME: Final = "caller@demo"


class WatchedSender(RtpSender):
    """A sender that tells when the last packet of a frame leaves; frames leave in order."""

    def __init__(self, settings: SenderSettings, *, on_frame_left: Callable[[float], None]) -> None:
        super().__init__(settings, now=monotonic(), random=random.Random(), unix_time=time.time())
        self._on_frame_left = on_frame_left

    def datagrams_to_send(self, now: float) -> list[Datagram]:
        """What is due, the ends of frames noted."""
        datagrams = super().datagrams_to_send(now)
        for datagram in datagrams:
            if not datagram.is_rtcp and RtpPacket.parse(datagram.data).marker:
                self._on_frame_left(monotonic())
        return datagrams


class Caller:
    """Sends one frame after another to `destination`, each when it is due, numbered from 0.

    `on_frame_left(number, now)` is told when a frame has left whole.
    """

    def __init__(self, destination: Address, *, clock: FrameClock, on_frame_left: Callable[[int, float], None]) -> None:
        self._destination = destination
        self._clock = clock
        self._on_frame_left = on_frame_left
        self._worker = Worker("caller", patience=60)  # painting compiles kernels where there is no cache yet
        self._encoder = VideoEncoder(EncoderSettings("H264", BIT_RATE, preset="ultrafast", frame_rate=FRAME_RATE))
        self._person: SampleCaller | None = None
        self._is_keyframe_wanted = False
        self.frames_sent = 0
        self.began = 0.0

    @property
    def description(self) -> str:
        """The SDP a relay needs to take the call."""
        to = SentTo(self._destination, self._destination[1] + 1)
        feedback = Feedback(nack=True, pli=True)
        video = SentVideo(to, "H264", PAYLOAD_TYPE, bitrate=BIT_RATE, framerate=FRAME_RATE, feedback=feedback)
        return write(describe_sender(video, name="changebg demo"))

    async def prepare(self) -> None:
        """Paint the person: seconds, where drawing a frame then takes milliseconds."""
        self._person = await self._worker.run(SampleCaller, SIZE, frames_per_second=FRAME_RATE)
        await self._worker.run(self.picture, 0)

    def picture(self, number: int) -> av.VideoFrame:
        """Frame `number` as it is before it is coded."""
        if self._person is None:
            raise RuntimeError("prepare first")
        return self._person.frame(number)[0]

    async def call(self, frames: int, *, is_stopping: Callable[[], bool]) -> None:
        """Send so many frames, or until told to stop, and say BYE."""
        coded: asyncio.Queue[EncodedUnit] = asyncio.Queue(AHEAD)
        sender = WatchedSender(self._settings(), on_frame_left=self._note_left)
        bind = self._destination[0]
        async with (
            Endpoint.open(sender, bind=bind, port=0, rtcp_port=0, on_event=self._take) as endpoint,
            asyncio.TaskGroup() as tasks,
        ):
            coding = tasks.create_task(self._code(frames, coded), name="drawing and coding")
            await self._send(frames, coded, sender, endpoint, is_stopping)
            coding.cancel()
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

    async def _code(self, frames: int, coded: asyncio.Queue[EncodedUnit]) -> None:
        for number in range(frames):
            keyframe, self._is_keyframe_wanted = self._is_keyframe_wanted, False
            for unit in await self._worker.run(self._draw_and_code, number, keyframe):
                await coded.put(unit)

    def _draw_and_code(self, number: int, keyframe: bool) -> list[EncodedUnit]:
        return self._encoder.encode(self.picture(number), keyframe=keyframe)

    async def _send(
        self,
        frames: int,
        coded: asyncio.Queue[EncodedUnit],
        sender: WatchedSender,
        endpoint: Endpoint,
        is_stopping: Callable[[], bool],
    ) -> None:
        first = await coded.get()
        self.began = started = monotonic()
        began = round((time.time() + UNIX_EPOCH_NTP) * NTP_SECOND)
        self._clock.began = began
        sender.set_source_clock(SourceClock(began, first.timestamp, CNAME, started), started)
        for number in range(frames):
            unit = first if number == 0 else await coded.get()
            await asyncio.sleep(max(0.0, started + number / FRAME_RATE - monotonic()))
            if is_stopping():
                return
            sender.send(unit, monotonic())
            endpoint.flush()

    def _note_left(self, now: float) -> None:
        self._on_frame_left(self.frames_sent, now)
        self.frames_sent += 1

    def _take(self, event: Event) -> None:
        if isinstance(event, KeyframeRequested):
            self._is_keyframe_wanted = True
