"""The shadow that is kept: soft, where it falls, dark as it is, and none where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.screens import GREEN, SIZE, SKIN, Mask, bust, drawn
from tests.twins import shadow as twin
from transforms.kernels import shadow as kernels
from transforms.matting import ScreenColor
from transforms.screen import ScreenKeyer


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 20), columns=st.integers(1, 20))
def test_light_and_shadow_are_their_twins(seed: int, rows: int, columns: int) -> None:
    random = np.random.default_rng(seed)
    count, far, reach, lift = rows * columns, 4, 2, 112.0
    moments = random.uniform(-60, 60, (9, count)).astype(np.float32)
    screen = (random.random(count) < 0.7).astype(np.uint8)
    distances = random.integers(0, 8, count, dtype=np.int32)
    lit, trust = random.uniform(-60, 60, (1, count)).astype(np.float32), random.random(count).astype(np.float32)
    before = lit[0].astype(np.float64), trust.astype(np.float64)
    luma = moments[0].astype(np.float64)
    ideal = twin.learned(luma, screen == 1, distances, *before, far=far, rate=0.1, lift=lift)
    values, weights = np.zeros((1, count), np.float32), np.zeros(count, np.float32)
    kernels.learn_lit(moments, screen, distances, far, 0.1, lift, lit, trust, values, weights)
    assert lit[0] == pytest.approx(ideal[0], abs=0.02)
    assert trust == pytest.approx(ideal[1])
    assert values[0] == pytest.approx(lit[0] * trust, abs=1e-3)
    raw, ratio = np.zeros(count, np.float32), np.zeros(count, np.float32)
    kernels.measure_shadow(moments[:3], lit[0], distances, far, reach, lift, 0.03, columns, rows, raw, ratio)
    shape = rows, columns
    grids = luma.reshape(shape), lit[0].astype(np.float64).reshape(shape)
    left = twin.ratios(*grids, distances.reshape(shape), far=far, reach=reach, lift=lift, least=0.03)
    assert ratio.reshape(rows, columns) == pytest.approx(left, abs=1e-3)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), width=st.integers(1, 60), height=st.integers(1, 60), side=st.sampled_from([4, 8])
)
def test_a_kept_shadow_is_its_twins(seed: int, width: int, height: int, side: int) -> None:
    random = np.random.default_rng(seed)
    rows, columns = -(-height // side), -(-width // side)
    ratio = random.uniform(0.3, 1, (rows, columns)).astype(np.float32)
    ratio[random.random(rows) < 0.5] = 1
    alpha = random.integers(0, 256, (height, width), dtype=np.uint8)
    out, line = np.zeros_like(alpha), np.zeros(columns, np.float32)
    place = (width, height, ratio.reshape(-1), columns, rows, side, line)
    kernels.keep_shadow(alpha.reshape(-1), *place, out.reshape(-1))
    ideal = twin.kept(alpha, ratio.astype(np.float64), side)
    assert (np.abs(out - ideal) <= 0.5 + 1e-2).all()


def shaded(depth: float) -> Mask:
    """A soft shadow to the right of the head."""
    y, x = np.mgrid[: SIZE.height, : SIZE.width]
    light: Mask = 1 - depth * np.exp(-(((x - 118) / 14) ** 2 + ((y - 60) / 30) ** 2))
    return light


@pytest.mark.parametrize("depth", [0.0, 0.25, 0.4])
def test_a_shadow_stays_on_the_background_as_dark_as_it_is(depth: float) -> None:
    kept, removed = ScreenKeyer(None, shadow="keep"), ScreenKeyer(None)
    mask, light = bust(), shaded(depth)
    for time in range(12):
        picture = drawn(GREEN, SKIN, mask, light=light, noise=1.0, seed=time)
        matte, plain = kept.matte(picture, float(time)), removed.matte(picture, float(time))
    assert matte.is_sure
    assert plain.alpha[55:65, 114:122].max() == 0
    left = 1 - matte.alpha / 255
    bare = (mask == 0) & (plain.alpha == 0)
    assert np.abs(left - light)[bare].mean() < max(0.003, 0.6 * (1 - light)[bare].mean())
    if depth:
        assert left[60, 118] == pytest.approx(1 - depth, abs=0.35 * depth)
    assert isinstance(matte.screen, ScreenColor)
    assert isinstance(plain.screen, ScreenColor)
    rows, columns = matte.screen.grid.shape[1:]
    there = int(60 / SIZE.height * rows), int(118 / SIZE.width * columns)
    away = int(60 / SIZE.height * rows), columns - 2
    lit = matte.screen.grid[0]
    assert lit[there] == pytest.approx(lit[away], rel=0.12)
    person = mask == 1
    assert np.abs(matte.alpha.astype(int) - plain.alpha)[person].mean() < 2
