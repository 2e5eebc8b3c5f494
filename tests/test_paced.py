"""A segmenter that is asked at some pictures only, and what is carried along between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.planes import strided
from tests.twins import motion as twin
from transforms.kernels import motion
from transforms.matting import SLOWEST_PACE, Paced
from transforms.person.paced import PacedSegmenter
from transforms.person.segmenter import Segmentation
from transforms.picture import Matrix, Picture, Size

SIZE = Size(640, 360)
QUARTER = 4


class Bright:
    """Takes what is bright for a person, at a quarter of the size, into memory that it writes again and again."""

    def __init__(self, confidence: float = 1.0) -> None:
        self.looks = self.closed = 0
        self._confidence = confidence
        self._chance = np.zeros((SIZE.height // QUARTER, SIZE.width // QUARTER), np.uint8)

    def segment(self, picture: Picture, time: float) -> Segmentation:
        self.looks += 1
        seen = (picture.y.rows[::QUARTER, ::QUARTER] > 120).astype(np.uint8) * 255
        if seen.shape == self._chance.shape:
            self._chance[:] = seen
            seen = self._chance
        return Segmentation(seen, self._confidence)

    def close(self) -> None:
        self.closed += 1


def scene(right: float = 0.0, *, seed: int = 7, size: Size = SIZE) -> Picture:
    """A bright, patterned person before a dark, patterned room, `right` samples to the right of the middle."""
    picture = Picture.blank(size, matrix=Matrix.BT601, full_range=False)
    y, x = np.mgrid[0 : size.height, 0 : size.width].astype(float)
    room = 60 + 20 * np.sin(x / 23 + seed) * np.cos(y / 17) + 10 * np.sin((x + 2 * y) / 41)
    person = 180 + 25 * np.sin((x - right) / 13) * np.cos(y / 19 + seed)
    is_person = np.hypot(x - right - size.width / 2, (y - size.height / 2) * 0.8) < size.height / 4
    picture.y.rows[:] = np.where(is_person, person, room)
    return picture


def strayed(found: Segmentation, picture: Picture) -> float:
    """The share of the chances that are not what the segmenter itself would have given."""
    own = Bright().segment(picture, 0.0).chance
    return float(np.abs(found.chance.astype(int) - own).mean() / 255)


def test_at_every_picture_it_is_the_segmenter_itself() -> None:
    inner = Bright()
    paced = PacedSegmenter(inner)
    assert isinstance(paced, Paced)
    for number in range(3):
        assert strayed(paced.segment(scene(8 * number), number / 30), scene(8 * number)) == 0
    paced.close()
    assert (inner.looks, inner.closed) == (3, 1)


@pytest.mark.parametrize("every", range(2, SLOWEST_PACE + 1))
def test_between_the_looks_the_chances_move_with_the_person(every: int) -> None:
    inner = Bright()
    paced = PacedSegmenter(inner, every=every)
    for number in range(2 * every):
        picture = scene(6 * number)
        found = paced.segment(picture, number / 30)
        stayed = Bright().segment(scene(6 * (number // every * every)), 0.0)
        assert strayed(found, picture) <= 0.4 * strayed(stayed, picture)
    assert inner.looks == 2


def test_what_stands_still_is_carried_along_untouched() -> None:
    paced = PacedSegmenter(Bright(), every=4)
    picture = scene()
    first = paced.segment(picture, 0.0).chance.copy()
    for number in range(1, 4):
        np.testing.assert_array_equal(paced.segment(picture, number / 30).chance, first)


def test_what_was_given_is_not_overwritten_by_a_look_at_another_picture() -> None:
    inner = Bright()
    paced = PacedSegmenter(inner, every=2)
    paced.segment(scene(), 0.0)
    inner.segment(scene(200), 0.5)  # the memory it gave is another picture's now
    assert strayed(paced.segment(scene(), 1 / 30), scene()) == 0


def test_another_scene_is_looked_at_at_once() -> None:
    inner = Bright()
    paced = PacedSegmenter(inner, every=4)
    paced.segment(scene(), 0.0)
    dark = Picture.blank(SIZE, matrix=Matrix.BT601, full_range=False)
    assert not paced.segment(dark, 1 / 30).chance.any()
    assert inner.looks == 2


def test_a_hand_that_comes_in_is_looked_at_at_once() -> None:
    paced = PacedSegmenter(Bright(), every=4)
    paced.segment(scene(), 0.0)
    picture = scene()
    picture.y.rows[200:, 20:140] = 200
    assert strayed(paced.segment(picture, 1 / 30), picture) == 0


def test_what_the_segmenter_was_not_sure_of_is_never_carried_along() -> None:
    inner = Bright(confidence=0.4)
    paced = PacedSegmenter(inner, every=4)
    found = [paced.segment(scene(), number / 30).confidence for number in range(4)]
    assert (found, inner.looks) == ([0.4] * 4, 4)


def test_what_was_seen_long_ago_is_not_carried_over_a_gap() -> None:
    inner = Bright()
    paced = PacedSegmenter(inner, every=4)
    for time in (0.0, 0.1, 30.0, 30.1):
        paced.segment(scene(), time)
    assert inner.looks == 2


def test_pictures_of_another_size_and_another_pace_are_looked_at_first() -> None:
    inner = Bright()
    paced = PacedSegmenter(inner, every=4)
    paced.segment(scene(), 0.0)
    assert paced.segment(scene(size=Size(320, 240)), 1 / 30).chance.shape == (60, 80)
    paced.every = 1
    paced.segment(scene(size=Size(320, 240)), 2 / 30)
    paced.every = 3
    paced.segment(scene(8, size=Size(320, 240)), 3 / 30)
    assert inner.looks == 4


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 70), height=st.integers(1, 70), every=st.integers(1, 4), seed=st.integers(0, 99))
def test_any_size_is_carried_along(width: int, height: int, every: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    paced = PacedSegmenter(Bright(), every=every)
    for number in range(5):
        picture = Picture.blank(Size(width, height), matrix=Matrix.BT601, full_range=False)
        picture.y.rows[:] = random.integers(16, 235, (height, width))
        found = paced.segment(picture, number / 30)
        assert found.chance.shape == (-(-height // QUARTER), -(-width // QUARTER))


@settings(max_examples=30, deadline=None)
@given(rows=st.integers(1, 30), columns=st.integers(1, 40), factor=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
def test_shrinking_is_its_twins(rows: int, columns: int, factor: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = rows * factor + seed % factor, columns * factor + seed % factor
    plane = random.integers(0, 256, shape, dtype=np.uint8)
    samples, stride = strided(plane, seed % 5)
    out = np.empty((rows, columns), np.uint8)
    motion.shrink(samples, stride, factor, columns, rows, np.empty(columns * factor, np.uint32), out.reshape(-1))
    np.testing.assert_array_equal(out, twin.shrunk(plane, factor))


@settings(max_examples=30, deadline=None)
@given(height=st.integers(2, 60), width=st.integers(2, 80), blocks=st.tuples(st.integers(2, 6), st.integers(2, 8)))
def test_moving_is_its_twins(height: int, width: int, blocks: tuple[int, int]) -> None:
    random = np.random.default_rng(height * width)
    plane = random.integers(0, 256, (height, width), dtype=np.uint8)
    vectors = random.normal(0, 3, (2, *blocks)).astype(np.float32)
    vectors[:, :, : blocks[1] // 2 + 1] = 0  # where nothing moved, it is copied
    scale = width / (blocks[1] * motion.PITCH - 3), height / (blocks[0] * motion.PITCH - 3)
    out = np.empty((height, width), np.uint8)
    grid = (vectors.reshape(-1), blocks[1], blocks[0])
    motion.move_with(plane.reshape(-1), width, height, *grid, *scale, out.reshape(-1))
    assert np.abs(out - twin.moved(plane, vectors, scale, motion.PITCH)).max() <= 1


def _moved_blocks(now: NDArray[np.uint8], then: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rows, columns = now.shape
    across, down = columns // motion.PITCH, rows // motion.PITCH
    vectors, unlike = np.zeros(2 * across * down, np.float32), np.zeros(across * down, np.float32)
    shape = (columns, rows, across, down, 16)
    motion.block_motion(now.ravel(), then.ravel(), *shape, np.zeros(vectors.size, np.int16), vectors, unlike)
    return vectors.reshape(2, down, across), unlike.reshape(down, across)


@pytest.mark.parametrize(("right", "low"), [(0, 0), (3, 0), (0, -5), (-7, 4), (9, 9)])
def test_a_picture_that_moves_as_one_moves_in_every_block(right: int, low: int) -> None:
    big = scene(size=Size(240, 150)).y.rows
    then, now = big[30:120, 40:200].copy(), big[30 - low : 120 - low, 40 - right : 200 - right].copy()
    vectors, unlike = _moved_blocks(now, then)
    inner = (slice(2, -2), slice(2, -2))
    assert np.median(np.abs(vectors[0][inner] + right)) < 0.3
    assert np.median(np.abs(vectors[1][inner] + low)) < 0.3
    assert np.median(unlike[inner]) < 1


def test_noise_alone_moves_nothing() -> None:
    random = np.random.default_rng(5)
    now, then = random.normal(100, 0.7, (2, 90, 160)).round().astype(np.uint8)
    vectors, unlike = _moved_blocks(now, then)
    assert not vectors.any()
    assert unlike.max() < 2
