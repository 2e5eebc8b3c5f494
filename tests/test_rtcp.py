from __future__ import annotations

from pathlib import Path

import aiortc.rtp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp import rtcp
from gateway.rtp.packet import MalformedPacket
from gateway.rtp.rtcp import (
    BitrateEstimate,
    BitrateLimit,
    FullIntraRequest,
    GenericNack,
    Goodbye,
    PictureLossIndication,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    TemporaryMaxBitrate,
    TemporaryMaxBitrateNotification,
    parse_compound,
    serialize_compound,
)

VECTORS = Path(__file__).parents[1].parent / "shared" / "vectors"

BLOCK = ReportBlock(
    ssrc=0x01020304,
    fraction_lost=12,
    packets_lost=-3,
    highest_sequence=0x0002FFFE,
    jitter=450,
    last_sr=0xAABBCCDD,
    delay_since_last_sr=65536,
)
REPORT = ReceiverReport(ssrc=7, blocks=(BLOCK,))
PLI = PictureLossIndication(sender_ssrc=1, media_ssrc=2)
PLI_BYTES = bytes.fromhex("81ce0002 00000001 00000002")

ssrcs = st.integers(0, 0xFFFFFFFF)
blocks = st.builds(
    ReportBlock,
    ssrc=ssrcs,
    fraction_lost=st.integers(0, 255),
    packets_lost=st.integers(-0x800000, 0x7FFFFF),
    highest_sequence=ssrcs,
    jitter=ssrcs,
    last_sr=ssrcs,
    delay_since_last_sr=ssrcs,
)
block_tuples = st.lists(blocks, max_size=31).map(tuple)
limits = st.builds(BitrateLimit, ssrc=ssrcs, bits_per_second=st.integers(0, 0x1FFFF), overhead=st.integers(0, 511))
limit_tuples = st.lists(limits, max_size=4).map(tuple)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
packets = st.one_of(
    st.builds(
        SenderReport,
        ssrc=ssrcs,
        ntp=st.integers(0, (1 << 64) - 1),
        timestamp=ssrcs,
        packet_count=ssrcs,
        octet_count=ssrcs,
        blocks=block_tuples,
    ),
    st.builds(ReceiverReport, ssrc=ssrcs, blocks=block_tuples),
    st.builds(SourceDescription, cnames=st.dictionaries(ssrcs, names, max_size=5)),
    st.builds(Goodbye, ssrcs=st.lists(ssrcs, max_size=31).map(tuple), reason=names),
    st.builds(PictureLossIndication, sender_ssrc=ssrcs, media_ssrc=ssrcs),
    st.builds(
        FullIntraRequest,
        sender_ssrc=ssrcs,
        requests=st.lists(st.tuples(ssrcs, st.integers(0, 255)), max_size=5).map(tuple),
    ),
    st.builds(
        BitrateEstimate,
        sender_ssrc=ssrcs,
        bits_per_second=st.integers(0, 0x3FFFF),
        ssrcs=st.lists(ssrcs, max_size=5).map(tuple),
    ),
    st.builds(TemporaryMaxBitrate, sender_ssrc=ssrcs, limits=limit_tuples),
    st.builds(TemporaryMaxBitrateNotification, sender_ssrc=ssrcs, limits=limit_tuples),
)


@given(st.lists(packets, min_size=1, max_size=3))
def test_what_is_written_is_read_back(compound: list[RtcpPacket]) -> None:
    data = serialize_compound(compound)
    read = parse_compound(data)
    assert read == compound[: len(read)]
    assert len(read) == len(compound) or len(data) > rtcp.MAX_COMPOUND_OCTETS


@given(st.integers(0, 0xFFFF), st.lists(st.integers(1, 40), max_size=60))
def test_a_nack_names_exactly_the_packets_asked_for_across_the_wrap(first: int, steps: list[int]) -> None:
    numbers = [first]
    for step in steps:
        numbers.append((numbers[-1] + step) & 0xFFFF)
    (read,) = parse_compound(serialize_compound([GenericNack(1, 2, tuple(numbers))]))
    assert isinstance(read, GenericNack)
    assert read.sequence_numbers == tuple(numbers)


def test_a_nack_packs_sixteen_followers_into_one_entry() -> None:
    data = serialize_compound([GenericNack(1, 2, tuple(range(65530, 65536)) + tuple(range(11)))])
    assert data == bytes.fromhex("81cd0003 00000001 00000002 fffaffff")


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse_compound(data)
    except MalformedPacket:
        assert (
            len(data) < 4
            or data[0] >> 6 != 2
            or not 192 <= data[1] <= 223
            or data[2:4] > bytes((0, len(data) // 4 - 1))
        )


@given(st.lists(packets, min_size=1, max_size=2), st.data())
def test_bytes_that_were_damaged_are_read_or_refused(compound: list[RtcpPacket], data: st.DataObject) -> None:
    damaged = bytearray(serialize_compound(compound))
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse_compound(bytes(damaged))
    except MalformedPacket as error:
        assert "no RTCP" in str(error)


@pytest.mark.parametrize("data", [b"", b"\x80", b"hello world, this is no packet", bytes(64), b"\x80\x60" + bytes(60)])
def test_what_is_not_rtcp_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedPacket, match=f"{len(data)} bytes"):
        parse_compound(data)


def test_profile_extensions_of_a_report_are_passed_over() -> None:
    data = bytearray(serialize_compound([REPORT]))
    data[3] += 2
    assert parse_compound(bytes(data) + bytes(8) + PLI_BYTES) == [REPORT, PLI]


def test_a_member_that_lies_about_its_blocks_costs_only_itself() -> None:
    liar = bytearray(serialize_compound([ReceiverReport(9)]))
    liar[0] |= 5
    assert parse_compound(serialize_compound([REPORT]) + bytes(liar) + PLI_BYTES) == [REPORT, PLI]


def test_a_member_cut_short_leaves_those_before_it() -> None:
    assert parse_compound(serialize_compound([REPORT]) + PLI_BYTES[:-4]) == [REPORT]


def test_unknown_packet_types_are_passed_over() -> None:
    application = bytes.fromhex("80cc0002 00000001 41424344")
    extended_report = bytes.fromhex("80cf0001 00000001")
    unknown_feedback = bytes.fromhex("9fce0002 00000001 00000002")
    assert parse_compound(application + extended_report + unknown_feedback + PLI_BYTES) == [PLI]


def test_feedback_without_a_report_before_it_is_read() -> None:
    assert parse_compound(PLI_BYTES) == [PLI]


def test_padding_is_taken_off() -> None:
    padded = bytes.fromhex("a1cd0004 00000001 00000002 00050000 00000004")
    assert parse_compound(padded) == [GenericNack(1, 2, (5,))]


def test_a_huge_datagram_costs_no_more_than_a_small_one() -> None:
    assert len(parse_compound(PLI_BYTES * 5000)) == rtcp.MAX_COMPOUND_OCTETS // len(PLI_BYTES)


def test_a_source_description_keeps_only_canonical_names() -> None:
    chunk = bytes.fromhex("00000005 0203") + b"Bob" + bytes.fromhex("0104") + b"b@ex" + bytes(1)
    data = bytes.fromhex("81ca0004") + chunk
    assert parse_compound(data) == [SourceDescription({5: "b@ex"})]


def test_a_loss_beyond_24_bits_stays_at_the_limit() -> None:
    lost = ReportBlock(1, 0, 1 << 30, 0, 0, 0, 0)
    (read,) = parse_compound(serialize_compound([ReceiverReport(1, (lost,))]))
    assert isinstance(read, ReceiverReport)
    assert read.blocks[0].packets_lost == 0x7FFFFF


def test_a_long_name_is_cut_between_characters() -> None:
    (read,) = parse_compound(serialize_compound([SourceDescription({1: "é" * 200})]))
    assert read == SourceDescription({1: "é" * 127})


@pytest.mark.parametrize("bits_per_second", [1, 0x3FFFF, 0x40001, 2_000_000, 123_456_789, 1 << 100])
def test_a_bit_rate_is_rounded_down_by_less_than_its_mantissa_says(bits_per_second: int) -> None:
    compound: list[BitrateEstimate | TemporaryMaxBitrate] = [
        BitrateEstimate(1, bits_per_second, (2,)),
        TemporaryMaxBitrate(1, (BitrateLimit(2, bits_per_second),)),
    ]
    estimate, limit = parse_compound(serialize_compound(compound))
    assert isinstance(estimate, BitrateEstimate)
    assert isinstance(limit, TemporaryMaxBitrate)
    for read, bits, largest in (
        (estimate.bits_per_second, 18, 0x3FFFF << 63),
        (limit.limits[0].bits_per_second, 17, 0x1FFFF << 63),
    ):
        assert read <= bits_per_second
        assert read >= min(bits_per_second * (1 - 2.0 ** (1 - bits)), largest)


@pytest.mark.parametrize(
    "packet",
    [
        ReceiverReport(1 << 32),
        Goodbye((-1,)),
        Goodbye(tuple(range(32))),
        PictureLossIndication(-1, 0),
        SenderReport(1, 1 << 64, 0, 0, 0),
    ],
)
def test_a_field_that_does_not_fit_is_refused(packet: RtcpPacket) -> None:
    with pytest.raises(MalformedPacket):
        serialize_compound([packet])


ORACLE_BLOCK = aiortc.rtp.RtcpReceiverInfo(
    ssrc=BLOCK.ssrc,
    fraction_lost=BLOCK.fraction_lost,
    packets_lost=BLOCK.packets_lost,
    highest_sequence=BLOCK.highest_sequence,
    jitter=BLOCK.jitter,
    lsr=BLOCK.last_sr,
    dlsr=BLOCK.delay_since_last_sr,
)
ORACLE = [
    (
        SenderReport(3, 0x1122334455667788, 4, 5, 6, (BLOCK,)),
        aiortc.rtp.RtcpSrPacket(3, aiortc.rtp.RtcpSenderInfo(0x1122334455667788, 4, 5, 6), [ORACLE_BLOCK]),
    ),
    (REPORT, aiortc.rtp.RtcpRrPacket(7, [ORACLE_BLOCK])),
    (SourceDescription({5: "al"}), aiortc.rtp.RtcpSdesPacket([aiortc.rtp.RtcpSourceInfo(5, [(1, b"al")])])),
    (Goodbye((1, 2)), aiortc.rtp.RtcpByePacket([1, 2])),
    (PLI, aiortc.rtp.RtcpPsfbPacket(1, 1, 2)),
    (GenericNack(1, 2, (10, 12, 26, 27)), aiortc.rtp.RtcpRtpfbPacket(1, 1, 2, lost=[10, 12, 26, 27])),
    (
        BitrateEstimate(1, 4160000, (9,)),
        aiortc.rtp.RtcpPsfbPacket(15, 1, 0, fci=aiortc.rtp.pack_remb_fci(4160000, [9])),
    ),
]


@pytest.mark.parametrize(("ours", "theirs"), ORACLE, ids=[type(ours).__name__ for ours, _ in ORACLE])
def test_bytes_are_those_of_another_implementation(ours: RtcpPacket, theirs: aiortc.rtp.AnyRtcpPacket) -> None:
    assert serialize_compound([ours]) == bytes(theirs)
    assert parse_compound(bytes(theirs)) == [ours]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared folder beside the checkout is not there")
def test_captured_and_fuzzed_rtcp_is_read_or_refused() -> None:
    files = [*VECTORS.glob("webrtc-rtcp/*"), *VECTORS.glob("pion-rtcp-fuzz/*")]
    assert files
    kinds: set[str] = set()
    for file in files:
        try:
            compound = parse_compound(file.read_bytes())
        except MalformedPacket:
            continue
        kinds.update(type(packet).__name__ for packet in compound)
        assert not compound or parse_compound(serialize_compound(compound)) == compound
    assert len(kinds) == 9, kinds  # no generic NACK among them
