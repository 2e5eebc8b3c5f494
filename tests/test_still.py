"""A frame as an image file: its colours, its alpha, whatever the frame's matrix, range and padding."""

from __future__ import annotations

import io

import av
import pytest
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from gateway.codec.still import coded_still
from transforms.picture import Matrix, Picture, Size

ORANGE = {
    # Y'CbCr of rgb(192, 64, 16) by ITU-R BT.601 and BT.709, at limited and full range.
    (Matrix.BT601, False): (99, 88, 188),
    (Matrix.BT709, False): (91, 94, 186),
}


def _frame(size: Size, y: int, cb: int, cr: int, *, matrix: Matrix) -> av.VideoFrame:
    frame = av.VideoFrame(size.width, size.height, "yuv420p")
    picture = Picture.of(frame)
    picture.y.rows[:], picture.cb.rows[:], picture.cr.rows[:] = y, cb, cr
    frame.colorspace = Colorspace.ITU601 if matrix is Matrix.BT601 else Colorspace.ITU709
    frame.color_range = ColorRange.MPEG
    return frame


@pytest.mark.parametrize(("key", "planes"), ORANGE.items(), ids=str)
@pytest.mark.parametrize("image_format", ["png", "jpeg"])
def test_a_colour_is_the_same_by_either_matrix(
    key: tuple[Matrix, bool], planes: tuple[int, int, int], image_format: str
) -> None:
    frame = _frame(Size(66, 34), *planes, matrix=key[0])
    image = Image.open(io.BytesIO(coded_still(frame, "png" if image_format == "png" else "jpeg")))
    assert (image.format, image.size) == (image_format.upper(), (66, 34))
    pixel = image.convert("RGB").getpixel((40, 20))
    assert isinstance(pixel, tuple)
    assert all(abs(found - wanted) <= 4 for found, wanted in zip(pixel, (192, 64, 16), strict=True))


def test_an_alpha_is_its_luma_without_the_planes_padding() -> None:
    frame = av.VideoFrame(70, 34, "yuv420p")
    picture = Picture.of(frame)
    picture.y.rows[:] = 0
    picture.y.rows[:, 69], picture.y.rows[33, :] = 255, 128
    image = Image.open(io.BytesIO(coded_still(frame, "png", is_grey=True)))
    assert (image.mode, image.size) == ("L", (70, 34))
    assert [image.getpixel(place) for place in ((0, 0), (69, 10), (10, 33))] == [0, 255, 128]
