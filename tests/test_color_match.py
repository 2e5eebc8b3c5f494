"""How a person's tone follows a background's: toward it, within bounds, and slowly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.color_match import (
    AS_IT_IS,
    MOST_BEND,
    MOST_SATURATION,
    MOST_TINT,
    SETTLES,
    ColorMatch,
    Mean,
    Tone,
    tone_between,
)
from transforms.kernels.tone import SUMS, observe
from transforms.picture import Matrix, Picture, Size

SIZE = Size(128, 96)
SKIN = (150.0, -18.0, 24.0)
"""Luma, and Cb and Cr about 128, of light skin."""

CASTS = st.tuples(st.floats(-112, 112), st.floats(-112, 112))
MEANS = st.builds(Mean, st.floats(0, 1), CASTS, st.floats(0, 224))


def picture(*levels: int) -> Picture:
    made = Picture.blank(SIZE, matrix=Matrix.BT709, full_range=False)
    for plane, level in zip(made.planes, levels, strict=True):
        plane.rows[:] = level
    return made


def opaque(share: float = 1.0) -> np.ndarray:
    alpha = np.zeros((SIZE.height, SIZE.width), np.uint8)
    alpha[: round(SIZE.height * share)] = 255
    return alpha.reshape(-1)


@given(person=MEANS, background=MEANS)
def test_every_tone_is_bounded_and_none_goes_the_wrong_way(person: Mean, background: Mean) -> None:
    tone = tone_between(person, background)
    assert abs(tone.bend) <= MOST_BEND
    assert abs(tone.saturation) <= MOST_SATURATION
    assert tone.bend * (background.luma - person.luma) >= 0
    assert tone.saturation * (background.colour - person.colour) >= 0
    for own, other, tint in zip(person.cast, background.cast, tone.tint, strict=True):
        assert abs(tint) <= MOST_TINT
        assert tint * other >= 0
        assert tint * (other - own) >= 0


@given(person=MEANS, background=MEANS)
def test_skin_stays_skin_before_any_background(person: Mean, background: Mean) -> None:
    """Its hue turns by 24 degrees at most, and luma keeps its order."""
    tone = tone_between(person, background)
    luma, cb, cr = SKIN
    lit = (luma - 16) / 219
    after = [value * (1 + tone.saturation) + tint * lit for value, tint in zip((cb, cr), tone.tint, strict=True)]
    turned = math.degrees(abs(math.atan2(cr, cb) - math.atan2(after[1], after[0])))
    assert turned <= 24
    scale = np.linspace(0, 1, 50)
    bent = scale + tone.bend * scale * (1 - scale)
    assert (np.diff(bent) > 0).all()
    assert (bent[0], bent[-1]) == (0, 1)


@settings(max_examples=20, deadline=None)
@given(width=st.integers(2, 70), height=st.integers(2, 50), step=st.integers(1, 10), seed=st.integers(0, 1000))
def test_sums_are_over_every_so_many_samples_and_the_persons_where_they_are_opaque(
    width: int, height: int, step: int, seed: int
) -> None:
    random, size, step = np.random.default_rng(seed), Size(width, height), 2 * step
    person, behind = (Picture.blank(size, matrix=Matrix.BT709, full_range=True) for _ in range(2))
    for plane in (*person.planes, *behind.planes):
        plane.rows[:] = random.integers(0, 256, plane.rows.shape)
    alpha = random.choice(np.array([0, 249, 250, 255], np.uint8), (height, width))
    sums = np.zeros(SUMS)
    halves = [
        (each.y.samples, each.cb.samples, each.cr.samples, each.y.stride, each.cb.stride) for each in (person, behind)
    ]
    observe(*halves[0], *halves[1], alpha.reshape(-1), width, height, step, sums)
    first = step // 4 * 2
    there = alpha[first::step, first::step] >= 250
    for picture, where, seen in ((person, there, sums[:5]), (behind, np.ones_like(there), sums[5:])):
        luma = picture.y.rows[first::step, first::step].astype(float)[where]
        cb, cr = (
            plane.rows[first // 2 :: step // 2, first // 2 :: step // 2].astype(float) for plane in picture.planes[1:]
        )
        cb, cr = cb[: there.shape[0], : there.shape[1]][where], cr[: there.shape[0], : there.shape[1]][where]
        colour = (np.abs(cb - 128) + np.abs(cr - 128)).sum()
        np.testing.assert_allclose(seen, [len(luma), luma.sum(), cb.sum(), cr.sum(), colour])


def test_a_grey_background_takes_no_colour_out_of_a_cast() -> None:
    assert tone_between(Mean(0.5, (-18, 24), 42), Mean(0.5, (0, 0), 30)).tint == (0, 0)


def test_a_warm_background_warms_whoever_is_cooler_and_leaves_whoever_is_warmer() -> None:
    warm = Mean(0.5, (-10, 8), 20)
    assert tone_between(Mean(0.5, (0, 0), 20), warm).tint == (-10, 8)
    assert tone_between(Mean(0.5, (-6, 14), 20), warm).tint == (-4, 0)


def test_the_first_person_sets_the_tone_and_later_ones_move_it_by_time() -> None:
    match, person = ColorMatch(), picture(125, 128, 128)
    dark, bright = picture(60, 128, 128), picture(190, 128, 128)
    first = match.follow(person, dark, opaque(), 0.0)
    assert first.bend == pytest.approx((60 - 125) / 219)
    moved = match.follow(person, bright, opaque(), SETTLES)
    assert moved.bend == pytest.approx(first.bend + (1 - math.exp(-1)) * (65 / 219 - first.bend))
    by_steps = ColorMatch()
    by_steps.follow(person, dark, opaque(), 0.0)
    for number in range(1, 31):
        tone = by_steps.follow(person, bright, opaque(), number * SETTLES / 30)
    assert tone.bend == pytest.approx(moved.bend, abs=1e-9)


def test_nobody_tells_no_tone_and_changes_none() -> None:
    match, person, bright = ColorMatch(), picture(125, 128, 128), picture(190, 128, 128)
    assert match.follow(person, bright, opaque(0.0), 0.0) == AS_IT_IS
    known = match.follow(person, bright, opaque(), 1.0)
    assert known.bend > 0
    assert match.follow(person, picture(16, 128, 128), opaque(0.0), 5.0) == known


def test_a_tone_in_part_is_that_part_of_each() -> None:
    assert Tone(0.4, -0.1, (12, -6)).share(0.5) == Tone(0.2, -0.05, (6, -3))
