"""The colours of the person that a softened edge carries outward."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_compositor import noise
from transforms.fringe import Fringe
from transforms.kernels.edge import TILE
from transforms.kernels.fringe import CELL, EVERY, OPAQUE, average
from transforms.picture import Picture, Size


def worked_on(size: Size) -> np.ndarray:
    """The spans of an outline that is everywhere."""
    spans = np.zeros((math.ceil(size.height / TILE), 6), np.int64)
    spans[:, 1] = size.width
    return spans


def person(picture: Picture, colour: tuple[int, int, int], columns: slice) -> None:
    for plane, level in zip(picture.planes, colour, strict=True):
        step = picture.y.width // plane.width
        plane.rows[:, columns.start // step : columns.stop // step] = level


@settings(max_examples=40, deadline=None)
@given(width=st.integers(1, 150), height=st.integers(1, 90), seed=st.integers(0, 1000))
def test_sums_are_those_of_the_opaque_samples(width: int, height: int, seed: int) -> None:
    size = Size(width, height)
    picture, random = noise(size, seed), np.random.default_rng(seed)
    alpha = random.choice([0, 128, int(OPAQUE) - 1, int(OPAQUE), 255], (height, width)).astype(np.uint8)
    chroma = size.chroma
    shape = math.ceil(chroma.height / CELL), math.ceil(chroma.width / CELL)
    sums, counts = np.full((3, shape[0] * shape[1]), 7, np.float32), np.full(shape[0] * shape[1], 7, np.float32)
    y, cb, cr = picture.planes
    planes = (y.samples, y.stride, cb.samples, cr.samples, cb.stride, alpha.reshape(-1), width, height)
    average(*planes, worked_on(size), np.zeros((4, chroma.width), np.uint16), sums, counts)
    opaque = alpha[::2, ::2] >= OPAQUE
    opaque[np.arange(chroma.height) % CELL % EVERY != 0] = False
    for cell in np.ndindex(shape):
        rows, columns = (slice(at * CELL, at * CELL + CELL) for at in cell)
        seen, index = opaque[rows, columns], cell[0] * shape[1] + cell[1]
        assert counts[index] == seen.sum()
        for plane, total in zip((y.rows[::2, ::2], cb.rows, cr.rows), sums, strict=True):
            assert total[index] == plane[rows, columns][seen].sum()


def test_colours_reach_beyond_the_person() -> None:
    size = Size(320, 240)
    picture, alpha = noise(size, 0), np.zeros((240, 320), np.uint8)
    person(picture, (180, 110, 150), slice(0, 160))
    alpha[:, :160] = 255
    colours = Fringe(size).colors(picture, alpha, worked_on(size))
    assert colours is not None
    for plane, level in zip(colours, (180, 110, 150), strict=True):
        assert plane == pytest.approx(np.full_like(plane, level), abs=0.01)


def test_each_side_has_its_own_colours() -> None:
    size = Size(640, 240)
    picture, alpha = noise(size, 0), np.zeros((240, 640), np.uint8)
    for colour, columns in (((180, 110, 150), slice(0, 160)), ((60, 140, 120), slice(480, 640))):
        person(picture, colour, columns)
        alpha[:, columns] = 255
    colours = Fringe(size).colors(picture, alpha, worked_on(size))
    assert colours is not None
    cells_beyond = 160 // (2 * CELL)
    assert colours[0, :, cells_beyond] == pytest.approx(180, abs=12)
    assert colours[0, :, -1 - cells_beyond] == pytest.approx(60, abs=12)


def test_where_nobody_is_opaque_there_are_none() -> None:
    size = Size(64, 48)
    assert Fringe(size).colors(noise(size, 0), np.full((48, 64), 249, np.uint8), worked_on(size)) is None
