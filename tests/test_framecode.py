from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests import framecode
from transforms.picture import Picture

SIZES = [(720, 1280), (1280, 720), (640, 360), (360, 640), (321, 181), (176, 144)]


def scene(width: int, height: int, seed: int = 0) -> NDArray[np.uint8]:
    """A grainy ramp: what a codec finds hard."""
    ramp = np.linspace(30, 200, width)[None, :] + np.random.default_rng(seed).normal(0, 12, (height, width))
    return ramp.clip(0, 255).astype(np.uint8)


@given(number=st.integers(0, 2**24 - 1), size=st.sampled_from(SIZES))
def test_what_is_burnt_is_read(number: int, size: tuple[int, int]) -> None:
    rows = scene(*size)
    framecode.burn(rows, number)
    assert framecode.read(rows) == number


def test_a_picture_without_a_number_reads_none() -> None:
    assert framecode.read(scene(360, 640)) is None
    for level in (0, 128, 255):
        assert framecode.read(np.full((360, 640), level, np.uint8)) is None


def test_a_wrong_block_is_noticed() -> None:
    rows = scene(360, 640)
    framecode.burn(rows, 4711)
    top, left = framecode._edges(rows)
    for pair in range(framecode.PAIRS):
        spoilt = rows.copy()
        block = spoilt[top[1] : top[2], left[2 * pair] : left[2 * pair + 2]]
        block[:] = block[:, ::-1].copy()
        assert framecode.read(spoilt) is None


def test_range_and_exposure_do_not_matter() -> None:
    rows = scene(360, 640)
    framecode.burn(rows, 99)
    assert framecode.read((rows * 0.4 + 60).astype(np.uint8)) == 99
    assert framecode.read((rows * 0.05 + 60).astype(np.uint8)) is None


@pytest.mark.parametrize(("codec", "bit_rate"), [("libx264", 500_000), ("libvpx", 500_000)])
def test_every_number_survives_a_poor_codec(codec: str, bit_rate: int) -> None:
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 360, 640, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.bit_rate = Fraction(1, 30), Fraction(30), bit_rate
    fast = {"libx264": {"preset": "ultrafast", "tune": "zerolatency"}, "libvpx": {"deadline": "realtime"}}
    encoder.options = fast[codec]
    decoder = av.CodecContext.create({"libx264": "h264", "libvpx": "vp8"}[codec], "r")
    assert isinstance(decoder, av.VideoCodecContext)
    seen = []
    for number in [*range(1000, 1030), None]:
        for packet in encoder.encode(None if number is None else numbered(number)):
            seen += [framecode.read(Picture.of(frame).y.rows) for frame in decoder.decode(packet)]
    seen += [framecode.read(Picture.of(frame).y.rows) for frame in decoder.decode(None)]
    assert seen == list(range(1000, 1030))


def numbered(number: int) -> av.VideoFrame:
    frame = av.VideoFrame(360, 640, "yuv420p")
    picture = Picture.of(frame)
    picture.y.rows[:] = scene(360, 640, seed=number)
    picture.cb.rows[:], picture.cr.rows[:] = 140, 100
    framecode.burn(picture.y.rows, number)
    frame.pts = number
    return frame


def test_scaling_keeps_the_number() -> None:
    picture = Picture.of(numbered(77).reformat(width=540, height=960))
    assert framecode.read(picture.y.rows) == 77
