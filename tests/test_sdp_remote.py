from __future__ import annotations

import pytest

from gateway.errors import SdpError
from gateway.rtp import sdp

PHONE = sdp.parse(
    "v=0\r\nb=AS:1500\r\n"
    "m=video 9078 RTP/AVPF 96 97 98\r\n"
    "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 H264/90000\r\na=rtpmap:98 H264/90000\r\n"
    "a=fmtp:97 profile-level-id=42801F; packetization-mode=0\r\n"
    "a=fmtp:98 profile-level-id=42e01f; packetization-mode=1\r\n"
    "a=rtcp-fb:* nack pli\r\na=rtcp-fb:98 ccm fir\r\na=rtcp-mux\r\na=framerate:15\r\n"
)


def test_the_preferred_payload_type_of_the_codec_is_taken() -> None:
    assert sdp.RemoteCapabilities.of(PHONE) == sdp.RemoteCapabilities(
        codec="VP8",
        payload_type=96,
        profile_level_id=None,
        packetization_mode=0,
        feedback=sdp.Feedback(pli=True),
        avpf=True,
        rtcp_mux=True,
        bitrate=1_500_000,
        framerate=15.0,
    )
    h264 = sdp.RemoteCapabilities.of(PHONE, "H264")
    assert (h264.payload_type, h264.profile_level_id, h264.packetization_mode) == (97, "42801f", 0)


def test_the_payload_type_asked_for_is_taken_where_it_has_that_codec() -> None:
    asked = sdp.RemoteCapabilities.of(PHONE, "H264", payload_type=98)
    assert (asked.payload_type, asked.packetization_mode, asked.feedback) == (98, 1, sdp.Feedback(pli=True, fir=True))
    assert sdp.RemoteCapabilities.of(PHONE, "H264", payload_type=96).payload_type == 97


def test_a_mediums_own_limit_goes_before_the_sessions() -> None:
    session = sdp.parse("b=AS:1500\nm=video 5004 RTP/AVP 96\nb=TIAS:800000\na=rtpmap:96 VP8/90000\ns=-")
    assert sdp.RemoteCapabilities.of(session).bitrate == 800_000


def test_a_codec_the_far_end_does_not_accept_is_refused() -> None:
    vp8 = sdp.parse("m=video 5004 RTP/AVP 96\na=rtpmap:96 VP8/90000")
    with pytest.raises(SdpError, match="the far end accepts VP8, not H264"):
        sdp.RemoteCapabilities.of(vp8, "H264")
