"""The picture's way through a relay: a way in, the matting, a way out, in one worker and each leg on its sockets."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from gateway.egress import VideoEgress
from gateway.ingress import VideoIngress
from gateway.listening import listening_address
from gateway.relay import RelaySettings, receiver_settings, sender_settings
from gateway.rtp.core import AccessUnit, Address, Event, SourceChanged, SourceClock, SourceLeft
from gateway.rtp.udp import Endpoint
from gateway.shown import ShownEvent
from gateway.track import MattingTrack
from gateway.worker import Worker
from transforms.picture import Matrix

if TYPE_CHECKING:
    from transforms.pipeline import Pipeline

PathEvent = ShownEvent | SourceChanged | SourceLeft
"""What happens on the way that someone may want to hear of."""


class VideoPath:
    """Ingress, matting track and egress of one call.

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
        cname = secrets.token_urlsafe(12)  # 96 random bits: RFC 7022 §4.2
        self.ingress = VideoIngress(
            receiver_settings(settings, cname=cname),
            worker=worker,
            on_event=self._take_from_source,
            parameter_sets=settings.video.parameter_sets,
            frame_rate=float(settings.frame_rate) if settings.frame_rate else None,
        )
        self.egress = VideoEgress(sender_settings(settings, destination, cname=cname))
        self.track: MattingTrack | None = None
        self.endpoints: tuple[Endpoint, ...] = ()

    async def listen(self, stack: AsyncExitStack) -> None:
        """Bind both legs.

        Raises:
            GatewayError: a port is in use, or an address is not ours.
        """
        media, url = self._settings.video.media, self._settings.destination
        listening = await listening_address(media.connection, self._settings.bind)
        leg_in = Endpoint.open(
            self.ingress.receiver,
            bind=listening.bind,
            group=listening.group,
            port=media.port,
            rtcp_port=None if media.rtcp_mux else media.rtcp_port,
            on_event=self.ingress.take,
        )
        self.endpoints = (await stack.enter_async_context(leg_in),)
        self.ingress.connect(leg_in)
        leg_out = Endpoint.open(
            self.egress.sender,
            bind="::" if ":" in self.destination[0] else "0.0.0.0",
            port=self._settings.local_port or url.local_port or 0,
            rtcp_port=None if self._settings.rtcp_mux else url.local_rtcp_port or 0,
            on_event=self.egress.take,
            ttl=url.ttl,
        )
        self.endpoints += (await stack.enter_async_context(leg_out),)
        self.egress.connect(leg_out)

    def attach(self, pipeline: Pipeline) -> MattingTrack:
        """Complete the path. The track it returns owns the pipeline; the caller closes it."""
        matrix = self._settings.effect.matrix
        self.track = MattingTrack(
            self.ingress.source,
            pipeline,
            worker=self._worker,
            matrix=Matrix(matrix) if matrix else None,
            geometry=self._settings.geometry,
            pump=False,
            on_event=self._on_event,
        )
        self.egress.attach(self.track, self._settings.encoding, worker=self._worker)
        return self.track

    async def forward(self) -> None:
        """Carry pictures until the source is stopped."""
        await self.egress.run()

    def say_goodbye(self) -> None:
        """BYE on both legs."""
        self.ingress.say_goodbye()
        self.egress.say_goodbye()

    def _take_from_source(self, event: Event) -> None:
        match event:
            case AccessUnit(timestamp=timestamp, received=received):
                self.egress.arrived(timestamp, received)
            case SourceClock():
                self.egress.follow(event)
            case SourceChanged() | SourceLeft():
                self._on_event(event)
            case _:
                pass
