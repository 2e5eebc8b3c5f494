"""How a picture's light stands to the plate's, whoever stands before it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rooms import exposed, room, shown
from tests.twins import exposure as twin
from transforms.cells import Cells, Fields
from transforms.exposure import Exposure, fit_exposure
from transforms.kernels.exposure import NUMBERS, STEPS, fit
from transforms.picture import Picture

SEEDS = st.integers(0, 2**32 - 1)


def measured(picture: Picture) -> Cells:
    cells = Cells(picture)
    cells.measure(picture)
    return cells


def with_person(picture: Picture, share: float) -> Picture:
    """The same with someone over so much of it, flat and dark."""
    for plane, level in zip(picture.planes, (40, 120, 140), strict=True):
        plane.rows[:, : round(share * plane.width)] = level
    return picture


@pytest.mark.parametrize("gain", [0.6, 0.9, 1.0, 1.1, 1.3])
@pytest.mark.parametrize("warmth", [-0.06, 0.0, 0.06])
@pytest.mark.parametrize("person", [0.0, 0.4, 0.6])
def test_the_room_s_light_is_found_whatever_stands_before_it(gain: float, warmth: float, person: float) -> None:
    plate, truth = room(), exposed(gain, warmth)
    picture = with_person(shown(plate, truth), person)
    means, cells = measured(plate).moments, measured(picture)
    fitted = fit_exposure(means, cells, np.ones(cells.count, np.float32))
    expected, found = truth.expose(means), fitted.exposure.expose(means)
    assert np.abs(found[0] - expected[0]).max() < 1.5
    assert np.abs(found[1:] - expected[1:]).max() < 1.0
    assert fitted.share == pytest.approx(1 - person, abs=0.25)


def test_a_jump_of_light_is_followed_at_once() -> None:
    plate = room()
    means = measured(plate).moments
    weights = np.ones(means.shape[1], np.float32)
    before = fit_exposure(means, measured(shown(plate, exposed(1.0))), weights).exposure
    after = fit_exposure(means, measured(shown(plate, exposed(1.35))), weights, before).exposure
    assert after.gain[0] == pytest.approx(1.35, abs=0.02)


def test_a_grey_room_takes_its_chroma_s_gain_from_luma() -> None:
    """Nothing there tells a gain of chroma from an offset, and a coat that comes in later must not be dyed."""
    plate = room(chroma=0)
    means = measured(plate).moments
    fitted = fit_exposure(means, measured(shown(plate, exposed(1.2))), np.ones(means.shape[1], np.float32))
    assert fitted.exposure.gain == pytest.approx((1.2, 1.2, 1.2), abs=0.05)


def test_another_scene_fits_little() -> None:
    plate, other = room(), room(seed=5)
    cells = measured(other)
    fitted = fit_exposure(measured(plate).moments, cells, np.ones(cells.count, np.float32))
    assert fitted.share < 0.35


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_a_flat_picture_gives_numbers_and_no_more(level: int) -> None:
    plate, flat = room(), room()
    for plane in flat.planes:
        plane.rows[:] = level
    cells = measured(flat)
    for means in (measured(plate).moments, cells.moments):
        for weights in (np.ones(cells.count, np.float32), np.zeros(cells.count, np.float32)):
            fitted = fit_exposure(means, cells, weights)
            for numbers in (fitted.exposure.gain, fitted.exposure.offset, fitted.exposure.tint, fitted.deviations):
                assert np.isfinite(numbers).all()
            assert 0 <= fitted.share <= 1


def test_the_unit_exposure_shows_the_plate() -> None:
    means = measured(room()).moments
    assert np.allclose(Exposure.unit().expose(means), means[:3], atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 300), seed=SEEDS, started=st.booleans())
def test_the_kernel_is_its_twin(count: int, seed: int, started: bool) -> None:
    random = np.random.default_rng(seed)
    plate: Fields = random.uniform((-90,), (90,), (9, count)).astype(np.float32)
    picture = (plate * 1.1 + random.normal(0, 1, plate.shape)).astype(np.float32)
    weights = (random.random(count) < 0.9).astype(np.float32)
    start = np.zeros(NUMBERS, np.float32)
    if started:
        start[[0, 2, 5]] = 1.1
    numbers, spreads = np.zeros(NUMBERS, np.float32), np.zeros(4, np.float32)
    fit(plate, picture, weights, 112.0, start, np.zeros(3 * STEPS, np.int32), np.zeros(17), numbers, spreads)
    exact, shown_exactly, weighed, begun = (a.astype(np.float64) for a in (plate, picture, weights, start))
    ideal, ideal_spreads = twin.fitted(exact, shown_exactly, weighed, 112.0, begun)
    assert np.allclose(numbers, ideal, rtol=0.02, atol=0.2)
    assert np.allclose(spreads, ideal_spreads, rtol=0.1, atol=0.1)
