"""The way out: what encodes a picture and sends it, what sends sound, on whatever wire their packets leave by."""

from __future__ import annotations

import asyncio
import random
import time

from aiortc.mediastreams import MediaStreamTrack

from gateway.codec.encoder import EncodedUnit, EncoderSettings, VideoEncoder
from gateway.latency import LatencyMeter
from gateway.rtp.core import BitrateLimited, Event, FrameLeft, KeyframeRequested, SoundPacket, SourceClock
from gateway.rtp.sender import RtpSender, SenderSettings
from gateway.rtp.sound_sender import SoundSender, SoundSenderSettings
from gateway.rtp.wire import Wire
from gateway.sink import RtpVideoSink
from gateway.weakly import weakly
from gateway.worker import Worker


class VideoEgress:
    """Encoder and sender of one outgoing video.

    First `connect` it to the wire that carries `sender`, whose events go to `take`; then `attach` a track and `run`.
    `latency` counts the frames whose arrival it was told of by `arrived`.
    """

    def __init__(self, settings: SenderSettings) -> None:
        self._loop = asyncio.get_running_loop()
        self._wire: Wire | None = None
        self.latency = LatencyMeter()
        self.sink: RtpVideoSink | None = None
        self.encoder: VideoEncoder | None = None
        self.sender = RtpSender(settings, now=self._loop.time(), random=random.SystemRandom(), unix_time=time.time())

    def connect(self, wire: Wire) -> None:
        """Send by `wire`."""
        self._wire = wire

    def attach(
        self, track: MediaStreamTrack, encoding: EncoderSettings, *, worker: Worker, shares_frames: bool = False
    ) -> None:
        """Take the frames of `track`, encoded in `worker`; both stay the caller's. `shares_frames`: with others."""
        self.encoder = VideoEncoder(encoding, shares_frames=shares_frames)
        self.encoder.bitrate = self.sender.bitrate  # the first frame is the largest: no event comes before it
        self.sink = RtpVideoSink(track, self.encoder, self.sender, worker=worker, on_sent=weakly(self._flush_sent))

    async def run(self) -> None:
        """Send until the track ends."""
        if self.sink is not None:
            await self.sink.run()

    def arrived(self, timestamp: int, received: float) -> None:
        """The frame of this timestamp came in at `received`, on the loop's clock."""
        self.latency.arrived(timestamp, received)

    def follow(self, clock: SourceClock) -> None:
        """Tell this time in our sender reports."""
        self.sender.set_source_clock(clock, self._loop.time())
        self._flush()

    def take(self, event: Event) -> None:
        """What the sender heard from the far end."""
        match event:
            case FrameLeft(timestamp):
                self.latency.left(timestamp, self._loop.time())
            case KeyframeRequested() | BitrateLimited() if self.sink is not None:
                self.sink.deliver(event)
            case _:
                pass

    def say_goodbye(self) -> None:
        """BYE to the far end, behind all that is still to be sent."""
        if self._wire is not None:
            self._wire.send(self.sender.goodbye(self._loop.time()))

    def _flush_sent(self, _: EncodedUnit) -> None:
        self._flush()

    def _flush(self) -> None:
        if self._wire is not None:
            self._wire.flush()


class SoundEgress:
    """Sender of one outgoing sound: `connect` it to the wire that carries `sender`."""

    def __init__(self, settings: SoundSenderSettings) -> None:
        self._loop = asyncio.get_running_loop()
        self._wire: Wire | None = None
        self.clock_rate = settings.clock_rate
        self.sender = SoundSender(settings, now=self._loop.time(), random=random.SystemRandom(), unix_time=time.time())

    def connect(self, wire: Wire) -> None:
        """Send by `wire`."""
        self._wire = wire

    def send(self, packet: SoundPacket) -> None:
        """Pass on a packet of the source, at once."""
        self.sender.send(packet, self._loop.time())
        self._flush()

    def follow(self, clock: SourceClock) -> None:
        """Tell this time in our sender reports."""
        self.sender.set_source_clock(clock, self._loop.time())
        self._flush()

    def say_goodbye(self) -> None:
        """BYE to the far end."""
        if self._wire is not None:
            self._wire.send(self.sender.goodbye(self._loop.time()))

    def _flush(self) -> None:
        if self._wire is not None:
            self._wire.flush()
