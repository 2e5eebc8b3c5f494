"""Masks of cells: their neighbourhoods, what hangs together, and what a person may fill of which only a part moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.stillness import flood, label

Cellwise = NDArray[np.bool_]
"""One truth a cell, flat, row by row."""


class Patches:
    """The geometry of one grid of cells, and scratch."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        count = shape[0] * shape[1]
        self._stack, self._numbers = (np.zeros(count, np.int32) for _ in range(2))
        self._out = np.zeros(count, np.uint8)
        edge = np.zeros(shape, np.uint8)
        edge[0] = edge[:, 0] = edge[:, -1] = 1
        self._edge = edge.reshape(-1)

    def around(self, mask: Cellwise) -> NDArray[np.uint8]:
        """How many of a cell and its eight neighbours are marked; beyond the edge none is."""
        rows, columns = self.shape
        wide = np.zeros((rows + 2, columns + 2), np.uint8)
        wide[1:-1, 1:-1] = mask.reshape(self.shape)
        across = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
        return np.asarray(across[:-2] + across[1:-1] + across[2:], np.uint8).reshape(-1)

    def without_specks(self, mask: Cellwise, *, least: int = 3) -> Cellwise:
        """The marked cells with `least` marked ones about them, themselves among those."""
        return np.asarray(mask & (self.around(mask) >= least), np.bool_)

    def widened(self, mask: Cellwise, cells: int = 1) -> Cellwise:
        """The marked cells and those within `cells` of them."""
        for _ in range(cells):
            mask = self.around(mask) > 0
        return mask

    def joined_to_edge(self, passable: Cellwise) -> Cellwise:
        """The passable cells joined over passable ones to the left, the top or the right edge.

        Not to the lower one: people go on below it.
        """
        rows, columns = self.shape
        flood(self._edge, passable.view(np.uint8), columns, rows, self._stack, self._out)
        return np.asarray(self._out != 0, np.bool_)

    def numbered(self, mask: Cellwise) -> NDArray[np.int32]:
        """The number of the patch each cell belongs to, from 1; 0 for none. The next call writes it again."""
        rows, columns = self.shape
        label(mask.view(np.uint8), columns, rows, self._stack, self._numbers)
        return self._numbers

    def shadow(self, moving: Cellwise, *, headroom: float) -> Cellwise:
        """Where the rest of somebody may be of whom `moving` is what moves.

        That is all between the outermost moving cells of each row, widening downwards by a cell a row on both sides,
        and `headroom`, a share of the height, above the uppermost.
        """
        rows, columns = self.shape
        grid = moving.reshape(self.shape)
        out = np.zeros(self.shape, np.bool_)
        filled = np.flatnonzero(grid.any(axis=1))
        if not len(filled):
            return out.reshape(-1)
        left, right = columns, -1
        for row in range(int(filled[0]), rows):
            left, right = max(0, left - 1), min(columns - 1, right + 1)
            marked = np.flatnonzero(grid[row])
            if len(marked):
                left, right = min(left, int(marked[0])), max(right, int(marked[-1]))
            out[row, left : right + 1] = True
        first, above = int(filled[0]), round(headroom * rows)
        wide = out[min(rows - 1, first + above)]
        out[max(0, first - above) : first] |= wide
        return out.reshape(-1)
