"""The shading line and the growth of the screen along it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.screens import BLUE, GREEN, SIZE, SKIN, TEAL, bust, drawn
from tests.twins import shading as twin
from transforms.cells import Cells
from transforms.effect import Color
from transforms.kernels.evidence import survey
from transforms.kernels.shading import remember
from transforms.key_color import find_key_color
from transforms.picture import Picture
from transforms.shading import Growth, ShadingLine


def measured(picture: Picture) -> Cells:
    cells = Cells(picture)
    cells.measure(picture)
    return cells


def line_of(cells: Cells, picture: Picture) -> ShadingLine:
    line = find_key_color(cells, picture)[0].line
    assert line is not None
    return line


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), noise=st.sampled_from([0.5, 2.0, 6.0]))
def test_what_grows_is_its_twins(seed: int, noise: float) -> None:
    random = np.random.default_rng(seed)
    light = np.clip(1 + np.cumsum(random.normal(0, 0.02, (1, SIZE.width)), axis=1), 0.3, 1.7)
    picture = drawn(GREEN, SKIN, bust(), light=light, noise=noise, seed=seed)
    cells = measured(picture)
    line = ShadingLine((-60.0, -50.0), (90.0, -60.0, -50.0), 0.1, 0.05, 0.05, 100.0)
    growth = Growth(cells)
    growth.grow(cells, line)
    numbers = (line.angle, line.spread, line.noise, line.rho)
    fields = cells.moments.reshape(9, *cells.shape).astype(np.float64)
    ideal = twin.grown(fields, line.key, numbers, lift=cells.lift, small=6)
    # A cell within single precision of a bound may go either way, and a few behind it with it.
    assert (growth.screen.reshape(cells.shape) == ideal).mean() > 0.98


@pytest.mark.parametrize("screen", [TEAL, GREEN, BLUE])
def test_the_screen_grows_through_uneven_light_up_to_the_person(screen: Color) -> None:
    mask = bust()
    light = np.linspace(0.6, 1.5, SIZE.width)[None]
    picture = drawn(screen, SKIN, mask, light=light, noise=1.0)
    cells = measured(picture)
    growth = Growth(cells)
    growth.grow(cells, line_of(cells, picture))
    inside = mask[::4, ::4] == 1
    screen_cells = growth.is_screen.reshape(cells.shape)
    assert not screen_cells[inside].any()
    assert screen_cells[~inside].mean() > 0.85


def test_a_patch_amid_the_person_is_an_island() -> None:
    mask = bust()
    mask[100:106, 70:78] = 0
    picture = drawn(GREEN, SKIN, mask, noise=0.5)
    cells = measured(picture)
    growth = Growth(cells)
    growth.grow(cells, line_of(cells, picture))
    assert not growth.is_screen.reshape(cells.shape)[24:28, 16:21].any()


def test_noise_is_measured_not_assumed() -> None:
    noises = []
    for noise in (0.3, 1.5, 4.0):
        picture = drawn(GREEN, SKIN, bust(), noise=noise)
        noises.append(line_of(measured(picture), picture).noise)
    assert noises == sorted(noises)
    assert noises[2] > 2 * noises[0]


def test_too_few_cells_make_no_line() -> None:
    picture = drawn(GREEN, SKIN, bust())
    cells = measured(picture)
    assert ShadingLine.through(cells, (-60.0, -50.0), np.zeros(cells.count, np.uint8)) is None


def test_what_was_seen_is_remembered_and_forgotten() -> None:
    moments = np.full((9, 2), 7.0, np.float32)
    memory, trust = np.zeros((3, 2), np.float32), np.zeros(2, np.float32)
    values, weights = np.zeros((3, 2), np.float32), np.zeros(2, np.float32)
    known = (memory, trust, values, weights)
    remember(moments, np.array((1, 0), np.uint8), 1.0, 112.0, *known)
    assert weights.tolist() == [1, 0]
    moments[:] = 99.0
    remember(moments, np.zeros(2, np.uint8), 0.15, 112.0, *known)
    assert weights.tolist() == [1, 0]
    assert values[0, 0] == pytest.approx(7.0)
    for _ in range(40):
        remember(moments, np.zeros(2, np.uint8), 0.15, 112.0, *known)
    assert weights.tolist() == [0, 0]


def test_what_is_remembered_follows_the_light() -> None:
    """A hidden cell is remembered as dimmed and tinted as those are that are seen."""
    moments = np.zeros((9, 40), np.float32)
    moments[:3] = np.array([[20], [-30], [-50]], np.float32)
    memory, trust = np.zeros((3, 40), np.float32), np.zeros(40, np.float32)
    known = (memory, trust, np.zeros((3, 40), np.float32), np.zeros(40, np.float32))
    screen = np.ones(40, np.uint8)
    remember(moments, screen, 1.0, 112.0, *known)
    moments[:3] = np.array([[20 * 0.6 - 112 * 0.4], [-24], [-47]], np.float32)
    screen[0] = 0
    for _ in range(3):
        remember(moments, screen, 0.15, 112.0, *known)
    values, weights = known[2], known[3]
    assert weights[0] == pytest.approx(1)
    assert values[:, 0] / weights[0] == pytest.approx(moments[:3, 1], abs=0.5)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 30), columns=st.integers(1, 30))
def test_what_is_seen_of_a_screen_is_its_shares(seed: int, rows: int, columns: int) -> None:
    random = np.random.default_rng(seed)
    coordinates = random.uniform(-1, 1.5, (3, rows * columns)).astype(np.float32)
    screen = random.integers(0, 3, rows * columns).astype(np.uint8)
    band, upper, out = min(2, rows, columns), max(1, round(0.45 * rows)), np.zeros(5, np.float32)
    survey(coordinates, screen, columns, rows, band, upper, out)
    grown = (screen == 1).reshape(rows, columns)
    alike = (coordinates[0] > 0.4) & (np.abs(coordinates[1]) < 0.35) & (screen != 1)
    sides = grown[:upper, :band].mean(), grown[:band].mean(), grown[:upper, columns - band :].mean()
    assert out.tolist() == pytest.approx([grown.mean(), *sides, alike.mean()])


def test_mixed_light_bends_the_surface_and_not_the_noise() -> None:
    """A screen between a window and a lamp: its hue drifts over the picture, its noise is that of its samples."""
    picture = drawn(GREEN, SKIN, bust(), noise=1.0)
    flat = find_key_color(measured(picture), picture)[0].line
    picture.cr.rows[:] = np.rint(picture.cr.rows + np.linspace(-7, 7, picture.cr.width)).astype(np.uint8)
    found, growth = find_key_color(measured(picture), picture)
    assert found.accepted, found.reasons
    assert found.line is not None
    assert flat is not None
    assert growth.is_screen.mean() > 0.5
    assert found.line.noise < 2.5 * flat.noise
