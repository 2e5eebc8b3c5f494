"""Session descriptions: text to value and back (RFC 8866), what to receive, what to send, and offer/answer (RFC 3264).

session = sdp.parse(text)               # any dialect, or SdpError with the line
video = sdp.video_input(session)        # what to listen to, and how
text = sdp.write(session)
"""

from __future__ import annotations

from gateway.rtp.sdp.description import Direction, MediaDescription, SessionDescription
from gateway.rtp.sdp.feedback import Feedback
from gateway.rtp.sdp.fields import Attribute, Bandwidth, Connection, Origin, RtcpAddress
from gateway.rtp.sdp.parser import MAX_SIZE, parse
from gateway.rtp.sdp.rtpmap import STATIC_PAYLOAD_TYPES, RtpMap
from gateway.rtp.sdp.writer import write

__all__ = [
    "MAX_SIZE",
    "STATIC_PAYLOAD_TYPES",
    "Attribute",
    "Bandwidth",
    "Connection",
    "Direction",
    "Feedback",
    "MediaDescription",
    "Origin",
    "RtcpAddress",
    "RtpMap",
    "SessionDescription",
    "parse",
    "write",
]
