"""What a segmentation says of each cell."""

from __future__ import annotations

import numpy as np
import pytest

from transforms.cells import Cells
from transforms.person.prior import by_cells
from transforms.picture import Matrix, Picture, Size


def cells(size: Size) -> Cells:
    return Cells(Picture.blank(size, matrix=Matrix.BT601, full_range=False))


def test_a_cell_s_chance_is_the_mean_over_it() -> None:
    grid = cells(Size(640, 360))
    rows, columns = grid.shape
    chance = np.random.default_rng(0).integers(0, 256, (3 * rows, 2 * columns), dtype=np.uint8)
    means = chance.reshape(rows, 3, columns, 2).mean((1, 3))
    assert np.abs(by_cells(chance, grid).reshape(rows, columns) - means).max() <= 0.5


@pytest.mark.parametrize("size", [Size(640, 360), Size(360, 640), Size(333, 187), Size(64, 64)])
@pytest.mark.parametrize("shape", [(2, 2), (57, 91), (144, 256), (320, 180)])
def test_any_picture_takes_any_segmentation(size: Size, shape: tuple[int, int]) -> None:
    grid = cells(size)
    for chance in (0, 77, 255):
        assert (by_cells(np.full(shape, chance, np.uint8), grid) == chance).all()
    half = np.zeros(shape, np.uint8)
    half[:, shape[1] // 2 :] = 255
    found = by_cells(half, grid).reshape(grid.shape)
    assert (found[:, 0] == 0).all()
    assert (found[:, -1] == 255).all()
    assert (np.diff(found.astype(int), axis=1) >= 0).all()
