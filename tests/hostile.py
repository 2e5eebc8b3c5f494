"""Datagrams nobody should have sent: for tests that hand them to the cores.

They are not only random bytes, which a first check would throw away, but real packets about the very stream under test,
damaged, cut, joined and repeated; and what other projects have collected.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from hypothesis import strategies as st

from gateway.rtp import rtcp
from gateway.rtp.core import Address
from gateway.rtp.packet import RtpPacket

VECTORS: Final = Path(__file__).parents[1].parent / "shared" / "vectors"
COLLECTIONS: Final = (
    "aiortc-bin",
    "pion-rtcp-fuzz",
    "webrtc-h264-depkt",
    "webrtc-rtcp",
    "webrtc-rtp",
    "webrtc-stun",
    "werift-vp8",
)

FAR_END: Final[Address] = ("192.0.2.7", 5004)
STRANGER: Final[Address] = ("198.51.100.9", 40000)

NUMBERS = st.integers(0, 0xFFFFFFFF)
SEQUENCE_NUMBERS = st.integers(0, 30) | st.integers(0, 0xFFFF)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One datagram, where it comes from, and on which socket."""

    data: bytes
    source: Address
    is_rtcp: bool


def collected(name: str) -> list[bytes]:
    """The datagrams of a third party's collection; skips where the shared folder beside the checkout lacks it."""
    files = sorted(path for path in (VECTORS / name).rglob("*") if path.is_file())
    if not files:
        pytest.skip(f"the shared folder beside the checkout has no vectors/{name}")
    return [path.read_bytes() for path in files]


def compounds(ssrc: int) -> st.SearchStrategy[bytes]:
    """RTCP, much of it about or under this SSRC."""
    ssrcs = st.just(ssrc) | st.just(7) | NUMBERS
    block = st.builds(
        rtcp.ReportBlock,
        ssrcs,
        st.integers(0, 255),
        st.integers(-0x800000, 0x7FFFFF),
        NUMBERS,
        NUMBERS,
        NUMBERS,
        NUMBERS,
    )
    blocks = st.lists(block, max_size=3).map(tuple)
    limit = st.builds(rtcp.BitrateLimit, ssrcs, st.integers(0, 1 << 70), st.integers(0, 511))
    requests = st.lists(st.tuples(ssrcs, st.integers(0, 255)), max_size=3).map(tuple)
    members = st.one_of(
        st.builds(rtcp.ReceiverReport, ssrcs, blocks),
        st.builds(rtcp.SenderReport, ssrcs, st.integers(0, (1 << 64) - 1), NUMBERS, NUMBERS, NUMBERS, blocks),
        st.builds(rtcp.SourceDescription, st.dictionaries(ssrcs, st.text(max_size=10), max_size=2)),
        st.builds(rtcp.Goodbye, st.lists(ssrcs, max_size=3).map(tuple), st.text(max_size=10)),
        st.builds(rtcp.GenericNack, ssrcs, ssrcs, st.lists(SEQUENCE_NUMBERS, max_size=40).map(tuple)),
        st.builds(rtcp.PictureLossIndication, ssrcs, ssrcs),
        st.builds(rtcp.FullIntraRequest, ssrcs, requests),
        st.builds(rtcp.BitrateEstimate, ssrcs, st.integers(0, 1 << 80), st.lists(ssrcs, max_size=3).map(tuple)),
        st.builds(rtcp.TemporaryMaxBitrate, ssrcs, st.lists(limit, max_size=3).map(tuple)),
    )
    return st.lists(members, min_size=1, max_size=4).map(rtcp.serialize_compound)


def packets(*ssrcs: int) -> st.SearchStrategy[bytes]:
    """RTP, most of it under these SSRCs and with payloads that begin like H264 or VP8."""
    payloads = st.builds(
        bytes.__add__, st.sampled_from((b"\x10", b"\x7c\x85", b"\x78\x00", b"\x65", b"")), st.binary(max_size=60)
    )
    return st.builds(
        RtpPacket,
        payload_type=st.sampled_from((96, 97, 0, 127)),
        marker=st.booleans(),
        sequence_number=SEQUENCE_NUMBERS,
        timestamp=st.sampled_from((0, 3000, 6000)) | NUMBERS,
        ssrc=st.sampled_from(ssrcs) | NUMBERS,
        payload=payloads,
        csrcs=st.lists(NUMBERS, max_size=2).map(tuple),
    ).map(RtpPacket.serialize)


def datagrams(*ssrcs: int) -> st.SearchStrategy[bytes]:
    """Anything a socket may be handed, 64 kB at once included."""
    real = st.one_of(packets(*ssrcs), *map(compounds, ssrcs))
    largest = st.sampled_from((b"\x80\xc9", b"\x80\xe0", b"\x80\x60")).map(lambda start: start + bytes(65505))
    return st.one_of(real, _damaged(real), st.binary(max_size=80), largest)


@st.composite
def _damaged(draw: st.DrawFn, real: st.SearchStrategy[bytes]) -> bytes:
    """A real datagram with some octets cut out, put in or changed."""
    data = bytearray(draw(real))
    for _ in range(draw(st.integers(1, 4))):
        position = draw(st.integers(0, len(data)))
        data[position : position + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(data)
