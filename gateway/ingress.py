"""The way in: what receives a picture and decodes it, what receives sound, on whatever wire their packets come by."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from functools import partial

from gateway.codec.cadence import FrameRateLimit
from gateway.codec.decoder import VideoDecoder
from gateway.rtp.bandwidth import BandwidthEstimator
from gateway.rtp.core import AccessUnit, Event, SourceChanged
from gateway.rtp.payload.annex_b import byte_stream
from gateway.rtp.receiver import ReceiverSettings, RtpReceiver
from gateway.rtp.sound_receiver import SoundReceiver
from gateway.rtp.wire import Wire
from gateway.source import RtpVideoTrack
from gateway.weakly import weakly
from gateway.worker import Worker


class VideoIngress:
    """Receiver and decoding track of one incoming video.

    First `connect` it to the wire that carries `receiver`, whose events go to `take`; `on_event` is told each of them
    when the track has it. `parameter_sets`: H264's NAL units that the SDP names. `frame_rate`: an upper bound.
    `estimator`: of what gets through from this source.
    """

    def __init__(
        self,
        settings: ReceiverSettings,
        *,
        worker: Worker,
        on_event: Callable[[Event], None],
        parameter_sets: tuple[bytes, ...] = (),
        frame_rate: float | None = None,
        estimator: BandwidthEstimator | None = None,
    ) -> None:
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._wire: Wire | None = None
        self.receiver = RtpReceiver(settings, now=self._loop.time(), random=random.SystemRandom(), estimator=estimator)
        self.source = RtpVideoTrack(
            partial(_decoder, parameter_sets=parameter_sets, show_damaged=settings.on_loss == "show"),
            worker=worker,
            request_keyframe=weakly(self.request_keyframe),
            limit=FrameRateLimit(frame_rate) if frame_rate else None,
        )

    def connect(self, wire: Wire) -> None:
        """Have `wire` flushed when the receiver has something to ask for."""
        self._wire = wire

    def take(self, event: Event) -> None:
        """What the receiver puts out."""
        if isinstance(event, AccessUnit | SourceChanged):
            self.source.deliver(event)
        self._on_event(event)

    def request_keyframe(self) -> None:
        """Ask the source for a picture that decoding can begin with."""
        self.receiver.request_keyframe(self._loop.time())
        if self._wire is not None:
            self._wire.flush()

    def say_goodbye(self) -> None:
        """BYE to the source, behind all that is still to be sent."""
        if self._wire is not None:
            self._wire.send(self.receiver.goodbye(self._loop.time()))


def _decoder(codec: str, *, parameter_sets: tuple[bytes, ...], show_damaged: bool) -> VideoDecoder:
    """A fresh one. The parameter sets are H264's."""
    sets = byte_stream(parameter_sets) if codec == "H264" else b""
    return VideoDecoder(codec, parameter_sets=sets, show_damaged=show_damaged)


class SoundIngress:
    """Receiver of one incoming sound: `connect` it to the wire that carries `receiver`, whose events are the owner's.

    `codecs`: by payload type, all of one clock rate.
    """

    def __init__(self, settings: ReceiverSettings) -> None:
        self._loop = asyncio.get_running_loop()
        self._wire: Wire | None = None
        self.codecs: Mapping[int, str] = settings.codecs
        self.clock_rate = settings.clock_rate
        self.receiver = SoundReceiver(settings, now=self._loop.time(), random=random.SystemRandom())

    def connect(self, wire: Wire) -> None:
        """Say goodbye by `wire`."""
        self._wire = wire

    def say_goodbye(self) -> None:
        """BYE to the source."""
        if self._wire is not None:
            self._wire.send(self.receiver.goodbye(self._loop.time()))
