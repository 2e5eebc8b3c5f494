from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from transforms.effect import Color
from transforms.picture import Matrix
from transforms.rgb import halve_chroma, picture_from_rgb, ycbcr_from_rgb


def flat(color: Color, height: int = 4, width: int = 6) -> NDArray[np.uint8]:
    return np.broadcast_to(np.array([color.red, color.green, color.blue], np.uint8), (height, width, 3))


@pytest.mark.parametrize(
    ("matrix", "full_range", "expected"),
    [
        # R' = 42/255, G' = 106/255, B' = 132/255 through the standards' equations, by hand
        (Matrix.BT601, False, (93.1, 148.9, 98.0)),
        (Matrix.BT709, False, (97.0, 145.9, 98.8)),
        (Matrix.BT601, True, (89.8, 151.8, 93.9)),
        (Matrix.BT709, True, (94.3, 148.3, 94.8)),
    ],
)
def test_teal_by_hand(matrix: Matrix, full_range: bool, expected: tuple[float, float, float]) -> None:
    picture = picture_from_rgb(flat(Color.parse("2a6a84")), matrix=matrix, full_range=full_range)
    for plane, level in zip(picture.planes, expected, strict=True):
        assert abs(int(plane.rows[0, 0]) - level) <= 0.55
        assert (plane.rows == plane.rows[0, 0]).all()


@given(
    red=st.integers(0, 255),
    green=st.integers(0, 255),
    blue=st.integers(0, 255),
    matrix=st.sampled_from(Matrix),
    full_range=st.booleans(),
)
def test_a_flat_image_has_the_levels_of_its_colour(
    red: int, green: int, blue: int, matrix: Matrix, full_range: bool
) -> None:
    color = Color(red, green, blue)
    picture = picture_from_rgb(flat(color), matrix=matrix, full_range=full_range)
    levels = matrix.to_ycbcr(color, full_range=full_range)
    for plane, level in zip(picture.planes, levels, strict=True):
        assert abs(int(plane.rows[0, 0]) - level) <= 1


def test_greys_have_no_chroma_and_the_range_s_ends() -> None:
    for full_range, black, white in ((False, 16, 235), (True, 0, 255)):
        rgb = np.stack([np.zeros((2, 3)), np.full((2, 3), 255)])[..., None].repeat(3, axis=-1).astype(np.float32)
        ycbcr = ycbcr_from_rgb(rgb, matrix=Matrix.BT709, full_range=full_range)
        assert np.allclose(ycbcr[0], [black, 128, 128], atol=1e-3)
        assert np.allclose(ycbcr[1], [white, 128, 128], atol=1e-3)


def test_chroma_sits_on_the_even_column_between_the_rows() -> None:
    ramp = np.add.outer(np.arange(8) * 10.0, np.arange(8) * 1.0).astype(np.float32)
    halved = halve_chroma(ramp)
    assert halved.shape == (4, 4)
    assert np.allclose(halved[:, 1:], ramp[::2, 2::2] + 5)  # the value of a ramp at (2i, 2j + 1/2)
    assert np.allclose(halved[:, 0], ramp[::2, 0] + 5.25)  # the edge is repeated


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 5), (2, 2), (5, 4), (4, 5)])
def test_odd_sizes_keep_their_last_column_and_row(height: int, width: int) -> None:
    picture = picture_from_rgb(flat(Color(200, 30, 60), height, width), matrix=Matrix.BT601, full_range=False)
    assert picture.y.rows.shape == (height, width)
    assert picture.cb.rows.shape == picture.cr.rows.shape == ((height + 1) // 2, (width + 1) // 2)
    assert (picture.cr.rows == picture.cr.rows[0, 0]).all()
