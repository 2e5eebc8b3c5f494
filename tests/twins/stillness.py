"""What `transforms.kernels.stillness` computes, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats

Grid = NDArray[np.bool_]


def look(moments: Floats, gain: Floats, offset: Floats, tint: Floats) -> Floats:
    """(4, cells): Y, Cb, Cr in levels from 0 and luma's scatter, an exposure undone."""
    y = (moments[0] + 128 - offset[0]) / gain[0]
    cb = (moments[1] + 128 - offset[1] - tint[0] * y) / gain[1]
    cr = (moments[2] + 128 - offset[2] - tint[1] * y) / gain[2]
    scatter = np.sqrt(np.maximum(moments[3] - moments[0] ** 2, 0)) / gain[0]
    return np.stack((y, cb, cr, scatter))


def flooded(seeds: Grid, passable: Grid) -> Grid:
    """The passable cells joined to a passable seed across or down."""
    out = seeds & passable
    while True:
        wide = np.pad(out, 1)
        grown = (out | wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]) & passable
        if (grown == out).all():
            return np.asarray(out, np.bool_)
        out = grown


def labelled(marked: Grid) -> NDArray[np.int64]:
    """Patches that touch, corners too, each called by the smallest index in it plus one; 0 elsewhere."""
    names = np.where(marked, np.arange(1, marked.size + 1).reshape(marked.shape), 0)
    while True:
        wide = np.pad(np.where(marked, names, marked.size + 1), 1, constant_values=marked.size + 1)
        height, width = marked.shape
        least = np.min([wide[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0)
        grown = np.where(marked, least, 0)
        if (grown == names).all():
            return np.asarray(names)
        names = grown
