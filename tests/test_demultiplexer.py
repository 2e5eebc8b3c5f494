from __future__ import annotations

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.extensions import serialize_elements
from gateway.rtp.packet import RtpPacket
from gateway.rtp.sdp.negotiated import NegotiatedMedia
from gateway.webrtc.demultiplexer import MAX_SSRCS, Demultiplexer


def medium(
    kind: Literal["audio", "video"], mid: str, payload_types: dict[int, str], ssrc: int | None = None
) -> NegotiatedMedia:
    first = next(iter(payload_types))
    return NegotiatedMedia(
        kind=kind,
        direction="in",
        mid=mid,
        payload_types=payload_types,
        payload_type=first,
        codec=payload_types[first],
        clock_rate=90000,
        mid_id=4,
        ssrc=ssrc,
    )


AUDIO = medium("audio", "0", {111: "OPUS"})
VIDEO = medium("video", "1", {96: "VP8", 102: "H264"})


def packet(payload_type: int, ssrc: int, mid: str | None = None) -> bytes:
    extension = None if mid is None else serialize_elements({4: mid.encode()})
    return RtpPacket(payload_type, False, 1, 1, ssrc, b"x", extension=extension).serialize()


def test_a_payload_type_of_one_medium_alone_tells() -> None:
    demultiplexer = Demultiplexer((AUDIO, VIDEO))
    assert demultiplexer.find(packet(111, 1)) is AUDIO
    assert demultiplexer.find(packet(102, 2)) is VIDEO
    assert demultiplexer.find(packet(97, 2)) is None


def test_an_ssrc_named_once_by_its_mid_is_known_from_then_on() -> None:
    other = medium("video", "2", {96: "VP8"})
    demultiplexer = Demultiplexer((VIDEO, other))
    assert demultiplexer.find(packet(96, 7)) is None
    assert demultiplexer.find(packet(96, 7, mid="2")) is other
    assert demultiplexer.find(packet(96, 7)) is other
    assert demultiplexer.find(packet(96, 8, mid="1")) is VIDEO


def test_the_offers_ssrc_is_known_from_the_start() -> None:
    told = medium("video", "2", {96: "VP8"}, ssrc=7)
    assert Demultiplexer((VIDEO, told)).find(packet(96, 7)) is told


def test_an_ssrc_that_changes_its_medium_is_followed() -> None:
    demultiplexer = Demultiplexer((AUDIO, VIDEO))
    assert demultiplexer.find(packet(111, 1)) is AUDIO
    assert demultiplexer.find(packet(96, 1)) is VIDEO


def test_invented_ssrcs_are_forgotten() -> None:
    demultiplexer = Demultiplexer((AUDIO, VIDEO))
    for ssrc in range(10 * MAX_SSRCS):
        assert demultiplexer.find(packet(111, ssrc)) is AUDIO
    assert len(demultiplexer._by_ssrc) == MAX_SSRCS


@given(st.binary(max_size=60))
def test_any_bytes_are_somebodys_or_nobodys(data: bytes) -> None:
    assert Demultiplexer((AUDIO, VIDEO)).find(data) in (AUDIO, VIDEO, None)
