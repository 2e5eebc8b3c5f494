from __future__ import annotations

from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.payload.annex_b import byte_stream
from gateway.rtp.payload.h264_sps import SequenceParameterSet, parameter_sets


def encode(width: int, height: int, *, pixel_format: str = "yuv420p", profile: str | None, **options: str) -> bytes:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, pixel_format
    encoder.time_base, encoder.framerate = Fraction(1, 30), Fraction(30)
    encoder.options = options
    if profile:
        encoder.profile = profile
    frame = av.VideoFrame(width, height, pixel_format)
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    return b"".join(map(bytes, packets))


def sps_of(data: bytes) -> SequenceParameterSet:
    sps, _ = parameter_sets(data)
    assert sps is not None
    return SequenceParameterSet.parse(sps)


@pytest.mark.parametrize("size", [(720, 1280), (1280, 720), (322, 242), (16, 16), (854, 480)])
def test_the_cropped_size_is_read(size: tuple[int, int]) -> None:
    sps = sps_of(encode(*size, profile="Constrained Baseline", preset="ultrafast", tune="zerolatency"))
    assert (sps.width, sps.height) == size
    assert sps.profile_idc == 66
    assert sps.constraint_flags & 0x40
    assert sps.max_num_reorder_frames == 0
    assert sps.profile_level_id == f"42c0{sps.level_idc:02x}"


def test_reordering_is_read() -> None:
    sps = sps_of(encode(320, 240, profile="High", preset="medium", bf="3"))
    assert sps.profile_idc == 100
    assert sps.max_num_reorder_frames == 2


@pytest.mark.parametrize(
    ("pixel_format", "size"), [("yuv422p", (322, 241)), ("yuv444p", (321, 243)), ("gray", (322, 242))]
)
def test_other_chroma_formats_crop_in_their_own_units(pixel_format: str, size: tuple[int, int]) -> None:
    sps = sps_of(encode(*size, pixel_format=pixel_format, profile=None, preset="ultrafast"))
    assert (sps.width, sps.height) == size


def test_scaling_lists_hrd_colour_and_fields_are_passed_over() -> None:
    options = {
        "x264-params": "cqm=jvt:nal-hrd=vbr:vbv-maxrate=900:vbv-bufsize=900:colorprim=bt709:overscan=show:sar=5/4"
    }
    sps = sps_of(encode(640, 352, profile="High", preset="medium", bf="0", **options))
    assert (sps.width, sps.height, sps.max_num_reorder_frames) == (640, 352, 0)
    interlaced = {"x264-params": "tff=1:cqm=jvt:nal-hrd=vbr:vbv-maxrate=900:vbv-bufsize=900", "preset": "medium"}
    sps = sps_of(encode(640, 340, profile="High", **interlaced))
    assert (sps.width, sps.height) == (640, 340)


def test_emulation_prevention_is_undone() -> None:
    # 16384 ticks in a 32-bit field make three zero octets in a row, which the writer must break up.
    data = encode(320, 240, profile="Constrained Baseline", preset="ultrafast")
    sps, _ = parameter_sets(data)
    assert sps is not None
    assert b"\0\0\3" in sps
    assert SequenceParameterSet.parse(sps).max_num_reorder_frames == 0


def test_the_first_parameter_sets_of_a_stream_are_found() -> None:
    stream = byte_stream([b"\x09\x10", b"\x67abc", b"\x68de", b"\x67zzz", b"\x65idr"])
    assert parameter_sets(stream) == (b"\x67abc", b"\x68de")
    assert parameter_sets(byte_stream([b"\x41p"])) == (None, None)


@pytest.mark.parametrize(
    "nal", [b"", b"\x67", b"\x68\x42\xc0\x1f\xff", b"\x67\x42\xc0\x1f", b"\x67\x42\xc0\x1f" + bytes(40)]
)
def test_what_is_no_whole_parameter_set_is_refused(nal: bytes) -> None:
    with pytest.raises(ValueError, match=r"sequence parameter set|too long"):
        SequenceParameterSet.parse(nal)


@given(st.sampled_from([66, 77, 100, 244]), st.binary(max_size=80))
def test_any_bytes_give_a_sane_size_or_a_refusal(profile: int, rest: bytes) -> None:
    try:
        sps = SequenceParameterSet.parse(bytes((0x67, profile)) + rest)
    except ValueError:
        return
    assert 0 < sps.width <= 16 * 1055
    assert 0 < sps.height <= 16 * 1055


def test_a_huge_parameter_set_is_refused_without_being_read() -> None:
    with pytest.raises(ValueError, match="1000004 bytes"):
        SequenceParameterSet.parse(b"\x67\x42\xc0\x1f" + b"\xff" * 1_000_000)
