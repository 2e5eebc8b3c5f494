"""Planes with padding, and the composite's kernel on them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.kernels import composite as kernels
from transforms.matting import hat

Samples = NDArray[np.uint8]
Levels = NDArray[np.float32]

NO_GRID: Levels = np.empty((0, 1), np.float32)
NOTHING: Samples = np.empty(0, np.uint8)


def drawn_alpha(random: np.random.Generator, width: int, height: int) -> Samples:
    """Runs of 0, of 255 and of anything along each row, as outlines make them."""
    alpha = random.integers(0, 256, (height, width), dtype=np.uint8)
    for row in alpha:
        for edge in random.integers(0, width, 3):
            row[edge : edge + random.integers(1, 100)] = random.choice([0, 255])
    return alpha


def strided(samples: Samples, padding: int) -> tuple[Samples, int]:
    """The same rows with bytes between them that nobody may read or write."""
    padded = np.pad(samples, ((0, 0), (0, padding)), constant_values=77)
    return padded.reshape(-1), samples.shape[1] + padding


class Scratch(NamedTuple):
    lines: NDArray[np.uint16]
    eighths: NDArray[np.uint16]
    pairs: NDArray[np.uint32]


def scratch(width: int) -> Scratch:
    pairs = np.full((2, width // 2 + 1), 7, np.uint32)
    return Scratch(np.full((5, width), 7, np.uint16), pairs.view(np.uint16), pairs)


def draw(alpha: Samples, size: tuple[int, int], out: Samples, stride: int) -> None:
    """Draw an alpha of half the size (width, height) of `out`."""
    width, height = size
    space = scratch(width)
    half = (width + 1) // 2, (height + 1) // 2
    kernels.draw(alpha.reshape(-1), *half, kernels.UP, space.eighths, space.pairs, out, stride, width, height)


def composite_plane(
    person: Samples,
    behind: Samples,
    alpha: Samples,
    *,
    grid: Levels = NO_GRID,
    plate: Samples | None = None,
    despill: int = 256,
    own: Samples | None = None,
    beyond: Levels = NO_GRID,
    black: int = 0,
    padding: int = 0,
) -> Samples:
    """The kernel on rows with something between them, which stays as it is."""
    height, width = person.shape
    factor = kernels.SAME if alpha.shape == person.shape else kernels.UP if alpha.size < person.size else kernels.DOWN
    out, stride = strided(np.full_like(person, 99), padding)
    front, front_stride = strided(person, padding)
    back, back_stride = strided(behind, 3)
    space = scratch(max(width, alpha.shape[1]))
    rows, columns = alpha.shape
    changed = np.full((-(-rows // kernels.BAND), -(-columns // int(kernels.CHUNK))), 77, np.uint8)
    if own is not None:
        kernels.compare(alpha.reshape(-1), own.reshape(-1), columns, rows, np.empty(columns, np.uint8), changed)
    known = (NOTHING, 0) if plate is None else strided(plate, 5)
    kernels.composite_plane(
        front,
        front_stride,
        back,
        back_stride,
        alpha.reshape(-1),
        alpha.shape[1],
        alpha.shape[0],
        factor,
        NOTHING if own is None else own.reshape(-1),
        changed,
        grid @ hat(grid.shape[1], width),
        *known,
        beyond @ hat(beyond.shape[1], width),
        np.uint16(despill),
        np.uint16(black),
        space.lines,
        space.eighths,
        space.pairs,
        out,
        stride,
        width,
        height,
    )
    rows = out.reshape(height, stride)
    assert (rows[:, width:] == 77).all(), "the padding was written to"
    return rows[:, :width]
