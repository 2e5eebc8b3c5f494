"""The two ends of a call on loopback: who sends to a relay, and who receives from it. Real cores, real UDP."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from gateway.codec.encoder import EncoderSettings
from gateway.relay import RelaySettings
from gateway.rtp import sdp
from gateway.rtp.core import AccessUnit, Event, KeyframeRequested, SourceLeft
from gateway.rtp.receiver import ReceiverSettings, RtpReceiver
from gateway.rtp.sender import RtpSender, SenderSettings
from gateway.rtp.sockets import open_sockets
from gateway.rtp.udp import Endpoint
from gateway.rtp.url import RtpUrl
from transforms.effect import Color, ColorBackground, Effect, NoMatting

LOOPBACK = "127.0.0.1"
PASS_THROUGH = Effect(NoMatting(), ColorBackground(Color(0, 0, 0)))


def free_port() -> int:
    """Of a pair of ports that was free a moment ago."""
    rtp, rtcp = open_sockets(bind=LOOPBACK, port=0, rtcp_port=0)
    with rtp, rtcp:
        return int(rtp.getsockname()[1])


def description(port: int, codec: str = "H264", *, more: Sequence[str] = ()) -> sdp.SessionDescription:
    """What a sender to `port` says of itself."""
    lines = ["v=0", f"c=IN IP4 {LOOPBACK}", f"m=video {port} RTP/AVPF 96", f"a=rtpmap:96 {codec}/90000"]
    lines += ["a=fmtp:96 packetization-mode=1"] if codec == "H264" else []
    return sdp.parse("\n".join([*lines, "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli", *more]))


def relay_settings(
    port: int, destination: int, codec: str = "H264", *, effect: Effect = PASS_THROUGH, more: Sequence[str] = ()
) -> RelaySettings:
    """A relay from `port` to `destination`, both on loopback."""
    return RelaySettings(
        video=sdp.video_input(description(port, codec, more=more)),
        effect=effect,
        destination=RtpUrl(LOOPBACK, destination, destination + 1),
        payload_type=97,
        encoder=EncoderSettings(codec, preset="ultrafast"),
    )


class Caller:
    """Sends coded frames to a port, and hears what is asked of it."""

    def __init__(self, port: int, codec: str, *, seed: int = 1) -> None:
        self._loop = asyncio.get_running_loop()
        settings = SenderSettings(
            (LOOPBACK, port), (LOOPBACK, port + 1), payload_type=96, codec=codec, cname="caller", nack=True, avpf=True
        )
        self.core = RtpSender(settings, now=self._loop.time(), random=random.Random(seed))
        self.asked = asyncio.Event()
        self.endpoint = Endpoint.open(self.core, bind=LOOPBACK, port=0, rtcp_port=0, on_event=self._take)

    def send(self, *units: AccessUnit) -> None:
        for unit in units:
            self.core.send(unit, self._loop.time())
            self.endpoint.flush()

    def goodbye(self) -> None:
        self.endpoint.send(self.core.goodbye(self._loop.time()))

    def _take(self, event: Event) -> None:
        if isinstance(event, KeyframeRequested):
            self.asked.set()


class Callee:
    """Receives what a relay sends."""

    def __init__(self, codec: str, *, payload_type: int = 97) -> None:
        self._loop = asyncio.get_running_loop()
        settings = ReceiverSettings({payload_type: codec}, cname="callee", nack=True, pli=True, avpf=True)
        self.core = RtpReceiver(settings, now=self._loop.time(), random=random.Random(2))
        self.units: asyncio.Queue[AccessUnit] = asyncio.Queue()
        self.left = asyncio.Event()
        self.endpoint = Endpoint.open(self.core, bind=LOOPBACK, port=0, rtcp_port=0, on_event=self._take)

    async def receive(self, count: int = 1) -> list[AccessUnit]:
        async with asyncio.timeout(10):
            return [await self.units.get() for _ in range(count)]

    def ask_for_keyframe(self) -> None:
        self.core.request_keyframe(self._loop.time())
        self.endpoint.flush()

    def _take(self, event: Event) -> None:
        match event:
            case AccessUnit():
                self.units.put_nowait(event)
            case SourceLeft():
                self.left.set()
            case _:
                pass


@asynccontextmanager
async def caller(port: int, codec: str = "H264", *, seed: int = 1) -> AsyncIterator[Caller]:
    made = Caller(port, codec, seed=seed)
    async with made.endpoint:
        yield made


@asynccontextmanager
async def callee(codec: str = "H264", *, payload_type: int = 97) -> AsyncIterator[Callee]:
    made = Callee(codec, payload_type=payload_type)
    async with made.endpoint:
        yield made


def with_mode_0(settings: RelaySettings) -> RelaySettings:
    return replace(settings, encoder=replace(settings.encoder, packetization_mode=0))
