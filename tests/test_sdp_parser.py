from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import SdpError
from gateway.rtp import sdp

DIALECTS = sorted((Path(__file__).parent / "data" / "sdp").glob("*.sdp"))
VECTORS = Path(__file__).parents[1].parent / "shared" / "vectors"
SETS = ("aiortc-sdp", "mozilla-sdp", "pion-sdp", "re-sdp", "sdp-transform", "webrtc-sdp")

MINIMAL = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=call\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "m=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
)


def video(*lines: str, port: str = "5004", formats: str = "96") -> sdp.MediaDescription:
    text = "\n".join(("v=0", f"m=video {port} RTP/AVP {formats}", *lines))
    return sdp.parse(text).media[0]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\r\r\n", "\n\n", "  \r\n", "\n   "])
def test_any_line_end_gives_the_same_description(line_end: str) -> None:
    assert sdp.parse(MINIMAL.replace("\r\n", line_end)) == sdp.parse(MINIMAL)


@pytest.mark.parametrize(
    ("before", "after"),
    [("\ufeff", ""), ("SDP:\n", ""), ("", "\0\0\0"), ("\n\n", "\n \t\n"), ("", "Press [q] to stop, [?] for help\n")],
    ids=["byte order mark", "ffmpeg's SDP:", "trailing NULs", "blank lines", "a program's own output behind it"],
)
def test_what_surrounds_a_description_is_passed_over(before: str, after: str) -> None:
    surrounded = before + MINIMAL + after
    assert sdp.parse(surrounded) == sdp.parse(MINIMAL)
    assert sdp.parse(surrounded.encode()) == sdp.parse(MINIMAL)


def test_missing_version_origin_name_and_time_are_filled_in() -> None:
    session = sdp.parse("m=video 5004 RTP/AVP 96\na=rtpmap:96 VP8/90000")
    assert session.origin == sdp.Origin()
    assert session.name == "-"
    assert session.media[0].rtpmaps == {96: sdp.RtpMap(96, "VP8", 90000)}


def test_a_short_origin_gets_defaults() -> None:
    assert sdp.parse("v=0\no=- 1001 1 IN\ns=x").origin == sdp.Origin("-", "1001", "1", "IN", "IP4", "0.0.0.0")


def test_media_inherit_the_sessions_connection_and_direction_unless_they_have_their_own() -> None:
    session = sdp.parse(
        "v=0\nc=IN IP4 192.0.2.1\na=recvonly\n"
        "m=audio 5002 RTP/AVP 0\n"
        "m=video 5004 RTP/AVP 26\nc=IN IP6 2001:db8::1\na=sendonly\n"
    )
    audio, own = session.media
    assert (audio.connection, audio.direction) == (sdp.Connection("192.0.2.1"), "recvonly")
    assert (own.connection, own.direction) == (sdp.Connection("2001:db8::1"), "sendonly")


@pytest.mark.parametrize(
    ("text", "connection", "is_multicast"),
    [
        ("IN IP4 239.1.2.3/127/3", sdp.Connection("239.1.2.3", 127, 3), True),
        ("IN IP4 239.1.2.3/4", sdp.Connection("239.1.2.3", 4), True),
        ("in ip4 192.0.2.1", sdp.Connection("192.0.2.1"), False),
        ("IN IP6 ff15::101/3", sdp.Connection("ff15::101", None, 3), True),
        ("IN IP6 [2001:db8::5]", sdp.Connection("2001:db8::5"), False),
        ("IN IP4 host.example.com", sdp.Connection("host.example.com"), False),
        ("IN IP4", None, False),
        ("TN RFC2543 +1-201-406-4090", None, False),
    ],
)
def test_connection_addresses(text: str, connection: sdp.Connection | None, is_multicast: bool) -> None:
    parsed = video(f"c={text}").connection
    assert parsed == connection
    assert (parsed is not None and parsed.is_multicast) is is_multicast


def test_port_count_and_static_payload_types() -> None:
    medium = video(port="5004/2", formats="26 31 34 96")
    assert (medium.port, medium.port_count) == (5004, 2)
    assert {number: rtpmap.codec for number, rtpmap in medium.rtpmaps.items()} == {26: "JPEG", 31: "H261", 34: "H263"}
    assert medium.payload_types == (26, 31, 34, 96)


def test_an_rtpmap_overrides_the_static_type() -> None:
    assert video("a=rtpmap:26 H264/90000", formats="26").rtpmaps[26].codec == "H264"


def test_format_parameters_have_lower_case_keys_and_no_padding() -> None:
    medium = video("a=fmtp:96 Packetization-Mode=1; sprop-parameter-sets=Z0LAHg==,aM4PyA== ;profile-level-id=42C01E; x")
    assert medium.fmtp(96) == {
        "packetization-mode": "1",
        "sprop-parameter-sets": "Z0LAHg==,aM4PyA==",
        "profile-level-id": "42C01E",
        "x": "",
    }
    assert medium.fmtp(97) == {}


def test_feedback_counts_for_its_payload_type_and_for_the_star() -> None:
    medium = video(
        "a=rtcp-fb:* ccm fir", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 NACK PLI", "a=rtcp-fb:97 goog-remb", formats="96 97"
    )
    assert medium.feedback(96) == sdp.Feedback(nack=True, pli=True, fir=True)
    assert medium.feedback(97) == sdp.Feedback(fir=True, remb=True)
    assert video("a=rtcp-fb:9 nack").feedback(96) == sdp.Feedback()


@pytest.mark.parametrize(
    ("lines", "port", "address"),
    [
        ((), 5005, None),
        (("a=rtcp:6001",), 6001, None),
        (("a=rtcp:6001 IN IP4 192.0.2.9",), 6001, ("192.0.2.9", 6001)),
        (("c=IN IP4 192.0.2.9", "a=rtcp:6001 IN IP4 192.0.2.9"), 6001, None),
        (("a=rtcp:6001 IN IP4 0.0.0.0",), 6001, None),
        (("a=rtcp:6001 IN IP7 X",), 6001, None),
        (("a=rtcp-mux", "a=rtcp:6001"), 5004, None),
        (("a=rtcp:5004",), 5004, None),
        (("a=rtcp:0",), 5005, None),
    ],
)
def test_where_rtcp_is_received_and_sent(lines: tuple[str, ...], port: int, address: tuple[str, int] | None) -> None:
    medium = video(*lines)
    assert medium.rtcp_port == port
    assert medium.rtcp_address == address


def test_limits_framerate_cnames_and_extensions() -> None:
    medium = video(
        "b=AS:500",
        "b=TIAS:480000",
        "b=X-YZ:128",
        "b=AS:much",
        "a=framerate:29.97",
        "a=ssrc:1356953421 cname:user@host",
        "a=ssrc:1356953421 msid:a b",
        "a=extmap:3/sendonly urn:ietf:params:rtp-hdrext:toffset",
    )
    assert medium.bitrate == 480000
    assert medium.framerate == 29.97
    assert medium.cnames == {1356953421: "user@host"}
    assert medium.extmaps == {3: "urn:ietf:params:rtp-hdrext:toffset"}


def test_as_is_in_kilobits_and_zero_is_no_limit() -> None:
    assert video("b=AS:500").bitrate == 500_000
    assert video("b=AS:0").bitrate is None


def test_unknown_attributes_are_kept_in_order() -> None:
    lines = ["a=x-vendor:1;2", "a=control:trackID=1", "a=flag", "a=empty:"]
    assert [f"a={attribute}" for attribute in video(*lines).attributes] == lines


def test_of_several_descriptions_in_one_text_the_first_is_read() -> None:
    assert sdp.parse(MINIMAL + MINIMAL.replace("5004", "6004")) == sdp.parse(MINIMAL)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("m=video", "line 3: 'm=video'"),
        ("m=video abc RTP/AVP 96", "port 'abc' is not a number from 0 to 65535"),
        ("m=video 65536 RTP/AVP 96", "port '65536'"),
        ("m=video ５００４ RTP/AVP 96", "port"),
        ("m=video 5004/0 RTP/AVP 96", "port count is 0"),
        ("m=video 5004 RTP/AVP", "payload types"),
        ("m=video 5004 RTP/AVP 96 h264", "payload types '96 h264'"),
        ("m=video 5004 RTP/AVP 128", "payload types '128'"),
        ("c=IN IP4 300.1.1.1", "'300.1.1.1' is not an IP address"),
        ("c=IN IP4 239.1.1.1/abc", "ttl 'abc'"),
        ("c=IN IP4 239.1.1.1/1/2/3", "too many /"),
        ("c=IN IP6 ff15::1/0", "number of addresses is 0"),
    ],
)
def test_a_broken_line_that_matters_is_named(line: str, said: str) -> None:
    with pytest.raises(SdpError) as refusal:
        sdp.parse(f"v=0\ns=-\n{line}\n")
    assert "line 3: " in str(refusal.value)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    "line",
    [
        "a=rtpmap:96",
        "a=rtpmap:96 H264",
        "a=rtpmap:x H264/90000",
        "a=rtpmap:96 H264/0",
        "a=fmtp:packetization-mode=1",
        "a=rtcp:x",
    ],
)
def test_a_broken_attribute_matters_only_in_rtp_that_is_not_rejected(line: str) -> None:
    with pytest.raises(SdpError, match=r"^line 3: "):
        video(line)
    assert video(line, port="0").is_rejected
    assert sdp.parse(f"m=application 9 DTLS/SCTP 5000\n{line}").media[0].kind == "application"


def test_a_long_line_is_shortened_in_the_message() -> None:
    with pytest.raises(SdpError) as refusal:
        sdp.parse("v=0\nm=" + "x" * 5000)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "the SDP is empty"),
        (b"\n \r\n\0", "the SDP is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
        ("v=0\r\nm=video".encode("utf-16"), "binary"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b'{"type": "offer"}', 'it begins \'{"type": "offer"}\''),
        (bytes(range(128, 256)), "this is not SDP"),
        (b"v=0\n" + b"a=x\n" * (1 << 18), "the SDP is larger than 65536 bytes"),
        (b"v=0" + b"\n" * 5000 + b"s=-", "5001 lines; at most 4000"),
    ],
    ids=["empty", "blank", "png", "utf-16", "html", "json", "high bytes", "a megabyte", "many lines"],
)
def test_what_is_no_description_is_refused_in_one_sentence(text: bytes, said: str) -> None:
    with pytest.raises(SdpError) as refusal:
        sdp.parse(text)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@given(st.text() | st.binary())
def test_anything_at_all_parses_or_is_refused(anything: str | bytes) -> None:
    try:
        sdp.parse(anything)
    except SdpError as refusal:
        assert len(str(refusal).splitlines()) == 1


def read_every_view(session: sdp.SessionDescription) -> None:
    """Everything that can be asked of a description; nothing of it may raise."""
    for medium in session.media:
        for payload_type in (*medium.payload_types, 0, 96):
            medium.fmtp(payload_type)
            medium.feedback(payload_type)
        _ = (medium.rtpmaps, medium.rtcp, medium.rtcp_port, medium.rtcp_address, medium.rtcp_mux, medium.cnames)
        _ = (medium.extmaps, medium.framerate, medium.bitrate, medium.avpf, medium.is_secure)
        _ = medium.connection and medium.connection.is_multicast
    sdp.audio_input(session)
    for choose in (sdp.video_input, sdp.RemoteCapabilities.of):
        with contextlib.suppress(SdpError):
            choose(session)


@given(data=st.data(), base=st.sampled_from(DIALECTS))
def test_a_damaged_description_parses_or_is_refused(data: st.DataObject, base: Path) -> None:
    damaged = bytearray(base.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        position = data.draw(st.integers(0, len(damaged)))
        length = data.draw(st.integers(0, 6))
        damaged[position : position + length] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"\n", b"/", b":", b"9" * 30])
        )
    try:
        session = sdp.parse(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))
    except SdpError:
        return
    read_every_view(session)
    assert sdp.parse(sdp.write(session)) == session


def test_the_worst_description_of_the_size_allowed_is_read_within_seconds() -> None:
    rtpmaps = [f"a=rtpmap:{number} H264/90000" for number in range(128)]
    text = "\n".join((f"m=video 5004 RTP/AVP {' '.join(map(str, range(128)))}", *rtpmaps, *["a=rtcp-fb:* nack"] * 3400))
    assert 60_000 < len(text) <= sdp.MAX_SIZE
    begun = time.process_time()
    sdp.video_input(sdp.parse(text))
    assert time.process_time() - begun < 3


@pytest.mark.parametrize("name", SETS)
def test_third_party_descriptions_parse_and_come_back_equal(name: str) -> None:
    files = sorted((VECTORS / name).glob("*.sdp"))
    if not files:
        pytest.skip(f"the shared folder beside the checkout has no vectors/{name}")
    for path in files:
        session = sdp.parse(path.read_bytes())
        read_every_view(session)
        assert sdp.parse(sdp.write(session)) == session, path.name
