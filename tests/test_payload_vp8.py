from __future__ import annotations

from fractions import Fraction

import aiortc.codecs.vpx
import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.payload import MalformedPayload, PayloadTooLarge, payload_format
from gateway.rtp.payload.vp8 import VP8

KEYFRAME = bytes.fromhex("10 02 00 9d 01 2a 40 01 f0 00") + bytes(20)


def encode(frames: int = 4) -> list[bytes]:
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 240, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.bit_rate = Fraction(1, 30), Fraction(30), 2_000_000
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    packets = []
    for index in range(frames):
        frame = av.VideoFrame(320, 240, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes((y * x + index * 13) % 256 for y in range(plane.height) for x in range(plane.line_size)))
        frame.pts = index
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


@given(st.binary(min_size=1, max_size=3000), st.integers(5, 400))
def test_what_is_packetized_is_put_together_again(data: bytes, max_payload: int) -> None:
    vp8 = VP8()
    payloads = vp8.packetize(data, max_payload=max_payload)
    assert max(map(len, payloads)) <= max_payload
    assert max(map(len, payloads)) - min(map(len, payloads)) <= 1
    assert [vp8.starts_frame(payload) for payload in payloads] == [True] + [False] * (len(payloads) - 1)
    assert vp8.depacketize(payloads) == data


def test_every_packet_of_a_frame_carries_its_15_bit_picture_id() -> None:
    vp8 = VP8()
    for picture_id in range(0x8002):
        payloads = vp8.packetize(b"ab", max_payload=5)
        if picture_id in (0, 1, 0x7FFF, 0x8000):
            expected = bytes((0x80, 0x80 | (picture_id & 0x7FFF) >> 8, picture_id & 0xFF))
            assert payloads == [b"\x90" + expected + b"a", b"\x80" + expected + b"b"]


@pytest.mark.parametrize(
    "descriptor",
    ["10", "9000", "908011", "90809234", "90c01122", "90e0112233", "90f091112233", "9010 07", "9020 07", "9030 07"],
)
def test_every_lawful_descriptor_is_taken_off(descriptor: str) -> None:
    payload = bytes.fromhex(descriptor) + b"frame"
    assert VP8().starts_frame(payload)
    assert VP8().surely_starts_frame(payload)
    assert VP8().depacketize([payload]) == b"frame"


def test_later_partitions_belong_to_the_frame() -> None:
    assert VP8().depacketize([b"\x10ab", b"\x00cd", b"\x11ef", b"\x12gh"]) == b"abcdefgh"


@pytest.mark.parametrize(
    ("payloads", "reason"),
    [
        ([], "no payload"),
        ([b"\x00ab"], "missing"),
        ([b"\x11ab"], "missing"),
        ([b"\x10ab", b"\x10cd"], "in its middle"),
        ([b"\x10"], "ends in its descriptor"),
        ([b"\x90\x80\x92\x34"], "ends in its descriptor"),
        ([b"\x10ab", b"\x80"], "ends in its descriptor"),
        ([b"", b""], "no payload"),
    ],
)
def test_payloads_that_make_no_frame_are_refused(payloads: list[bytes], reason: str) -> None:
    with pytest.raises(MalformedPayload, match=reason):
        VP8().depacketize(payloads)


@given(st.lists(st.binary(max_size=20), max_size=5))
def test_any_payloads_are_put_together_or_refused(payloads: list[bytes]) -> None:
    vp8 = VP8()
    vp8.is_keyframe(vp8.salvage(payloads))
    try:
        assert vp8.depacketize(payloads)
    except MalformedPayload as error:
        assert str(error)


def test_before_a_hole_the_frame_can_be_salvaged() -> None:
    payloads = VP8().packetize(KEYFRAME, max_payload=14)
    assert VP8().salvage([payloads[0], b"", *payloads[2:]]) == KEYFRAME[:10]
    assert VP8().salvage([b"", *payloads[1:]]) == b""
    assert VP8().salvage(payloads) == KEYFRAME


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (KEYFRAME, True),
        (b"\x11" + KEYFRAME[1:], False),
        (KEYFRAME[:9], False),
        (b"\x10" + bytes(20), False),
        (b"", False),
    ],
)
def test_a_key_frame_has_its_bit_and_its_start_code(data: bytes, expected: bool) -> None:
    assert VP8().is_keyframe(data) is expected


def test_an_empty_frame_and_too_small_a_packet_are_refused() -> None:
    with pytest.raises(MalformedPayload):
        VP8().packetize(b"", max_payload=100)
    with pytest.raises(PayloadTooLarge, match="4 bytes"):
        VP8().packetize(b"a", max_payload=4)


def test_another_implementation_understands_us_and_we_it() -> None:
    for index, frame in enumerate(encode()):
        vp8 = payload_format("vp8")
        assert vp8.is_keyframe(frame) == (index == 0)
        ours = vp8.packetize(frame, max_payload=500)
        assert b"".join(map(aiortc.codecs.vpx.vp8_depayload, ours)) == frame
        theirs = aiortc.codecs.vpx.Vp8Encoder._packetize(frame, index)
        assert vp8.depacketize(theirs) == frame
