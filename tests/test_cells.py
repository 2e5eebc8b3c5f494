"""Cells' moments and the pyramid that fills what has none, against their plain-numpy twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.screens import GREEN, SKIN, bust, drawn
from tests.twins import cells as twin
from transforms.cells import Cells, Pyramid
from transforms.kernels.cells import compare, count_cells, set_pace
from transforms.picture import Size

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=25, deadline=None)
@given(width=st.integers(1, 70), height=st.integers(1, 50), seed=SEEDS)
def test_measured_moments_are_their_twins(width: int, height: int, seed: int) -> None:
    picture = drawn(GREEN, SKIN, np.zeros((height, width)), noise=20.0, seed=seed)
    cells = Cells(picture)
    cells.measure(picture)
    y, cb, cr = (plane.rows for plane in picture.planes)
    assert (cells.luma.reshape(cb.shape) == twin.halved(y)).all()
    ideal = twin.moments(y, cb, cr, cells.cell)
    assert cells.moments.shape == ideal.shape
    assert np.allclose(cells.moments, ideal, rtol=1e-5, atol=0.02)


@pytest.mark.parametrize(("size", "cell"), [(Size(960, 540), 4), (Size(720, 1280), 5), (Size(1920, 1080), 8)])
def test_the_side_of_a_cell_follows_the_pictures(size: Size, cell: int) -> None:
    assert Cells(drawn(GREEN, SKIN, np.zeros((size.height, size.width)))).cell == cell


def test_the_edge_is_the_left_the_top_and_the_right() -> None:
    cells = Cells(drawn(GREEN, SKIN, bust()))
    edge = cells.edge(0.1).reshape(cells.shape)
    assert edge[:4].all()
    assert edge[:, :4].all()
    assert edge[:, -4:].all()
    assert not edge[4:, 4:-4].any()


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 40), columns=st.integers(1, 40), seed=SEEDS, enough=st.sampled_from([0.3, 0.5, 1.0]))
def test_the_filled_pyramid_is_its_twin(rows: int, columns: int, seed: int, enough: float) -> None:
    random = np.random.default_rng(seed)
    weights = random.random((rows, columns)) * (random.random((rows, columns)) < 0.3)
    values = random.normal(0, 50, (2, rows, columns)) * weights
    pyramid = Pyramid((rows, columns), channels=2)
    pyramid.values[:, : pyramid.cells] = values.reshape(2, -1)
    pyramid.weights[: pyramid.cells] = weights.reshape(-1)
    pyramid.fill(enough)
    ideal = twin.filled(values, weights, enough).reshape(2, -1)
    assert np.allclose(pyramid.filled[:, : pyramid.cells], ideal, atol=0.05)


def test_one_known_cell_is_everybodys_word() -> None:
    pyramid = Pyramid((9, 7), channels=1)
    pyramid.values[0, 30], pyramid.weights[30] = 42.0, 1.0
    pyramid.fill(1.0)
    assert np.allclose(pyramid.filled[0, : pyramid.cells], 42.0, atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(width=st.integers(1, 60), height=st.integers(1, 40), cell=st.integers(2, 16), seed=SEEDS)
def test_counted_samples_are_all_there_are(width: int, height: int, cell: int, seed: int) -> None:
    mask = np.random.default_rng(seed).integers(0, 4, (height, width), dtype=np.uint8)
    shape = -(-height // cell), -(-width // cell)
    marked, strictly = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    line = np.zeros(width, np.uint16)
    count_cells(mask.reshape(-1), width, height, cell, line, marked.reshape(-1), strictly.reshape(-1))
    for row, column in np.ndindex(shape):
        block = mask[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell]
        assert marked[row, column] == np.count_nonzero(block & 1)
        assert strictly[row, column] == np.count_nonzero(block & 2)


@settings(max_examples=25, deadline=None)
@given(width=st.integers(1, 40), height=st.integers(1, 30), cell=st.integers(2, 6), seed=SEEDS)
def test_moves_and_what_they_are_told_by_are_their_twins(width: int, height: int, cell: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    luma, before = random.integers(0, 256, (2, height, width), dtype=np.uint8)
    shape = -(-height // cell), -(-width // cell)
    means, colors = random.normal(0, 1, (9, *shape)), random.normal(0, 1, (2, *shape))
    pace = np.round(random.choice((0, 1, 1), shape) * random.random(shape) ** 0.2, 2)
    ideal = twin.compared(luma, before, means, colors, pace, cell)
    after, known = before.copy(), colors.astype(np.float32)
    moved = np.empty(shape, np.float32)
    line = np.empty(width, np.uint16)
    flat = (means.reshape(9, -1).astype(np.float32), width, height, cell, pace.reshape(-1).astype(np.float32), line)
    compare(luma.reshape(-1), *flat, after.reshape(-1), known.reshape(2, -1), moved.reshape(-1))
    assert np.allclose(moved, ideal[0], atol=1e-4)
    assert (after == ideal[1]).all()
    assert np.allclose(known, ideal[2], atol=1e-4)


@settings(max_examples=25, deadline=None)
@given(columns=st.integers(1, 12), rows=st.integers(1, 12), seed=SEEDS)
def test_the_pace_is_its_twin(columns: int, rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    moved = random.exponential(2, (rows, columns)).astype(np.float32)
    before = (random.random((rows, columns)) ** 4).astype(np.float32)
    pace = before.copy()
    set_pace(moved.reshape(-1), columns, rows, 2.0, 4.0, 0.8, np.empty(columns, np.float32), pace.reshape(-1))
    ideal = twin.paced(moved.astype(np.float64), before.astype(np.float64), still=2.0, moving=4.0, fading=0.8)
    assert np.allclose(pace, ideal, atol=1e-5)


def test_slow_movement_adds_up_and_noise_does_not() -> None:
    """A level a picture is followed, two are not: after six pictures the cell is six levels behind."""
    before, colors, moved = np.zeros(16, np.uint8), np.zeros((2, 1), np.float32), np.zeros(1, np.float32)
    told = []
    for step in (1, 2):
        before[:] = 0
        for picture in range(1, 8):
            luma = np.full(16, step * picture, np.uint8)
            scratch = (np.zeros(1, np.float32), np.empty(4, np.uint16))
            compare(luma, np.zeros((9, 1), np.float32), 4, 4, 4, *scratch, before, colors, moved)
        told.append(float(moved[0]))
    assert told == [1.0, 8.0]


def test_what_alpha_lags_behind_is_movement() -> None:
    """At half the pace half of each step is still to come: steps of 8 add up to 16."""
    before, colors, moved = np.zeros(16, np.uint8), np.zeros((2, 1), np.float32), np.zeros(1, np.float32)
    for picture in range(1, 12):
        luma, scratch = np.full(16, 8 * picture, np.uint8), (np.full(1, 0.5, np.float32), np.empty(4, np.uint16))
        compare(luma, np.zeros((9, 1), np.float32), 4, 4, 4, *scratch, before, colors, moved)
    assert 14 <= moved[0] <= 16


def test_a_cell_of_the_largest_pictures_is_counted_whole() -> None:
    """Of 2160 lines a cell is 16 x 16 samples: 256 of both kinds are more than a byte holds."""
    mask = np.full(16 * 32, 3, np.uint8)
    marked, strictly = np.empty(2, np.int32), np.empty(2, np.int32)
    count_cells(mask, 32, 16, 16, np.empty(32, np.uint16), marked, strictly)
    assert marked.tolist() == strictly.tolist() == [256, 256]
