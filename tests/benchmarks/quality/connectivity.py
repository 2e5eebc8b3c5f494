"""The loops of the connectivity error: parts of a matte that hang together, found run by run.

A run is a stretch of set pixels in one row. Runs of neighbouring rows that touch are joined in a forest of parents
(union-find), so that a picture of half a million pixels is labelled in the time it takes to read it.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from transforms.kernels.compile import READ, inlined, kernel

_RUNS = numba.types.Array(numba.int32, 2, "C")
_FLAT = numba.types.Array(numba.int32, 1, "C")
_LEVELS = numba.types.Array(numba.int32, 1, "C", readonly=True)
Runs = NDArray[np.int32]


@inlined
def _root(parents: Runs, run: int) -> int:
    while parents[run] != run:
        parents[run] = parents[parents[run]]
        run = parents[run]
    return run


@inlined
def _found(both: NDArray[np.uint8], rows: int, columns: int, level: int, runs: Runs, firsts: Runs) -> int:
    """Write (row, start, end) of each run of samples of at least `level`, and each row's first run; return how many."""
    count = 0
    for y in range(rows):
        firsts[y] = count
        x, base = 0, y * columns
        while x < columns:
            while x < columns and both[base + x] < level:
                x += 1
            if x == columns:
                break
            runs[count, 0], runs[count, 1] = y, x
            while x < columns and both[base + x] >= level:
                x += 1
            runs[count, 2] = x
            count += 1
    firsts[rows] = count
    return count


@inlined
def _joined(runs: Runs, firsts: Runs, rows: int, parents: Runs) -> None:
    """Join the runs that share a column with one of the row above: 4-connected."""
    for y in range(1, rows):
        above = firsts[y - 1]
        for run in range(firsts[y], firsts[y + 1]):
            while above < firsts[y] and runs[above, 2] <= runs[run, 1]:
                above += 1
            other = above
            while other < firsts[y] and runs[other, 1] < runs[run, 2]:
                one, two = _root(parents, run), _root(parents, other)
                parents[max(one, two)] = min(one, two)
                other += 1


@kernel(
    numba.void(
        READ, numba.int64, numba.int64, _LEVELS, _RUNS, _FLAT, _FLAT, _FLAT, numba.types.Array(numba.uint8, 1, "C")
    )
)
def connected(
    both: NDArray[np.uint8],
    rows: int,
    columns: int,
    levels: Runs,
    runs: Runs,
    firsts: Runs,
    parents: Runs,
    sizes: Runs,
    depth: NDArray[np.uint8],
) -> None:
    """Write to `depth` the number of leading `levels` at which a pixel belongs to the largest connected part.

    `both` (rows * columns): the lesser of two mattes. A pixel that has left the largest part once does not come back.
    """
    for place in range(rows * columns):
        depth[place] = 0
    for index in range(len(levels)):
        count = _found(both, rows, columns, levels[index], runs, firsts)
        if count == 0:
            return
        for run in range(count):
            parents[run], sizes[run] = run, 0
        _joined(runs, firsts, rows, parents)
        largest = 0
        for run in range(count):
            root = _root(parents, run)
            sizes[root] += runs[run, 2] - runs[run, 1]
        for run in range(count):
            if sizes[run] > sizes[largest]:
                largest = run
        for run in range(count):
            if _root(parents, run) == largest:
                base = runs[run, 0] * columns
                for x in range(runs[run, 1], runs[run, 2]):
                    if depth[base + x] == index:
                        depth[base + x] = index + 1
