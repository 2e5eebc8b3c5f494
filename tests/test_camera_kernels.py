"""The camera's loops against their plain-numpy twins, and a fit whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twins import camera as twin
from tests.twins.composite import Floats
from transforms.kernels.camera import (
    SCATTERS,
    SUMS,
    correlate,
    fit_shift,
    measure_texture,
    reduce_luma,
    smooth,
)
from transforms.kernels.shift import shift_levels, shift_plane
from transforms.shift import taps

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(3, 40)


@settings(max_examples=25, deadline=None)
@given(width=SIDES, height=SIDES, factor=st.integers(1, 5), seed=SEEDS)
def test_reduction_is_its_twins(width: int, height: int, factor: int, seed: int) -> None:
    luma = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    ideal = twin.reduced(luma, factor)
    out = np.zeros(ideal.shape, np.float32)
    reduce_luma(luma.reshape(-1), width, height, factor, np.zeros(width, np.uint16), out.reshape(-1))
    assert np.allclose(out, ideal, atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(width=SIDES, height=SIDES, seed=SEEDS)
def test_smoothing_is_its_twins(width: int, height: int, seed: int) -> None:
    plane = np.random.default_rng(seed).normal(0, 50, (height, width)).astype(np.float32)
    out = plane.copy()
    smooth(out.reshape(-1), width, height, np.zeros(3 * width, np.float32))
    assert np.allclose(out, twin.smoothed(plane.astype(np.float64)), atol=1e-2)


@settings(max_examples=25, deadline=None)
@given(width=SIDES, height=SIDES, across=st.floats(-6, 6), down=st.floats(-6, 6), seed=SEEDS)
def test_shifted_levels_are_their_twins(width: int, height: int, across: float, down: float, seed: int) -> None:
    plane = np.random.default_rng(seed).normal(0, 50, (height, width)).astype(np.float32)
    right, by = taps(across)
    below, along = taps(down)
    out = np.zeros_like(plane)
    line = np.zeros(width + 3, np.float32)
    shift_levels(plane.reshape(-1), width, height, right, below, by, along, line, out.reshape(-1))
    assert np.allclose(
        out,
        twin.shifted(plane.astype(np.float64), right, below, by.astype(np.float64), along.astype(np.float64)),
        atol=1e-2,
    )


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(4, 40),
    height=st.integers(1, 40),
    right=st.integers(-5, 5),
    down=st.integers(-5, 5),
    padding=st.integers(0, 5),
    seed=SEEDS,
)
def test_shifted_planes_are_their_twins(
    width: int, height: int, right: int, down: int, padding: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    plane = random.integers(0, 256, (height, width), dtype=np.uint8)
    padded = np.pad(plane, ((0, 0), (0, padding)), constant_values=99)
    across, along = (np.array(random.permutation((-4, 36, 36, -4)), np.int32) for _ in range(2))
    out, line = np.zeros((height, width), np.uint8), np.zeros(width + 3, np.int16)
    sides = (width + padding, width, height, right, down, across, along)
    shift_plane(padded.reshape(-1), *sides, line, out.reshape(-1))
    weights = across.astype(np.float64), along.astype(np.float64)
    ideal = twin.shifted(plane.astype(np.float64), right, down, *weights) / 4096
    assert np.abs(out - np.clip(ideal, 0, 255)).max() <= 0.51


@settings(max_examples=25, deadline=None)
@given(width=SIDES, height=SIDES, right=st.integers(-3, 3), down=st.integers(-3, 3), seed=SEEDS)
def test_sums_and_texture_are_their_twins(width: int, height: int, right: int, down: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    picture, plate = (random.normal(0, 40, (height, width)).astype(np.float32) for _ in range(2))
    ideal = twin.sums(picture.astype(np.float64), plate.astype(np.float64), (right, down), 1.25, 8)
    sums, lines = np.zeros(ideal.shape, np.float32), np.zeros((SUMS, width), np.float32)
    flat = sums.reshape(SUMS, -1)
    correlate(picture.reshape(-1), plate.reshape(-1), width, height, right, down, 1.25, 8, lines, flat)
    assert np.allclose(sums, ideal, rtol=1e-4, atol=0.5)
    ideal = twin.texture(plate.astype(np.float64), 8)
    texture = np.zeros(ideal.shape, np.float32)
    measure_texture(plate.reshape(-1), width, height, 8, lines, texture.reshape(2, -1))
    assert np.allclose(texture, ideal, rtol=1e-3, atol=0.5)


@pytest.mark.parametrize("shift", [0.0, 0.2, -0.4])
def test_the_shift_that_most_blocks_agree_on_is_fitted(shift: float) -> None:
    y, x = np.mgrid[:64, :96].astype(np.float64)

    def wall(x: Floats) -> Floats:
        return np.asarray(30 * np.sin(x / 3.1) + 30 * np.cos(y / 2.7 + x / 9))

    plate, picture = wall(x).astype(np.float32), (1.2 * wall(x - shift) + 9).astype(np.float32)
    picture[20:, 40:] = 80 * np.sin(x + y)[20:, 40:]
    count = 8 * 12
    sums, scatter = np.zeros((SUMS, count), np.float32), np.zeros((SCATTERS, count), np.float32)
    texture, lines, fit = np.zeros((2, count), np.float32), np.zeros((SUMS, 96), np.float32), np.zeros(7, np.float32)
    correlate(picture.reshape(-1), plate.reshape(-1), 96, 64, 0, 0, 1.2, 8, lines, sums)
    measure_texture(plate.reshape(-1), 96, 64, 8, lines, texture)
    fit_shift(sums, texture, np.ones(count, np.float32), np.array((1, 0.12, 5), np.float32), scatter, fit)
    assert fit[0] == pytest.approx(shift, abs=0.02)
    assert fit[1] == pytest.approx(0, abs=0.02)
    assert fit[2] == pytest.approx(1, abs=0.02)
    assert 0.5 < fit[3] < 0.75
