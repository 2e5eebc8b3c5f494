"""What the words of a relay ask for, beside the input's SDP and the far end's."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from gateway.cli.parser import parse
from gateway.cli.relay import USAGE
from gateway.cli.relay_settings import relay_settings
from gateway.errors import ArgumentError, SdpError
from gateway.relay import RelaySettings
from gateway.rtp.sdp import MAX_SIZE

VIDEO = "m=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"
AUDIO = "m=audio 5008 RTP/AVP 97\r\na=rtpmap:97 opus/48000/2\r\n"
VP8 = "m=video 5004 RTP/AVP 100\r\na=rtpmap:100 VP8/90000\r\n"


def sdp(*media: str) -> str:
    return "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + "".join(media)


class Desk:
    """A directory to write descriptions in, and a relay asked for from there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def file(self, name: str, text: str) -> str:
        path = self.directory / name
        path.write_text(text)
        return str(path)

    def relay(
        self,
        *options: str,
        description: str = sdp(VIDEO),
        url: str = "rtp://127.0.0.1:6004",
        payload_type: str = "96",
    ) -> RelaySettings:
        words = [self.file("call.sdp", description), "color:102030", "2a6a84", url, payload_type, *options]
        return relay_settings(parse(USAGE, words))

    def to(self, media: str, *options: str) -> RelaySettings:
        """A relay whose far end describes itself so."""
        return self.relay("--remote-sdp", self.file("far.sdp", sdp(media)), *options)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_without_options_the_input_codec_goes_on_at_two_megabits(desk: Desk) -> None:
    encoder = desk.relay().encoder
    assert (encoder.codec, encoder.bitrate, encoder.preset, encoder.profile) == (
        "H264",
        2_000_000,
        "superfast",
        "baseline",
    )
    assert desk.relay(description=sdp(VP8)).encoder.codec == "VP8"


def test_a_size_is_that_of_the_pictures_that_are_matted_and_sent(desk: Desk) -> None:
    assert desk.relay().picture_size is None
    assert desk.relay("--size", "640x360").picture_size == (640, 360)
    with pytest.raises(ArgumentError, match=r"--size '640x361': expected WxH, even numbers"):
        desk.relay("--size", "640x361")


def test_a_far_end_that_cannot_ask_gets_a_key_frame_every_two_seconds(desk: Desk) -> None:
    assert desk.relay().encoder.gop == 2
    assert desk.to(VIDEO).encoder.gop == 2
    assert desk.to(VIDEO + "a=rtcp-fb:96 nack pli\r\n").encoder.gop is None
    assert desk.to(VIDEO + "a=rtcp-fb:96 nack pli\r\n", "--gop", "4").encoder.gop == 4


def test_the_far_ends_bandwidth_bounds_the_bit_rate(desk: Desk) -> None:
    slow = VIDEO.replace("a=rtpmap", "b=AS:500\r\na=rtpmap", 1)
    assert desk.to(slow).encoder.bitrate == 500_000
    assert desk.to(slow, "--bitrate", "300k").encoder.bitrate == 300_000


def test_the_far_end_chooses_the_codec_but_the_inputs_is_preferred(desk: Desk) -> None:
    assert desk.to(VP8).encoder.codec == "VP8"
    assert desk.to(VP8.replace(" 100", " 100 96") + "a=rtpmap:96 H264/90000\r\n").encoder.codec == "H264"
    with pytest.raises(SdpError, match="the far end accepts H264, not VP8"):
        desk.to(VIDEO, "--codec", "vp8")


def test_single_nal_units_for_a_far_end_that_knows_no_other(desk: Desk) -> None:
    old = VIDEO.replace("packetization-mode=1", "profile-level-id=42e01f")
    assert desk.to(old).encoder.packetization_mode == 0
    assert desk.to(VIDEO).encoder.packetization_mode == 1
    assert desk.to(VIDEO, "--packetization-mode", "0").encoder.packetization_mode == 0
    with pytest.raises(ArgumentError, match=r"RTP_URL pkt_size=779: .* expected 780 or more"):
        desk.relay("--packetization-mode", "0", url="rtp://127.0.0.1:6004?pkt_size=779")
    with pytest.raises(ArgumentError, match="--packetization-mode 1: the far end accepts 0 only"):
        desk.to(old, "--packetization-mode", "1")


def test_a_profile_that_the_far_end_cannot_decode_is_refused(desk: Desk) -> None:
    main = VIDEO.replace("packetization-mode=1", "packetization-mode=1;profile-level-id=4d001f")
    assert desk.to(main, "--profile", "main").encoder.profile == "main"
    with pytest.raises(ArgumentError, match=r"--profile high: the far end accepts baseline or main \(4d001f\)"):
        desk.to(main, "--profile", "high")


def test_a_payload_type_that_the_far_end_calls_otherwise_is_warned_of(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.to(VIDEO.replace("96", "102"))
    assert "the far end calls H264 payload type 102, not 96" in caplog.text


@pytest.mark.parametrize("number", ["0", "8", "26", "31", "34"])
def test_a_static_type_of_another_codec_is_refused(desk: Desk, number: str) -> None:
    with pytest.raises(ArgumentError, match=f"PAYLOAD_TYPE {number}: is .* by RFC 3551, expected 96 to 127 for H264"):
        desk.relay(payload_type=number)


@pytest.mark.parametrize("number", ["-1", "128", "x", "", "96.0"])
def test_a_payload_type_out_of_range_is_refused(desk: Desk, number: str) -> None:
    with pytest.raises(ArgumentError, match=f"PAYLOAD_TYPE '{number}': expected a whole number from 0 to 127"):
        desk.relay(payload_type=number)


def test_types_that_look_like_rtcp_are_refused_on_a_shared_port_only(desk: Desk) -> None:
    assert desk.relay(payload_type="72").payload_type == 72
    with pytest.raises(ArgumentError, match="PAYLOAD_TYPE 72: is taken for RTCP"):
        desk.relay(payload_type="72", url="rtp://127.0.0.1:6004?rtcpport=6004")
    with pytest.raises(ArgumentError, match="PAYLOAD_TYPE 95: is taken for RTCP"):
        desk.relay("--remote-sdp", desk.file("far.sdp", sdp(VIDEO + "a=rtcp-mux\r\n")), payload_type="95")


def test_sound_is_relayed_where_a_url_says_so(desk: Desk) -> None:
    description = sdp(AUDIO, VIDEO)
    sound = desk.relay("--audio-url", "rtp://127.0.0.1:6008", description=description).sound
    assert sound is not None
    assert (sound.media.port, sound.destination.port, sound.payload_type) == (5008, 6008, None)


def test_one_line_says_that_sound_is_not_relayed(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    assert desk.relay(description=sdp(AUDIO, VIDEO)).sound is None
    assert [record.getMessage() for record in caplog.records] == [
        "sound is not relayed: --audio-url rtp://HOST:PORT sends it on, untouched"
    ]
    caplog.clear()
    desk.relay()
    assert not caplog.records


def test_sound_that_is_not_there_cannot_be_relayed(desk: Desk) -> None:
    with pytest.raises(ArgumentError, match=r"--audio-url .*: the SDP has no sound"):
        desk.relay("--audio-url", "rtp://127.0.0.1:6008")


def test_sound_and_picture_are_kept_apart(desk: Desk) -> None:
    description = sdp(AUDIO, VIDEO)
    with pytest.raises(ArgumentError, match=r"PAYLOAD_TYPE 97: is also the sound's on 127\.0\.0\.1:6004"):
        desk.relay("--audio-url", "rtp://127.0.0.1:6004", description=description, payload_type="97")
    with pytest.raises(ArgumentError, match="--audio-url port 6005: one of the two ports is the other's RTCP"):
        desk.relay("--audio-url", "rtp://127.0.0.1:6005", description=description)
    with pytest.raises(ArgumentError, match="--audio-payload-type 26: is JPEG"):
        desk.relay("--audio-url", "rtp://127.0.0.1:6008", "--audio-payload-type", "26", description=description)


@pytest.mark.parametrize("url", ["rtp://127.0.0.1:5004", "rtp://127.0.0.1:5003", "rtp://127.0.0.1:5005"])
def test_a_relay_does_not_send_to_itself(desk: Desk, url: str) -> None:
    with pytest.raises(ArgumentError, match="is where the SDP has the relay listen"):
        desk.relay(url=url)


@pytest.mark.parametrize(
    "url", ["127.0.0.1:5004", "rtsp://h:5", "rtp://h", "rtp://h:0", "rtp://h:70000", "rtp://h:5?x=1"]
)
def test_a_wrong_url_names_the_argument(desk: Desk, url: str) -> None:
    with pytest.raises(ArgumentError, match="RTP_URL"):
        desk.relay(url=url)


@pytest.mark.parametrize("port", ["5003", "5004", "5005"])
def test_the_two_legs_do_not_share_a_port(desk: Desk, port: str) -> None:
    with pytest.raises(ArgumentError, match=f"--local-port {port}: it or .* is where the SDP has the relay listen"):
        desk.relay("--local-port", port)


def test_a_local_port_leaves_one_for_rtcp_unless_they_share_it(desk: Desk) -> None:
    with pytest.raises(ArgumentError, match="--local-port 65535: leaves no port of its own for RTCP"):
        desk.relay("--local-port", "65535")
    with pytest.raises(ArgumentError, match="RTP_URL localrtpport 7000: leaves no port of its own for RTCP"):
        desk.relay(url="rtp://127.0.0.1:6004?localrtpport=7000&localrtcpport=7000")
    assert desk.relay("--local-port", "65535", url="rtp://127.0.0.1:6004?rtcpport=6004").local_port == 65535


@pytest.mark.parametrize("option", [("--profile", "high"), ("--packetization-mode", "0")], ids=str)
def test_what_only_h264_has_is_refused_for_vp8(desk: Desk, option: tuple[str, str]) -> None:
    with pytest.raises(ArgumentError, match=f"{option[0]} {option[1]}: H264 has one, VP8, which is sent, has none"):
        desk.relay("--codec", "vp8", *option)


def test_a_payload_type_of_sound_that_is_not_relayed_is_refused(desk: Desk) -> None:
    with pytest.raises(ArgumentError, match="--audio-payload-type 98: expected --audio-url beside it"):
        desk.relay("--audio-payload-type", "98", description=sdp(VIDEO, AUDIO))


def test_sounds_payload_type_does_not_look_like_rtcp_on_a_shared_port(desk: Desk) -> None:
    words = ("--audio-url", "rtp://127.0.0.1:6010?rtcpport=6010", "--audio-payload-type")
    with pytest.raises(ArgumentError, match="--audio-payload-type 72: is taken for RTCP"):
        desk.relay(*words, "72", description=sdp(VIDEO, AUDIO))
    assert desk.relay(*words, "98", description=sdp(VIDEO, AUDIO)).sound is not None


def test_the_urls_local_port_yields_to_the_option(desk: Desk) -> None:
    url = "rtp://127.0.0.1:6004?localrtpport=7000"
    assert desk.relay(url=url).local_port == 7000
    assert desk.relay("--local-port", "7002", url=url).local_port == 7002


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        (sdp(AUDIO), "no video"),
        (sdp(VIDEO.replace("H264", "H265")), "video codec H265 is not supported: H264 or VP8"),
        (sdp(VIDEO)[:20], "SDP"),
        ("", "empty"),
        ("<html><body>not found</body></html>", "SDP"),
        ("\x00\x01\x02" * 100, "SDP"),
        ("v=0\r\n" + "a=x\r\n" * MAX_SIZE, "SDP"),
    ],
    ids=["no video", "codec", "truncated", "empty", "html", "binary", "huge"],
)
def test_a_description_that_cannot_be_used_names_the_file(desk: Desk, description: str, sentence: str) -> None:
    with pytest.raises(SdpError, match=sentence) as refusal:
        desk.relay(description=description)
    assert "call.sdp" in str(refusal.value)
    assert len(str(refusal.value)) < 300
    assert "\n" not in str(refusal.value)


def test_a_description_may_come_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sdp(VIDEO).encode())))
    words = parse(USAGE, ["-", "color:102030", "2a6a84", "rtp://127.0.0.1:6004", "96"])
    assert relay_settings(words).video.payload_type == 96


def test_a_directory_and_a_missing_file_are_no_description(tmp_path: Path) -> None:
    for path, reason in [(tmp_path, "Is a directory"), (tmp_path / "no.sdp", "No such file")]:
        with pytest.raises(ArgumentError, match=f"SDP '{path}': {reason}.*, expected an SDP file"):
            relay_settings(parse(USAGE, [str(path), "color:102030", "2a6a84", "rtp://127.0.0.1:6004", "96"]))
