"""Colours of persons and of the room: what a cell's colour says where no plate is known."""

from __future__ import annotations

import numpy as np

from transforms.kernels.palette import ANY, BINS, FEWEST, VOLUME, learn_palette, weigh_colors

NAVY, SAND = (-60.0, 20.0, -4.0), (44.0, -20.0, 12.0)
"""Y, Cb, Cr about 128, at the centres of bins."""


def moments_of(*colors: tuple[float, float, float]) -> np.ndarray:
    moments = np.zeros((9, len(colors)), np.float32)
    moments[:3] = np.array(colors, np.float32).T
    return moments


def learned(color: tuple[float, float, float], *, count: int = 2 * FEWEST) -> np.ndarray:
    palette = np.zeros(BINS + 1, np.float32)
    learn_palette(moments_of(*[color] * count), np.ones(count, np.uint8), 0.2, palette)
    return palette


def odds(person: np.ndarray, room: np.ndarray, *colors: tuple[float, float, float], most: float = 99) -> np.ndarray:
    evidence = np.full(len(colors), 7, np.float32)
    weigh_colors(moments_of(*colors), np.ones(len(colors), np.uint8), person, room, most, evidence)
    return evidence


def test_a_palette_is_a_density() -> None:
    """All of one colour: everything in one bin of 8 by 8 by 8 levels."""
    palette = learned(NAVY)
    assert np.isclose(palette[:BINS].sum() * VOLUME, 1)
    assert np.count_nonzero(palette[:BINS]) == 1


def test_new_colors_replace_old_ones_little_by_little() -> None:
    """A fifth with each picture."""
    palette = learned(NAVY)
    learn_palette(moments_of(*[SAND] * FEWEST), np.ones(FEWEST, np.uint8), 0.2, palette)
    assert np.allclose(np.sort(palette[:BINS])[-2:] * VOLUME, (0.2, 0.8))


def test_too_few_cells_tell_nothing() -> None:
    """Their palette is not known, and nothing is said by it."""
    few = learned(NAVY, count=FEWEST - 1)
    assert not few.any()
    assert odds(few, learned(SAND), NAVY) == 0


def test_a_color_speaks_for_whoever_shows_it() -> None:
    """By the logarithm of the densities' quotient; what neither shows says nothing."""
    person, room = learned(NAVY), learned(SAND)
    told = odds(person, room, NAVY, SAND, (100.0, 0.0, 0.0))
    whole = np.log((ANY + 1 / VOLUME) / ANY)
    assert np.allclose(told, (whole, -whole, 0), atol=1e-3)
    assert np.allclose(odds(person, room, NAVY, SAND, most=2), (2, -2))


def test_colors_between_two_bins_speak_half() -> None:
    """Trilinear, so that a color that wanders over a bin's border makes no step."""
    person, room = learned(NAVY), learned(SAND)
    halfway = (NAVY[0] + 4, NAVY[1], NAVY[2])
    assert np.allclose(odds(person, room, halfway), np.log((ANY + 0.5 / VOLUME) / ANY), atol=1e-3)


def test_only_what_is_wanted_is_written() -> None:
    """Elsewhere the plate has spoken."""
    evidence = np.array([7, 7], np.float32)
    weigh_colors(moments_of(NAVY, NAVY), np.array([0, 1], np.uint8), learned(NAVY), learned(SAND), 2, evidence)
    assert evidence.tolist() == [7, 2]
