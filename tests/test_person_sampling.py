"""Sampling a picture for a network: against arithmetic by hand, and against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twins import resample as twin
from transforms.kernels.resample import resample
from transforms.person.sampling import Box, Sampler, sample, taps
from transforms.picture import Matrix, Picture, Size


def drawn(size: Size, *, matrix: Matrix = Matrix.BT709, full_range: bool = False) -> Picture:
    """Noise."""
    picture = Picture.blank(size, matrix=matrix, full_range=full_range)
    random = np.random.default_rng(3)
    for plane in picture.planes:
        plane.rows[:] = random.integers(16, 236, plane.rows.shape)
    return picture


def test_halving_takes_the_mean_of_two_by_two() -> None:
    picture = Picture.blank(Size(4, 4), matrix=Matrix.BT709, full_range=True)
    picture.y.rows[:] = [[0, 40, 100, 100], [20, 60, 100, 100], [8, 8, 0, 0], [8, 8, 0, 4]]
    y, cb, _ = Sampler(Size(2, 2)).levels(picture, Box.whole(picture.size))
    assert y.tolist() == [30, 100, 8, 1]
    assert cb.tolist() == [128] * 4


def test_mirrored_is_mirrored() -> None:
    picture, box = drawn(Size(61, 37)), Box(5, 3, 41, 30)
    plain = Sampler(Size(16, 12)).rgb(picture, box)
    assert np.array_equal(Sampler(Size(16, 12)).rgb(picture, box, mirrored=True), plain[:, ::-1])


def test_a_part_larger_than_itself_is_interpolated() -> None:
    picture = Picture.blank(Size(8, 2), matrix=Matrix.BT709, full_range=True)
    picture.y.rows[:] = np.arange(8) * 10
    y, _, _ = Sampler(Size(8, 1)).levels(picture, Box(2, 0, 4, 2))
    assert y.tolist() == [17.5, 22.5, 27.5, 32.5, 37.5, 42.5, 47.5, 52.5]


@pytest.mark.parametrize("matrix", Matrix)
@pytest.mark.parametrize("full_range", [False, True])
def test_colours_are_the_recommendations(matrix: Matrix, full_range: bool) -> None:
    picture = drawn(Size(32, 32), matrix=matrix, full_range=full_range)
    picture.cb.rows[:], picture.cr.rows[:] = picture.cb.rows // 4 + 96, picture.cr.rows // 4 + 96
    y, cb, cr = (plane.rows.astype(np.float64) for plane in picture.planes)
    expected = twin.rgb(y.reshape(16, 2, 16, 2).mean((1, 3)), cb, cr, matrix, full_range=full_range)
    assert np.abs(sample(picture, Size(16, 16)) - expected).max() <= 0.51


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_kernel_does_what_numpy_does(data: st.DataObject) -> None:
    limit = st.integers(3, 40)
    height, width = data.draw(limit), data.draw(limit)
    rows, columns = data.draw(limit), data.draw(limit)
    top, left = data.draw(st.floats(0, height - 1)), data.draw(st.floats(0, width - 1))
    down, across = data.draw(st.floats(0.5, height - top)), data.draw(st.floats(0.5, width - left))
    samples = np.random.default_rng(1).integers(0, 256, (height, width + 3)).astype(np.uint8)
    out = np.empty(rows * columns, np.float32)
    by_rows, by_columns = taps(top, down, height, rows), taps(left, across, width, columns)
    resample(samples.reshape(-1), width + 3, *by_rows, *by_columns, np.empty(width, np.float32), out)
    expected = twin.resampled(
        samples[:, :width], twin.shares(top, down, height, rows), twin.shares(left, across, width, columns)
    )
    assert np.abs(out.reshape(rows, columns) - expected).max() < 0.01


@given(st.integers(1, 50), st.integers(1, 50), st.floats(0, 1), st.floats(0.01, 1))
def test_every_mean_is_one_of_samples_within_the_line(limit: int, count: int, start: float, length: float) -> None:
    start, length = start * limit * 0.99, max(length * limit * (1 - 0.99 * start), 0.01)
    firsts, weights = taps(start, length, limit, count)
    assert firsts.min() >= 0
    assert firsts.max() + len(weights) <= limit
    assert np.allclose(weights.sum(0), 1, atol=1e-5)
