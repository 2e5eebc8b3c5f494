"""Plain RTP as a leg: received on ports of ours, sent to where a caller said, or both on the same ports."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gateway.call.leg import Hub, Leg, Role
from gateway.codec.encoder import EncoderSettings
from gateway.egress import SoundEgress, VideoEgress
from gateway.errors import ArgumentError, Busy, GatewayError
from gateway.ingress import SoundIngress, VideoIngress
from gateway.rtp.core import Address, Core, Event
from gateway.rtp.duplex import Duplex
from gateway.rtp.receiver import ReceiverSettings
from gateway.rtp.sdp import Connection, Feedback, MediaDescription, VideoInput
from gateway.rtp.sdp.h264_parameters import H264Parameters
from gateway.rtp.sender import SenderSettings
from gateway.rtp.sound_sender import SoundSenderSettings
from gateway.rtp.udp import Endpoint
from gateway.serving import ServerSettings
from gateway.weakly import weakly

RECEIVER_SILENT = 300.0
"""Seconds without a report after which a watcher by plain RTP is taken for gone; it has no other way to tell."""

_ATTEMPTS = 64
"""At finding a free pair of ports within the range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where one medium goes, resolved and allowed. `rtcp` is `rtp` where they share a port (RFC 5761)."""

    rtp: Address
    rtcp: Address
    local_port: int | None = None
    local_rtcp_port: int | None = None
    ttl: int | None = None
    packet_size: int = 1200

    @property
    def is_muxed(self) -> bool:
        """RTP and RTCP share a port."""
        return self.rtp == self.rtcp


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTarget:
    """The picture's target and how it is coded for it. `bitrate`: the most it takes, in bits per second."""

    to: Target
    payload_type: int
    codec: str
    packetization_mode: int = 1
    bitrate: int | None = None
    feedback: Feedback = field(default_factory=Feedback)
    gop: float | None = None
    """Seconds between key frames, where nobody can ask for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTarget:
    """The sound's target; `payload_types`: the session's numbers (`Hub.sound_number`) to the far end's."""

    to: Target
    payload_types: Mapping[int, int]
    clock_rate: int


class RtpLeg(Leg):
    """RTP on sockets of ours. First `open_video` and `open_sound`, then `run`."""

    kind: Literal["rtp"] = "rtp"

    def __init__(self, settings: ServerSettings, hub: Hub, *, role: Role) -> None:
        super().__init__(hub, role=role)
        self._settings = settings
        self._cname = secrets.token_urlsafe(12)  # 96 random bits: RFC 7022 §4.2
        self._endpoints: list[Endpoint] = []
        self._destination: Address | None = None

    def open_video(
        self,
        source: VideoInput | None,
        target: VideoTarget | None,
        *,
        port: int | None = None,
        rtcp_port: int | None = None,
        mux: bool = False,
    ) -> int:
        """Receive the picture as `source` says, send it to `target`, either or both; returns our port.

        `port`: None takes a free one of the range. `rtcp_port`: None is the one above. `mux`: RTCP shares RTP's.

        Raises:
            GatewayError: the port is in use.
            Busy: no port of the range is free.
        """
        if source is not None:
            self._receive_video(source, mux=mux)
        if target is not None:
            self._send_video(target)
        ports = _Ports(port, rtcp_port, is_muxed=mux or (port is not None and rtcp_port == port))
        cores: list[Core] = [part.receiver for part in (self.video_in,) if part is not None]
        cores += [part.sender for part in (self.video_out,) if part is not None]
        wire = self._open(
            cores, weakly(self.take), target.to if target else None, ports, source.media if source else None
        )
        for end in (self.video_in, self.video_out):
            if end is not None:
                end.connect(wire)
        return wire.port

    def open_sound(
        self,
        source: MediaDescription | None,
        target: SoundTarget | None,
        *,
        port: int | None = None,
        rtcp_port: int | None = None,
        mux: bool = False,
    ) -> int:
        """The same for the sound."""
        if source is not None:
            self._receive_sound(source, mux=mux)
        if target is not None:
            self._send_sound(target)
        ports = _Ports(port, rtcp_port, is_muxed=mux or (port is not None and rtcp_port == port))
        cores: list[Core] = [part.receiver for part in (self.sound_in,) if part is not None]
        cores += [part.sender for part in (self.sound_out,) if part is not None]
        wire = self._open(cores, weakly(self.take_sound), target.to if target else None, ports, source)
        for end in (self.sound_in, self.sound_out):
            if end is not None:
                end.connect(wire)
        return wire.port

    def transport(self) -> Sequence[dict[str, object]]:
        """Counters of each pair of ports."""
        return [
            {
                "type": "transport",
                "id": f"{self.id}-{index}",
                "localPort": endpoint.port,
                "packetsSent": endpoint.stats.sent,
                "packetsReceived": endpoint.stats.received,
                "packetsDropped": endpoint.stats.dropped,
                "packetsFailed": endpoint.stats.failed,
            }
            for index, endpoint in enumerate(self._endpoints)
        ]

    def sends_to(self, other: RtpLeg) -> bool:
        """Whether both send their pictures to the same address."""
        return self._destination is not None and self._destination == other._destination

    async def _until_over(self, tasks: asyncio.TaskGroup) -> None:
        self._enter("connected")  # there is nobody to be reached: it is sent and listened from now on
        while self.role == "watcher" and await self._is_heard_of():
            pass
        if self.role != "watcher":
            await self._stopping.wait()

    async def _is_heard_of(self) -> bool:
        """Whether the far end reported within RECEIVER_SILENT; False as well where the leg is to stop."""
        before = self.video_out.sender.stats.rtcp if self.video_out is not None else 0
        try:
            async with asyncio.timeout(RECEIVER_SILENT):
                await self._stopping.wait()
        except TimeoutError:
            return self.video_out is not None and self.video_out.sender.stats.rtcp > before
        return False

    def _receive_video(self, source: VideoInput, *, mux: bool) -> None:
        media = source.media
        settings = ReceiverSettings(
            source.codecs,
            cname=self._cname,
            nack=source.feedback.nack,
            pli=source.feedback.pli,
            fir=source.feedback.fir,
            avpf=media.avpf,
            buffer=self._settings.buffer,
            rtcp_mux=mux,
            rtcp_address=media.rtcp_address,
            bitrate=media.bitrate or self._settings.bitrate,
            orientation=source.orientation_id,
        )
        self.video_in = VideoIngress(
            settings,
            worker=self.hub.worker,
            on_event=weakly(self.take_received),
            parameter_sets=source.parameter_sets,
        )
        self.codec_in = source.codec

    def _send_video(self, target: VideoTarget) -> None:
        self._destination = target.to.rtp
        bitrate = min(self._settings.bitrate, target.bitrate or self._settings.bitrate)
        settings = SenderSettings(
            target.to.rtp,
            target.to.rtcp,
            payload_type=target.payload_type,
            codec=target.codec,
            cname=self._cname,
            packetization_mode=target.packetization_mode,
            packet_size=target.to.packet_size,
            nack=target.feedback.nack,
            pli=target.feedback.pli,
            fir=target.feedback.fir,
            avpf=bool(target.feedback),
            rtcp_mux=target.to.is_muxed,
            bitrate=bitrate,
        )
        self.encoding = EncoderSettings(
            target.codec,
            bitrate=bitrate,
            preset=self._settings.preset,
            gop=target.gop,
            packetization_mode=target.packetization_mode,
            max_payload=settings.max_payload,
        )
        self.video_out = VideoEgress(settings)

    def _receive_sound(self, media: MediaDescription, *, mux: bool) -> None:
        codecs, clock_rate = sound_codecs(media)
        self.sound_in = SoundIngress(
            ReceiverSettings(
                codecs,
                cname=self._cname,
                clock_rate=clock_rate,
                rtcp_mux=mux,
                rtcp_address=media.rtcp_address,
                bitrate=64_000,
            )
        )

    def _send_sound(self, target: SoundTarget) -> None:
        self.sound_out = SoundEgress(
            SoundSenderSettings(
                destination=target.to.rtp,
                rtcp_destination=target.to.rtcp,
                payload_types=target.payload_types,
                cname=self._cname,
                clock_rate=target.clock_rate,
                rtcp_mux=target.to.is_muxed,
            )
        )

    def _open(
        self,
        cores: Sequence[Core],
        on_event: Callable[[Event], None],
        target: Target | None,
        ports: _Ports,
        source: MediaDescription | None,
    ) -> Endpoint:
        """Sockets for one medium's cores: a receiver, a sender, or both."""
        core = cores[0] if len(cores) == 1 else Duplex(*cores)
        bind = self._settings.rtp_address
        if target is not None and not _is_same_family(bind, target.rtp[0]):
            bind = "::" if ":" in target.rtp[0] else "0.0.0.0"
        wanted = ports.within(target)

        def opened(at: int) -> Endpoint:
            return Endpoint.open(
                core,
                bind=bind,
                group=_group(source),
                port=at,
                rtcp_port=None if wanted.is_muxed else wanted.rtcp or at + 1,
                on_event=on_event,
                ttl=target.ttl if target is not None else None,
            )

        endpoint = opened(wanted.rtp) if wanted.rtp else self._on_a_free_port(opened)
        self._endpoints.append(endpoint)
        self.wires.append(endpoint)
        return endpoint

    def _on_a_free_port(self, opened: Callable[[int], Endpoint]) -> Endpoint:
        """An even port of the range and the one above (RFC 3550 §11)."""
        first, last = self._settings.rtp_ports
        even = range(first + first % 2, last, 2)
        for port in random.SystemRandom().sample(even, min(_ATTEMPTS, len(even))):
            try:
                return opened(port)
            except GatewayError:
                continue
        raise Busy(f"no port of {first}-{last} is free", retry_after=10.0)


def sound_codecs(media: MediaDescription) -> tuple[dict[int, str], int]:
    """The payload types of a sound medium whose clock is that of the first, by codec name; and that clock, in Hz."""
    rtpmaps = media.rtpmaps
    clock_rate = next((rtpmap.clock_rate for rtpmap in rtpmaps.values()), 8000)
    return {number: rtpmap.codec for number, rtpmap in rtpmaps.items() if rtpmap.clock_rate == clock_rate}, clock_rate


def check_port(media: MediaDescription, settings: ServerSettings) -> None:
    """Refuse ports that are not ours to give.

    Raises:
        ArgumentError: the m= line's port, or its RTCP's, is outside the range.
    """
    first, last = settings.rtp_ports
    for port in (media.port, media.rtcp_port):
        if not first <= port <= last:
            raise ArgumentError(f"line {media.line}: port {port} of m={media.kind} is outside {first}-{last}")


def packetization_mode(media: MediaDescription, payload_type: int) -> int:
    """H264's, as the far end says it for this payload type."""
    return H264Parameters.of(media.fmtp(payload_type)).packetization_mode


@dataclass(frozen=True, slots=True)
class _Ports:
    """Ours for one medium; None takes a free one, or the one above."""

    rtp: int | None
    rtcp: int | None
    is_muxed: bool

    def within(self, target: Target | None) -> _Ports:
        """These, or what the target's URL names."""
        if target is None or self.rtp is not None:
            return self
        return _Ports(target.local_port, target.local_rtcp_port, self.is_muxed or target.is_muxed)


def _group(media: MediaDescription | None) -> str | None:
    """The multicast group of the c= line; a name is not resolved, for it is a stranger's."""
    connection: Connection | None = media.connection if media is not None else None
    ip = connection.ip if connection is not None else None
    return str(ip) if ip is not None and ip.is_multicast else None


def _is_same_family(one: str, other: str) -> bool:
    return ipaddress.ip_address(one).version == ipaddress.ip_address(other).version
