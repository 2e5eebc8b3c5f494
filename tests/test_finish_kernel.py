"""The finish's kernels against their plain-numpy twins."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.planes import drawn_alpha
from tests.twins import finish as twin
from transforms.color_match import Tone
from transforms.finish import Room
from transforms.kernels.falling import EVERY, FALLS
from transforms.picture import Matrix, Picture, Size

SIZES = st.builds(Size, st.integers(1, 150), st.integers(1, 60))
SEEDS = st.integers(0, 2**32 - 1)

Samples = NDArray[np.uint8]


def noise(size: Size, random: np.random.Generator, *, full_range: bool) -> Picture:
    """Blocks of 8 samples of any level, as a background has larger and smaller ones."""
    picture = Picture.blank(size, matrix=Matrix.BT601, full_range=full_range)
    for plane in picture.planes:
        blocks = random.integers(0, 256, (plane.height // 8 + 1, plane.width // 8 + 1), dtype=np.uint8)
        plane.rows[:] = np.kron(blocks, np.ones((8, 8), np.uint8))[: plane.height, : plane.width]
    return picture


def room_for(size: Size, background: Picture, alpha: Samples, share: float = 1.0) -> Room:
    room = Room(size)
    room.fall(background, alpha.reshape(-1), share)
    return room


@settings(max_examples=20, deadline=None)
@given(size=SIZES, seed=SEEDS, full_range=st.booleans())
def test_what_falls_is_the_mean_of_the_background_that_is_bare(size: Size, seed: int, full_range: bool) -> None:
    random = np.random.default_rng(seed)
    background, alpha = noise(size, random, full_range=full_range), drawn_alpha(random, *size)
    room = room_for(size, background, alpha)
    shares = alpha / 255
    black, levels = (0, 255) if full_range else (16, 219)
    above = np.maximum(background.y.rows.astype(float), black)
    seen = np.s_[::EVERY, ::2]
    luma = twin.bare(above[:, ::2], shares[:, ::2], black, room.cell // 2, every=EVERY, rows=room.cell)
    np.testing.assert_allclose(room.light[0] / FALLS * levels, np.minimum(luma, levels * 0.995), atol=1.6)
    for light, plane in zip(room.light[1:], (background.cb, background.cr), strict=True):
        mean = twin.bare(plane.rows[::2].astype(float), shares[seen], 128, room.cell // 2, every=1, rows=room.cell // 4)
        np.testing.assert_allclose(light / FALLS * levels, np.clip(mean, -0.497 * levels, 0.497 * levels), atol=1.6)


@settings(max_examples=30, deadline=None)
@given(
    size=SIZES,
    seed=SEEDS,
    full_range=st.booleans(),
    bend=st.floats(-0.4, 0.4),
    saturation=st.floats(-0.15, 0.15),
    tint=st.tuples(st.floats(-12, 12), st.floats(-12, 12)),
    share=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_a_finished_picture_is_its_twins(
    size: Size, seed: int, full_range: bool, bend: float, saturation: float, tint: tuple[float, float], share: float
) -> None:
    random = np.random.default_rng(seed)
    background, out = noise(size, random, full_range=full_range), noise(size, random, full_range=full_range)
    alpha = drawn_alpha(random, *size)
    room = room_for(size, background, alpha, share)
    before = [plane.rows.astype(float) for plane in out.planes]
    room.apply(background, alpha.reshape(-1), Tone(bend, saturation, tint), out)
    ideal = _twins(room, before, background, alpha / 255, (bend, saturation, *tint))
    work = np.kron(room.work, np.ones((room.cell, 64), np.uint8))[: size.height, : size.width] > 0
    for number, (plane, wanted) in enumerate(zip(out.planes, ideal, strict=True)):
        where = work if number == 0 else work[::2, ::2]
        assert np.abs(plane.rows - wanted)[where].max(initial=0) <= 1.6
        assert (plane.rows == before[number])[~where].all()


def _twins(
    room: Room,
    before: list[NDArray[np.float64]],
    background: Picture,
    alpha: NDArray[np.float64],
    tone: tuple[float, ...],
) -> list[NDArray[np.float64]]:
    """The planes that ought to come out, by the light as the kernel has gathered it."""
    black, white = (0, 255) if background.full_range else (16, 235)
    (height, width), scale = alpha.shape, white - black
    grids = room.light / (FALLS * 255 / 256)
    falls = twin.falling(grids[0], room.cell // 2, room.cell, (height + 1) // 2, width).repeat(2, axis=0)[:height]
    behind = background.y.rows.astype(float)
    luma = twin.luma(before[0], behind, alpha, falls, tone[0], black, white)
    beside, luma_beside = alpha[::2, ::2], before[0][::2, ::2]
    both = (beside + np.pad(alpha, ((0, height % 2), (0, 0)), mode="edge")[1::2, ::2]) / 2
    bare = (1 - beside) * np.maximum(behind[::2, ::2] - black, 0)
    lit = np.maximum(luma_beside - black - bare, 0) / scale
    left = np.maximum(white - luma_beside, 0) / scale
    planes = [luma]
    for number in (1, 2):
        size = before[number].shape
        light = twin.falling(grids[number] * scale, room.cell // 2, room.cell // 2, *size)
        planes.append(twin.chroma(before[number], both, light, lit, left, tone[1], tone[number + 1]))
    return planes


def test_a_cell_follows_the_pictures_size_in_powers_of_two() -> None:
    cells = {side: Room(Size(side, 2 * side)).cell for side in (1, 90, 360, 720, 1080, 2160)}
    assert cells == {1: 4, 90: 4, 360: 8, 720: 16, 1080: 32, 2160: 32}
    assert all(math.log2(cell) % 1 == 0 for cell in cells.values())
