"""RtpPacket against hand-made bytes, aiortc's parser, and captured packets where the shared folder is there."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import aiortc.rtp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.packet import MalformedPacket, RtpPacket, is_rtcp

CAPTURED = Path(__file__).parents[1].parent / "shared" / "vectors" / "aiortc-bin"

packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    marker=st.booleans(),
    sequence_number=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=64),
    csrcs=st.lists(st.integers(0, 0xFFFFFFFF), max_size=15).map(tuple),
    extension=st.none() | st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=4).map(lambda data: data * 4)),
)


def test_fields_are_where_rfc_3550_puts_them() -> None:
    packet = RtpPacket.parse(bytes.fromhex("80 e0 fffe 12345678 cafebabe 616263"))
    assert packet == RtpPacket(96, True, 0xFFFE, 0x12345678, 0xCAFEBABE, b"abc")


def test_csrcs_extension_and_padding_are_taken_off_the_payload() -> None:
    packet = RtpPacket.parse(bytes.fromhex("b1 60 0001 00000002 00000003 0000000a bede0001 10aa0000 7879 000003"))
    assert packet.payload == b"xy"
    assert packet.csrcs == (10,)
    assert packet.extension == (0xBEDE, bytes.fromhex("10aa0000"))


def test_padding_alone_is_a_packet_without_payload() -> None:
    assert RtpPacket.parse(bytes.fromhex("a0 60 0001 00000002 00000003 00000004")).payload == b""


@given(packets)
def test_what_is_serialized_parses_to_the_same(packet: RtpPacket) -> None:
    assert RtpPacket.parse(packet.serialize()) == packet


@given(packets)
def test_aiortc_reads_what_we_write(packet: RtpPacket) -> None:
    theirs = aiortc.rtp.RtpPacket.parse(dataclasses.replace(packet, extension=None).serialize())
    assert theirs.payload == packet.payload
    assert (theirs.payload_type, theirs.marker, theirs.sequence_number) == (
        packet.payload_type,
        int(packet.marker),
        packet.sequence_number,
    )
    assert (theirs.timestamp, theirs.ssrc, tuple(theirs.csrc)) == (packet.timestamp, packet.ssrc, packet.csrcs)


@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_are_parsed_or_refused_as_aiortc_does(data: bytes, shaped: bool) -> None:
    data = bytes([0x80 | data[0] & 0x3F]) + data[1:] if shaped and data else data
    try:
        theirs = aiortc.rtp.RtpPacket.parse(data)
    except ValueError:
        theirs = None
    try:
        ours = RtpPacket.parse(data)
    except MalformedPacket:
        # aiortc alone unpacks what is inside the extension, so it may refuse more, never less.
        assert theirs is None
    else:
        assert theirs is None or (ours.payload, ours.ssrc) == (theirs.payload, theirs.ssrc)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "80 60 0001 00000002 000000",
        "40 60 0001 00000002 00000003",
        "82 60 0001 00000002 00000003 00000004",
        "90 60 0001 00000002 00000003 bede",
        "90 60 0001 00000002 00000003 bede0002 00000000",
        "a0 60 0001 00000002 00000003",
        "a0 60 0001 00000002 00000003 00000000",
        "a0 60 0001 00000002 00000003 00000005",
    ],
    ids=["empty", "short", "version", "csrcs", "extension", "extension length", "no padding", "padding 0", "padding 5"],
)
def test_lengths_that_reach_beyond_the_end_are_refused(data: str) -> None:
    with pytest.raises(MalformedPacket):
        RtpPacket.parse(bytes.fromhex(data))


@pytest.mark.parametrize(
    "changes",
    [
        {"payload_type": 128},
        {"sequence_number": 65536},
        {"timestamp": -1},
        {"csrcs": (0,) * 16},
        {"extension": (0xBEDE, b"abc")},
    ],
)
def test_a_field_that_does_not_fit_is_not_written(changes: dict[str, Any]) -> None:
    packet = RtpPacket(96, False, 1, 2, 3, b"")
    with pytest.raises(MalformedPacket):
        dataclasses.replace(packet, **changes).serialize()


@pytest.mark.parametrize(("second", "expected"), [(191, False), (192, True), (200, True), (223, True), (224, False)])
def test_rtcp_is_told_from_rtp_by_its_second_byte(second: int, expected: bool) -> None:
    assert is_rtcp(bytes([0x80, second, 0, 0])) is expected


def test_one_byte_is_not_rtcp() -> None:
    assert not is_rtcp(b"\x80")


@pytest.mark.skipif(not CAPTURED.is_dir(), reason="captured packets lie in the shared folder beside the checkout")
@pytest.mark.parametrize("name", ["rtp", "rtp_dtmf", "rtp_with_csrc", "rtp_with_sdes_mid"])
def test_captured_packets_come_back_as_the_same_bytes(name: str) -> None:
    data = (CAPTURED / f"{name}.bin").read_bytes()
    assert RtpPacket.parse(data).serialize() == data
