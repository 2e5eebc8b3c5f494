"""From an offer to a leg of a session: a browser's other end, or plain RTP's.

First it is read and checked (`read_offer`): a refusal costs no pipeline, no port and no thread.
"""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass, replace

from gateway.call.leg import Leg, Role
from gateway.call.peer_leg import PeerLeg
from gateway.call.rtp_ends import GOP, check_rtcp, joining, read_apart, resolved
from gateway.call.rtp_leg import RtpLeg, SoundTarget, Target, VideoTarget, packetization_mode, sound_codecs
from gateway.call.session import Session
from gateway.errors import SdpError
from gateway.rtp import sdp
from gateway.rtp.core import Address
from gateway.rtp.sdp import Feedback, MediaDescription, SessionDescription, VideoInput
from gateway.rtp.sdp.browser import BrowserOffer
from gateway.serving import Network, ServerSettings
from gateway.webrtc.peer import Wanted

CAMERA_START = 700_000
"""Bits per second a browser's camera is asked to begin with, before anything is known of the way; alone, 300 000."""


@dataclass(frozen=True, slots=True)
class PlainOffer:
    """An offer of plain RTP. `video_to`, `sound_to`: where the offerer receives, resolved; None where it does not."""

    description: SessionDescription
    video: VideoInput
    sound: MediaDescription | None
    video_to: Address | None = None
    sound_to: Address | None = None


Offer = BrowserOffer | PlainOffer


async def read_offer(text: str, settings: ServerSettings, *, replies: bool) -> Offer:
    """An offer, and that we may send to where it asks us to. `replies`: whether we would.

    Raises:
        SdpError: it cannot be used.
        Forbidden: it is received where nothing may be sent to.
    """
    offer = await read_apart(_read, text)
    if isinstance(offer, BrowserOffer):
        return offer
    media = [offer.video.media, offer.sound] if offer.sound is not None else [offer.video.media]
    check_rtcp(media, settings.destinations)
    receiving = [medium for medium in media if replies and medium.direction in ("sendrecv", "recvonly")]
    to = {id(medium): await _receives_at(medium, settings.destinations) for medium in receiving}
    return replace(offer, video_to=to.get(id(offer.video.media)), sound_to=to.get(id(offer.sound)))


def _read(text: str) -> Offer:
    description = sdp.parse(text)
    if BrowserOffer.fits(description):
        return BrowserOffer.of(description)
    return PlainOffer(description, sdp.video_input(description), sdp.audio_input(description))


async def read_browser_offer(text: str) -> BrowserOffer:
    """An offer to WHIP or WHEP, which know browsers' kind only (RFC 9725 §4.2).

    Raises:
        SdpError: it cannot be used.
    """
    offer = await read_apart(_read, text)
    if not isinstance(offer, BrowserOffer):
        raise SdpError("an offer of plain RTP: here ICE and DTLS-SRTP are needed (/v1/offer takes both)")
    return offer


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
    async with joining(session, leg):
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
    async with joining(session, leg):
        text = _answer_plain(leg, offer, settings, receives=receives, sends=sends)
        if receives:
            _require_pictures(leg)
    for other in session.legs:
        if role == "watcher" and other is not leg and isinstance(other, RtpLeg) and other.sends_to(leg):
            other.stop()
    return leg, text


def _require_pictures(leg: Leg) -> None:
    if leg.video_in is None:
        raise SdpError("the offer sends no video that we take: m=video with a=sendrecv or a=sendonly is needed")


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


async def _receives_at(media: MediaDescription, networks: tuple[Network, ...]) -> Address:
    if media.connection is None:
        raise SdpError(f"line {media.line}: m={media.kind} has no c= line that says where it is received")
    return await resolved(media.connection.address, media.port, networks)


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
