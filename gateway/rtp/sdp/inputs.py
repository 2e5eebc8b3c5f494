"""What of a description a relay takes in: its first video of a codec we decode, and its sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.errors import SdpError
from gateway.rtp.orientation import ORIENTATION_URI
from gateway.rtp.sdp.description import MediaDescription, SessionDescription
from gateway.rtp.sdp.feedback import Feedback
from gateway.rtp.sdp.h264_parameters import H264Parameters
from gateway.rtp.sdp.rtpmap import RtpMap

MAX_PORT = 65535

VIDEO_CODECS = ("H264", "VP8")

VIDEO_CLOCK_RATE = 90000
"""Hz: the RTP clock of H264 (RFC 6184 §8.2.1) and VP8 (RFC 7741 §6.2.1) alike."""

_REPAIR = frozenset({"RTX", "RED", "ULPFEC", "FLEXFEC-03"})
"""Payload types that repair another's loss; their packets are not a picture."""


@dataclass(frozen=True, slots=True)
class VideoInput:
    """The video to receive.

    `codecs` maps the payload types to decode to H264 or VP8, the preferred first. `feedback` is what every one of them
    allows. `parameter_sets` are H264 NAL units that may precede the first key frame.
    """

    media: MediaDescription
    codecs: Mapping[int, str]
    feedback: Feedback
    parameter_sets: tuple[bytes, ...] = ()

    @property
    def codec(self) -> str:
        """The preferred codec."""
        return next(iter(self.codecs.values()))

    @property
    def payload_type(self) -> int:
        """The preferred payload type."""
        return next(iter(self.codecs))

    @property
    def orientation_id(self) -> int | None:
        """The header extension that tells which way up a picture is; None where there is none."""
        return self.media.extension_id(ORIENTATION_URI)

    @property
    def clock_rate(self) -> int:
        """Hz of the RTP timestamps."""
        return VIDEO_CLOCK_RATE


def video_input(session: SessionDescription) -> VideoInput:
    """The first video medium that can be received.

    Raises:
        SdpError: there is none; the sentence names what was found instead.
    """
    videos = session.of_kind("video")
    for medium in videos:
        if not _refusal(medium):
            return _video_input(medium)
    raise SdpError(_refusal(videos[0]) if videos else _without_video(session))


def audio_input(session: SessionDescription) -> MediaDescription | None:
    """The first sound medium in plain RTP that is not rejected, whatever its codec; None where there is none."""
    media = session.of_kind("audio")
    return next((item for item in media if item.payload_types and not item.is_rejected and not item.is_secure), None)


def decodable(media: MediaDescription) -> dict[int, RtpMap]:
    """The payload types of a medium that we can decode, in order of preference."""
    fmtps = media.fmtps
    return {
        payload_type: rtpmap
        for payload_type, rtpmap in media.rtpmaps.items()
        if rtpmap.codec in VIDEO_CODECS
        and rtpmap.clock_rate == VIDEO_CLOCK_RATE
        and not (rtpmap.codec == "H264" and H264Parameters.of(fmtps.get(payload_type, {})).packetization_mode == 2)
    }


def _video_input(media: MediaDescription) -> VideoInput:
    codecs = {payload_type: rtpmap.codec for payload_type, rtpmap in decodable(media).items()}
    feedback = Feedback.everything()
    sets: tuple[bytes, ...] = ()
    fmtps = media.fmtps
    for payload_type, codec in codecs.items():
        feedback &= media.feedback(payload_type)
        if codec == "H264" and not sets:
            sets = H264Parameters.of(fmtps.get(payload_type, {})).parameter_sets
    return VideoInput(media, codecs, feedback, sets)


def _refusal(media: MediaDescription) -> str:
    """Why a video medium cannot be received; empty if it can."""
    where = f"line {media.line}: " if media.line else ""
    if media.is_rejected:
        return f"{where}the video is rejected (port 0)"
    if not media.is_rtp:
        return f"{where}the video's protocol {media.protocol} is not RTP: RTP/AVP or RTP/AVPF"
    if media.is_secure:
        return f"{where}the video is encrypted ({media.protocol}): plain RTP needs RTP/AVP or RTP/AVPF"
    if media.rtcp_port > MAX_PORT:
        return f"{where}port {media.port} leaves no port for its RTCP: at most {MAX_PORT - 1} without rtcp-mux"
    if not decodable(media):
        return f"{where}{codecs_found(media)}"
    return ""


def codecs_found(media: MediaDescription) -> str:
    """The sentence for a medium without a payload type that can be decoded."""
    rtpmaps = media.rtpmaps
    for rtpmap in rtpmaps.values():
        if rtpmap.codec in VIDEO_CODECS and rtpmap.clock_rate != VIDEO_CLOCK_RATE:
            return f"a=rtpmap:{rtpmap}: {rtpmap.codec} has a clock rate of {VIDEO_CLOCK_RATE}"
        if rtpmap.codec == "H264":
            return f"a=rtpmap:{rtpmap}: packetization-mode 2 (interleaved) is not supported: 0 or 1"
    unnamed = [payload_type for payload_type in media.payload_types if payload_type not in rtpmaps]
    found = list(dict.fromkeys(item.codec for item in rtpmaps.values() if item.codec not in _REPAIR))
    if not found:
        return f"payload type {', '.join(map(str, unnamed))} has no a=rtpmap line that says which codec it is"
    return f"video codec {', '.join(found)} is not supported: {' or '.join(VIDEO_CODECS)}"


def _without_video(session: SessionDescription) -> str:
    kinds = ", ".join(dict.fromkeys(medium.kind for medium in session.media))
    return f"the SDP has no video line (m=video); it has {kinds or 'no media at all'}"
