"""What is measured of a screen's cells: their line's medians, the peaks of their colour, and what is worn before it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.screens import GREEN, SIZE, SKIN, bust, drawn
from tests.twins import line as twin
from transforms.cells import Cells
from transforms.kernels import line as kernels
from transforms.kernels import search
from transforms.kernels.worn import BINS, TERMS, measure_worn

KEY = (-22.0, -64.0)


def cells_of(seed: int, noise: float) -> Cells:
    light = np.linspace(0.7, 1.3, SIZE.width)[None]
    picture = drawn(GREEN, SKIN, bust(), light=light, noise=noise, seed=seed)
    cells = Cells(picture)
    cells.measure(picture)
    return cells


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), noise=st.sampled_from([0.5, 2.0, 6.0]), share=st.floats(0.1, 1.0))
def test_medians_are_their_twins(seed: int, noise: float, share: float) -> None:
    cells = cells_of(seed, noise)
    chosen = np.random.default_rng(seed).random(cells.count) < share
    out, counts = np.zeros(9, np.float32), np.zeros((8, kernels.BINS), np.int32)
    kernels.measure_line(cells.moments, chosen.astype(np.uint8), 1, *KEY, cells.lift, counts, out)
    ideal = twin.medians(cells.moments.astype(np.float64), chosen, KEY, lift=cells.lift)
    # A bin is the finest that is told apart, and an even number of cells has a median between two of them.
    levels = np.sort(cells.moments[1, chosen])
    gap = np.diff(levels)[len(levels) // 2 - 2 : len(levels) // 2 + 2].max(initial=0)
    assert out[1] == pytest.approx(ideal[1], abs=0.3 + float(gap))
    assert out[[0, 2, 5]] == pytest.approx(ideal[[0, 2, 5]], rel=0.05)
    assert out[[3, 4, 6, 7]] == pytest.approx(ideal[[3, 4, 6, 7]], abs=0.02)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), noise=st.sampled_from([0.5, 2.0]))
def test_the_strongest_peak_is_its_twins(seed: int, noise: float) -> None:
    cells = cells_of(seed, noise)
    edge = (np.random.default_rng(seed).random(cells.count) < 0.5).astype(np.uint8)
    shares = np.array((0.2, 1.0), np.float32)
    weights, counts = np.empty(cells.count, np.float32), np.empty((2, search.BINS**2), np.float32)
    peaks = np.zeros((2, 3), np.float32)
    search.seek(cells.moments, edge, shares, np.zeros(5, np.float32), weights, counts, peaks)
    strength = np.hypot(cells.moments[1], cells.moments[2]).astype(np.float64)
    ideal = twin.peak(cells.moments.astype(np.float64), shares[edge] * np.clip((strength - 8) / 16, 0, 1))
    assert peaks[0, :2] == pytest.approx(ideal, abs=0.05)
    across = peaks[0, 0] * peaks[1, 1] - peaks[0, 1] * peaks[1, 0]
    assert abs(across) > search.OTHER * peaks[0, :2] @ peaks[1, :2]


@pytest.mark.parametrize("bend", [0.0, 0.3])
@pytest.mark.parametrize("suit", [False, True])
def test_a_suit_steps_out_of_a_smooth_surface_and_bent_light_does_not(bend: float, suit: bool) -> None:
    rows, columns = 40, 60
    random = np.random.default_rng(1)
    y, x = np.mgrid[:rows, :columns]
    coordinates = np.ones((3, rows, columns), np.float32)
    coordinates[1] = bend * (x / columns) ** 2 + random.normal(0, 0.005, x.shape)
    coordinates[2] = bend * (y / rows) + random.normal(0, 0.01, x.shape)
    worn = (np.abs(x - 30) < 6) & (y > 20)
    if suit:
        coordinates[1][worn] += 0.08
        coordinates[2][worn] += 0.25
    screen = np.ones(rows * columns, np.uint8)
    moments, out = np.zeros((9, rows * columns), np.float32), np.zeros(4, np.float32)
    scratch = np.empty((TERMS, TERMS + 1), np.float32), np.empty((4, TERMS), np.float32)
    counts = np.empty(BINS, np.int32), np.empty(rows * columns, np.uint8)
    start = np.array((0, 0, 1), np.float32)
    flat = coordinates.reshape(3, -1)
    measure_worn(moments, flat, screen, columns, rows, 1, start, *scratch, *counts, out)
    assert out[0] == (pytest.approx((worn & (y < rows - 1)).mean(), rel=0.1) if suit else 0)
    ideal = twin.surface(coordinates[1].astype(np.float64), np.ones((rows, columns), np.bool_))
    assert out[1] == pytest.approx(1.4826 * np.median(np.abs(ideal)), rel=0.15)
