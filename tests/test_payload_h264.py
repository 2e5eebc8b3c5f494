from __future__ import annotations

import contextlib
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import aiortc.codecs.h264
import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.payload import MalformedPayload, PayloadTooLarge, payload_format
from gateway.rtp.payload.annex_b import byte_stream, nal_units
from gateway.rtp.payload.h264 import H264

VECTORS = Path(__file__).parents[1].parent / "shared" / "vectors"

SPS = bytes.fromhex("6742c01f")
PPS = bytes.fromhex("68ce3c80")
IDR = bytes.fromhex("6588") + b"i" * 50
P_SLICE = bytes.fromhex("419a") + b"p" * 20
LATER_SLICE = bytes.fromhex("4142") + b"q" * 20
RECOVERY_POINT = bytes.fromhex("0606 01 80 80")
USER_DATA = bytes.fromhex("0605 04") + b"x264" + b"\x80"

nal_bodies = st.binary(max_size=300).map(lambda body: body.replace(b"\0", b"\1") + b"\x80")
units = st.builds(
    lambda importance, kind, body: bytes((importance << 5 | kind,)) + body,
    st.integers(0, 3),
    st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 9, 12]),
    nal_bodies,
)


def encode(*, options: dict[str, str], frames: int = 6) -> list[bytes]:
    """Access units of a moving gradient."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 240, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 30), Fraction(30)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", **options}
    access_units = []
    for index in range(frames):
        frame = av.VideoFrame(320, 240, "yuv420p")
        for plane in frame.planes:
            row = bytes((x * 7 + index * 31) % 251 for x in range(plane.line_size))
            plane.update(b"".join(row[y % 90 :] + row[: y % 90] for y in range(plane.height)))
        frame.pts = index
        access_units += [bytes(packet) for packet in encoder.encode(frame)]
    return access_units


@given(st.lists(units, min_size=1, max_size=8), st.integers(60, 400))
def test_what_is_packetized_is_put_together_again(nals: list[bytes], max_payload: int) -> None:
    data = byte_stream(nals)
    payloads = H264().packetize(data, max_payload=max_payload)
    assert max(map(len, payloads)) <= max_payload
    assert H264().depacketize(payloads) == data


@given(st.lists(units, min_size=1, max_size=8))
def test_mode_0_sends_every_nal_unit_alone(nals: list[bytes]) -> None:
    payloads = payload_format("H264", packetization_mode=0).packetize(byte_stream(nals), max_payload=400)
    assert payloads == nals


def test_mode_0_refuses_what_it_may_not_split() -> None:
    with pytest.raises(PayloadTooLarge, match="52 bytes does not fit packets of 51"):
        payload_format("H264", packetization_mode=0).packetize(byte_stream([SPS, IDR]), max_payload=51)


@pytest.mark.parametrize("start_code", [b"\0\0\1", b"\0\0\0\1", b"\0\0\0\0\0\1"])
def test_start_codes_of_any_length_are_understood(start_code: bytes) -> None:
    data = b"".join(start_code + unit for unit in (SPS, PPS, IDR))
    assert list(nal_units(data)) == [SPS, PPS, IDR]


def test_parameter_sets_travel_together_with_the_highest_importance() -> None:
    sei = bytes.fromhex("0605 0101 80")
    (payload,) = H264().packetize(byte_stream([SPS, PPS, sei]), max_payload=1200)
    assert payload[0] == 0x60 | 24
    assert payload[1:] == b"\0\4" + SPS + b"\0\4" + PPS + b"\0\5" + sei


def test_fragments_carry_importance_type_and_ends() -> None:
    unit = bytes((0x65,)) + bytes(range(1, 251))
    payloads = H264().packetize(byte_stream([unit]), max_payload=100)
    assert [payload[0] for payload in payloads] == [0x60 | 28] * 3
    assert [payload[1] for payload in payloads] == [0x80 | 5, 5, 0x40 | 5]
    assert max(map(len, payloads)) - min(map(len, payloads)) <= 1


def test_a_damaged_unit_is_marked_forbidden_in_its_aggregate() -> None:
    (payload,) = H264().packetize(byte_stream([bytes((0x80 | 0x41, 0x9A, 1)), PPS]), max_payload=100)
    assert payload[0] == 0x80 | 0x60 | 24


@pytest.mark.parametrize(
    ("payloads", "reason"),
    [
        ([b"\x7c\x05abc", b"\x7c\x45abc"], "no start"),
        ([b"\x7c\x85abc", b"\x7c\x05abc"], "no end"),
        ([b"\x7c\x85abc", P_SLICE], "no end"),
        ([b"\x7c\x85abc", b"\x7c\x85abc"], "no end"),
        ([b"\x7c\x85"], "2 bytes"),
        ([b"\x78\0\5ab"], "ends at 8"),
        ([b"\x78\0\0"], "ends at 3"),
        ([b"\x78\0"], "ends at"),
        ([b"\x79\0\0\0\5abcde"], "interleaved"),
        ([b"", b""], "no NAL unit"),
        ([], "no NAL unit"),
        ([b"\x1e", b"\x1f", b"\x00"], "no NAL unit"),
    ],
)
def test_payloads_that_make_no_access_unit_are_refused(payloads: list[bytes], reason: str) -> None:
    with pytest.raises(MalformedPayload, match=reason):
        H264().depacketize(payloads)


def test_reserved_packet_types_are_ignored() -> None:
    assert H264().depacketize([b"\x1eabc", IDR, b"\x1fabc"]) == byte_stream([IDR])


def test_a_start_and_end_in_one_fragment_is_a_whole_unit() -> None:
    assert H264().depacketize([b"\x7c\xc5abc"]) == byte_stream([b"\x65abc"])


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_payloads_are_put_together_or_refused(payloads: list[bytes]) -> None:
    h264 = H264()
    for payload in payloads:
        h264.starts_frame(payload)
    h264.is_keyframe(h264.salvage(payloads))
    with contextlib.suppress(MalformedPayload):
        assert h264.depacketize(payloads)


@given(st.lists(units, min_size=1, max_size=6), st.integers(60, 200), st.data())
def test_a_hole_costs_only_the_unit_it_is_in(nals: list[bytes], max_payload: int, data: st.DataObject) -> None:
    payloads = H264().packetize(byte_stream(nals), max_payload=max_payload)
    hole = data.draw(st.integers(0, len(payloads) - 1))
    is_fragment = payloads[hole][0] & 31 == 28
    broken = [*payloads[:hole], b"", *payloads[hole + 1 :]]
    salvaged = list(nal_units(H264().salvage(broken)))
    whole = [unit for unit in salvaged if unit in nals]
    lost = len(list(nal_units(H264().depacketize([payloads[hole]])))) if not is_fragment else 1
    assert len(whole) >= len(nals) - lost
    assert all(any(unit == nal[: len(unit)] for nal in nals) for unit in salvaged)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", False),
        (SPS, True),
        (PPS, True),
        (USER_DATA, True),
        (b"\x09\x10", True),
        (IDR, True),
        (P_SLICE, True),
        (LATER_SLICE, False),
        (b"\x0c\xff", False),
        (b"\x0a", False),
        (b"\x41", False),
        (b"\x78\0\4" + SPS + b"\0\4" + PPS, True),
        (b"\x78\0\x16" + LATER_SLICE, False),
        (b"\x78\0", False),
        (b"\x7c\x85\x88", True),
        (b"\x7c\x85\x42", False),
        (b"\x7c\x05\x88", False),
        (b"\x7c\x45\x88", False),
        (b"\x7c\x85", False),
    ],
)
def test_an_access_unit_begins_with_a_head_or_its_first_slice(payload: bytes, expected: bool) -> None:
    assert H264().starts_frame(payload) is expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", False),
        (SPS, True),
        (b"\x09\xf0", True),
        (PPS, False),
        (b"\x65\x88", False),
        (b"\x7c\x85\x88", False),
        (b"\x78\0\4" + SPS + b"\0\4" + PPS, True),
        (b"\x78\0\4" + PPS, False),
    ],
)
def test_only_before_parameter_sets_can_nothing_be_missing(payload: bytes, expected: bool) -> None:
    assert H264().surely_starts_frame(payload) is expected


@pytest.mark.parametrize(
    ("nals", "expected"),
    [
        ([SPS, PPS, IDR], True),
        ([IDR], True),
        ([b"\x09\x10", P_SLICE], False),
        ([P_SLICE], False),
        ([SPS, PPS, P_SLICE], False),
        ([USER_DATA, P_SLICE], False),
        ([SPS, PPS, RECOVERY_POINT, P_SLICE], True),
        ([SPS, PPS, USER_DATA[:-1] + RECOVERY_POINT[1:], P_SLICE], True),
        ([P_SLICE, RECOVERY_POINT], False),
        ([bytes.fromhex("06ffff80")], False),
    ],
)
def test_decoding_can_begin_at_an_idr_or_a_recovery_point(nals: list[bytes], expected: bool) -> None:
    assert H264().is_keyframe(byte_stream(nals)) is expected


def test_real_streams_begin_with_a_key_frame_and_their_frames_start_where_they_should() -> None:
    for options in ({"x264-params": "slices=4"}, {"x264-params": "slice-max-size=500:aud=1"}):
        for index, access_unit in enumerate(encode(options=options)):
            h264 = H264()
            payloads = h264.packetize(access_unit, max_payload=600)
            assert h264.is_keyframe(access_unit) == (index == 0)
            assert h264.starts_frame(payloads[0])
            assert list(nal_units(h264.depacketize(payloads))) == list(nal_units(access_unit))
            slices = [unit for unit in nal_units(access_unit) if unit[0] & 31 in (1, 5)]
            assert [h264.starts_frame(unit) for unit in slices] == [True] + [False] * (len(slices) - 1)
            assert len(slices) > 1


def test_gradual_refresh_can_be_joined_at_its_recovery_points() -> None:
    access_units = encode(options={"x264-params": "intra-refresh=1:keyint=8"}, frames=30)
    joints = [index for index, unit in enumerate(access_units) if H264().is_keyframe(unit)]
    assert len(joints) > 2
    assert max(later - earlier for earlier, later in pairwise(joints)) <= 9


def test_payloads_are_understood_by_another_implementation_and_its_by_us() -> None:
    for access_unit in encode(options={}):
        theirs = aiortc.codecs.h264.H264Encoder._packetize(aiortc.codecs.h264.H264Encoder._split_bitstream(access_unit))
        assert list(nal_units(H264().depacketize(theirs))) == list(nal_units(access_unit))
        ours = H264().packetize(access_unit, max_payload=400)
        assert b"".join(map(aiortc.codecs.h264.h264_depayload, ours)) == byte_stream(nal_units(access_unit))


@pytest.mark.parametrize("mode", [2, -1])
def test_the_interleaved_mode_is_refused(mode: int) -> None:
    with pytest.raises(ValueError, match="packetization-mode"):
        payload_format("H264", packetization_mode=mode)


def test_an_unknown_codec_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'AV1'"):
        payload_format("AV1")


@pytest.mark.parametrize("data", [b"", b"\1\2\3", b"\0\0\0\1", b"\0\0\1\0\0\0"])
def test_what_is_no_byte_stream_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedPayload):
        H264().packetize(data, max_payload=1200)


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared folder beside the checkout is not there")
def test_captured_payloads_are_put_together_or_refused() -> None:
    for file in VECTORS.glob("webrtc-h264-depkt/*"):
        data = file.read_bytes()
        H264().salvage([data[start : start + 40] for start in range(0, len(data), 40)])
        try:
            H264().depacketize([data])
        except MalformedPayload:
            continue
