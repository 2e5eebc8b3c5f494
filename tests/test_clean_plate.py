"""A plate that is known learns on: what it shows, how noisy it is, and nothing of what is not background."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.footage import Footage, Person, cover_of, measured
from tests.rooms import exposed
from tests.twins import plate as twin
from transforms.cells import Cells
from transforms.clean_plate import GUESSED, PATIENCE, TURNS, CleanPlate
from transforms.exposure import Exposure
from transforms.kernels.plate import hold_back, learn, rate
from transforms.patches import Patches
from transforms.picture import Picture, Size

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    cell=st.integers(2, 9),
    padding=st.integers(0, 4),
    scale=st.floats(0.5, 2),
    seed=SEEDS,
)
def test_learning_is_its_twins(width: int, height: int, cell: int, padding: int, scale: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    samples = random.integers(0, 256, (height, width), dtype=np.uint8)
    padded = np.pad(samples, ((0, 0), (0, padding)))
    known = random.integers(0, 65281, (height, width)).astype(np.uint16)
    shape = -(-height // cell), -(-width // cell)
    rates = (random.random(shape) * (random.random(shape) < 0.6)).astype(np.float32)
    shifts = random.normal(0, 20, shape).astype(np.float32)
    rate, shift = (twin.spread(field.astype(np.float64), cell, known.shape) for field in (rates, shifts))
    ideal, squares = twin.learned(samples.astype(np.float64), known / 256, rate, shift, scale)
    out, deviations = (known >> 8).astype(np.uint8), np.full(rates.size, -1, np.float32)
    lines = np.zeros((3, width), np.float32)
    sides = (width + padding, width, height, cell, rates.reshape(-1), shifts.reshape(-1), scale, 0, 1)
    learn(padded.reshape(-1), *sides, lines, known.reshape(-1), out.reshape(-1), deviations)
    chosen = twin.spread((rates > 0).astype(np.float64), cell, known.shape) > 0
    assert np.abs(known / 256 - ideal)[chosen].max(initial=0) < 0.01
    assert np.abs(out - known / 256)[chosen].max(initial=0) <= 0.5
    wanted = twin.by_cell(squares, cell)
    assert np.allclose(deviations.reshape(shape)[rates > 0], wanted[rates > 0], rtol=1e-3, atol=0.1)
    assert (deviations.reshape(shape)[rates == 0] == -1).all()


@settings(max_examples=10, deadline=None)
@given(first=st.integers(0, 3), seed=SEEDS)
def test_only_the_rows_whose_turn_it_is_learn(first: int, seed: int) -> None:
    samples = np.random.default_rng(seed).integers(1, 256, (40, 24), dtype=np.uint8)
    means, out = np.zeros(samples.size, np.uint16), np.zeros(samples.size, np.uint8)
    fields = np.ones(50, np.float32), np.zeros(50, np.float32)
    lines, deviations = np.zeros((3, 24), np.float32), np.zeros(50, np.float32)
    learn(samples.reshape(-1), 24, 24, 40, 5, *fields, 1.0, first, 4, lines, means, out, deviations)
    learnt = out.reshape(8, -1).any(axis=1)
    assert np.flatnonzero(learnt).tolist() == list(range(first, 8, 4))


def everywhere(cells: Cells) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.ones(cells.count, np.uint8)


def seen(footage: Footage, times: int, exposure: Exposure | None = None) -> tuple[CleanPlate, Cells]:
    cells, plate = None, None
    for _ in range(times):
        picture = footage.frame()
        cells = measured(picture, cells)
        plate = plate or CleanPlate(cells, picture)
        plate.average(picture, cells, np.ones(cells.count, np.bool_), exposure or Exposure.unit())
    assert cells is not None
    assert plate is not None
    return plate, cells


@pytest.mark.parametrize("noise", [1.0, 2.5, 5.0])
def test_noise_is_measured_within_a_fifth(noise: float) -> None:
    plate, _ = seen(Footage(noise=noise), 24)
    rounding = 1 / 12
    for channel, true in enumerate((noise, noise / 2, noise / 2)):
        found = float(np.sqrt(np.mean(plate.noise[channel] ** 2)))
        assert found == pytest.approx(np.sqrt(true**2 + rounding), rel=0.2, abs=0.1)


def test_a_plate_is_better_than_each_picture_it_was_made_of() -> None:
    footage = Footage(noise=4.0)
    plate, _ = seen(footage, 16)
    quiet = Footage(noise=0.0).frame()
    error = np.abs(plate.picture.y.rows.astype(float) - quiet.y.rows).mean()
    assert error < 0.4 * np.abs(footage.frame().y.rows.astype(float) - quiet.y.rows).mean()
    assert (plate.known > 200).all()


def test_an_exposure_is_undone() -> None:
    footage = Footage(noise=0.0)
    plate, cells = seen(footage, 2)
    before = [plane.rows.copy() for plane in plate.picture.planes]
    exposure = exposed(0.85, 0.06)
    picture = lit(footage.frame(), exposure)
    for _ in range(8 * TURNS):
        plate.learn(picture, measured(picture, cells), everywhere(cells), exposure)
    for plane, old in zip(plate.picture.planes, before, strict=True):
        assert np.abs(plane.rows.astype(float) - old).mean() < 0.8


def lit(picture: Picture, exposure: Exposure) -> Picture:
    """A picture under an exposure, the tint by its own luma."""
    luma = picture.y.rows.astype(float)
    small = luma[::2, ::2] / 4 + luma[1::2, ::2] / 4 + luma[::2, 1::2] / 4 + luma[1::2, 1::2] / 4
    tints = (0.0, exposure.tint[0] * small, exposure.tint[1] * small)
    for channel, (plane, tint) in enumerate(zip(picture.planes, tints, strict=True)):
        level = plane.rows * exposure.gain[channel] + exposure.offset[channel] + tint
        plane.rows[:] = np.clip(np.rint(level), 0, 255)
    return picture


def test_slow_light_is_followed_within_seconds() -> None:
    footage = Footage(noise=1.0)
    plate, cells = seen(footage, 4)
    for number in range(600):
        picture = footage.frame()
        picture.y.rows[:, :100] = np.minimum(picture.y.rows[:, :100] + round(12 * min(1, number / 450)), 255)
        plate.learn(picture, measured(picture, cells), everywhere(cells), Exposure.unit())
    lighter = plate.picture.y.rows[:, :96].astype(float).mean() - Footage(noise=0).frame().y.rows[:, :96].mean()
    assert lighter == pytest.approx(12, abs=1)


def test_nothing_is_learned_where_it_is_not_said_to_be_background() -> None:
    footage, person = Footage(), Person()
    plate, cells = seen(footage, 4)
    before = plate.picture.y.rows.copy()
    covered = Patches(cells.shape).widened(cover_of(person, cells, footage.size) > 0)
    background = (~covered).view(np.uint8)
    for _ in range(40):
        picture = footage.frame(person)
        plate.learn(picture, measured(picture, cells), background, Exposure.unit())
    assert np.abs(plate.picture.y.rows.astype(float) - before).max() < 6


def test_cells_taken_anew_forget_what_they_were() -> None:
    footage = Footage(noise=0.0)
    plate, cells = seen(footage, 30)
    other = footage.frame(seed=3)
    chosen = np.zeros(cells.shape, np.bool_)
    chosen[:10, :10] = True
    plate.take(other, measured(other, cells), chosen.reshape(-1), Exposure.unit())
    side = 20 * cells.cell
    assert (plate.picture.y.rows[:side, :side] == other.y.rows[:side, :side]).all()
    assert (plate.picture.y.rows[side:] == footage.frame().y.rows[side:]).mean() > 0.99


@pytest.mark.parametrize("size", [Size(17, 33), Size(320, 181), Size(1, 1)])
def test_odd_sizes_are_plates_too(size: Size) -> None:
    plate, _ = seen(Footage(size, noise=0.0), 3)
    assert (plate.picture.y.rows == Footage(size, noise=0.0).frame().y.rows).all()


def test_what_was_never_seen_is_guessed_from_around_it_and_learned_when_it_is() -> None:
    footage = Footage(noise=0.0)
    plate, cells = seen(footage, 8)
    unknown = np.zeros(cells.shape, np.bool_)
    unknown[20:30, 25:40] = True
    window = np.s_[20 * 2 * cells.cell : 30 * 2 * cells.cell, 25 * 2 * cells.cell : 40 * 2 * cells.cell]
    around = plate.picture.y.rows.copy()
    plate.picture.y.rows[window] = 0
    plate.guess(unknown.reshape(-1))
    known = plate.known.reshape(cells.shape)
    assert (known[unknown] == GUESSED).all()
    assert (known[~unknown] > GUESSED).all()
    guessed = plate.picture.y.rows[window]
    assert around.min() <= guessed.min() <= guessed.max() <= around.max()
    assert abs(float(guessed.mean()) - around[80:130, 90:170].mean()) < 30
    outside = around.copy()
    outside[window] = guessed
    assert (plate.picture.y.rows == outside).all()
    picture = footage.frame()
    for _ in range(PATIENCE + TURNS):
        plate.learn(picture, measured(picture, cells), everywhere(cells), Exposure.unit())
    assert (plate.picture.y.rows[window] == picture.y.rows[window]).all()
    assert (known[unknown] > GUESSED).all()


def test_somebody_dark_before_a_dark_wall_is_not_learned_though_called_background() -> None:
    footage = Footage(noise=1.0)
    plate, cells = seen(footage, 30)
    before = plate.picture.y.rows.copy()
    for _ in range(60):
        picture = footage.frame()
        picture.y.rows[60:180, 100:200] -= 6
        plate.learn(picture, measured(picture, cells), everywhere(cells), Exposure.unit())
    assert np.abs(plate.picture.y.rows[64:176, 104:196].astype(float) - before[64:176, 104:196]).mean() < 0.8


def test_nothing_is_learned_until_it_has_been_background_for_long() -> None:
    footage = Footage(noise=0.0)
    plate, cells = seen(footage, 4)
    before = plate.picture.y.rows.copy()
    for number in range(60):
        picture = footage.frame()
        picture.y.rows[:] += 2
        background = everywhere(cells) * np.uint8(number % PATIENCE != 0)
        plate.learn(picture, measured(picture, cells), background, Exposure.unit())
    assert (plate.picture.y.rows == before).all()


@settings(max_examples=25, deadline=None)
@given(width=st.integers(1, 40), height=st.integers(1, 40), cell=st.integers(2, 9), scale=st.floats(0.5, 2), seed=SEEDS)
def test_cells_that_changed_at_once_are_held_back_as_their_twins(
    width: int, height: int, cell: int, scale: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    samples = random.integers(0, 256, (height, width), dtype=np.uint8)
    shape = -(-height // cell), -(-width // cell)
    shifts, counts = random.normal(0, 3, shape).astype(np.float32), random.integers(0, 3, shape).astype(np.float32)
    near = samples * scale + twin.spread(random.normal(0, 4, shape), cell, samples.shape)
    known = (np.clip(near, 0, 255) * 256).astype(np.uint16)
    off = twin.by_cell(samples * scale - known / 256, cell) + shifts
    rates = np.ones(shape, np.float32)
    lines = np.zeros((3, width), np.float32)
    sides = (width, width, height, cell, shifts.reshape(-1), scale, 3.0, 0, 1)
    hold_back(samples.reshape(-1), *sides, known.reshape(-1), lines, counts.reshape(-1), rates.reshape(-1))
    bounds = 3 * (1 + 4 / (counts + 1))
    clear = np.abs(np.abs(off) - bounds) > 0.01
    assert ((rates == 0) == ((counts > 0) & (np.abs(off) > bounds)))[clear].all()


def test_a_cell_waits_for_its_streak_its_neighbours_and_its_turn() -> None:
    background = np.ones((4, 5), np.uint8)
    background[0, 0] = 0
    counts, streaks = np.full(20, 3, np.float32), np.full(20, 1, np.uint8)
    streaks[19], rates = 0, np.zeros(20, np.float32)
    rate(background.reshape(-1), 5, 1, 2, 2, 0.125, counts, streaks, rates)
    chosen = rates.reshape(4, 5) > 0
    assert chosen.tolist() == [[False] * 5, [False, False, True, True, True], [False] * 5, [True] * 4 + [False]]
    assert set(rates[rates > 0].tolist()) == {0.25}
    assert streaks.reshape(4, 5)[:2, :2].tolist() == [[0, 0], [0, 0]]
    rate(background.reshape(-1), 5, 0, 1, 0, 0.5, counts, streaks, rates)
    assert (rates > 0).tolist() == [False] + [True] * 19
    assert rates[1] == 0.5
