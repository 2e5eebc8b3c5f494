from __future__ import annotations

import os
import shutil
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.rtp import sdp

SPS = bytes.fromhex("6742c01eda0280bfe5c044")
PPS = bytes.fromhex("68ce0fc8")
H264 = sdp.SentVideo(
    sdp.SentTo(("192.0.2.7", 10020)),
    "H264",
    96,
    h264=sdp.H264Parameters.of_stream((SPS, PPS), packetization_mode=1),
    bitrate=2_000_000,
    framerate=29.97,
    feedback=sdp.Feedback(nack=True, pli=True),
    ssrc=305419896,
    cname="relay@host",
)


def test_video_over_a_pair_of_ports_byte_for_byte() -> None:
    assert sdp.write(sdp.describe_sender(H264, session_id=42)) == (
        "v=0\r\no=- 42 1 IN IP4 192.0.2.7\r\ns=changebg\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
        "m=video 10020 RTP/AVPF 96\r\nb=AS:2000\r\na=rtpmap:96 H264/90000\r\n"
        "a=fmtp:96 packetization-mode=1; profile-level-id=42c01e; sprop-parameter-sets=Z0LAHtoCgL/lwEQ=,aM4PyA==\r\n"
        "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=framerate:29.97\r\n"
        "a=ssrc:305419896 cname:relay@host\r\na=sendonly\r\n"
    )


def test_what_is_sent_is_understood_as_an_input() -> None:
    video = sdp.video_input(sdp.parse(sdp.write(sdp.describe_sender(H264))))
    assert dict(video.codecs) == {96: "H264"}
    assert video.parameter_sets == (SPS, PPS)
    assert video.feedback == H264.feedback
    assert video.media.bitrate == 2_000_000
    assert video.media.cnames == {305419896: "relay@host"}


def test_without_feedback_the_profile_is_avp() -> None:
    video = sdp.describe_sender(sdp.SentVideo(sdp.SentTo(("192.0.2.7", 10020)), "VP8", 100)).media[0]
    assert video.protocol == "RTP/AVP"
    assert [str(attribute) for attribute in video.attributes] == ["rtpmap:100 VP8/90000"]


@pytest.mark.parametrize(
    ("to", "port", "is_muxed", "named"),
    [
        (sdp.SentTo(("192.0.2.7", 10020)), 10021, False, False),
        (sdp.SentTo(("192.0.2.7", 10020), rtcp_port=10021), 10021, False, False),
        (sdp.SentTo(("192.0.2.7", 10020), rtcp_port=12000), 12000, False, True),
        (sdp.SentTo(("192.0.2.7", 10020), rtcp_mux=True), 10020, True, False),
    ],
)
def test_the_rtcp_port_is_named_only_where_it_is_not_one_up(
    to: sdp.SentTo, port: int, is_muxed: bool, named: bool
) -> None:
    video = sdp.describe_sender(replace(H264, to=to)).media[0]
    assert (video.rtcp_port, video.rtcp_mux, video.has("rtcp")) == (port, is_muxed, named)


def test_a_group_has_a_ttl_and_ipv6_has_none() -> None:
    v4 = sdp.describe_sender(replace(H264, to=sdp.SentTo(("239.1.2.3", 10020), ttl=4)))
    assert str(v4.connection) == "IN IP4 239.1.2.3/4"
    assert (
        str(sdp.describe_sender(replace(H264, to=sdp.SentTo(("239.1.2.3", 10020)))).connection) == "IN IP4 239.1.2.3/16"
    )
    v6 = sdp.describe_sender(replace(H264, to=sdp.SentTo(("ff15::101", 10020), ttl=4)))
    assert str(v6.connection) == "IN IP6 ff15::101"
    assert sdp.parse(sdp.write(v6)) == v6


def test_relayed_sound_keeps_its_codecs_under_its_new_payload_type() -> None:
    sound = sdp.audio_input(
        sdp.parse(
            "m=audio 20340 RTP/AVP 111 0 97\na=rtpmap:111 opus/48000/2\na=fmtp:111 useinbandfec=1;stereo=1\n"
            "a=rtpmap:97 telephone-event/48000\na=fmtp:97 0-15\na=ptime:20\na=rtcp:20345\na=ssrc:1 cname:x\n"
        )
    )
    assert sound is not None
    sent = sdp.SentAudio(sdp.SentTo(("192.0.2.8", 10030)), sound, payload_type=96)
    session = sdp.describe_sender(H264, sent)
    audio = session.media[1]
    assert (audio.port, audio.formats, str(audio.connection)) == (10030, ("96", "0", "97"), "IN IP4 192.0.2.8")
    assert {number: str(rtpmap) for number, rtpmap in audio.rtpmaps.items()} == {
        96: "96 opus/48000/2",
        0: "0 PCMU/8000",
        97: "97 telephone-event/48000",
    }
    assert audio.fmtp(96) == {"useinbandfec": "1", "stereo": "1"}
    assert audio.fmtp(97) == {"0-15": ""}
    assert not audio.has("ssrc")
    assert not audio.has("rtcp")
    assert sdp.parse(sdp.write(session)) == session
    kept = sdp.describe_sender(H264, replace(sent, payload_type=None)).media[1]
    assert kept.formats == ("111", "0", "97")


def ffmpeg() -> str:
    program = shutil.which("ffmpeg")
    if program is None:
        if os.environ.get("CHANGEBG_REQUIRE_PEERS") == "1":
            pytest.fail("ffmpeg is missing (Debian package ffmpeg)")
        pytest.skip("needs ffmpeg (Debian package ffmpeg)")
    return program


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1]) & ~1


@pytest.mark.parametrize(
    ("codec", "encoder", "feedback"),
    [
        ("H264", ["libx264", "-profile:v", "baseline"], sdp.Feedback()),
        ("H264", ["libx264", "-profile:v", "baseline"], sdp.Feedback(nack=True, pli=True)),
        ("VP8", ["libvpx", "-deadline", "realtime"], sdp.Feedback()),
    ],
)
def test_ffmpeg_opens_the_description_and_receives_by_it(
    tmp_path: Path, codec: str, encoder: list[str], feedback: sdp.Feedback
) -> None:
    port = free_port()
    sent = sdp.SentVideo(
        sdp.SentTo(("127.0.0.1", port)),
        codec,
        96,
        h264=sdp.H264Parameters(packetization_mode=1) if codec == "H264" else None,
        feedback=feedback,
        ssrc=7,
        cname="relay@host",
    )
    description = tmp_path / "out.sdp"
    description.write_bytes(sdp.write(sdp.describe_sender(sent)).encode())
    receive = [ffmpeg(), "-v", "error", "-nostdin", "-protocol_whitelist", "file,udp,rtp", "-i", str(description)]
    receive += ["-frames:v", "5", "-f", "framemd5", "-"]
    send = [
        ffmpeg(),
        "-v",
        "error",
        "-nostdin",
        "-re",
        "-f",
        "lavfi",
        "-i",
        "testsrc=s=160x120:r=30",
        "-pix_fmt",
        "yuv420p",
    ]
    send += ["-c:v", *encoder, "-g", "5", "-b:v", "300k", "-payload_type", "96", "-f", "rtp", f"rtp://127.0.0.1:{port}"]
    with (
        subprocess.Popen(receive, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as receiver,
        subprocess.Popen(send, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sender,
    ):
        try:
            received, complaints = receiver.communicate(timeout=30)
        finally:
            sender.kill()
            receiver.kill()
    frames = [line for line in received.splitlines() if line and not line.startswith("#")]
    assert len(frames) == 5, complaints
