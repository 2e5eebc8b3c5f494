"""Outlines moved and softened: by how much, in which order, and its kernels against their plain-numpy twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.twins import edge as twin
from transforms.contour import Contour, softenings, steps
from transforms.effect import Edge
from transforms.kernels.edge import PAD
from transforms.picture import Size

Samples = NDArray[np.uint8]

SIZES = st.tuples(st.integers(1, 330), st.integers(1, 110))
SEEDS = st.integers(0, 2**32 - 1)


def shapes(size: Size, seed: int) -> Samples:
    """Plain ground with a few soft-edged discs and a hair or two on it, and sometimes the reverse."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: size.height, : size.width]
    alpha = np.zeros((size.height, size.width))
    for _ in range(random.integers(0, 4)):
        centre = random.uniform(0, (size.height, size.width))
        radius, softness = random.uniform(1, 40), random.choice([1, 8])
        alpha = np.maximum(alpha, np.clip((radius - np.hypot(y - centre[0], x - centre[1])) / softness + 0.5, 0, 1))
    if random.random() < 0.5:
        alpha[:, random.integers(0, size.width)] = random.random()
    levels: Samples = np.rint(255 * alpha).astype(np.uint8)
    return levels if random.random() < 0.7 else np.uint8(255) - levels


def drawn(alpha: Samples, edge: Edge, **masks: Samples | None) -> Contour:
    contour = Contour(Size(alpha.shape[1], alpha.shape[0]), edge)
    floor, ceiling = masks.get("floor"), masks.get("ceiling")
    contour.draw(alpha, floor=floor, ceiling=ceiling, with_own=True)
    return contour


def shown(alpha: Samples, edge: Edge, **masks: Samples | None) -> Samples:
    return drawn(alpha, edge, **masks).shown


def half_plane(size: Size, angle: float, *, softness: float = 1.0) -> Samples:
    """Person on one side of a straight outline through the middle, covering samples in proportion."""
    y, x = np.mgrid[: size.height, : size.width]
    beyond = (x - (size.width - 1) / 2) * math.cos(angle) + (y - (size.height - 1) / 2) * math.sin(angle)
    alpha: Samples = np.rint(255 * np.clip(0.5 - beyond / softness, 0, 1)).astype(np.uint8)
    return alpha


def moved_by(before: Samples, after: Samples, angle: float) -> float:
    """How far a straight outline moved inward, by the area lost along its middle part."""
    rows = slice(40, -40)
    lost = (before[rows, 40:-40].astype(float) - after[rows, 40:-40]).sum() / 255
    span = before.shape[0] - 80
    return float(lost / span * abs(math.cos(angle)))


@settings(max_examples=80, deadline=None)
@given(size=SIZES, seed=SEEDS, shrink=st.floats(-20, 20), feather=st.sampled_from([0, 0.4, 1, 2.5, 7, 20]))
def test_moved_and_softened_alpha_is_its_twins(size: tuple[int, int], seed: int, shrink: float, feather: float) -> None:
    alpha = shapes(Size(*size), seed)
    ideal = alpha.astype(np.int64) if shrink >= 0 else 255 - alpha.astype(np.int64)
    for number, step in enumerate(steps(abs(shrink))):
        if number == 0:
            parts = ((int(way), min(round(256 * (way % 1)), 255)) for way in step)
            ideal = twin.stepped_finely(ideal, *parts)
        else:
            ideal = twin.stepped(ideal, int(step.straight), int(step.slanting))
    ideal = twin.softened(ideal, softenings(feather))
    ideal = ideal if shrink >= 0 else 255 - ideal
    assert (shown(alpha, Edge(shrink=shrink, feather=feather)) == ideal).all()


@settings(max_examples=60, deadline=None)
@given(size=SIZES, seed=SEEDS, low=st.floats(0, 0.5), span=st.floats(0.02, 0.5))
def test_clipped_alpha_is_its_twins(size: tuple[int, int], seed: int, low: float, span: float) -> None:
    alpha = shapes(Size(*size), seed)
    out = shown(alpha, Edge(clip=(low, low + span)))
    assert np.abs(out - twin.clipped(alpha, low, low + span)).max() <= 0.5 + 1e-3
    assert (out[alpha <= 255 * low] == 0).all()
    assert (out[alpha >= 255 * (low + span)] == 255).all()


@settings(max_examples=40, deadline=None)
@given(size=SIZES, seed=SEEDS, shrink=st.sampled_from([0, 0.3, -4]), feather=st.sampled_from([0, 2]))
def test_masks_have_the_last_word(size: tuple[int, int], seed: int, shrink: float, feather: float) -> None:
    random = np.random.default_rng(seed)
    alpha, floor, ceiling = (shapes(Size(*size), seed + number) for number in range(3))
    ceiling = np.minimum(ceiling, random.integers(0, 256, ceiling.shape, dtype=np.uint8))
    edge = Edge(shrink=shrink, feather=feather)
    free = shown(alpha, edge)
    held = drawn(alpha, edge, floor=floor, ceiling=ceiling)
    assert (held.shown == np.minimum(np.maximum(free, floor), 255 - ceiling)).all()
    before = shown(alpha, Edge(shrink=shrink))
    assert (held.own == np.maximum(np.maximum(before, floor), alpha)).all()


@settings(max_examples=60, deadline=None)
@given(
    size=SIZES,
    seed=SEEDS,
    clip=st.sampled_from([None, (0.1, 0.8)]),
    shrink=st.floats(-20, 20),
    feather=st.floats(0, 20),
)
def test_of_two_alphas_the_greater_is_never_made_the_less(
    size: tuple[int, int], seed: int, clip: tuple[float, float] | None, shrink: float, feather: float
) -> None:
    less = shapes(Size(*size), seed)
    greater = np.maximum(less, shapes(Size(*size), seed + 1))
    edge = Edge(clip=clip, shrink=shrink, feather=feather)
    assert (shown(less, edge) <= shown(greater, edge)).all()


@settings(max_examples=40, deadline=None)
@given(size=SIZES, seed=SEEDS)
def test_what_is_plain_stays_plain(size: tuple[int, int], seed: int) -> None:
    random = np.random.default_rng(seed)
    edge = Edge(shrink=random.uniform(-20, 20), feather=random.uniform(0, 20), clip=(0.2, 0.7))
    for level in (0, 255):
        alpha = np.full(size, level, np.uint8)
        assert (shown(alpha, edge) == level).all()


@pytest.mark.parametrize("angle", [0, 22.5, 45, 67.5, 80, 180, 225, 300])
@pytest.mark.parametrize("distance", [0.25, 0.5, 1.0, 1.5, 2.7, 4.0, -0.5, -1.5, -3.2])
@pytest.mark.parametrize("softness", [1.0, 4.0])
def test_a_straight_outline_moves_by_what_was_asked(angle: float, distance: float, softness: float) -> None:
    """Within 0.15 px up to 2 px whatever its direction, and 8 % beyond; exactly where it is upright."""
    radians = math.radians(angle)
    before = half_plane(Size(161, 161), radians, softness=softness)
    across = before if abs(math.cos(radians)) > 0.7 else before.T.copy()
    turned = radians if abs(math.cos(radians)) > 0.7 else math.pi / 2 - radians
    moved = moved_by(across, shown(across, Edge(shrink=distance)), turned)
    tolerance = 0.03 if angle % 90 == 0 else max(0.15, 0.08 * abs(distance))
    assert moved == pytest.approx(distance, abs=tolerance)


@pytest.mark.parametrize("distance", [6.3, 11.0, 15.5, 20.0])
def test_a_disc_shrinks_evenly(distance: float) -> None:
    y, x = np.mgrid[:241, :241] - 120
    before = np.rint(255 * np.clip(90.5 - np.hypot(x, y), 0, 1)).astype(np.uint8)
    after = shown(before, Edge(shrink=distance))
    angles = np.arctan2(y, x)
    for angle in np.arange(-math.pi, math.pi, math.pi / 16):
        sector = np.abs(np.angle(np.exp(1j * (angles - angle)))) < math.pi / 64
        radius = math.sqrt(64 * 2 / (2 * math.pi) * (after[sector] / 255).sum())
        assert 90 - radius == pytest.approx(distance, rel=0.14)


def test_the_outline_moves_smoothly_with_the_distance() -> None:
    """No jump at whole pixels, nor where another step is added."""
    before = half_plane(Size(161, 161), math.radians(20))
    distances = np.arange(0, 20, 0.1)
    moved = [moved_by(before, shown(before, Edge(shrink=distance)), math.radians(20)) for distance in distances]
    assert np.diff(moved).min() > -0.4
    assert np.diff(moved).max() < 0.5


def test_a_hair_fades_with_the_distance_and_is_there_at_none() -> None:
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:, 30] = 200
    assert (shown(alpha, Edge(feather=0.0, clip=(0.0, 1.0))) == alpha).all()
    strength = [int(shown(alpha, Edge(shrink=distance))[32, 30]) for distance in (0.1, 0.25, 0.5, 0.9)]
    assert strength == [180, 150, 100, 20]


def test_the_frame_is_no_outline() -> None:
    """A person cut off by the frame does not shrink away from it, nor fade towards it."""
    alpha = np.full((64, 80), 255, np.uint8)
    alpha[:, :20] = 0
    for edge in (Edge(shrink=7.5), Edge(feather=4)):
        out = shown(alpha, edge)
        assert (out[:, 40:] == 255).all()
        assert (out == out[0]).all()


@pytest.mark.parametrize("deviation", [0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0])
def test_feather_has_the_standard_deviation_that_was_asked_for(deviation: float) -> None:
    """The slope of a softened hard edge is the blur itself."""
    alpha = np.zeros((8, 401), np.uint8)
    alpha[:, 200:] = 255
    slope = np.diff(shown(alpha, Edge(feather=deviation))[4].astype(float)) / 255
    places = np.arange(400) - 199
    assert slope.sum() == pytest.approx(1)
    assert (slope * places).sum() == pytest.approx(0, abs=0.05)
    assert math.sqrt((slope * places**2).sum()) == pytest.approx(deviation, rel=0.04, abs=0.03)
    if deviation >= 1.5:
        gaussian = np.exp(-0.5 * (places / deviation) ** 2) / deviation / math.sqrt(2 * math.pi)
        assert np.abs(np.cumsum(slope) - np.cumsum(gaussian)).max() < 0.03


def test_taps_add_up_to_the_variance() -> None:
    for deviation in np.arange(0.1, 20.01, 0.1):
        taps = softenings(float(deviation))
        assert all(tap.distance <= PAD and 0 < tap.weight <= 86 for tap in taps)
        variance = sum(2 * tap.weight / 256 * tap.distance**2 for tap in taps)
        assert math.sqrt(variance) == pytest.approx(deviation, rel=0.05, abs=0.03)
    assert softenings(0.0) == ()


def test_steps_reach_the_distance_and_leave_no_gap() -> None:
    for distance in np.arange(0.1, 20.01, 0.1):
        fine, *whole = steps(float(distance))
        assert sum(step.straight for step in (fine, *whole)) == pytest.approx(distance)
        reached = fine.straight
        for step in whole:
            assert step.straight <= 2 * reached + 1
            assert step.straight / 2 <= step.slanting <= step.straight
            assert max(step) <= PAD
            reached += step.straight
    assert steps(0.0) == ()
