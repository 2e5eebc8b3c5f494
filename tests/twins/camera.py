"""What `transforms.kernels.camera` computes, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats


def reduced(luma: NDArray[np.uint8], factor: int) -> Floats:
    """Means of `factor` x `factor`, less 128; what is left over is left."""
    height, width = (side // factor for side in luma.shape)
    cut = luma[: height * factor, : width * factor].astype(np.float64)
    return np.asarray(cut.reshape(height, factor, width, factor).mean(axis=(1, 3)) - 128)


def smoothed(plane: Floats) -> Floats:
    """1 2 1 across and down, edges repeated."""
    wide = np.pad(plane, 1, mode="edge")
    across = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
    return np.asarray((across[:-2] + 2 * across[1:-1] + across[2:]) / 16)


def shifted(plane: Floats, right: int, down: int, across: Floats, along: Floats) -> Floats:
    """Moved by whole samples and by 4 taps each way, edges repeated."""
    height, width = plane.shape
    rows = [np.clip(np.arange(height) - down + tap, 0, height - 1) for tap in (-1, 0, 1, 2)]
    columns = [np.clip(np.arange(width) - right + tap, 0, width - 1) for tap in (-1, 0, 1, 2)]
    lines = sum(weight * plane[row] for weight, row in zip(along, rows, strict=True))
    return np.asarray(sum(weight * lines[:, column] for weight, column in zip(across, columns, strict=True)))


def sums(picture: Floats, plate: Floats, moved: tuple[int, int], gain: float, block: int) -> Floats:
    """(15, rows, columns) of n, A B C D and their products over every other row, A and B the falls across and down."""
    height, width = picture.shape
    plate = plate * gain
    fields = np.zeros((5, height, width))
    inner = (slice(1, -1), slice(1, -1))
    both = picture + plate
    fields[0][inner] = 1
    fields[1][inner] = 0.25 * (both[1:-1, :-2] - both[1:-1, 2:])
    fields[2][inner] = 0.25 * (both[:-2, 1:-1] - both[2:, 1:-1])
    fields[3][inner], fields[4][inner] = plate[inner], picture[inner]
    right, down = moved
    y, x = np.mgrid[:height, :width]
    seen = (x >= 1 + right) & (x < width - 1 + right) & (y >= 1 + down) & (y < height - 1 + down)
    seen &= y % block % 2 == 1
    fields *= seen
    products = [fields[p] * fields[q] for p in range(1, 5) for q in range(p, 5)]
    every = np.concatenate((fields, np.array(products)))
    rows, columns = -(-height // block), -(-width // block)
    wide = np.pad(every, ((0, 0), (0, rows * block - height), (0, columns * block - width)))
    return np.asarray(wide.reshape(15, rows, block, columns, block).sum(axis=(2, 4)))


def texture(plate: Floats, block: int) -> Floats:
    """(2, rows, columns): how the slopes scatter about their block's mean, sums of squares."""
    height, width = plate.shape
    rows, columns = -(-height // block), -(-width // block)
    out = np.zeros((2, rows, columns))
    for row, column in np.ndindex(rows, columns):
        y = np.arange(row * block + 1, min(row * block + block, height - 1), 2)
        x = np.arange(max(column * block, 1), min(column * block + block, width - 1))
        if not len(y) or not len(x):
            continue
        falls = (
            plate[np.ix_(y, x - 1)] / 2 - plate[np.ix_(y, x + 1)] / 2,
            plate[np.ix_(y - 1, x)] / 2 - plate[np.ix_(y + 1, x)] / 2,
        )
        out[:, row, column] = [((fall - fall.mean()) ** 2).sum() for fall in falls]
    return out
