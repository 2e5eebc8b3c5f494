from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.errors import SdpError
from gateway.rtp import sdp

DATA = Path(__file__).parent / "data" / "sdp"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a captured description should be understood as."""

    codecs: dict[int, str]
    address: str
    port: int
    feedback: sdp.Feedback = sdp.Feedback()  # noqa: RUF009 - frozen
    avpf: bool = False
    bitrate: int | None = None
    parameter_sets: int = 0
    audio: int | None = None
    audio_codec: str | None = None


DIALECTS = {
    "ffmpeg_h264_stdout": Expected({96: "H264"}, "127.0.0.1", 39990, parameter_sets=2),
    "ffmpeg_vp8_opus": Expected({96: "VP8"}, "239.1.2.3", 39990, bitrate=500_000, audio=39994, audio_codec="OPUS"),
    "gstreamer_multicast": Expected({96: "H264"}, "239.1.2.3", 5000, bitrate=2_000_000, parameter_sets=2),
    "baresip": Expected(
        {98: "H264", 99: "VP8"},
        "192.168.1.20",
        20342,
        sdp.Feedback(pli=True, fir=True),
        avpf=True,
        bitrate=500_000,
        audio=20340,
        audio_codec="OPUS",
    ),
    "linphone": Expected(
        {96: "VP8", 97: "H264"},
        "10.1.1.9",
        9078,
        sdp.Feedback(pli=True, fir=True, tmmbr=True),
        avpf=True,
        audio=7078,
        audio_codec="OPUS",
    ),
    "freeswitch": Expected(
        {104: "H264"},
        "203.0.113.20",
        24896,
        sdp.Feedback(nack=True, pli=True, fir=True, tmmbr=True),
        avpf=True,
        bitrate=3_072_000,
        audio=23476,
        audio_codec="OPUS",
    ),
    "asterisk": Expected({99: "H264"}, "2001:db8::5", 16824, audio=14632, audio_codec="PCMU"),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_what_each_program_writes_is_understood(name: str) -> None:
    expected = DIALECTS[name]
    session = sdp.parse((DATA / f"{name}.sdp").read_bytes())
    video = sdp.video_input(session)
    assert dict(video.codecs) == expected.codecs
    assert (video.payload_type, video.codec) == next(iter(expected.codecs.items()))
    assert video.media.connection is not None
    assert video.media.connection.address == expected.address
    assert (video.media.port, video.media.rtcp_port) == (expected.port, expected.port + 1)
    assert video.feedback == expected.feedback
    assert video.media.avpf is expected.avpf
    assert video.media.bitrate == expected.bitrate
    assert len(video.parameter_sets) == expected.parameter_sets
    audio = sdp.audio_input(session)
    assert (audio and audio.port) == expected.audio
    assert (audio and next(iter(audio.rtpmaps.values())).codec) == expected.audio_codec


@pytest.mark.parametrize("name", ["chromium_offer", "firefox_offer"])
def test_a_browsers_offer_is_read_whole_but_is_no_plain_rtp_input(name: str) -> None:
    session = sdp.parse((DATA / f"{name}.sdp").read_bytes())
    video = session.of_kind("video")[0]
    codecs = {rtpmap.codec for rtpmap in video.rtpmaps.values()}
    assert {"VP8", "H264", "RTX"} <= codecs
    assert video.rtcp_mux
    assert video.extmaps
    assert any(feedback.nack for feedback in map(video.feedback, video.payload_types))
    with pytest.raises(SdpError, match=r"the video is encrypted \(UDP/TLS/RTP/SAVPF\)"):
        sdp.video_input(session)
    assert sdp.audio_input(session) is None


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("s=-", "no video line (m=video); it has no media at all"),
        ("m=audio 5002 RTP/AVP 0\nm=application 9 UDP/BFCP *", "no video line (m=video); it has audio, application"),
        ("m=video 0 RTP/AVP 96", "line 2: the video is rejected (port 0)"),
        (
            "m=video 5004 RTP/AVP 96 97 98\na=rtpmap:96 H265/90000\na=rtpmap:97 rtx/90000\na=rtpmap:98 AV1/90000",
            "line 2: video codec H265, AV1 is not supported: H264 or VP8",
        ),
        ("m=video 5004 RTP/AVP 26", "line 2: video codec JPEG is not supported: H264 or VP8"),
        ("m=video 5004 RTP/AVP 96 97", "line 2: payload type 96, 97 has no a=rtpmap line"),
        ("m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/900", "a=rtpmap:96 H264/900: H264 has a clock rate of 90000"),
        (
            "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=2",
            "packetization-mode 2 (interleaved) is not supported: 0 or 1",
        ),
        ("m=video 5004 RTP/SAVP 96\na=rtpmap:96 H264/90000", "line 2: the video is encrypted (RTP/SAVP)"),
        ("m=video 5004 udp 96", "line 2: the video's protocol udp is not RTP"),
        ("m=video 65535 RTP/AVP 96\na=rtpmap:96 H264/90000", "port 65535 leaves no port for its RTCP"),
    ],
)
def test_the_refusal_names_what_was_found(lines: str, said: str) -> None:
    with pytest.raises(SdpError) as refusal:
        sdp.video_input(sdp.parse(f"v=0\n{lines}"))
    assert said in str(refusal.value)


def test_the_first_usable_video_is_taken() -> None:
    session = sdp.parse(
        "m=video 0 RTP/AVP 96\nm=video 5002 RTP/AVP 26\n"
        "m=video 5004 RTP/AVP 97 98\na=rtpmap:97 rtx/90000\na=rtpmap:98 vp8/90000\n"
        "m=video 5006 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    )
    video = sdp.video_input(session)
    assert (video.media.port, dict(video.codecs), video.clock_rate) == (5004, {98: "VP8"}, 90000)


def test_only_feedback_that_every_codec_allows_is_used() -> None:
    session = sdp.parse(
        "m=video 5004 RTP/AVPF 96 97\na=rtpmap:96 H264/90000\na=rtpmap:97 VP8/90000\n"
        "a=rtcp-fb:96 nack\na=rtcp-fb:96 nack pli\na=rtcp-fb:97 nack pli\n"
    )
    assert sdp.video_input(session).feedback == sdp.Feedback(pli=True)


def test_avpf_without_a_feedback_line_allows_no_feedback() -> None:
    video = sdp.video_input(sdp.parse("m=video 5004 RTP/AVPF 96\na=rtpmap:96 H264/90000"))
    assert video.media.avpf
    assert not video.feedback
