"""A clip's picture as it lies under a call's: where, and in which colours."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.frames import psnr
from transforms.clip.fitting import Fitter
from transforms.clip.layout import Layout
from transforms.clip.plan import plan
from transforms.clip.shots import Shot
from transforms.effect import Color, Fit, Placement
from transforms.geometry import Placed, Rect
from transforms.picture import Look, Matrix, Picture, Size

HD = Look(Size(1280, 720), Matrix.BT709, full_range=False)
TALL = Look(Size(90, 160), Matrix.BT601, full_range=False)
TEAL = Color(0x2A, 0x6A, 0x84)
RED = Color(200, 20, 20)


def shot_of(frame: av.VideoFrame, *, quarters: int = 0, clip: Size | None = None, window: Rect | None = None) -> Shot:
    upright = Size(frame.height, frame.width) if quarters % 2 else Size(frame.width, frame.height)
    clip = clip or upright
    return Shot(frame, 0.0, 1.0, clip, window or Rect(0, 0, *clip), quarters)


def laid(shot: Shot, look: Look, placement: Placement | None = None, color: Color = RED) -> Picture:
    return Layout(look, placement or Placement(), color).laid(shot, Fitter())


def levels(picture: Picture) -> tuple[float, float, float]:
    y, cb, cr = (float(np.median(plane.rows)) for plane in picture.planes)
    return y, cb, cr


def plain_frame(color: Color, matrix: Matrix, *, full_range: bool, pixel_format: str) -> av.VideoFrame:
    """One colour in a pixel format of Y'CbCr, its levels worked out by hand."""
    y, cb, cr = matrix.to_ycbcr(color, full_range=full_range)
    frame = av.VideoFrame(96, 64, "yuv444p")
    for plane, level in zip(frame.planes, (y, cb, cr), strict=True):
        plane.update(bytes([level]) * plane.buffer_size)
    if pixel_format != "yuv444p":
        frame = frame.reformat(format=pixel_format, src_color_range=1 + full_range, dst_color_range=1 + full_range)
    frame.colorspace, frame.color_range = {Matrix.BT601: 6, Matrix.BT709: 1}[matrix], 1 + full_range
    return frame


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "nv12"])
@pytest.mark.parametrize("matrix", Matrix)
@pytest.mark.parametrize("full_range", [False, True])
def test_every_format_comes_in_the_calls_colours(pixel_format: str, matrix: Matrix, full_range: bool) -> None:
    frame = plain_frame(TEAL, matrix, full_range=full_range, pixel_format=pixel_format)

    for look in (HD, TALL, Look(Size(64, 64), Matrix.BT709, full_range=True)):
        expected = look.matrix.to_ycbcr(TEAL, full_range=look.full_range)
        assert levels(laid(shot_of(frame), look)) == pytest.approx(expected, abs=2.1)


@pytest.mark.parametrize("pixel_format", ["rgb24", "bgra", "gbrp", "rgb48le"])
def test_rgb_comes_in_the_calls_colours(pixel_format: str) -> None:
    rgb = np.broadcast_to(np.array([TEAL.red, TEAL.green, TEAL.blue], np.uint8), (64, 96, 3))
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), "rgb24").reformat(format=pixel_format)

    assert levels(laid(shot_of(frame), HD)) == pytest.approx(HD.matrix.to_ycbcr(TEAL, full_range=False), abs=1.6)


def test_what_is_not_tagged_is_taken_for_what_its_size_suggests() -> None:
    for matrix, size in ((Matrix.BT601, (96, 64)), (Matrix.BT709, (1280, 720))):
        frame = plain_frame(TEAL, matrix, full_range=False, pixel_format="yuv444p").reformat(*size)
        frame.colorspace = 2

        assert levels(laid(shot_of(frame), HD)) == pytest.approx(HD.matrix.to_ycbcr(TEAL, full_range=False), abs=1.6)


def test_a_picture_that_is_already_right_is_not_copied() -> None:
    frame = plain_frame(TEAL, Matrix.BT709, full_range=False, pixel_format="yuv420p")

    picture = laid(shot_of(frame), Look(Size(96, 64), Matrix.BT709, full_range=False))

    assert picture.frame is frame


def gradient(size: Size) -> NDArray[np.uint8]:
    """Smooth, and different everywhere, so that a shift shows."""
    x, y = np.meshgrid(np.arange(size.width) / size.width, np.arange(size.height) / size.height)
    rows: NDArray[np.uint8] = (110 + 60 * np.sin(9 * x + 2) + 50 * np.cos(7 * y + 4 * x)).astype(np.uint8)
    return rows


def luma_frame(rows: NDArray[np.uint8]) -> av.VideoFrame:
    frame = av.VideoFrame(rows.shape[1], rows.shape[0], "yuv420p")
    picture = Picture.of(frame)
    picture.clear()
    picture.y.rows[:] = rows
    frame.colorspace, frame.color_range = 1, 1
    return frame


def oracle(rows: NDArray[np.uint8], look: Look, placement: Placement, clip: Size) -> NDArray[np.uint8]:
    """The luma by Pillow, which takes windows between pixels."""
    seen = Layout(look, placement, RED).placed(clip)
    canvas = np.full(look.size[::-1], look.matrix.to_ycbcr(RED, full_range=look.full_range)[0], np.uint8)
    left, top = round(seen.target.x), round(seen.target.y)
    right, bottom = round(seen.target.x + seen.target.width), round(seen.target.y + seen.target.height)
    across, down = rows.shape[1] / clip.width, rows.shape[0] / clip.height
    box = (
        seen.source.x * across,
        seen.source.y * down,
        (seen.source.x + seen.source.width) * across,
        (seen.source.y + seen.source.height) * down,
    )
    scaled = Image.fromarray(rows).resize((right - left, bottom - top), Image.Resampling.BICUBIC, box=box)
    canvas[top:bottom, left:right] = np.asarray(scaled)
    return canvas


PLACEMENTS = [
    Placement(),
    Placement(focus=(0.1, 0.8)),
    Placement(fit="contain"),
    Placement(fit="fill"),
    Placement(fit="none"),
    Placement(fit="cover", scale=2.3, focus=(0.7, 0.2)),
    Placement(fit="cover", offset=(31, -17)),
    Placement(fit="contain", offset=(-80, 40), scale=0.7),
]


@pytest.mark.parametrize("placement", PLACEMENTS, ids=str)
@pytest.mark.parametrize("size", [Size(640, 360), Size(182, 322)])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_it_lies_where_its_placement_says(placement: Placement, size: Size, quarters: int) -> None:
    look = Look(Size(180, 320), Matrix.BT709, full_range=False)
    rows = gradient(size)

    picture = laid(shot_of(luma_frame(np.rot90(rows, -quarters)), quarters=quarters), look, placement)

    expected = oracle(rows, look, placement, size)
    inner = np.abs(picture.y.rows.astype(int) - expected) <= 6
    assert inner.mean() > 0.985  # but for the rims of bars, which lie on even pixels


def test_samples_that_are_not_square_are_shown_as_wide_as_they_are() -> None:
    rows, clip = gradient(Size(720, 576)), Size(1024, 576)
    look = Look(Size(640, 360), Matrix.BT709, full_range=False)

    picture = laid(shot_of(luma_frame(rows), clip=clip), look)

    assert psnr(picture.y.rows, oracle(rows, look, Placement(), clip)) > 38


def test_a_part_lies_where_the_whole_would() -> None:
    rows, clip = gradient(Size(640, 360)), Size(640, 360)
    look = Look(Size(180, 320), Matrix.BT709, full_range=False)
    window = Rect(200, 0, 240, 360)
    part = luma_frame(np.ascontiguousarray(rows[:, 200:440]))

    of_part = laid(shot_of(part, clip=clip, window=window), look)

    assert psnr(of_part.y.rows, laid(shot_of(luma_frame(rows)), look).y.rows) > 40


def test_of_an_interlaced_frame_one_field_is_shown() -> None:
    rows = np.full((360, 640), 60, np.uint8)
    rows[1::2] = 200
    frame = av.VideoFrame(640, 360, "yuv420p")
    coded = _interlaced(rows)

    assert coded.interlaced_frame
    picture = laid(shot_of(coded), Look(Size(640, 360), Matrix.BT709, full_range=False))
    assert float(picture.y.rows.std()) < 3
    assert frame.interlaced_frame is False


def _interlaced(rows: NDArray[np.uint8]) -> av.VideoFrame:
    """A decoded frame of two fields: no other way sets the flag."""
    encoder = av.CodecContext.create("mpeg2video", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 640, 360, "yuv420p", Fraction(1, 25)
    encoder.bit_rate = 20_000_000
    encoder.options = {"flags": "+ildct+ilme"}
    frame = luma_frame(rows)
    frame.pts = 0
    decoder = av.CodecContext.create("mpeg2video", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    return frames[0]


@pytest.mark.parametrize("pixel_format", ["bgra", "yuva444p", "yuva420p"])
def test_through_what_is_transparent_the_colour_shows(pixel_format: str) -> None:
    rgba = np.zeros((64, 96, 4), np.uint8)
    rgba[:, :, :3] = (TEAL.red, TEAL.green, TEAL.blue)
    rgba[:, 48:, 3] = 255
    frame = av.VideoFrame.from_ndarray(rgba, "rgba").reformat(format=pixel_format)
    look = Look(Size(96, 64), Matrix.BT601, full_range=False)

    picture = laid(shot_of(frame), look)

    left, right = picture.y.rows[:, :40].mean(), picture.y.rows[:, 56:].mean()
    assert left == pytest.approx(look.matrix.to_ycbcr(RED, full_range=False)[0], abs=1.6)
    assert right == pytest.approx(look.matrix.to_ycbcr(TEAL, full_range=False)[0], abs=1.6)


def test_where_nothing_of_it_shows_there_is_the_colour() -> None:
    placement = Placement(offset=(5000, 0))

    picture = laid(shot_of(luma_frame(gradient(Size(640, 360)))), HD, placement)

    assert levels(picture) == HD.matrix.to_ycbcr(RED, full_range=False)


def test_pictures_of_many_kinds_follow_each_other() -> None:
    fitter, layout = Fitter(), Layout(TALL, Placement(), RED)
    for size in (Size(640, 360), Size(64, 48), Size(641, 361)):
        for matrix in Matrix:
            frame = plain_frame(TEAL, matrix, full_range=False, pixel_format="yuv420p").reformat(*size)
            expected = TALL.matrix.to_ycbcr(TEAL, full_range=False)
            assert levels(layout.laid(shot_of(frame), fitter)) == pytest.approx(expected, abs=1.6)


sides = st.integers(16, 3000)
fits: st.SearchStrategy[Fit] = st.sampled_from(["cover", "contain", "fill", "none"])


@given(
    st.builds(Size, sides, sides),
    st.builds(Size, sides, sides),
    fits,
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.floats(0.05, 20),
    st.tuples(st.floats(-900, 900), st.floats(-900, 900)),
)
def test_a_plan_stays_within_both_pictures(
    size: Size,
    target: Size,
    fit: Fit,
    focus: tuple[float, float],
    scale: float,
    offset: tuple[float, float],
) -> None:
    placement = Placement(fit, focus, offset, scale)
    seen = Layout(Look(target, Matrix.BT709, full_range=False), placement, RED).placed(size)

    made = plan(size, Rect(0, 0, *size), seen)

    if made is None:
        assert seen.is_empty or min(seen.target.width, seen.target.height) < 2
        return
    crop, shown = made.crop, made.shown
    assert crop.x >= 0 <= crop.y
    assert crop.width > 0 < crop.height
    assert crop.x + crop.width <= size.width
    assert crop.y + crop.height <= size.height
    assert shown.x >= 0 <= shown.y
    assert shown.x + shown.width <= target.width
    assert shown.y + shown.height <= target.height
    assert made.skip[0] + shown.width <= made.size.width
    assert made.skip[1] + shown.height <= made.size.height
    assert not any(value % 2 for value in (crop.x, crop.y, shown.x, shown.y, *made.skip))


def test_a_picture_that_is_covered_has_no_rim() -> None:
    for width in range(300, 340):
        seen = Layout(HD, Placement(focus=(0.37, 0.61)), RED).placed(Size(width, 411))
        made = plan(Size(width, 411), Rect(0, 0, width, 411), seen)
        assert made is not None
        assert made.shown == (0, 0, 1280, 720)


def test_a_frame_without_what_shows_has_no_plan() -> None:
    seen = Placed(Rect(0, 0, 10, 10), Rect(0, 0, 100, 100))

    assert plan(Size(64, 64), Rect(20, 0, 64, 64), seen) is None
