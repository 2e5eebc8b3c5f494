"""The description of what a relay sends, as `ffmpeg -protocol_whitelist file,udp,rtp -i FILE` and others open it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway.rtp.core import Address
from gateway.rtp.sdp.description import MediaDescription, SessionDescription
from gateway.rtp.sdp.feedback import Feedback
from gateway.rtp.sdp.fields import Attribute, Bandwidth, Connection, Origin, fmtp
from gateway.rtp.sdp.h264_parameters import H264Parameters
from gateway.rtp.sdp.rtpmap import RtpMap

DEFAULT_TTL = 16
"""Hops: what ffmpeg gives a multicast packet where the URL has no ttl."""


@dataclass(frozen=True, slots=True)
class SentTo:
    """Where one medium goes. `rtcp_port` None: one up, or the same with `rtcp_mux`. `ttl` in hops, for multicast."""

    destination: Address
    rtcp_port: int | None = None
    rtcp_mux: bool = False
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class SentVideo:
    """The video a relay sends. `bitrate` in bits per second; `feedback` is what it answers to."""

    to: SentTo
    codec: str
    payload_type: int
    h264: H264Parameters | None = None
    bitrate: int | None = None
    framerate: float | None = None
    feedback: Feedback = field(default_factory=Feedback)
    ssrc: int | None = None
    cname: str | None = None


@dataclass(frozen=True, slots=True)
class SentAudio:
    """Sound passed on as it came: `media` is the input's; `payload_type`, unless None, replaces its first."""

    to: SentTo
    media: MediaDescription
    payload_type: int | None = None


def describe_sender(
    video: SentVideo, audio: SentAudio | None = None, *, name: str = "changebg", session_id: int = 0
) -> SessionDescription:
    """The description a receiver of these media needs."""
    media = (_video(video), _audio(audio)) if audio else (_video(video),)
    return SessionDescription(
        origin=Origin.at(video.to.destination[0], session_id),
        name=name,
        connection=media[0].connection,
        media=media,
    )


def _video(video: SentVideo) -> MediaDescription:
    kilobits = -(-(video.bitrate or 0) // 1000)
    return MediaDescription(
        kind="video",
        port=video.to.destination[1],
        protocol="RTP/AVPF" if video.feedback else "RTP/AVP",
        formats=(str(video.payload_type),),
        connection=_connection(video.to),
        bandwidths=(Bandwidth("AS", kilobits),) if kilobits else (),
        direction="sendonly",
        attributes=tuple(_video_attributes(video)),
    )


def _video_attributes(video: SentVideo) -> Iterator[Attribute]:
    payload_type = video.payload_type
    yield Attribute("rtpmap", str(RtpMap(payload_type, video.codec, 90000)))
    if video.h264:
        yield Attribute("fmtp", f"{payload_type} {video.h264}")
    for kind in video.feedback.kinds():
        yield Attribute("rtcp-fb", f"{payload_type} {kind}")
    if video.framerate:
        yield Attribute("framerate", f"{video.framerate:.3f}".rstrip("0").rstrip("."))
    yield from _rtcp(video.to)
    if video.ssrc is not None and video.cname:
        yield Attribute("ssrc", f"{video.ssrc} cname:{video.cname}")


def _audio(audio: SentAudio) -> MediaDescription:
    first = audio.media.payload_types[0]
    names = {number: number for number in audio.media.payload_types}
    if audio.payload_type is not None:
        names[first] = audio.payload_type
    return MediaDescription(
        kind="audio",
        port=audio.to.destination[1],
        protocol=audio.media.protocol,
        formats=tuple(map(str, names.values())),
        connection=_connection(audio.to),
        bandwidths=audio.media.bandwidths,
        direction="sendonly",
        attributes=(*_audio_attributes(audio.media, names), *_rtcp(audio.to)),
    )


def _audio_attributes(media: MediaDescription, names: Mapping[int, int]) -> Iterator[Attribute]:
    """The input's codecs and packet times, with each payload type under its new name."""
    for payload_type, rtpmap in media.rtpmaps.items():
        yield Attribute("rtpmap", str(replace(rtpmap, payload_type=names[payload_type])))
        if parameters := media.fmtp(payload_type):
            yield fmtp(names[payload_type], parameters)
    for name in ("ptime", "maxptime"):
        yield from (Attribute(name, value) for value in media.attributes_named(name))


def _connection(to: SentTo) -> Connection:
    connection = Connection(to.destination[0])
    if not connection.is_multicast or ":" in connection.address:
        return connection
    return replace(connection, ttl=DEFAULT_TTL if to.ttl is None else to.ttl)


def _rtcp(to: SentTo) -> Iterator[Attribute]:
    """`rtcp-mux` or `rtcp`, where the RTCP port is not the usual one up."""
    if to.rtcp_mux:
        yield Attribute("rtcp-mux")
    elif to.rtcp_port not in (None, to.destination[1] + 1):
        yield Attribute("rtcp", str(to.rtcp_port))
