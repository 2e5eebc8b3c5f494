"""The picture's way through a relay, its parts joined to each other and to their sockets."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from gateway.cadence import FrameRateLimit
from gateway.decoder import VideoDecoder
from gateway.encoder import EncodedUnit, VideoEncoder
from gateway.latency import LatencyMeter
from gateway.listening import listening_address
from gateway.relay import RelaySettings, receiver_settings, sender_settings
from gateway.rtp.core import (
    AccessUnit,
    Address,
    BitrateLimited,
    Event,
    FrameLeft,
    KeyframeRequested,
    SourceChanged,
    SourceClock,
    SourceLeft,
)
from gateway.rtp.payload.annex_b import byte_stream
from gateway.rtp.receiver import RtpReceiver
from gateway.rtp.sender import RtpSender
from gateway.rtp.udp import Endpoint
from gateway.shown import ShownEvent
from gateway.sink import RtpVideoSink
from gateway.source import RtpVideoTrack
from gateway.track import MattingTrack
from gateway.worker import Worker
from transforms.picture import Matrix

if TYPE_CHECKING:
    from transforms.pipeline import Pipeline

PathEvent = ShownEvent | SourceChanged | SourceLeft
"""What happens on the way that someone may want to hear of."""


class VideoPath:
    """Receiver, source, matting track, sink and sender of one call.

    First `listen`, so that nothing is missed; then `attach` a pipeline, and `forward`. `destination`: the URL's,
    resolved. It closes its endpoints, not the worker.
    """

    def __init__(
        self, settings: RelaySettings, destination: Address, *, worker: Worker, on_event: Callable[[PathEvent], None]
    ) -> None:
        self._settings = settings
        self.destination = destination
        self._worker = worker
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        chance, now = random.SystemRandom(), self._loop.time()
        cname = secrets.token_urlsafe(12)  # 96 random bits: RFC 7022 §4.2
        self.receiver = RtpReceiver(receiver_settings(settings, cname=cname), now=now, random=chance)
        self.sender = RtpSender(
            sender_settings(settings, destination, cname=cname), now=now, random=chance, unix_time=time.time()
        )
        self.latency = LatencyMeter()
        self.source = RtpVideoTrack(
            self._make_decoder,
            worker=worker,
            request_keyframe=self._request_keyframe,
            limit=FrameRateLimit(float(settings.frame_rate)) if settings.frame_rate else None,
        )
        self.track: MattingTrack | None = None
        self.sink: RtpVideoSink | None = None
        self.endpoints: tuple[Endpoint, ...] = ()

    async def listen(self, stack: AsyncExitStack) -> None:
        """Bind both legs.

        Raises:
            GatewayError: a port is in use, or an address is not ours.
        """
        media, url = self._settings.video.media, self._settings.destination
        listening = await listening_address(media.connection, self._settings.bind)
        leg_in = Endpoint.open(
            self.receiver,
            bind=listening.bind,
            group=listening.group,
            port=media.port,
            rtcp_port=None if media.rtcp_mux else media.rtcp_port,
            on_event=self._take_from_source,
        )
        self.endpoints = (await stack.enter_async_context(leg_in),)
        leg_out = Endpoint.open(
            self.sender,
            bind="::" if ":" in self.destination[0] else "0.0.0.0",
            port=self._settings.local_port or url.local_port or 0,
            rtcp_port=None if self._settings.rtcp_mux else url.local_rtcp_port or 0,
            on_event=self._take_from_far_end,
            ttl=url.ttl,
        )
        self.endpoints += (await stack.enter_async_context(leg_out),)

    def attach(self, pipeline: Pipeline) -> MattingTrack:
        """Complete the path. The track it returns owns the pipeline; the caller closes it."""
        matrix = self._settings.effect.matrix
        self.track = MattingTrack(
            self.source,
            pipeline,
            worker=self._worker,
            matrix=Matrix(matrix) if matrix else None,
            pump=False,
            on_event=self._on_event,
        )
        encoder = VideoEncoder(self._settings.encoding)
        self.sink = RtpVideoSink(self.track, encoder, self.sender, worker=self._worker, on_sent=self._flush_sent)
        return self.track

    async def forward(self) -> None:
        """Carry pictures until the source is stopped."""
        if self.sink is not None:
            await self.sink.run()

    def say_goodbye(self) -> None:
        """BYE on both legs, behind all that is still to be sent."""
        now = self._loop.time()
        self.endpoints[0].send(self.receiver.goodbye(now))
        self.endpoints[-1].send(self.sender.goodbye(now))

    def _make_decoder(self, codec: str) -> VideoDecoder:
        sets = byte_stream(self._settings.video.parameter_sets) if codec == "H264" else b""
        return VideoDecoder(codec, parameter_sets=sets, show_damaged=self._settings.on_loss == "show")

    def _request_keyframe(self) -> None:
        self.receiver.request_keyframe(self._loop.time())
        self.endpoints[0].flush()

    def _take_from_source(self, event: Event) -> None:
        match event:
            case AccessUnit(timestamp=timestamp, received=received):
                self.latency.arrived(timestamp, received)
                self.source.deliver(event)
            case SourceClock():
                self.sender.set_source_clock(event, self._loop.time())
                self.endpoints[-1].flush()
            case SourceChanged():
                self.source.deliver(event)
                self._on_event(event)
            case SourceLeft():
                self._on_event(event)
            case _:
                pass

    def _flush_sent(self, _: EncodedUnit) -> None:
        self.endpoints[-1].flush()

    def _take_from_far_end(self, event: Event) -> None:
        match event:
            case FrameLeft(timestamp):
                self.latency.left(timestamp, self._loop.time())
            case KeyframeRequested() | BitrateLimited() if self.sink is not None:
                self.sink.deliver(event)
            case _:
                pass
