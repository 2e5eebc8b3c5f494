from __future__ import annotations

import random
from fractions import Fraction

import av
import pytest
from av.codec.context import CodecContext
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.codec.decoder import MAX_PIXELS, DecodeError, VideoDecoder
from gateway.codec.encoder import EncoderSettings, VideoEncoder
from gateway.rtp.core import AccessUnit
from gateway.rtp.payload.annex_b import byte_stream, nal_units
from tests.frames import access_unit, coded, drawn_frame, luma, psnr
from transforms.picture import Size

CODECS = ["H264", "VP8"]


def unit(data: bytes, timestamp: int = 0) -> AccessUnit:
    return AccessUnit(data, timestamp, is_keyframe=False, received=0.0)


@pytest.mark.parametrize("codec", CODECS)
def test_a_stream_without_b_frames_comes_out_at_once_with_its_own_timestamps(codec: str) -> None:
    decoder = VideoDecoder(codec)
    for number, coded_unit in enumerate(coded(codec, 12)):
        (frame,) = decoder.decode(coded_unit)
        assert (frame.pts, frame.time_base) == (number * 3000, Fraction(1, 90_000))
        assert psnr(luma(frame), luma(drawn_frame(number))) > 32
    assert decoder.reorder_delay == 0
    assert decoder.flush() == []


def b_frame_units(count: int) -> list[AccessUnit]:
    """In decoding order, as a sender with B-frames sends them."""
    encoder = CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 240, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.max_b_frames = Fraction(1, 90_000), Fraction(30), 2
    encoder.options = {"preset": "superfast", "rc-lookahead": "5", "b_strategy": "0"}
    packets = [packet for number in range(count) for packet in encoder.encode(drawn_frame(number))]
    packets += encoder.encode(None)
    return [AccessUnit(bytes(packet), packet.pts or 0, packet.is_keyframe, 0.0) for packet in packets]


def test_b_frames_leave_in_presentation_order_with_their_own_timestamps() -> None:
    units, decoder = b_frame_units(20), VideoDecoder("H264")
    assert [u.timestamp for u in units] != sorted(u.timestamp for u in units)
    frames = [frame for coded_unit in units for frame in decoder.decode(coded_unit)]
    assert decoder.reorder_delay == 2
    frames += decoder.flush()
    assert [frame.pts for frame in frames] == [number * 3000 for number in range(20)]
    assert all(psnr(luma(frame), luma(drawn_frame(number))) > 32 for number, frame in enumerate(frames))


def test_an_unknown_reordering_costs_no_delay_until_it_is_seen() -> None:
    encoder = CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 320, 240, "yuv420p", Fraction(1, 90_000)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "high"}
    decoder = VideoDecoder("H264")
    for number in range(5):
        (packet,) = encoder.encode(drawn_frame(number))
        assert len(decoder.decode(unit(bytes(packet), number * 3000))) == 1


@pytest.mark.parametrize("codec", CODECS)
def test_the_size_may_change_at_a_key_frame(codec: str) -> None:
    decoder = VideoDecoder(codec)
    sizes = [Size(320, 240), Size(240, 320), Size(642, 362)]
    shown = [decoder.decode(coded_unit)[0] for size in sizes for coded_unit in coded(codec, 3, size)]
    assert [Size(frame.width, frame.height) for frame in shown] == [size for size in sizes for _ in range(3)]


def test_parameter_sets_of_the_sdp_serve_a_stream_that_has_none() -> None:
    first, *rest = coded("H264", 3)
    units = list(nal_units(first.data))
    sets, slices = byte_stream(units[:2]), byte_stream(u for u in units if u[0] & 31 == 5)
    with pytest.raises(DecodeError):
        VideoDecoder("H264").decode(unit(slices))
    decoder = VideoDecoder("H264", parameter_sets=sets)
    assert all(len(decoder.decode(u)) == 1 for u in (unit(slices), *rest))


@pytest.mark.parametrize("codec", CODECS)
def test_a_stream_joined_without_a_key_frame_shows_nothing(codec: str) -> None:
    decoder, units = VideoDecoder(codec), coded(codec, 6, keyframes=(4,))
    for joined in units[1:4]:
        with pytest.raises(DecodeError):
            decoder.decode(joined)
    assert len(decoder.decode(units[4])) == 1


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\1", b"\0\0\0\1\x67", b"not video at all" * 30])
@pytest.mark.parametrize("codec", CODECS)
def test_what_is_no_picture_is_refused(codec: str, data: bytes) -> None:
    with pytest.raises(DecodeError):
        VideoDecoder(codec).decode(unit(data))


def damaged(data: bytes) -> AccessUnit:
    return unit(data[: len(data) * 2 // 3], 6000)


def test_a_damaged_picture_is_refused_and_a_key_frame_mends_it() -> None:
    units, decoder = coded("H264", 5, keyframes=(3,)), VideoDecoder("H264")
    assert decoder.decode(units[0])
    with pytest.raises(DecodeError, match="damaged"):
        decoder.decode(damaged(units[1].data))
    (frame,) = decoder.decode(units[3])
    assert psnr(luma(frame), luma(drawn_frame(3))) > 32


def test_a_damaged_picture_is_shown_where_that_is_wanted() -> None:
    units, decoder = coded("H264", 2), VideoDecoder("H264", show_damaged=True)
    assert decoder.decode(units[0])
    assert len(decoder.decode(damaged(units[1].data))) == 1


def test_a_picture_beyond_the_limit_is_refused() -> None:
    size = Size(3842, 2162)
    assert size.width * size.height > MAX_PIXELS
    encoder = VideoEncoder(EncoderSettings("H264", preset="ultrafast"))
    (coded_unit,) = encoder.encode(av.VideoFrame(size.width, size.height, "yuv420p"))
    with pytest.raises(DecodeError):
        VideoDecoder("H264").decode(access_unit(coded_unit))


_UNITS = {codec: coded(codec, 4, Size(64, 64)) for codec in CODECS}


@given(codec=st.sampled_from(CODECS), seed=st.integers(0, 2**32), flips=st.integers(1, 40))
@settings(deadline=None, max_examples=60)
def test_no_bytes_raise_anything_but_decode_errors(codec: str, seed: int, flips: int) -> None:
    chance, decoder = random.Random(seed), VideoDecoder(codec)
    for coded_unit in _UNITS[codec]:
        data = bytearray(coded_unit.data)
        for _ in range(flips):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            frames = decoder.decode(unit(bytes(data)))
        except DecodeError:
            continue
        assert all(frame.format.name == "yuv420p" for frame in frames)
