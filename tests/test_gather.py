"""Which samples speak for the person and which for the screen: the kernels against their plain-numpy twins."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.screens import GREEN, SKIN, drawn
from tests.twins import gather as twin
from transforms.cells import Cells
from transforms.kernels.gather import gather_person, gather_screen
from transforms.picture import Picture

SIDES, SEEDS = st.integers(2, 70), st.integers(0, 2**32 - 1)


class Scene:
    """A picture's cells with random masks; `marked` and `bare` are what the masks make of them."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        opacity = random.random((height, width)) ** 2
        self.picture: Picture = drawn(GREEN, SKIN, opacity, noise=4.0, seed=seed % 1000)
        self.cells = Cells(self.picture)
        self.cells.measure(self.picture)
        cb, cr = self.picture.cb.rows, self.picture.cr.rows
        luma = self.cells.luma.reshape(cb.shape)
        self.planes = np.array([plane.astype(np.float64) - 128 for plane in (luma, cb, cr)])
        self.rough = random.integers(0, 251, cb.shape, dtype=np.uint8)
        self.wide, self.near = random.random(cb.shape) < 0.3, random.random(cb.shape) < 0.5
        shape = self.cells.shape
        self.distances = random.integers(0, 7, shape, dtype=np.int32)
        self.veiled = random.random(shape) < 0.2
        self.bare = (random.random(shape) < 0.3) & (self.distances == 0)
        cell = self.cells.cell
        self.marked = np.array(
            [
                [np.count_nonzero(self.near[y : y + cell, x : x + cell]) for x in range(0, cb.shape[1], cell)]
                for y in range(0, cb.shape[0], cell)
            ],
            np.int32,
        )

    @property
    def samples(self) -> tuple[Any, ...]:
        cells, cb = self.cells, self.picture.cb
        return cells.luma, cb.samples, self.picture.cr.samples, cb.stride, cells.width, cells.height, cells.cell

    @property
    def masked(self) -> tuple[Any, ...]:
        masks = (flat(self.rough), flat(self.wide), self.distances.reshape(-1), flat(self.bare), flat(self.veiled))
        return *self.samples, *masks

    @property
    def scratch(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        count, width = self.cells.count, self.cells.width
        return np.empty(count, np.float32), np.empty(count, np.float32), np.empty((13, width), np.float32)

    @property
    def moments(self) -> NDArray[np.float64]:
        return self.cells.moments.reshape(9, *self.cells.shape).astype(np.float64)


def flat(mask: NDArray[Any]) -> NDArray[Any]:
    return mask.astype(np.uint8).reshape(-1)


@settings(max_examples=25, deadline=None)
@given(width=SIDES, height=SIDES, seed=SEEDS)
def test_the_persons_colours_are_their_twins(width: int, height: int, seed: int) -> None:
    scene = Scene(width, height, seed)
    count, shape, steep = scene.cells.count, scene.cells.shape, 6.0
    values, weights = np.empty((9, count), np.float32), np.empty(count, np.float32)
    everything = (*scene.masked, twin.REACH, steep, scene.cells.moments, *scene.scratch, values, weights)
    gather_person(*everything)
    skipped = scene.bare | scene.veiled
    masks_of_twin = (scene.rough, scene.wide, scene.distances, skipped, scene.moments)
    ideal = twin.person(scene.planes, *masks_of_twin, cell=scene.cells.cell, steep=steep)
    assert np.allclose(weights.reshape(shape), ideal[1], atol=2e-3)
    assert np.allclose(values.reshape(9, *shape), ideal[0], rtol=2e-3, atol=2e-3 * np.abs(ideal[0]).max() + 1e-3)


@settings(max_examples=25, deadline=None)
@given(width=SIDES, height=SIDES, seed=SEEDS)
def test_the_screens_colours_are_their_twins(width: int, height: int, seed: int) -> None:
    scene = Scene(width, height, seed)
    count, shape = scene.cells.count, scene.cells.shape
    values, weights = np.empty((9, count), np.float32), np.empty(count, np.float32)
    masks = (scene.marked.reshape(-1), scene.distances.reshape(-1), flat(scene.bare), flat(scene.veiled))
    everything = (*scene.samples, flat(scene.near), *masks, scene.cells.moments, scene.scratch[2], values, weights)
    gather_screen(*everything)
    masks_of_twin = (scene.near, scene.distances, scene.bare, scene.veiled, scene.moments)
    ideal = twin.screen(scene.planes, *masks_of_twin, cell=scene.cells.cell)
    assert np.allclose(weights.reshape(shape), ideal[1], atol=1e-5)
    assert np.allclose(values.reshape(9, *shape), ideal[0], rtol=1e-4, atol=0.05)


def test_a_blend_beside_the_person_hardly_speaks_for_its_colour() -> None:
    """A purer sample nearby silences what is half screen: 0.3 under the peak, at a width of 0.12, is 1/14."""
    scene = Scene(64, 64, 1)
    scene.rough[:] = 130
    scene.rough[:, ::5] = 200
    scene.wide[:] = scene.veiled[:] = scene.bare[:] = False
    scene.distances[:] = 2
    count = scene.cells.count
    values, weights = np.empty((9, count), np.float32), np.empty(count, np.float32)
    everything = (*scene.masked, twin.REACH, 1 / 0.12, scene.cells.moments, *scene.scratch, values, weights)
    gather_person(*everything)
    pure = (scene.rough == 200).reshape(-1, scene.cells.width)
    assert 0.9 * pure.mean() < weights.mean() < pure.mean() + 0.08
