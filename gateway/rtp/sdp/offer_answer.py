"""The answer to an offer of plain RTP (RFC 3264 §6): what both can do, in the offer's own numbers.

Every m= line of the offer has its line in the answer, in order; one we cannot take keeps its place with port 0. What
belongs to WebRTC (ICE, DTLS, groups) is not answered here: media that need it are encrypted, and so rejected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.rtp.orientation import ORIENTATION_URI
from gateway.rtp.sdp.description import Direction, MediaDescription, SessionDescription
from gateway.rtp.sdp.feedback import Feedback
from gateway.rtp.sdp.fields import Attribute, Connection, Origin, fmtp
from gateway.rtp.sdp.inputs import VIDEO_CODECS, decodable

_FMTP_ANSWERED = ("packetization-mode", "profile-level-id", "level-asymmetry-allowed")
"""The H264 parameters both sides must agree on (RFC 6184 §8.2.2); the offer's parameter sets are its own."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What we would do in one call. A port of None: no medium of that kind. `address` is where we receive.

    Video is taken in `codecs`; sound in whatever it comes in, since it passes untouched.
    """

    address: str
    video_port: int | None = None
    audio_port: int | None = None
    codecs: tuple[str, ...] = VIDEO_CODECS
    direction: Direction = "sendrecv"
    feedback: Feedback = field(default_factory=Feedback.everything)
    rtcp_mux: bool = True


def answer(offer: SessionDescription, capabilities: Capabilities, *, session_id: int = 0) -> SessionDescription:
    """The answer to `offer`. At most one medium of each kind is taken, the first that can be."""
    ports = {"video": capabilities.video_port, "audio": capabilities.audio_port}
    media = []
    for offered in offer.media:
        port = ports.get(offered.kind)
        payload_types = _accepted(offered, capabilities) if port else ()
        if port and payload_types:
            media.append(_accept(offered, port, payload_types, capabilities))
            ports[offered.kind] = None
        else:
            media.append(_reject(offered, capabilities))
    return SessionDescription(
        origin=Origin.at(capabilities.address, session_id),
        connection=Connection(capabilities.address),
        media=tuple(media),
    )


def _accepted(offered: MediaDescription, capabilities: Capabilities) -> tuple[int, ...]:
    """The payload types both sides can use, in the offer's order; empty means rejected."""
    if offered.is_rejected or offered.is_secure:
        return ()
    if offered.kind == "audio":
        return offered.payload_types
    return tuple(number for number, rtpmap in decodable(offered).items() if rtpmap.codec in capabilities.codecs)


def _accept(
    offered: MediaDescription, port: int, payload_types: tuple[int, ...], capabilities: Capabilities
) -> MediaDescription:
    return MediaDescription(
        kind=offered.kind,
        port=port,
        protocol=offered.protocol,
        formats=tuple(map(str, payload_types)),
        connection=Connection(capabilities.address),
        direction=_answered_direction(offered.direction, capabilities.direction),
        attributes=tuple(_answered_attributes(offered, payload_types, capabilities)),
    )


def _reject(offered: MediaDescription, capabilities: Capabilities) -> MediaDescription:
    connection = Connection(capabilities.address)
    return MediaDescription(
        offered.kind, 0, offered.protocol, offered.formats, connection=connection, direction="inactive"
    )


def _answered_attributes(
    offered: MediaDescription, payload_types: tuple[int, ...], capabilities: Capabilities
) -> Iterator[Attribute]:
    for mid in offered.attributes_named("mid"):
        yield Attribute("mid", mid)
    if offered.rtcp_mux and capabilities.rtcp_mux:
        yield Attribute("rtcp-mux")
    orientation = offered.extension_id(ORIENTATION_URI)
    if offered.kind == "video" and orientation is not None and _receives(offered.direction, capabilities.direction):
        yield Attribute("extmap", f"{orientation} {ORIENTATION_URI}")
    rtpmaps = offered.rtpmaps
    for payload_type in payload_types:
        if payload_type in rtpmaps:
            yield Attribute("rtpmap", str(rtpmaps[payload_type]))
        yield from _answered_fmtp(offered, payload_type)
        if offered.kind == "video":
            both = offered.feedback(payload_type) & capabilities.feedback
            yield from (Attribute("rtcp-fb", f"{payload_type} {kind}") for kind in both.kinds())


def _answered_fmtp(offered: MediaDescription, payload_type: int) -> Iterator[Attribute]:
    """Sound's parameters come back whole, H264's as far as they are shared."""
    parameters = offered.fmtp(payload_type)
    kept = {key: value for key, value in parameters.items() if offered.kind == "audio" or key in _FMTP_ANSWERED}
    if kept:
        yield fmtp(payload_type, kept)


def _answered_direction(offered: Direction, ours: Direction) -> Direction:
    """What we may send is what the offerer receives and we want to send; and the other way round."""
    sends = offered in ("sendrecv", "recvonly") and ours in ("sendrecv", "sendonly")
    receives = _receives(offered, ours)
    if sends:
        return "sendrecv" if receives else "sendonly"
    return "recvonly" if receives else "inactive"


def _receives(offered: Direction, ours: Direction) -> bool:
    return offered in ("sendrecv", "sendonly") and ours in ("sendrecv", "recvonly")
