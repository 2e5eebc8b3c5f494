from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from gateway.codec.decoder import VideoDecoder
from gateway.codec.encoder import (
    FOLLOWING_SECONDS,
    MIN_BITRATE,
    MIN_SLICE,
    EncodedUnit,
    EncodeError,
    EncoderSettings,
    VideoEncoder,
    parameter_sets,
)
from gateway.rtp.payload import payload_format
from gateway.rtp.payload.annex_b import nal_units
from tests.frames import access_unit, drawn_frame, luma, psnr
from transforms.picture import FramePool, Matrix, Picture, Size

CODECS = ["H264", "VP8"]
NOISE = np.random.default_rng(1).integers(-20, 20, (240, 320))


def noisy_frame(number: int, interval: int = 3000) -> av.VideoFrame:
    """A frame that costs bits: fresh grain on every one."""
    frame = drawn_frame(number, interval=interval)
    luma(frame)[:] = np.clip(luma(frame) + np.roll(NOISE, number * 97), 16, 235)
    return frame


def encode(
    encoder: VideoEncoder, frame: av.VideoFrame, *, keyframe: bool = False, timestamp: int | None = None
) -> EncodedUnit:
    (unit,) = encoder.encode(frame, keyframe=keyframe, timestamp=timestamp)
    return unit


def nal_types(unit: EncodedUnit) -> list[int]:
    return [nal[0] & 31 for nal in nal_units(unit.data)]


def kilobits_per_second(units: list[EncodedUnit], frame_rate: float = 30) -> float:
    return sum(len(unit.data) for unit in units) * 8 * frame_rate / len(units) / 1000


@pytest.mark.parametrize("codec", CODECS)
def test_every_frame_comes_out_of_its_own_call_and_decodes(codec: str) -> None:
    encoder, decoder = VideoEncoder(EncoderSettings(codec)), VideoDecoder(codec)
    for number in range(10):
        unit = encode(encoder, drawn_frame(number))
        assert (unit.timestamp, unit.is_keyframe) == (number * 3000, number == 0)
        assert payload_format(codec).is_keyframe(unit.data) == unit.is_keyframe
        (frame,) = decoder.decode(access_unit(unit))
        assert psnr(luma(frame), luma(drawn_frame(number))) > 34


@pytest.mark.parametrize("codec", CODECS)
def test_key_frames_come_only_when_asked_for(codec: str) -> None:
    encoder = VideoEncoder(EncoderSettings(codec))
    units = [encode(encoder, drawn_frame(number * 40), keyframe=number == 5) for number in range(20)]
    assert [index for index, unit in enumerate(units) if unit.is_keyframe] == [0, 5]


@pytest.mark.parametrize("codec", CODECS)
def test_gop_counts_stream_time_not_frames(codec: str) -> None:
    encoder = VideoEncoder(EncoderSettings(codec, gop=1.0, frame_rate=10))
    units = [encode(encoder, drawn_frame(number, interval=9000)) for number in range(31)]
    assert [index for index, unit in enumerate(units) if unit.is_keyframe] == [0, 10, 20, 30]


def test_h264_is_constrained_baseline_and_repeats_its_parameter_sets() -> None:
    encoder = VideoEncoder(EncoderSettings("H264"))
    first, second = encode(encoder, drawn_frame(0)), encode(encoder, drawn_frame(1), keyframe=True)
    for unit in (first, second):
        assert nal_types(unit) == [7, 8, 5]
        sps = next(nal_units(unit.data))
        assert sps[1] == 66  # Baseline
        assert sps[2] & 0xC0 == 0xC0  # constraint_set0 and 1: no tool that Constrained Baseline lacks


@pytest.mark.parametrize(("size", "level"), [(Size(320, 240), 20), (Size(720, 1280), 31), (Size(1920, 1080), 40)])
def test_the_level_is_what_size_and_rate_need(size: Size, level: int) -> None:
    sps, _ = parameter_sets(EncoderSettings("H264"), size)
    assert sps[3] == level


@pytest.mark.parametrize("size", [Size(320, 240), Size(321, 241)])
def test_parameter_sets_are_known_before_the_first_frame(size: Size) -> None:
    settings = EncoderSettings("H264")
    unit = encode(VideoEncoder(settings), drawn_frame(0, size))
    assert tuple(nal_units(unit.data))[:2] == parameter_sets(settings, size)


def test_parameter_sets_name_the_colours_of_a_pipelines_pictures() -> None:
    settings, size = EncoderSettings("H264"), Size(320, 240)
    frame = FramePool(capacity=1).lease(size, matrix=Matrix.BT709, full_range=False).frame
    assert frame is not None
    unit = encode(VideoEncoder(settings), frame)
    assert tuple(nal_units(unit.data))[:2] == parameter_sets(settings, size, matrix=Matrix.BT709)


@pytest.mark.parametrize(("codec", "expected"), [("H264", Size(360, 640)), ("VP8", Size(361, 641))])
def test_odd_sizes_lose_a_column_and_a_row_in_h264_only(codec: str, expected: Size) -> None:
    encoder, decoder = VideoEncoder(EncoderSettings(codec)), VideoDecoder(codec)
    for number in range(3):
        drawn = drawn_frame(number, Size(361, 641))
        (frame,) = decoder.decode(access_unit(encode(encoder, drawn)))
        assert Size(frame.width, frame.height) == expected
        assert psnr(luma(frame), luma(drawn)[: expected.height, : expected.width]) > 34


@pytest.mark.parametrize("codec", CODECS)
def test_another_size_in_mid_stream_begins_with_a_key_frame(codec: str) -> None:
    encoder, decoder = VideoEncoder(EncoderSettings(codec)), VideoDecoder(codec)
    sizes = [Size(320, 240)] * 3 + [Size(240, 320)] * 3
    units = [encode(encoder, drawn_frame(number, size)) for number, size in enumerate(sizes)]
    assert [unit.is_keyframe for unit in units] == [True, False, False] * 2
    frames = [decoder.decode(access_unit(unit))[0] for unit in units]
    assert [Size(frame.width, frame.height) for frame in frames] == sizes


@pytest.mark.parametrize("matrix", [Colorspace.ITU709, 6])
@pytest.mark.parametrize("color_range", [ColorRange.MPEG, ColorRange.JPEG])
def test_matrix_and_range_are_tagged_in_h264(matrix: int, color_range: ColorRange) -> None:
    frame = drawn_frame(0)
    frame.colorspace, frame.color_range = matrix, color_range
    (seen,) = VideoDecoder("H264").decode(access_unit(encode(VideoEncoder(EncoderSettings("H264")), frame)))
    assert (seen.colorspace, seen.color_range) == (matrix, color_range)
    assert psnr(luma(seen), luma(frame)) > 34


def test_packetization_mode_0_makes_slices_that_fit_a_packet() -> None:
    encoder = VideoEncoder(EncoderSettings("H264", packetization_mode=0, max_payload=900))
    packetizer, decoder = payload_format("H264", packetization_mode=0), VideoDecoder("H264")
    for number in range(4):
        unit = encode(encoder, noisy_frame(number), keyframe=number == 2)
        assert len(packetizer.packetize(unit.data, max_payload=900)) > 1
        assert decoder.decode(access_unit(unit))


def test_a_slice_of_the_worst_picture_fits_the_smallest_packet_that_is_taken() -> None:
    encoder = VideoEncoder(
        EncoderSettings("H264", preset="ultrafast", bitrate=50_000_000, packetization_mode=0, max_payload=MIN_SLICE)
    )
    chance = np.random.default_rng(1)
    for number in range(5):
        noise = drawn_frame(number)
        for plane in Picture.of(noise).planes:
            plane.rows[:] = chance.integers(0, 256, plane.rows.shape, np.uint8)
        for unit in encoder.encode(noise):
            assert max(map(len, nal_units(unit.data))) <= MIN_SLICE


@pytest.mark.parametrize("codec", CODECS)
def test_the_bit_rate_is_held(codec: str) -> None:
    encoder = VideoEncoder(EncoderSettings(codec, bitrate=600_000))
    units = [encode(encoder, noisy_frame(number)) for number in range(120)]
    assert 400 < kilobits_per_second(units) < 700


@pytest.mark.parametrize("codec", CODECS)
def test_the_bit_rate_follows_down_and_up_without_a_key_frame(codec: str) -> None:
    encoder = VideoEncoder(EncoderSettings(codec, bitrate=1_000_000, window=FOLLOWING_SECONDS))
    spent: dict[int, list[EncodedUnit]] = {}
    for phase, rate in enumerate((1_000_000, 250_000, 600_000, 200_000, 400_000)):
        encoder.bitrate = rate
        spent[phase] = [encode(encoder, noisy_frame(90 * phase + number)) for number in range(90)]
        assert kilobits_per_second(spent[phase][30:]) == pytest.approx(rate / 1000, rel=0.25)
    assert [unit.timestamp for units in spent.values() for unit in units if unit.is_keyframe] == [0]
    timestamps = [unit.timestamp for units in spent.values() for unit in units]
    assert timestamps == [number * 3000 for number in range(450)], "whatever the codec was told"


@pytest.mark.parametrize("codec", CODECS)
def test_after_a_fall_of_the_bit_rate_little_more_than_it_is_spent_from_the_first_frame(codec: str) -> None:
    encoder = VideoEncoder(EncoderSettings(codec, bitrate=1_000_000, window=FOLLOWING_SECONDS))
    for number in range(90):
        encode(encoder, noisy_frame(number))
    encoder.bitrate = 250_000
    first_second = [encode(encoder, noisy_frame(number)) for number in range(90, 120)]
    assert kilobits_per_second(first_second) < 250 * 1.5


@pytest.mark.parametrize("codec", CODECS)
def test_a_key_frame_at_a_low_rate_takes_no_longer_than_half_a_second_of_it(codec: str) -> None:
    encoder = VideoEncoder(EncoderSettings(codec, bitrate=2_000_000, window=FOLLOWING_SECONDS))
    encoder.bitrate = 300_000
    units = [encode(encoder, noisy_frame(number), keyframe=number == 60) for number in range(61)]
    assert units[60].is_keyframe
    assert max(len(units[0].data), len(units[60].data)) * 8 < 300_000 * 0.5


@pytest.mark.parametrize("codec", CODECS)
def test_the_first_half_second_keeps_to_a_low_rate_key_frame_and_all(codec: str) -> None:
    encoder = VideoEncoder(EncoderSettings(codec, bitrate=2_000_000, window=FOLLOWING_SECONDS))
    encoder.bitrate = 400_000
    units = [encode(encoder, noisy_frame(number)) for number in range(15)]
    assert sum(len(unit.data) for unit in units) * 8 < 0.5 * 400_000 * 1.4


@pytest.mark.parametrize("codec", CODECS)
def test_an_encoder_that_began_low_holds_a_high_rate_later(codec: str) -> None:
    encoder = VideoEncoder(EncoderSettings(codec, bitrate=1_500_000, window=FOLLOWING_SECONDS))
    encoder.bitrate = 200_000
    for number in range(15):
        encode(encoder, noisy_frame(number))
    encoder.bitrate = 1_500_000
    units = [encode(encoder, noisy_frame(number), keyframe=number == 60) for number in range(15, 120)]
    assert kilobits_per_second(units[15:45]) > 1200
    assert kilobits_per_second(units[60:]) > 1200


def test_a_vp8_frame_after_a_pause_does_not_spend_what_the_pause_saved() -> None:
    encoder = VideoEncoder(EncoderSettings("VP8", bitrate=600_000))
    usual = max(len(encode(encoder, noisy_frame(number)).data) for number in range(60))
    after = encode(encoder, noisy_frame(60 + 30 * 20))
    assert len(after.data) < 8 * usual


@pytest.mark.parametrize("interval", [1500, 9000])
def test_vp8_holds_its_rate_at_any_frame_rate(interval: int) -> None:
    encoder = VideoEncoder(EncoderSettings("VP8", bitrate=600_000))
    units = [encode(encoder, noisy_frame(number, interval=interval)) for number in range(150)]
    assert [index for index, unit in enumerate(units) if unit.is_keyframe] == [0]
    assert 400 < kilobits_per_second(units[60:], frame_rate=90_000 / interval) < 700


@pytest.mark.parametrize("codec", CODECS)
def test_frames_that_others_read_are_not_written_on(codec: str) -> None:
    frames = [drawn_frame(number) for number in range(6)]
    alone = VideoEncoder(EncoderSettings(codec))
    expected = [encode(alone, drawn_frame(number), keyframe=number == 3) for number in range(6)]
    for frame in frames:
        frame.pict_type = PictureType.B
    first, second = (VideoEncoder(EncoderSettings(codec), shares_frames=True) for _ in range(2))
    seen = [encode(first, frame, keyframe=number == 3) for number, frame in enumerate(frames)]
    for number, frame in enumerate(frames):
        encode(second, frame, timestamp=number * 3000 + 77)
    assert seen == expected
    assert [(frame.pts, frame.time_base, frame.pict_type) for frame in frames] == [
        (number * 3000, Fraction(1, 90_000), PictureType.B) for number in range(6)
    ]


def test_two_threads_may_encode_the_same_frames() -> None:
    frames = [drawn_frame(number) for number in range(20)]

    def coded(offset: int) -> list[EncodedUnit]:
        encoder = VideoEncoder(EncoderSettings("H264"), shares_frames=True)
        return [
            encode(encoder, frame, keyframe=number % 7 == offset, timestamp=number * 3000 + offset)
            for number, frame in enumerate(frames)
        ]

    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(coded, (1, 2)))
    assert together == [coded(1), coded(2)]


@pytest.mark.parametrize("codec", CODECS)
def test_a_timestamp_given_is_told_in_place_of_the_frames_own(codec: str) -> None:
    encoder, frame = VideoEncoder(EncoderSettings(codec)), drawn_frame(0)
    told = [encode(encoder, frame, timestamp=timestamp).timestamp for timestamp in (0, 1, 40_000)]
    assert told == [0, 1, 40_000]


def test_a_bit_rate_beyond_the_limits_is_bounded() -> None:
    encoder = VideoEncoder(EncoderSettings("H264", bitrate=1_000_000))
    encoder.bitrate = 9_000_000
    assert encoder.bitrate == 1_000_000
    encoder.bitrate = 1
    assert encoder.bitrate == MIN_BITRATE


@pytest.mark.parametrize("codec", CODECS)
def test_a_small_picture_takes_no_more_than_its_pixels_are_worth(codec: str) -> None:
    encoder = VideoEncoder(EncoderSettings(codec, bitrate=2_000_000, bits_per_pixel=0.1))
    units = [encode(encoder, noisy_frame(number)) for number in range(150)]
    frame = noisy_frame(0)
    worth = 0.1 * frame.width * frame.height * 30
    assert encoder.bitrate == worth
    assert kilobits_per_second(units[30:]) == pytest.approx(worth / 1000, rel=0.25)


def test_frames_twice_as_often_as_expected_do_not_cost_twice_the_bits() -> None:
    encoder = VideoEncoder(EncoderSettings("H264", bitrate=600_000, frame_rate=30))
    units = [encode(encoder, noisy_frame(number, interval=1500)) for number in range(180)]
    assert [index for index, unit in enumerate(units) if unit.is_keyframe] == [0, 12]
    assert kilobits_per_second(units[60:], frame_rate=60) < 700


def test_frames_of_another_time_base_keep_their_time() -> None:
    encoder = VideoEncoder(EncoderSettings("H264"))
    frame = drawn_frame(0)
    frame.pts, frame.time_base = 7, Fraction(1, 25)
    assert encode(encoder, frame).timestamp == 7 * 3600


def test_an_encoder_leaves_its_input_as_it_was() -> None:
    frame = drawn_frame(3)
    before: NDArray[np.uint8] = luma(frame).copy()
    encode(VideoEncoder(EncoderSettings("H264")), frame)
    assert np.array_equal(luma(frame), before)
    assert frame.pts == 9000


@pytest.mark.parametrize("size", [Size(1, 1), Size(1, 64), Size(16386, 16)])
def test_a_size_that_the_codec_cannot_code_is_refused_and_another_goes_on(size: Size) -> None:
    encoder = VideoEncoder(EncoderSettings("VP8" if size.width > 16383 else "H264"))
    with pytest.raises(EncodeError, match=f"{size.width}x{size.height}"):
        encoder.encode(av.VideoFrame(size.width, size.height, "yuv420p"))
    assert encode(encoder, drawn_frame(0)).is_keyframe
