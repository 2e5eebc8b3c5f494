"""What is laid where no plate is known: the network's chance, and the levels of the room nearby."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twins.guess import stretched
from transforms.kernels.guess import HARDLY, SURELY, lay_chance, lay_level


@pytest.mark.parametrize(
    ("shape", "size", "cell"), [((9, 16), (80, 45), 5), ((36, 20), (61, 90), 4), ((3, 3), (7, 9), 2)]
)
def test_a_chance_is_stretched_over_the_picture(shape: tuple[int, int], size: tuple[int, int], cell: int) -> None:
    """Bilinear between its cells' centres, 200 where somebody surely is; and what hardly is anybody's is the room."""
    width, height = size
    columns, rows = -(-width // cell), -(-height // cell)
    random = np.random.default_rng(1)
    chance = random.integers(0, 256, shape).astype(np.uint8)
    wanted = random.integers(0, 2, rows * columns).astype(np.uint8)
    chance = np.minimum(chance, SURELY - 1).astype(np.uint8)
    near, rough = (np.full(width * height, level, np.uint8) for level in (3, 77))
    lay_chance(chance.reshape(-1), shape[1], shape[0], wanted, width, height, cell, near, rough)
    inside = np.kron(wanted.reshape(rows, columns), np.ones((cell, cell)))[:height, :width] > 0
    expected = stretched(chance, (height, width)) * (200 / 255)
    assert np.abs(rough.reshape(height, width) - expected)[inside].max() <= 0.51
    assert (rough.reshape(height, width)[~inside] == 77).all()
    clear = np.abs(expected * (255 / 200) - HARDLY) > 1e-3
    hardly = expected * (255 / 200) < HARDLY
    assert (near.reshape(height, width) == np.where(inside, hardly, 3))[clear].all()


def test_what_is_surely_somebody_is_held_beside_the_plate() -> None:
    """Over 200, the surer the more; but not where a sample is the plate's, nor where the network is not sure."""
    chance = np.array([255, 255, 255, 229], np.uint8)
    near, rough = np.array([0, 1, 3, 0], np.uint8).repeat(2), np.full(8, 50, np.uint8)
    lay_chance(chance, 4, 1, np.array([2, 2, 2, 2], np.uint8), 8, 1, 2, near, rough)
    assert rough.tolist() == [220, 220, 50, 50, 50, 50, 204, 50]  # 235.5, between the last two, and 229
    assert near.tolist() == [0, 0, 1, 1, 3, 3, 0, 0]


def test_beside_a_doubtful_plate_hardly_anybody_is_nobody() -> None:
    """Whatever differs from it there; the rest of it is left as it was."""
    chance, near, rough = np.array([0, 7, 8, 229], np.uint8), np.zeros(4, np.uint8), np.full(4, 50, np.uint8)
    lay_chance(chance, 4, 1, np.array([3, 3], np.uint8), 4, 1, 2, near, rough)
    assert near.tolist() == [1, 1, 0, 0]
    assert rough.tolist() == [50, 50, 50, 50]


@pytest.mark.parametrize(("columns", "rows", "side"), [(8, 5, 6), (3, 3, 5), (1, 4, 2)])
def test_levels_are_bilinear_between_the_centres_of_cells(columns: int, rows: int, side: int) -> None:
    """About 128, clipped, and only where they are wanted."""
    width, height, stride = columns * side, rows * side, columns * side + 3
    random = np.random.default_rng(2)
    field = random.uniform(-140, 140, (rows, columns)).astype(np.float32)
    wanted = random.integers(0, 2, (rows, columns)).astype(np.uint8)
    out = np.full(stride * height, 9, np.uint8)
    shares = np.zeros(side, np.float32)
    lay_level(field.reshape(-1), wanted.reshape(-1), side, width, height, stride, out, shares)
    expected = np.clip(stretched(field, (height, width)) + 128, 0, 255)
    inside = np.kron(wanted, np.ones((side, side))) > 0
    seen = out.reshape(height, stride)
    assert np.abs(seen[:, :width] - expected)[inside].max() <= 0.51
    assert (seen[:, :width][~inside] == 9).all()
    assert (seen[:, width:] == 9).all()
