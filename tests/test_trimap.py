"""Where the trimap says screen, person and neither; its kernels against their plain-numpy twins."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.screens import BLACK, GREEN, JEANS, SKIN, TEAL, bust, drawn
from tests.twins import trimap as twin
from transforms.cells import Cells
from transforms.effect import Color
from transforms.kernels.trimap import (
    believe,
    blur,
    classify,
    dilate,
    erode,
    find_bare,
    measure_distances,
    settle_veils,
)
from transforms.key_color import find_key_color
from transforms.picture import Picture
from transforms.trimap import REACH, Trimap

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(1, 40)


@settings(max_examples=20, deadline=None)
@given(width=SIDES, height=SIDES, seed=SEEDS)
def test_opening_is_its_twins(width: int, height: int, seed: int) -> None:
    mask = np.random.default_rng(seed).integers(0, 4, (height, width), dtype=np.uint8)
    out, line = np.empty_like(mask), np.zeros(width + 2, np.uint8)
    erode(mask.reshape(-1), width, height, line, out.reshape(-1))
    assert (out == np.bitwise_and.reduce(twin.neighbours(mask, beyond=3))).all()
    dilate(mask.reshape(-1), width, height, line, out.reshape(-1))
    assert (out == np.bitwise_or.reduce(twin.neighbours(mask, beyond=0))).all()


@settings(max_examples=20, deadline=None)
@given(width=SIDES, height=SIDES, seed=SEEDS, padding=st.integers(0, 5))
def test_the_blur_sums_nine(width: int, height: int, seed: int, padding: int) -> None:
    samples = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    padded = np.pad(samples, ((0, 0), (0, padding)), constant_values=77)
    out, line = np.empty((height, width), np.uint16), np.zeros(width + 2, np.uint16)
    blur(padded.reshape(-1), width + padding, width, height, line, out.reshape(-1))
    assert (out == twin.neighbours(samples).sum(axis=0)).all()


@settings(max_examples=20, deadline=None)
@given(width=SIDES, height=SIDES, seed=SEEDS)
def test_classes_are_their_twins(width: int, height: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    cell, black = 4, 16.0
    shape = -(-height // cell), -(-width // cell)
    screen = np.array((-28.0, -40.0, -50.0))[:, None, None] + random.normal(0, 4, (3, *shape))
    local = np.repeat(np.repeat(screen, cell, 1), cell, 2)[:, :height, :width]
    opacity = random.random((height, width)) ** 3
    luma, cb, cr = (np.clip(np.rint((1 - opacity) * (s + 128) + opacity * 150), 0, 255).astype(np.uint8) for s in local)
    blue, red = (twin.neighbours(plane).sum(axis=0).astype(np.uint16).reshape(-1) for plane in (cb, cr))
    mask, rough = np.empty((height, width), np.uint8), np.empty((height, width), np.uint8)
    bounds = np.array((0.72, 1.35, 0.1, 0.3, 9.0), np.float32)
    fields = screen.reshape(3, -1).astype(np.float32)
    masks = (np.empty((4, width), np.float32), mask.reshape(-1), rough.reshape(-1))
    classify(luma.reshape(-1), blue, red, width, height, cell, fields, bounds, black, *masks)
    some, strictly, alpha = twin.classified(luma, cb, cr, local, wide=0.1, black=black, flat=9.0)
    # Within single precision of a bound either will do.
    assert (((mask & 1) != 0) == some).mean() > 0.995
    assert (((mask & 2) != 0) == strictly).mean() > 0.995
    assert np.abs(rough - alpha * 200).max() <= 1.01


@settings(max_examples=30, deadline=None)
@given(width=SIDES, height=SIDES, seed=SEEDS)
def test_distances_are_their_twins(width: int, height: int, seed: int) -> None:
    screen = np.random.default_rng(seed).random((height, width)) < 0.02
    out = np.empty((height, width), np.int32)
    measure_distances(screen.view(np.uint8).reshape(-1), width, height, 6, out.reshape(-1))
    assert (out == twin.distances(screen, 6)).all()


@settings(max_examples=30, deadline=None)
@given(columns=SIDES, rows=SIDES, seed=SEEDS, enough=st.integers(1, 20))
def test_what_is_believed_is_its_twin(columns: int, rows: int, seed: int, enough: int) -> None:
    random = np.random.default_rng(seed)
    marked, strictly = random.integers(0, 4, (2, rows, columns), dtype=np.int32)
    grown = random.random((rows, columns)) < 0.2
    out = np.empty((rows, columns), np.uint8)
    sums = np.empty(rows * columns, np.int32)
    evidence = (marked.reshape(-1), strictly.reshape(-1), grown.view(np.uint8).reshape(-1), columns, rows, enough)
    believe(*evidence, sums, out.reshape(-1))
    assert (out == twin.believed(marked, strictly, grown, enough)).all()


@settings(max_examples=30, deadline=None)
@given(columns=SIDES, rows=SIDES, seed=SEEDS)
def test_veils_are_their_twins(columns: int, rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    veiled = random.random((rows, columns)) < 0.5
    away = random.integers(0, 7, (rows, columns), dtype=np.int32)
    ideal = twin.veils(veiled, away.astype(np.int64))
    out = np.empty((rows, columns), np.uint8)
    settle_veils(veiled.view(np.uint8).reshape(-1), columns, rows, away.reshape(-1), out.reshape(-1))
    assert (out == ideal[0]).all()
    assert (away == ideal[1]).all()


@settings(max_examples=30, deadline=None)
@given(width=SIDES, height=SIDES, cell=st.integers(2, 5), seed=SEEDS)
def test_bare_cells_are_their_twins(width: int, height: int, cell: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = -(-height // cell), -(-width // cell)
    away = random.integers(0, 2, shape, dtype=np.int32)
    marked = cell * cell - random.integers(0, 2, shape, dtype=np.int32)
    marked[-1] = (height - (shape[0] - 1) * cell) * cell
    out = np.empty(shape, np.uint8)
    find_bare(marked.reshape(-1), away.reshape(-1), width, height, cell, out.reshape(-1))
    assert (out == twin.bare(marked, away.astype(np.int64), width, height, cell)).all()


def trimap_of(picture: Picture, color: Color) -> tuple[Trimap, Cells]:
    cells = Cells(picture)
    cells.measure(picture)
    found, growth = find_key_color(cells, picture, seed=color)
    assert found.line is not None
    trimap = Trimap(cells)
    local = np.repeat(cells.moments[:3, :1], cells.count, axis=1)
    trimap.draw(picture, cells, np.ascontiguousarray(local), growth, found.line)
    return trimap, cells


def test_sure_screen_is_screen_and_the_core_is_person() -> None:
    mask = bust()
    trimap, cells = trimap_of(drawn(GREEN, SKIN, mask, noise=1.0), GREEN)
    near = trimap.near.reshape(cells.height, cells.width) & 1
    assert not near[mask[::2, ::2] == 1].any()
    assert near[mask[::2, ::2] == 0].mean() > 0.85
    inside = trimap.distances.reshape(cells.shape) > REACH
    assert inside[25:, 15:25].all()


def test_a_cloth_of_the_screens_hue_but_not_its_light_is_no_screen() -> None:
    mask = bust()
    for person in (JEANS, BLACK):
        trimap, cells = trimap_of(drawn(TEAL, person, mask, noise=1.0), TEAL)
        assert not (trimap.near.reshape(cells.height, cells.width) & 1)[mask[::2, ::2] == 1].any()


def test_a_lone_sample_of_the_screens_colour_is_opened_away() -> None:
    mask = bust()
    mask[90:92, 80:82] = 0
    trimap, cells = trimap_of(drawn(GREEN, SKIN, mask), GREEN)
    assert trimap.near.reshape(cells.height, cells.width)[43:47, 38:43].sum() == 0
