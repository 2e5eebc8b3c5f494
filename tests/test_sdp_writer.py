from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp import sdp
from gateway.rtp.sdp.description import DIRECTIONS

TOKENS = st.from_regex(r"[A-Za-z0-9.+-]{1,12}", fullmatch=True)
TEXTS = st.from_regex(r"[^\x00\r\n\s]([^\x00\r\n]{0,20}[^\x00\r\n\s])?", fullmatch=True).filter(
    lambda text: text == text.strip("\0 \t")
)
PORTS = st.integers(1, 65534)

CONNECTIONS = st.one_of(
    st.builds(sdp.Connection, st.ip_addresses(v=4).map(str)),
    st.builds(sdp.Connection, st.ip_addresses(v=4).map(str), st.integers(0, 255), st.integers(1, 9)),
    st.builds(sdp.Connection, st.ip_addresses(v=6).map(str), st.none(), st.integers(1, 9)),
    st.builds(sdp.Connection, st.from_regex(r"[a-z][a-z0-9-]{0,8}\.example", fullmatch=True)),
)
BANDWIDTHS = st.builds(sdp.Bandwidth, TOKENS, st.integers(0, 10**9))
UNTYPED = ("rtpmap", "fmtp", "rtcp", *DIRECTIONS)
ATTRIBUTES = st.lists(
    st.builds(sdp.Attribute, TOKENS.filter(lambda name: name not in UNTYPED), st.none() | st.just("") | TEXTS)
    | st.builds(sdp.RtpMap, st.integers(0, 127), TOKENS, st.integers(1, 10**6), st.sampled_from((1, 2))).map(
        lambda rtpmap: sdp.Attribute("rtpmap", str(rtpmap))
    )
    | st.builds(sdp.RtcpAddress, PORTS, st.none() | st.ip_addresses().map(str)).map(
        lambda rtcp: sdp.Attribute("rtcp", str(rtcp))
    ),
    max_size=5,
).map(tuple)
PROTOCOLS = st.sampled_from(("RTP/AVP", "RTP/AVPF", "UDP/TLS/RTP/SAVPF"))


@st.composite
def descriptions(draw: st.DrawFn) -> sdp.SessionDescription:
    connection = draw(st.none() | CONNECTIONS)
    media = st.builds(
        sdp.MediaDescription,
        kind=st.sampled_from(("video", "audio")),
        port=PORTS | st.just(0),
        protocol=PROTOCOLS,
        formats=st.lists(st.integers(0, 127).map(str), min_size=1, max_size=4, unique=True).map(tuple),
        port_count=st.integers(1, 9),
        connection=CONNECTIONS if connection else st.none() | CONNECTIONS,
        bandwidths=st.lists(BANDWIDTHS, max_size=2).map(tuple),
        direction=st.sampled_from(DIRECTIONS),
        attributes=ATTRIBUTES,
    )
    return sdp.SessionDescription(
        media=tuple(draw(st.lists(media, max_size=3))),
        origin=draw(st.builds(sdp.Origin, *[TOKENS] * 6)),
        name=draw(TEXTS),
        connection=connection,
        bandwidths=tuple(draw(st.lists(BANDWIDTHS, max_size=2))),
        attributes=draw(ATTRIBUTES),
    )


@given(descriptions())
def test_what_is_written_is_read_back_equal(session: sdp.SessionDescription) -> None:
    text = sdp.write(session)
    assert sdp.parse(text) == session
    assert sdp.parse(text.encode()) == session


@given(descriptions())
def test_lines_end_in_crlf_and_stand_in_the_order_of_the_rfc(session: sdp.SessionDescription) -> None:
    text = sdp.write(session)
    assert text.endswith("\r\n")
    letters = "".join(line[0] for line in text.removesuffix("\r\n").split("\r\n"))
    assert re.fullmatch("vosc?b*ta*(mc?b*a*)*", letters)


@pytest.mark.parametrize("smuggled", ["x\r\nm=audio 1 RTP/AVP 0", "x\ny", "x\0y"])
def test_a_line_break_in_a_field_is_refused(smuggled: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        sdp.write(sdp.SessionDescription(name=smuggled))


def test_a_small_description_byte_for_byte() -> None:
    session = sdp.SessionDescription(
        origin=sdp.Origin.at("2001:db8::1", 7),
        name="call",
        connection=sdp.Connection("2001:db8::1"),
        media=(
            sdp.MediaDescription(
                kind="video",
                port=5004,
                protocol="RTP/AVP",
                formats=("96",),
                connection=sdp.Connection("2001:db8::1"),
                bandwidths=(sdp.Bandwidth("AS", 500),),
                direction="sendonly",
                attributes=(sdp.Attribute("rtpmap", "96 VP8/90000"),),
            ),
        ),
    )
    assert sdp.write(session) == (
        "v=0\r\no=- 7 1 IN IP6 2001:db8::1\r\ns=call\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
        "m=video 5004 RTP/AVP 96\r\nb=AS:500\r\na=rtpmap:96 VP8/90000\r\na=sendonly\r\n"
    )
