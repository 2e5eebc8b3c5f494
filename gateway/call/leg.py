"""One end of a session: what carries its pictures and sound in, out, or both ways.

A leg is told by its session what is to be sent, and tells it what came (`Hub`). It knows no other leg, so that whatever
happens to it happens to no other.
"""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal, Protocol

from aiortc.mediastreams import MediaStreamTrack

from gateway.call.fanout import FanoutReader
from gateway.codec.encoder import EncoderSettings
from gateway.egress import SoundEgress, VideoEgress
from gateway.ingress import SoundIngress, VideoIngress
from gateway.rtp.core import (
    AccessUnit,
    BitrateLimited,
    Event,
    FrameLeft,
    KeyframeRequested,
    SoundPacket,
    SourceChanged,
    SourceClock,
)
from gateway.rtp.wire import Wire
from gateway.worker import Worker

Kind = Literal["webrtc", "rtp", "file"]
Role = Literal["offerer", "publisher", "watcher", "input", "output"]
LegState = Literal["new", "connected", "disconnected", "closed"]
"""`new`: nobody has been reached yet. `disconnected`: nothing comes any more, and it may again."""


class Hub(Protocol):
    """What a leg tells its session, always on the event loop."""

    @property
    def worker(self) -> Worker:
        """Where the session's pictures are decoded."""

    def reader(self) -> FanoutReader:
        """A new view of its composites."""

    def sound_number(self, codec: str, clock_rate: int) -> int:
        """The payload type under which the session's legs pass this codec to each other."""

    def arrived(self, leg: Leg, timestamp: int, received: float) -> None:
        """A picture is here, whole: its own timestamp (1/90000 s), and when its last packet came."""

    def told_time(self, leg: Leg, clock: SourceClock) -> None:
        """The source of the picture told its time."""

    def heard(self, leg: Leg, packet: SoundPacket) -> None:
        """Sound came. Its payload type is one of `sound_number`."""

    def told_sound_time(self, leg: Leg, clock: SourceClock) -> None:
        """The source of the sound told its time."""

    def leg_changed(self, leg: Leg) -> None:
        """`leg.state` is another."""


class Leg(ABC):
    """One end. Made by its kind's own functions; run once, by the session; `abandon` it where it is never run.

    `video_in` and so on are None where it has none. `track`: its pictures, for the session to follow.
    """

    kind: Kind

    def __init__(self, hub: Hub, *, role: Role) -> None:
        self.id = secrets.token_hex(4)
        self.role: Role = role
        self.state: LegState = "new"
        self.video_in: VideoIngress | None = None
        self.video_out: VideoEgress | None = None
        self.sound_in: SoundIngress | None = None
        self.sound_out: SoundEgress | None = None
        self.reader: FanoutReader | None = None
        self.hub = hub
        self.wires: list[Wire] = []
        self.encoding: EncoderSettings | None = None
        self.ssrc_in: int | None = None
        self.sound_ssrc_in: int | None = None
        self.codec_in: str | None = None
        self._worker = Worker("encode")
        self._reached = asyncio.Event()
        self._closed = asyncio.Event()
        self._stopping = asyncio.Event()

    @property
    def track(self) -> MediaStreamTrack | None:
        """What it brings in."""
        return self.video_in.source if self.video_in is not None else None

    @property
    def is_stopping(self) -> bool:
        """Whether nothing of it counts any more."""
        return self._stopping.is_set()

    @property
    def is_half_open(self) -> bool:
        """Whether its far end was not reached yet."""
        return self.state == "new"

    @property
    def has_hung_up(self) -> bool:
        """Whether the far end said goodbye, rather than being lost."""
        return False

    async def run(self) -> None:
        """Carry media until the far end is gone or `stop` is called; nothing of it is left then.

        Raises:
            ExceptionGroup: of whatever failed: a worker that hangs, a mistake of ours.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                for wire in self.wires:
                    tasks.create_task(wire.run(), name="wire")
                sending = tasks.create_task(self._send_pictures(), name="send pictures")
                await self._until_over(tasks)
                await self._finish(sending)
        finally:
            self._stopping.set()
            await self.abandon()

    def stop(self) -> None:
        """Send what is on its way, say goodbye and end; `run` returns soon."""
        self._stopping.set()

    async def aclose(self) -> None:
        """Stop, and see `run` end."""
        self.stop()
        await self._closed.wait()

    async def abandon(self) -> None:
        """Let go of everything, without a word to the far end."""
        for wire in self.wires:
            wire.close()
        self._enter("closed")
        try:
            await self._worker.aclose()
        finally:
            self._closed.set()

    @abstractmethod
    def transport(self) -> Sequence[dict[str, object]]:
        """What is counted beneath RTP, as W3C webrtc-stats names it."""

    def take(self, event: Event) -> None:
        """What a core of the picture puts out, receiver or sender."""
        match event:
            case FrameLeft() | KeyframeRequested() | BitrateLimited():
                if self.video_out is not None:
                    self.video_out.take(event)
            case _:
                if self.video_in is not None:
                    self.video_in.take(event)

    def take_received(self, event: Event) -> None:
        """What came of the picture, once the decoder has it."""
        match event:
            case AccessUnit(timestamp=timestamp, received=received):
                self.hub.arrived(self, timestamp, received)
            case SourceClock():
                self.hub.told_time(self, event)
            case SourceChanged(ssrc):
                self.ssrc_in = ssrc
            case _:
                pass

    def take_sound(self, event: Event) -> None:
        """What a core of the sound puts out."""
        match event:
            case SoundPacket():
                self._pass_on(event)
            case SourceClock():
                self.hub.told_sound_time(self, event)
            case SourceChanged(ssrc):
                self.sound_ssrc_in = ssrc
            case _:
                pass

    async def _until_over(self, tasks: asyncio.TaskGroup) -> None:
        """Return when the leg is to end."""
        await self._stopping.wait()

    def _enter(self, state: LegState) -> None:
        if self.state in (state, "closed"):
            return
        self.state = state
        if state == "connected":
            self._reached.set()
        self.hub.leg_changed(self)

    async def _send_pictures(self) -> None:
        """From when the far end is reached: what is sent to nobody need not be encoded."""
        await self._reached.wait()
        if self.video_out is None or self.encoding is None:
            return
        self.reader = self.hub.reader()
        self.video_out.attach(self.reader, self.encoding, worker=self._worker, shares_frames=True)
        try:
            await self.video_out.run()
        finally:
            self.reader.stop()

    async def _finish(self, sending: asyncio.Task[None]) -> None:
        """The frame at work leaves, then BYE, then the wires close."""
        if self.reader is None:
            sending.cancel()
        else:
            self.reader.end()
        await asyncio.wait([sending])
        for part in (self.video_in, self.video_out, self.sound_in, self.sound_out):
            if part is not None:
                part.say_goodbye()
        for wire in self.wires:
            wire.close()

    def _pass_on(self, packet: SoundPacket) -> None:
        if self.sound_in is None:
            return
        codec = self.sound_in.codecs[packet.payload_type]
        number = self.hub.sound_number(codec, self.sound_in.clock_rate)
        self.hub.heard(self, _renumbered(packet, number))


def _renumbered(packet: SoundPacket, payload_type: int) -> SoundPacket:
    return SoundPacket(
        payload_type, packet.marker, packet.sequence_number, packet.timestamp, packet.payload, packet.received
    )
