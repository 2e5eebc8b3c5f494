from __future__ import annotations

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from gateway.codec.planar import planar
from tests.frames import drawn_frame, luma, psnr
from transforms.effect import Color
from transforms.picture import Matrix, Picture, Size


@pytest.mark.parametrize("name", ["yuv420p", "yuvj420p"])
def test_a_planar_frame_is_passed_on_as_it_is(name: str) -> None:
    frame = av.VideoFrame(64, 48, name)
    assert planar(frame) is frame


@pytest.mark.parametrize("name", ["yuv422p", "yuv444p", "nv12", "yuv420p10le", "yuyv422", "gray"])
@pytest.mark.parametrize("color_range", [ColorRange.MPEG, ColorRange.JPEG])
def test_other_layouts_keep_their_levels_tags_and_time(name: str, color_range: ColorRange) -> None:
    original = drawn_frame(5)
    source = original.reformat(format=name, src_color_range=color_range, dst_color_range=color_range)
    source.color_range, source.colorspace = color_range, Colorspace.ITU709
    source.pts, source.time_base = original.pts, original.time_base
    frame = planar(source)
    assert frame.format.name == "yuv420p"
    assert psnr(luma(frame), luma(original)) > 48
    assert (frame.color_range, frame.colorspace) == (color_range, Colorspace.ITU709)
    assert (frame.pts, frame.time_base) == (original.pts, original.time_base)


@pytest.mark.parametrize("size", [Size(64, 48), Size(1280, 720), Size(33, 17)])
def test_rgb_becomes_the_matrix_that_its_size_suggests(size: Size) -> None:
    color = Color.parse("2a6a84")
    pixels = np.full((size.height, size.width, 3), (color.red, color.green, color.blue), np.uint8)
    picture = Picture.of(planar(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
    assert picture.size == size
    assert picture.matrix is (Matrix.BT709 if size.height == 720 else Matrix.BT601)
    expected = picture.matrix.to_ycbcr(color, full_range=False)
    for plane, level in zip(picture.planes, expected, strict=True):
        assert np.abs(plane.rows.astype(int) - level).max() <= 1


@pytest.mark.parametrize("name", ["rgba", "yuva444p", "ya8", "yuva420p"])
def test_what_is_transparent_lies_over_black(name: str) -> None:
    pixels = np.full((48, 66, 4), 200, np.uint8)
    pixels[..., 3] = np.repeat([0, 128, 255], 22)
    source = av.VideoFrame.from_ndarray(pixels, format="rgba").reformat(format=name, dst_color_range=ColorRange.MPEG)
    source.pts = 7
    picture = Picture.of(planar(source))
    levels = [int(picture.y.rows[20, column]) for column in (5, 33, 60)]
    assert levels[0] == 16
    assert np.abs(np.subtract(levels[1:], (102, 188))).max() <= 2
    assert np.abs(picture.cb.rows.astype(int) - 128).max() <= 1
    assert planar(source).pts == 7
