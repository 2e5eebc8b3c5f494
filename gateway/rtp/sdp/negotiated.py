"""What a browser's offer and our answer agree on for one medium in one direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.rtp.sdp.feedback import Feedback
from gateway.rtp.sdp.h264_parameters import H264Parameters

Kind = Literal["audio", "video"]

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
"""The m-line a packet belongs to, in each packet (RFC 9143 §15)."""
ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
"""When a packet left, for the receiver's estimate of the bit rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a peer is to carry, as seen from us.

    `video_codecs` are those we can do, in any order: the offer's order decides. `audio_codec`: sound is taken in this
    codec alone (`opus/48000/2`'s is `opus`, in any case of letters); None takes the first the offer has.
    `start_bitrate`, bits per second: what Chromium's camera begins with, before anything is known of the way; None
    leaves it at its 300 kb/s, and so at a small picture for many seconds.
    """

    receive_video: bool = False
    send_video: bool = False
    receive_audio: bool = False
    send_audio: bool = False
    video_codecs: tuple[str, ...] = ("H264", "VP8")
    audio_codec: str | None = None
    start_bitrate: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NegotiatedMedia:
    """One medium in one direction.

    `direction`: `in` is what the offerer sends us, `out` what we send. `payload_types` maps each payload type that may
    come, or that may be sent, to its codec, the preferred first; with sound the second may be `telephone-event`.
    `payload_type`, `codec` and `h264` are those to send, or the first to come. `feedback` is what the receiving side of
    this direction may say. `mid_id`, `abs_send_time_id` and, of an `in` medium, `orientation_id` number the header
    extensions (RFC 8285), None where the offer has none. `ssrc`: of an `in` medium the offerer's where the offer tells
    it, of an `out` medium ours, announced in the answer under `cname`. `bitrate`: the most the offerer takes, in bits
    per second, None where nothing is said. `start_bitrate`: what an `in` medium is asked to begin with.
    """

    kind: Kind
    direction: Literal["in", "out"]
    mid: str
    payload_types: Mapping[int, str]
    payload_type: int
    codec: str
    clock_rate: int
    channels: int = 1
    h264: H264Parameters | None = None
    feedback: Feedback = field(default_factory=Feedback)
    mid_id: int | None = None
    abs_send_time_id: int | None = None
    orientation_id: int | None = None
    ssrc: int | None = None
    cname: str = ""
    bitrate: int | None = None
    start_bitrate: int | None = None
