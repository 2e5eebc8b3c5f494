"""From what a caller asks for to a leg of a session: an offer's other end, an SDP's receiver, a URL's sender.

First everything is read and checked (`Offer.read`, `Sink.of`): a refusal costs no pipeline, no port and no thread.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.destinations import is_within, resolve_within
from gateway.errors import ArgumentError, Conflict, Forbidden, GatewayError, SdpError
from gateway.leg import Leg, Role
from gateway.legs import RtpOutput
from gateway.peer_leg import PeerLeg
from gateway.rtp import sdp
from gateway.rtp.core import Address
from gateway.rtp.sdp import Feedback, MediaDescription, SessionDescription, VideoInput
from gateway.rtp.sdp.browser import BrowserOffer
from gateway.rtp.url import RtpUrl
from gateway.rtp_leg import RtpLeg, SoundTarget, Target, VideoTarget, check_port, packetization_mode, sound_codecs
from gateway.serving import Network, ServerSettings
from gateway.session import Session
from gateway.webrtc.peer import Wanted

RESOLVING = 0.8
"""Seconds for a host name of an offer: it is to be answered within one."""

CAMERA_START = 700_000
"""Bits per second a browser's camera is asked to begin with, before anything is known of the way; alone, 300 000."""

PORTS_FREE_AGAIN = 8.0
"""Seconds after which to ask again for a port: a call that is not carried through gives it back by then."""

GOP = 2.0
"""Seconds between key frames towards a plain RTP receiver, who may have no way to ask for one."""


@dataclass(frozen=True, slots=True)
class PlainOffer:
    """An offer of plain RTP. `video_to`, `sound_to`: where the offerer receives, resolved; None where it does not."""

    description: SessionDescription
    video: VideoInput
    sound: MediaDescription | None
    video_to: Address | None
    sound_to: Address | None


Offer = BrowserOffer | PlainOffer


async def read_offer(text: str, settings: ServerSettings, *, replies: bool) -> Offer:
    """An offer, and that we may send to where it asks us to. `replies`: whether we would.

    Raises:
        SdpError: it cannot be used.
        Forbidden: it is received where nothing may be sent to.
    """
    description = sdp.parse(text)
    if BrowserOffer.fits(description):
        return BrowserOffer.of(description)
    video, sound = sdp.video_input(description), sdp.audio_input(description)
    media = [video.media, sound] if sound is not None else [video.media]
    _check_rtcp(media, settings.destinations)
    receiving = [medium for medium in media if replies and medium.direction in ("sendrecv", "recvonly")]
    to = {id(medium): await _receives_at(medium, settings.destinations) for medium in receiving}
    return PlainOffer(description, video, sound, to.get(id(video.media)), to.get(id(sound)))


def read_browser_offer(text: str) -> BrowserOffer:
    """An offer to WHIP or WHEP, which know browsers' kind only (RFC 9725 §4.2).

    Raises:
        SdpError: it cannot be used.
    """
    description = sdp.parse(text)
    if not BrowserOffer.fits(description):
        raise SdpError("an offer of plain RTP: here ICE and DTLS-SRTP are needed (/v1/offer takes both)")
    return BrowserOffer.of(description)


async def join_browser(
    session: Session, offer: BrowserOffer, settings: ServerSettings, *, role: Role, sends: bool
) -> tuple[PeerLeg, str]:
    """Add a browser to `session`; returns its leg and the answer's text.

    `role` says what it brings: everyone but a watcher sends us pictures. `sends`: it gets the composite.

    Raises:
        SdpError: nothing of what is wanted can be agreed on.
        GatewayError: no candidate could be gathered.
    """
    leg = PeerLeg(offer, settings, session.board, role=role)
    receives, sound = role != "watcher", session.board.sound_codec
    # A watcher hears the sound in the codec it comes in, for it passes untouched.
    wanted = Wanted(
        receive_video=receives,
        send_video=sends,
        receive_audio=receives,
        send_audio=sends and (receives or sound is not None),
        audio_codec=None if receives else sound,
        start_bitrate=min(CAMERA_START, settings.bitrate),
    )
    async with _joining(session, leg):
        text = await leg.answer(wanted)
        if receives:
            _require_pictures(leg)
    return leg, text


async def join_plain(
    session: Session, offer: PlainOffer, settings: ServerSettings, *, role: Role, sends: bool
) -> tuple[RtpLeg, str]:
    """Add whoever offers plain RTP, as `join_browser`. A watcher takes the place of one at the same address.

    Raises:
        SdpError: nothing of what is wanted can be agreed on.
        GatewayError: no port is free.
    """
    leg, receives = RtpLeg(settings, session.board, role=role), role != "watcher"
    async with _joining(session, leg):
        text = _answer_plain(leg, offer, settings, receives=receives, sends=sends)
        if receives:
            _require_pictures(leg)
    for other in session.legs:
        if role == "watcher" and other is not leg and isinstance(other, RtpLeg) and other.sends_to(leg):
            other.stop()
    return leg, text


@asynccontextmanager
async def _joining(session: Session, leg: Leg) -> AsyncIterator[None]:
    """Add `leg` to the session when the block has set it up; where that fails, let go of it.

    Raises:
        Conflict: what it needs of this machine, a port most of all, is not to be had now.
    """
    try:
        yield
    except BaseException as error:
        await leg.abandon()
        if isinstance(error, GatewayError) and error.status == GatewayError.status:
            raise Conflict(str(error), retry_after=PORTS_FREE_AGAIN) from error
        raise
    session.add(leg)


def _require_pictures(leg: Leg) -> None:
    if leg.video_in is None:
        raise SdpError("the offer sends no video that we take: m=video with a=sendrecv or a=sendonly is needed")


@dataclass(frozen=True, slots=True)
class Source:
    """An SDP's media, on ports that are ours to give."""

    video: VideoInput
    sound: MediaDescription | None

    @classmethod
    def of(cls, text: str, settings: ServerSettings) -> Source:
        """Read and check it.

        Raises:
            SdpError: it cannot be used.
            ArgumentError: its ports are outside the range.
            Forbidden: its RTCP is heard where nothing may be sent to.
        """
        description = sdp.parse(text)
        source = cls(sdp.video_input(description), sdp.audio_input(description))
        media = [source.video.media, source.sound] if source.sound is not None else [source.video.media]
        for medium in media:
            check_port(medium, settings)
        _check_rtcp(media, settings.destinations)
        return source


async def listen(session: Session, source: Source, settings: ServerSettings) -> None:
    """Add a leg that receives what an SDP describes.

    Raises:
        GatewayError: a port is in use.
    """
    leg = RtpLeg(settings, session.board, role="input")
    async with _joining(session, leg):
        media, sound = source.video.media, source.sound
        leg.open_video(source.video, None, port=media.port, rtcp_port=media.rtcp_port, mux=media.rtcp_mux)
        if sound is not None:
            leg.open_sound(sound, None, port=sound.port, rtcp_port=sound.rtcp_port, mux=sound.rtcp_mux)


@dataclass(frozen=True, slots=True)
class Sink:
    """Where RTP goes, resolved and allowed."""

    output: RtpOutput
    video: Target
    sound: Target | None

    @classmethod
    async def of(cls, output: RtpOutput, settings: ServerSettings) -> Sink:
        """Resolve and check it.

        Raises:
            ArgumentError: a name that cannot be resolved.
            Forbidden: nothing may be sent there.
        """
        video = await _sink_target(output.url, settings)
        return cls(output, video, None if output.audio is None else await _sink_target(output.audio, settings))


async def send(session: Session, sink: Sink, settings: ServerSettings) -> None:
    """Add a leg that sends the composite, and the sound there is, in the codecs the session's input has.

    Raises:
        GatewayError: a local port is in use.
    """
    leg = RtpLeg(settings, session.board, role="output")
    source = next((one for one in session.legs if one.video_in is not None), None)
    codec = (source.codec_in if source is not None else None) or "H264"
    async with _joining(session, leg):
        leg.open_video(
            None,
            VideoTarget(
                to=sink.video,
                payload_type=sink.output.payload_type,
                codec=codec,
                feedback=Feedback.everything(),
                gop=GOP,
            ),
        )
        sound = source.sound_in if source is not None else None
        if sink.sound is not None and sound is not None:
            first = next(iter(sound.codecs))
            renamed = {first: first if sink.output.audio_payload_type is None else sink.output.audio_payload_type}
            numbers = {
                leg.hub.sound_number(codec, sound.clock_rate): renamed.get(number, number)
                for number, codec in sound.codecs.items()
            }
            leg.open_sound(None, SoundTarget(to=sink.sound, payload_types=numbers, clock_rate=sound.clock_rate))


async def _sink_target(url: RtpUrl, settings: ServerSettings) -> Target:
    address = await _resolved(url.host, url.port, settings.destinations)
    return Target(
        rtp=address,
        rtcp=(address[0], url.rtcp_port),
        local_port=url.local_port,
        local_rtcp_port=url.local_rtcp_port,
        ttl=url.ttl,
        packet_size=url.packet_size,
    )


def _answer_plain(leg: RtpLeg, offer: PlainOffer, settings: ServerSettings, *, receives: bool, sends: bool) -> str:
    media, sound = offer.video.media, offer.sound
    target = _video_target(offer) if sends and offer.video_to is not None else None
    source = offer.video if receives and media.direction in ("sendrecv", "sendonly") else None
    if source is None and target is None:
        raise SdpError(f"line {media.line}: the video is {media.direction}: nothing would flow")
    video_port = leg.open_video(source, target, mux=media.rtcp_mux)
    audio_port = None
    if sound is not None:
        to = _sound_target(leg, sound, offer.sound_to) if sends and offer.sound_to is not None else None
        hears = sound if receives and sound.direction in ("sendrecv", "sendonly") else None
        if (to or hears) and sound_codecs(sound)[0]:
            audio_port = leg.open_sound(hears, to, mux=sound.rtcp_mux)
    address = _own_address(settings, offer.video_to)
    capabilities = sdp.Capabilities(
        address=address,
        video_port=video_port,
        audio_port=audio_port,
        direction="sendrecv" if receives and sends else "recvonly" if receives else "sendonly",
    )
    return sdp.write(sdp.answer(offer.description, capabilities, session_id=secrets.randbits(62)))


def _video_target(offer: PlainOffer) -> VideoTarget:
    media, video = offer.video.media, offer.video
    feedback = video.feedback & Feedback.everything()
    return VideoTarget(
        to=_target(media, offer.video_to),
        payload_type=video.payload_type,
        codec=video.codec,
        packetization_mode=packetization_mode(media, video.payload_type),
        bitrate=media.bitrate,
        feedback=feedback,
        gop=None if feedback else GOP,
    )


def _sound_target(leg: RtpLeg, media: MediaDescription, to: Address | None) -> SoundTarget:
    codecs, clock_rate = sound_codecs(media)
    numbers = {leg.hub.sound_number(codec, clock_rate): number for number, codec in codecs.items()}
    return SoundTarget(to=_target(media, to), payload_types=numbers, clock_rate=clock_rate)


def _target(media: MediaDescription, to: Address | None) -> Target:
    if to is None:
        raise SdpError(f"line {media.line}: the {media.kind} is received nowhere")
    return Target(rtp=to, rtcp=(to[0], media.rtcp_port))


def _check_rtcp(media: Iterable[MediaDescription], networks: tuple[Network, ...]) -> None:
    """An `a=rtcp` line may not have us send to somebody else.

    Raises:
        Forbidden: it names an address beyond `networks`.
    """
    for medium in media:
        rtcp = medium.rtcp_address
        if rtcp is not None and not is_within(rtcp[0], networks):
            raise Forbidden(f"a=rtcp: {rtcp[0]!r} is no allowed destination")


async def _receives_at(media: MediaDescription, networks: tuple[Network, ...]) -> Address:
    if media.connection is None:
        raise SdpError(f"line {media.line}: m={media.kind} has no c= line that says where it is received")
    return await _resolved(media.connection.address, media.port, networks)


async def _resolved(host: str, port: int, networks: tuple[Network, ...]) -> Address:
    try:
        async with asyncio.timeout(RESOLVING):
            return await resolve_within(host, port, networks)
    except TimeoutError as silent:
        raise ArgumentError(f"cannot resolve {host!r}: no answer within {RESOLVING:g} s") from silent


def _own_address(settings: ServerSettings, to: Address | None) -> str:
    """What an answer names as ours: where we listen, or, listening everywhere, what the far end's packets reach."""
    if settings.rtp_address not in ("0.0.0.0", "::"):
        return settings.rtp_address
    if settings.ice.public_address is not None:
        return settings.ice.public_address
    far_end = to or ("198.51.100.1", 9)  # any address beyond (RFC 5737): only our own side is looked at
    with socket.socket(socket.AF_INET6 if ":" in far_end[0] else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(far_end)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
