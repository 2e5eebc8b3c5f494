"""The answer to a browser's offer: what both can do, in the offer's own numbers (RFC 3264 §6, RFC 8829 §5.3).

Every m-line has its place. One that cannot be on the transport is rejected (port 0); one that could but is not wanted
is inactive, so that the browser's transceiver lives on. All our candidates are in the answer: we trickle none, and take
those that the browser does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, cast

from gateway.errors import SdpError
from gateway.rtp.orientation import ORIENTATION_URI
from gateway.rtp.sdp.browser import BrowserOffer, OfferedMedia
from gateway.rtp.sdp.description import Direction, MediaDescription, SessionDescription
from gateway.rtp.sdp.feedback import Feedback
from gateway.rtp.sdp.fields import Attribute, Connection, Origin, fmtp
from gateway.rtp.sdp.h264_parameters import H264Parameters
from gateway.rtp.sdp.ice import Fingerprint, IceCandidate, IceCredentials
from gateway.rtp.sdp.inputs import codecs_found, decodable
from gateway.rtp.sdp.negotiated import ABS_SEND_TIME_URI, MID_URI, Kind, NegotiatedMedia, Wanted
from gateway.rtp.sdp.rtpmap import RtpMap

TELEPHONE_EVENT: Final = "TELEPHONE-EVENT"
_NOT_SOUND: Final = frozenset({"CN", "RED", "ULPFEC", "RTX", TELEPHONE_EVENT})
"""Comfort noise, repair and keys: nothing to hear by itself."""
_H264_ANSWERED: Final = ("level-asymmetry-allowed", "packetization-mode", "profile-level-id")
_START_BITRATE: Final = "x-google-start-bitrate"
"""In kb/s; libwebrtc obeys it in an answer's fmtp, others pass it over."""
_DEFAULT_PORT: Final = 9
"""Discard: what stands in an m-line that has no candidate (RFC 8840 §4.1.1)."""


@dataclass(frozen=True, slots=True)
class AgreedMedia:
    """One m-line of the answer. `codecs`: payload types that both can use, none where it is rejected."""

    offered: OfferedMedia
    codecs: Mapping[int, RtpMap]
    inbound: NegotiatedMedia | None = None
    outbound: NegotiatedMedia | None = None

    @property
    def direction(self) -> Direction:
        """From our side."""
        if self.outbound:
            return "sendrecv" if self.inbound else "sendonly"
        return "recvonly" if self.inbound else "inactive"


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """Our end of the one transport."""

    ice: IceCredentials
    fingerprint: Fingerprint
    candidates: tuple[IceCandidate, ...]


def negotiate(offer: BrowserOffer, wanted: Wanted, *, cname: str, ssrcs: Mapping[Kind, int]) -> tuple[AgreedMedia, ...]:
    """What becomes of each m-line. `ssrcs` and `cname`: under which we send.

    Raises:
        SdpError: video is wanted in a direction that the offer does not have, or nothing can be agreed on.
    """
    agreed = [AgreedMedia(item, _codecs(item, wanted)) for item in offer.media]
    _choose(agreed, "video", wanted, offer)
    _choose(agreed, "audio", wanted, offer)
    _check(agreed, wanted)
    _check_transport(offer, _on_transport(offer, agreed)[0])
    return tuple(_announced(item, cname, ssrcs) for item in agreed)


def answer_browser(
    offer: BrowserOffer, agreed: tuple[AgreedMedia, ...], transport: LocalTransport, *, session_id: int = 0
) -> SessionDescription:
    """The answer. `agreed` is what `negotiate` made of this offer."""
    accepted = _on_transport(offer, agreed)
    mids = [item.offered.mid for item in accepted]
    group = (Attribute("group", " ".join(("BUNDLE", *mids))),) if offer.group else ()
    return SessionDescription(
        origin=Origin.at("127.0.0.1", session_id),
        attributes=(*group, Attribute("ice-options", "trickle"), Attribute("msid-semantic", " WMS *")),
        media=tuple(
            _accepted(item, offer, transport, is_tagged=item is accepted[0]) if item.codecs else _rejected(item)
            for item in agreed
        ),
    )


def _on_transport(offer: BrowserOffer, agreed: Sequence[AgreedMedia]) -> list[AgreedMedia]:
    """The m-lines that are not rejected, in the group's order."""
    accepted = [item for item in agreed if item.codecs]
    return sorted(accepted, key=lambda item: offer.group.index(item.offered.mid) if offer.group else 0)


def _codecs(offered: OfferedMedia, wanted: Wanted) -> dict[int, RtpMap]:
    if offered.refusal:
        return {}
    if offered.kind == "audio":
        return _sound_codecs(offered.description, wanted.audio_codec)
    return {
        number: rtpmap
        for number, rtpmap in decodable(offered.description).items()
        if rtpmap.codec in wanted.video_codecs
    }


def _sound_codecs(medium: MediaDescription, wanted: str | None) -> dict[int, RtpMap]:
    """One codec, for it passes untouched from one end to all others; and the keys pressed, on the same clock."""
    rtpmaps = medium.rtpmaps
    sound = (item for item in rtpmaps.values() if item.codec not in _NOT_SOUND)
    chosen = next((item for item in sound if wanted is None or item.codec == wanted.upper()), None)
    if chosen is None:
        return {}
    keys = (i for i in rtpmaps.values() if i.codec == TELEPHONE_EVENT and i.clock_rate == chosen.clock_rate)
    return {item.payload_type: item for item in (chosen, *list(keys)[:1])}


def _choose(agreed: list[AgreedMedia], kind: Kind, wanted: Wanted, offer: BrowserOffer) -> None:
    """Take the first m-line that sends to us, and to send, the same one or else the first that receives."""
    is_video = kind == "video"
    receive, send = (wanted.receive_video, wanted.send_video) if is_video else (wanted.receive_audio, wanted.send_audio)
    start_bitrate = wanted.start_bitrate if is_video else None
    usable = [index for index, item in enumerate(agreed) if item.offered.kind == kind and item.codecs]
    inward = next((index for index in usable if receive and agreed[index].offered.sends), None)
    if inward is not None:
        agreed[inward] = replace(agreed[inward], inbound=_inbound(agreed[inward], start_bitrate))
    usable.sort(key=lambda index: index != inward)
    outward = next((index for index in usable if send and agreed[index].offered.receives), None)
    if outward is not None:
        agreed[outward] = replace(agreed[outward], outbound=_outbound(agreed[outward], offer))


def _inbound(item: AgreedMedia, start_bitrate: int | None) -> NegotiatedMedia:
    medium = item.offered.description
    feedback = Feedback.everything()
    for payload_type in item.codecs:
        feedback &= medium.feedback(payload_type)
    chosen = next(iter(item.codecs.values()))
    negotiated = _negotiated(item, chosen, "in")
    return replace(
        negotiated,
        feedback=feedback,
        ssrc=item.offered.ssrc,
        start_bitrate=start_bitrate,
        orientation_id=item.offered.orientation_id if item.offered.kind == "video" else None,
    )


def _outbound(item: AgreedMedia, offer: BrowserOffer) -> NegotiatedMedia:
    """In the codec that the offerer likes best; H264 in packets of any kind before single NAL units."""
    medium = item.offered.description
    first = next(iter(item.codecs.values()))
    same = [entry for entry in item.codecs.values() if entry.codec == first.codec]
    fmtps = medium.fmtps
    same.sort(key=lambda entry: -H264Parameters.of(fmtps.get(entry.payload_type, {})).packetization_mode)
    chosen = same[0]
    return replace(
        _negotiated(item, chosen, "out"),
        feedback=medium.feedback(chosen.payload_type) & Feedback.everything(),
        bitrate=medium.bitrate or offer.description.bitrate,
    )


def _negotiated(item: AgreedMedia, chosen: RtpMap, direction: Literal["in", "out"]) -> NegotiatedMedia:
    offered = item.offered
    parameters = offered.description.fmtp(chosen.payload_type)
    return NegotiatedMedia(
        kind=cast(Kind, offered.kind),
        direction=direction,
        mid=offered.mid,
        payload_types={number: rtpmap.codec for number, rtpmap in item.codecs.items()},
        payload_type=chosen.payload_type,
        codec=chosen.codec,
        clock_rate=chosen.clock_rate,
        channels=chosen.channels,
        h264=H264Parameters.of(parameters) if chosen.codec == "H264" else None,
        mid_id=offered.mid_id,
        abs_send_time_id=offered.abs_send_time_id if offered.kind == "video" else None,
    )


def _announced(item: AgreedMedia, cname: str, ssrcs: Mapping[Kind, int]) -> AgreedMedia:
    if item.outbound is None:
        return item
    return replace(item, outbound=replace(item.outbound, ssrc=ssrcs[item.outbound.kind], cname=cname))


def _check(agreed: list[AgreedMedia], wanted: Wanted) -> None:
    """Refuse an offer without the picture the call is about."""
    if wanted.receive_video and not any(item.inbound and item.offered.kind == "video" for item in agreed):
        raise SdpError(_missing(agreed, "none of its video is sent to us (a=sendrecv or a=sendonly)"))
    if wanted.send_video and not any(item.outbound and item.offered.kind == "video" for item in agreed):
        raise SdpError(_missing(agreed, "none of its video takes what we send (a=sendrecv or a=recvonly)"))
    if not any(item.inbound or item.outbound for item in agreed):
        raise SdpError("nothing the offer has is wanted here")


def _check_transport(offer: BrowserOffer, tagged: AgreedMedia) -> None:
    """The transport is that of the group's first m-line that we take; the offer was read before we knew which."""
    medium = tagged.offered.description
    ufrag = next(medium.attributes_named("ice-ufrag"), offer.ice.ufrag)
    if ufrag.strip() != offer.ice.ufrag:
        raise SdpError(f"line {medium.line}: its transport is not that of the first m-line, which cannot be taken")


def _missing(agreed: list[AgreedMedia], otherwise: str) -> str:
    videos = [item for item in agreed if item.offered.kind == "video"]
    if not videos:
        return "the offer has no video line (m=video)"
    for item in videos:
        if item.codecs:
            return f"line {item.offered.description.line}: {otherwise}"
    offered = videos[0].offered
    return offered.refusal or f"line {offered.description.line}: {codecs_found(offered.description)}"


def _accepted(
    item: AgreedMedia, offer: BrowserOffer, transport: LocalTransport, *, is_tagged: bool
) -> MediaDescription:
    offered = item.offered.description
    candidates = transport.candidates if is_tagged else ()
    default = max(candidates, key=lambda candidate: candidate.priority, default=None)
    return MediaDescription(
        kind=offered.kind,
        port=default.port if default else _DEFAULT_PORT,
        protocol=offered.protocol,
        formats=tuple(map(str, item.codecs)),
        connection=Connection(default.address if default else "0.0.0.0"),
        direction=item.direction,
        attributes=(
            *_transport_attributes(item, offer, transport, candidates),
            *_extension_attributes(item),
            *(attribute for entry in item.codecs.values() for attribute in _codec_attributes(item, entry)),
            *_source_attributes(item.outbound),
        ),
    )


def _rejected(item: AgreedMedia) -> MediaDescription:
    offered = item.offered.description
    mid = (Attribute("mid", item.offered.mid),) if item.offered.mid else ()
    return MediaDescription(
        offered.kind, 0, offered.protocol, offered.formats or ("0",), direction="inactive", attributes=mid
    )


def _transport_attributes(
    item: AgreedMedia, offer: BrowserOffer, transport: LocalTransport, candidates: tuple[IceCandidate, ...]
) -> Iterator[Attribute]:
    if item.offered.mid:
        yield Attribute("mid", item.offered.mid)
    yield Attribute("ice-ufrag", transport.ice.ufrag)
    yield Attribute("ice-pwd", transport.ice.password)
    yield from (Attribute("candidate", str(candidate)) for candidate in candidates)
    if candidates:
        yield Attribute("end-of-candidates")
    yield Attribute("fingerprint", str(transport.fingerprint))
    yield Attribute("setup", "passive" if offer.setup == "active" else "active")
    yield Attribute("rtcp-mux")


def _extension_attributes(item: AgreedMedia) -> Iterator[Attribute]:
    """A sender that may say how its picture stands leaves it as the camera has it, and us to turn it."""
    offered = item.offered
    if offered.mid_id is not None:
        yield Attribute("extmap", f"{offered.mid_id} {MID_URI}")
    if offered.kind == "video" and offered.abs_send_time_id is not None:
        yield Attribute("extmap", f"{offered.abs_send_time_id} {ABS_SEND_TIME_URI}")
    if item.inbound is not None and item.inbound.orientation_id is not None:
        yield Attribute("extmap", f"{item.inbound.orientation_id} {ORIENTATION_URI}")


def _codec_attributes(item: AgreedMedia, rtpmap: RtpMap) -> Iterator[Attribute]:
    """Sound's parameters come back whole, H264's as far as they are shared."""
    offered = item.offered.description
    payload_type = rtpmap.payload_type
    yield Attribute("rtpmap", str(rtpmap))
    parameters = offered.fmtp(payload_type)
    kept = {key: value for key, value in parameters.items() if offered.kind == "audio" or key in _H264_ANSWERED}
    if item.inbound and item.inbound.start_bitrate:
        kept[_START_BITRATE] = str(item.inbound.start_bitrate // 1000)
    if kept:
        yield fmtp(payload_type, kept)
    if offered.kind == "video":
        both = offered.feedback(payload_type) & Feedback.everything()
        yield from (Attribute("rtcp-fb", f"{payload_type} {kind}") for kind in both.kinds())


def _source_attributes(outbound: NegotiatedMedia | None) -> Iterator[Attribute]:
    """One media stream for sound and picture, so that the browser plays them in time with each other."""
    if outbound is not None:
        yield Attribute("msid", f"{outbound.cname} {outbound.kind}")
        yield Attribute("ssrc", f"{outbound.ssrc} cname:{outbound.cname}")
