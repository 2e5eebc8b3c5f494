"""The plate keyer's kernels against their plain-numpy twins."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.rooms import exposed, room, shown
from tests.screens import SKIN, bust
from tests.twins import belief as belief_twin
from tests.twins import difference as twin
from tests.twins import lay as lay_twin
from transforms.cells import Cells
from transforms.exposure import fit_exposure
from transforms.kernels.belief import part, shape, smooth, tie
from transforms.kernels.difference import COLOR_TABLE, cross_moments, find_chances, learn_colors, weigh
from transforms.kernels.lay import darken, find_light, lay_chroma, lay_luma
from transforms.picture import Picture, Size

SEEDS = st.integers(0, 2**32 - 1)
GRIDS = st.tuples(st.integers(1, 14), st.integers(1, 14))
Floats = NDArray[np.float64]


def blotches(random: np.random.Generator, shape: tuple[int, int], *, side: int = 3) -> Floats:
    """Evidence as it comes: patches of one mind, and noise."""
    rows, columns = shape
    coarse = random.normal(0, 8, (rows // side + 1, columns // side + 1))
    return np.kron(coarse, np.ones((side, side)))[:rows, :columns] + random.normal(0, 2, shape)


@settings(max_examples=20, deadline=None)
@given(width=st.integers(1, 70), height=st.integers(1, 50), seed=SEEDS)
def test_crossed_moments_are_their_twins(width: int, height: int, seed: int) -> None:
    size = Size(width, height)
    plate, picture = room(size, seed=seed), shown(room(size, seed=seed), noise=20, seed=seed)
    cells, behind = Cells(picture), Cells(plate)
    cells.measure(picture)
    behind.measure(plate)
    crossed, lines = np.zeros((3, cells.count), np.float32), np.zeros((3, cells.width), np.float32)
    planes = (cells.luma, picture.cb.samples, picture.cr.samples, picture.cb.stride)
    others = (behind.luma, plate.cb.samples, plate.cr.samples, plate.cb.stride)
    cross_moments(*planes, *others, cells.width, cells.height, cells.cell, lines, crossed)
    whole = cells.height, cells.width
    ideal = twin.crossed(
        (cells.luma.reshape(whole), picture.cb.rows, picture.cr.rows),
        (behind.luma.reshape(whole), plate.cb.rows, plate.cr.rows),
        cells.cell,
    )
    assert np.allclose(crossed, ideal, rtol=1e-5, atol=0.02)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, gain=st.sampled_from([0.7, 1.0, 1.2]), knows_colors=st.booleans())
def test_evidence_is_its_twin(seed: int, gain: float, knows_colors: bool) -> None:
    random = np.random.default_rng(seed)
    plate = room(seed=seed)
    light = np.linspace(0.6, 1, plate.y.width)[None]
    picture = shown(plate, exposed(gain), person=SKIN, mask=bust(), light=light, noise=2, seed=seed)
    cells, behind = Cells(picture), Cells(plate)
    cells.measure(picture)
    behind.measure(plate)
    count = cells.count
    fitted = fit_exposure(behind.moments, cells, np.ones(count, np.float32))
    crossed = np.zeros((3, count), np.float32)
    planes = (cells.luma, picture.cb.samples, picture.cr.samples, picture.cb.stride)
    others = (behind.luma, plate.cb.samples, plate.cr.samples, plate.cb.stride)
    lines = np.zeros((3, cells.width), np.float32)
    cross_moments(*planes, *others, cells.width, cells.height, cells.cell, lines, crossed)
    expected = fitted.exposure.expose(behind.moments)
    shade, noise = random.normal(0, 5, (3, count)), random.uniform(0.5, 4, (3, count))
    shade[0] *= 0.02
    known = random.integers(0, 256, count).astype(np.uint8)
    colors = np.zeros(COLOR_TABLE + 1, np.float32)
    if knows_colors:
        learn_colors(cells.moments, np.ones(count, np.uint8), np.ones(count, np.float32), 0.2, colors)
    evidence, ratio = np.zeros(count, np.float32), np.zeros(count, np.float32)
    fields = (expected, shade.astype(np.float32), noise.astype(np.float32))
    measured = (fitted.exposure.gain, fitted.deviations)
    weigh(cells.moments, behind.moments, crossed, *fields, *measured, known, cells.lift, 107, colors, evidence, ratio)
    exact = [array.astype(np.float64) for array in (cells.moments, behind.moments, crossed, *fields, *measured, known)]
    ideal, left = twin.weighed(exact, cells.lift, 107, colors.astype(np.float64))
    assert np.allclose(evidence, ideal, atol=0.1)
    assert np.allclose(ratio, left, atol=1e-3)


def test_the_person_s_colours_are_their_shares_of_the_core() -> None:
    picture = shown(room(), person=SKIN, mask=bust())
    cells = Cells(picture)
    cells.measure(picture)
    core = np.zeros(cells.count, np.uint8)
    core[::3] = 1
    colors = np.zeros(COLOR_TABLE + 1, np.float32)
    evidence = np.where(np.arange(cells.count) % 2, 1, -1).astype(np.float32)
    learn_colors(cells.moments, core, evidence, 0.2, colors)
    chosen = (core > 0) & (evidence > 0)
    ideal = np.bincount(twin.color_bin(cells.moments[:3].astype(np.float64))[chosen], minlength=COLOR_TABLE)
    assert np.allclose(colors[:-1], ideal / chosen.sum() / 512, atol=1e-7)
    chances, wanted = np.zeros(cells.count, np.float32), np.ones(cells.count, np.uint8)
    wanted[::5] = 0
    find_chances(cells.moments, colors, wanted, chances)
    means = cells.moments[:3].astype(np.float64)
    steps = [np.array((y, cb, cr))[:, None] * 8 for y in (-1, 0, 1) for cb in (-1, 0, 1) for cr in (-1, 0, 1)]
    most = np.max([colors[twin.color_bin(means + step)] for step in steps], axis=0)
    assert np.allclose(chances, wanted / (1 + 5000 * most), atol=1e-5)
    before = colors.copy()
    learn_colors(cells.moments, np.zeros_like(core), evidence, 0.2, colors)
    assert (colors == before).all()


@settings(max_examples=40, deadline=None)
@given(grid=GRIDS, seed=SEEDS)
def test_ties_and_beliefs_are_their_twins(grid: tuple[int, int], seed: int) -> None:
    rows, columns = grid
    random = np.random.default_rng(seed)
    evidence = blotches(random, grid)
    moments, expected = random.normal(0, 20, (9, rows * columns)), random.normal(0, 20, (3, rows * columns))
    ties = np.zeros((2, rows * columns), np.float32)
    tie(moments.astype(np.float32), expected.astype(np.float32), columns, rows, ties)
    ideal_ties = belief_twin.tied(moments, expected, grid)
    assert np.allclose(ties.reshape(2, *grid), ideal_ties, atol=1e-4)
    belief = np.zeros(rows * columns, np.float32)
    given_ = evidence.astype(np.float32).reshape(-1)
    smooth(given_, ties, columns, rows, np.zeros(rows * columns, np.int64), belief)
    assert np.allclose(belief.reshape(grid), belief_twin.smoothed(evidence, ideal_ties), atol=1e-3)


@settings(max_examples=60, deadline=None)
@given(grid=GRIDS, seed=SEEDS, minor=st.sampled_from([0.0, 0.1, 0.5]), least=st.integers(1, 6))
def test_shapes_are_their_twins(grid: tuple[int, int], seed: int, minor: float, least: int) -> None:
    rows, columns = grid
    random = np.random.default_rng(seed)
    evidence, said = blotches(random, grid), np.tanh(blotches(random, grid, side=2))
    belief, person = said.astype(np.float32).reshape(-1), np.zeros(rows * columns, np.uint8)
    scratch = np.zeros(rows * columns, np.int64), np.zeros(rows * columns, np.uint8)
    heard, ties = evidence.astype(np.float32).reshape(-1), random.uniform(0.4, 2.5, (2, *grid))
    flat = ties.astype(np.float32).reshape(2, -1)
    shape(heard, flat, belief, columns, rows, minor, least, -3.0, *scratch, person)
    ideal, said, left = belief_twin.shaped(evidence, ties, said, minor, least, -3.0)
    assert (person.reshape(grid) == ideal).all()
    assert np.allclose(heard.reshape(grid), left, atol=1e-5)
    assert np.allclose(belief.reshape(grid), said, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(grid=GRIDS, seed=SEEDS)
def test_parts_are_their_twins(grid: tuple[int, int], seed: int) -> None:
    rows, columns = grid
    random = np.random.default_rng(seed)
    evidence = blotches(random, grid)
    person = (blotches(random, grid, side=5) > -4).astype(np.uint8)
    solid, inner, found, changed, wanted = random.integers(0, 3, (5, rows * columns)).astype(np.uint8)
    before, soft = found.copy(), np.zeros(rows * columns, np.float32)
    heard = evidence.astype(np.float32).reshape(-1)
    part(person.reshape(-1), heard, -3.0, columns, rows, solid, inner, found, changed, wanted, soft)
    states, around, ideal = belief_twin.parted(person, evidence, -3.0)
    assert (found.reshape(grid) == states).all()
    assert (changed == (found != before)).all()
    assert (wanted.reshape(grid) == around).all()
    assert np.allclose(soft.reshape(grid), ideal, atol=1e-6)


def grown(random: np.random.Generator, cells: Cells) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """States as they come, and what is wanted of them."""
    states = (np.clip(blotches(random, cells.shape), -4, 4) // 3 + 1).clip(0, 2).astype(np.uint8)
    return states, ((states == 1) | (random.random(cells.shape) < 0.2)).astype(np.uint8)


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 70), height=st.integers(1, 50), seed=SEEDS)
def test_the_laid_plate_is_its_twin(width: int, height: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    plate = room(Size(width, height), seed=seed)
    picture = shown(plate, noise=3, seed=seed)
    cells, behind = Cells(picture), Cells(plate)
    cells.measure(picture)
    behind.measure(plate)
    _, wanted = grown(random, cells)
    fields = random.normal(0, 3, (3, cells.count)).astype(np.float32)
    out = Picture.blank(plate.size, matrix=plate.matrix, full_range=False)
    lines, side = np.zeros((3, width + 2 * cells.cell), np.float32), 2 * cells.cell
    fields[0] *= 0.05
    planes = (plate.y.samples, plate.y.stride, width, height, side, 1.1, -5.0, 16.0, fields[0])
    lay_luma(*planes, wanted.reshape(-1), lines, out.y.samples, out.y.stride)
    field = lay_twin.stretched(fields[0].reshape(cells.shape).astype(np.float64), (height, width), side)
    ideal = np.clip(lay_twin.laid(1.1 * plate.y.rows.astype(np.float64) - 5.0, 16, field), 0, 255)
    chosen = lay_twin.by_sample(wanted, (height, width), side) != 0
    assert (np.abs(out.y.rows - ideal)[chosen] <= 0.51).all()
    assert (out.y.rows[~chosen] == 16).all()


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 70), height=st.integers(1, 50), seed=SEEDS)
def test_laid_chroma_and_masks_are_their_twins(width: int, height: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    plate = room(Size(width, height), seed=seed)
    picture = shown(plate, noise=3, seed=seed)
    cells, behind = Cells(picture), Cells(plate)
    cells.measure(picture)
    behind.measure(plate)
    states, _ = grown(random, cells)
    wanted = (states == 1).astype(np.uint8)
    fields = random.normal(0, 2, (3, cells.count)).astype(np.float32)
    weights = random.uniform(0.05, 0.3, (3, cells.count)).astype(np.float32)
    soft, chances = random.random((2, cells.count)).astype(np.float32)
    fields[0] *= 0.05
    light = np.array((1.05, -3, 1.1, 0.02, -15, 0.9, -0.02, 14, 16), np.float32)
    out = Picture.blank(plate.size, matrix=plate.matrix, full_range=False)
    near, rough = (np.zeros(cells.width * cells.height, np.uint8) for _ in range(2))
    lines = np.zeros((16, cells.width + cells.cell), np.float32)
    seen = (cells.luma, picture.cb.samples, picture.cr.samples, picture.cb.stride)
    others = (behind.luma, plate.cb.samples, plate.cr.samples, plate.cb.stride)
    size = (cells.width, cells.height, cells.cell)
    lay_chroma(
        *seen,
        *others,
        *size,
        light,
        fields,
        weights,
        soft,
        chances,
        states.reshape(-1),
        wanted.reshape(-1),
        lines,
        out.cb.samples,
        out.cr.samples,
        out.cb.stride,
        near,
        rough,
    )
    whole = (cells.height, cells.width)
    luma = behind.luma.reshape(whole).astype(np.float64)
    shades = [lay_twin.stretched(f.reshape(cells.shape).astype(np.float64), whole, cells.cell) for f in fields]
    cb, cr = (plane.rows.astype(np.float64) for plane in (plate.cb, plate.cr))
    levels = np.array(
        (
            lay_twin.laid(light[0] * luma + light[1], 16, shades[0]),
            lay_twin.laid(light[2] * cb + light[3] * luma + light[4], 128, shades[0], shades[1]),
            lay_twin.laid(light[5] * cr + light[6] * luma + light[7], 128, shades[0], shades[2]),
        )
    )
    chosen = lay_twin.by_sample(wanted, whole, cells.cell) != 0
    for plane, ideal in zip((out.cb, out.cr), levels[1:], strict=True):
        assert (np.abs(plane.rows - np.clip(ideal, 0, 255))[chosen] <= 0.51).all()
        assert (plane.rows[~chosen] == 128).all()
    shown_ = np.array((cells.luma.reshape(whole), picture.cb.rows, picture.cr.rows), np.float64)
    scales = np.array([lay_twin.by_sample(w.reshape(cells.shape), whole, cells.cell) for w in weights], np.float64)
    share = np.clip(lay_twin.stretched(soft.reshape(cells.shape).astype(np.float64), whole, cells.cell), 0, 1)
    by_state = np.asarray(lay_twin.by_sample(states, whole, cells.cell), np.uint8)
    chance = np.asarray(lay_twin.by_sample(chances.reshape(cells.shape), whole, cells.cell), np.float64)
    far, bits, alpha = lay_twin.masks(shown_, levels, scales, share, chance, by_state)
    plain = (np.abs(far - 12) > 0.01) & (np.abs(far - 5) > 0.01) & (np.abs(share - chance) > 1e-4)
    plain &= np.abs(share - 0.5) > 1e-4
    assert (near.reshape(whole) == bits)[plain].all()
    assert (np.abs(rough.reshape(whole) - alpha) <= 0.51).all()


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 70), height=st.integers(1, 50), seed=SEEDS)
def test_the_darkened_alpha_is_its_twin(width: int, height: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    alpha, out = random.integers(0, 256, (2, height, width)).astype(np.uint8)
    shape_ = -(-height // 8), -(-width // 8)
    light = np.minimum(random.normal(-0.2, 0.2, shape_), 0).astype(np.float32)
    darken(alpha.reshape(-1), width, height, 8, light.reshape(-1), np.zeros(width + 8, np.float32), out.reshape(-1))
    left = 1 + lay_twin.stretched(light.astype(np.float64), (height, width), 8)
    assert (np.abs(out - (255 - (255 - alpha.astype(float)) * left)) <= 0.51).all()


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 200), seed=SEEDS)
def test_the_light_on_the_plate_is_its_twin(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    expected = random.uniform(-112, 107, (3, count)).astype(np.float32)
    moments = (random.normal(0, 20, (9, count)) + np.resize(expected, (9, count))).astype(np.float32)
    seen = random.integers(0, 2, count).astype(np.uint8)
    values, weights = np.zeros((3, count), np.float32), np.zeros(count, np.float32)
    find_light(moments, expected, seen, 112, values, weights)
    ideal, weighed = lay_twin.light(moments.astype(np.float64), expected.astype(np.float64), seen != 0, 112)
    assert np.allclose(values, ideal, atol=1e-3)
    assert np.allclose(weights, weighed)
