"""What `transforms.kernels.falling` and `finish` compute, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def bare(levels: Floats, alpha: Floats, zero: float, cell: int, *, every: int, rows: int) -> Floats:
    """Mean light above `zero` by cells, `cell` samples across and `rows` down, weighed by 1 - alpha (0..1).

    One of `every` rows counts.
    """
    light = (1 - alpha) * (levels - zero)
    down, across = -(-light.shape[0] // rows), -(-light.shape[1] // cell)
    cells = np.empty((down, across))
    for row, column in np.ndindex(down, across):
        part = light[row * rows : (row + 1) * rows : every, column * cell : (column + 1) * cell]
        cells[row, column] = part.mean()
    return cells


def enlarged(line: Floats, size: int) -> Floats:
    """A line `size` times as long, by doublings of 3/4 and 1/4."""
    while size > 1:
        padded = np.pad(line, 1, mode="edge")
        line = np.stack([0.75 * line + 0.25 * padded[:-2], 0.75 * line + 0.25 * padded[2:]], axis=1).reshape(-1)
        size //= 2
    return line


def falling(cells: Floats, cell: int, across: int, height: int, width: int) -> Floats:
    """A grid's light for each sample of a plane (height, width) whose cells are `cell` rows and `across` columns.

    The same in two rows of luma, as in the row of chroma between them.
    """
    rows = len(cells)
    wide = np.stack([enlarged(row, across)[:width] for row in cells])
    places = np.clip((np.arange(height) + 0.5) / cell - 0.5, 0, rows - 1)
    upper = np.floor(places).astype(int)
    share = (places - upper)[:, None]
    return np.asarray((1 - share) * wide[upper] + share * wide[np.minimum(upper + 1, rows - 1)])


def luma(sample: Floats, behind: Floats, alpha: Floats, light: Floats, bend: float, black: int, white: int) -> Floats:
    """A finished plane of luma. `alpha`: 0..1; `light`: of 1, white."""
    scale = white - black
    person = np.maximum(sample - black - (1 - alpha) * np.maximum(behind - black, 0), 0) / scale
    left = np.maximum(white - sample, 0) / scale
    result = sample + scale * left * (bend * person + alpha * light)
    return np.clip(result, np.minimum(black, sample), np.maximum(white, sample))


def chroma(
    sample: Floats, alpha: Floats, light: Floats, lit: Floats, left: Floats, saturation: float, tint: float
) -> Floats:
    """A finished plane of chroma. `light`: in levels; `lit`: the person's luma there; `left`: from luma to white."""
    own = alpha * (sample - 128)
    return np.clip(sample + saturation * own + tint * lit + alpha * left * light, 0, 255)
