"""Session descriptions: text to value and back (RFC 8866), what to receive, what is sent, offer and answer (RFC 3264).

session = sdp.parse(text)               # any dialect, or SdpError with the line
video = sdp.video_input(session)        # what to listen to, and how
text = sdp.write(sdp.describe_sender(sent_video))
"""

from __future__ import annotations

from gateway.rtp.sdp.description import Direction, MediaDescription, SessionDescription
from gateway.rtp.sdp.feedback import Feedback
from gateway.rtp.sdp.fields import Attribute, Bandwidth, Connection, Origin, RtcpAddress
from gateway.rtp.sdp.h264_parameters import H264Parameters
from gateway.rtp.sdp.inputs import VIDEO_CODECS, VideoInput, audio_input, video_input
from gateway.rtp.sdp.offer_answer import Capabilities, answer
from gateway.rtp.sdp.parser import MAX_SIZE, parse
from gateway.rtp.sdp.remote import RemoteCapabilities
from gateway.rtp.sdp.rtpmap import STATIC_PAYLOAD_TYPES, RtpMap
from gateway.rtp.sdp.sent import SentAudio, SentTo, SentVideo, describe_sender
from gateway.rtp.sdp.writer import write

__all__ = [
    "MAX_SIZE",
    "STATIC_PAYLOAD_TYPES",
    "VIDEO_CODECS",
    "Attribute",
    "Bandwidth",
    "Capabilities",
    "Connection",
    "Direction",
    "Feedback",
    "H264Parameters",
    "MediaDescription",
    "Origin",
    "RemoteCapabilities",
    "RtcpAddress",
    "RtpMap",
    "SentAudio",
    "SentTo",
    "SentVideo",
    "SessionDescription",
    "VideoInput",
    "answer",
    "audio_input",
    "describe_sender",
    "parse",
    "video_input",
    "write",
]
