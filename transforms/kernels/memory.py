"""What the screen keyer remembers of the screen's light, cell by cell.

A few hundred numbers are too few for numpy: a call costs 2 us, and 8 us where a decoder has just emptied the caches.
It took thirty calls, longer than the keying itself.
"""

from __future__ import annotations

import numpy as np
from numba import float32, types, void

from transforms.kernels.compile import Levels, inlined, kernel

RATE = np.float32(0.3)
"""How much of a plainly seen cell's memory one picture replaces: at 30 fps a time constant of 0.1 s."""

NONE = np.float32(0)

_SEEN = types.Array(float32, 3, "C")
_TRUST = types.Array(float32, 2, "C")
_LINE = types.Array(float32, 1, "C")


@inlined
def _plainest(weights: Levels) -> np.float32:
    """The largest weight."""
    most = NONE
    for row in range(weights.shape[0]):
        for column in range(weights.shape[1]):
            most = max(most, weights[row, column])
    return most


@kernel(void(_SEEN, _SEEN, _TRUST, _LINE))
def remember(seen: Levels, colors: Levels, trust: Levels, total: Levels) -> None:
    """Let what is `seen` now replace what was known, cell by cell, as far as it is seen more plainly, or by RATE.

    `seen` (4, rows, columns): weight and weighted Y, Cb, Cr, as `measure` leaves them; some weight is not 0. `colors`
    (3, rows, columns) and `trust` 0..1 are what is known. A cell's trust is the square of its weight beside the
    plainest cell's: jeans before teal weigh a sixth. `total` takes the sums of `seen`.
    """
    most = _plainest(seen[0])
    total[:] = NONE
    for row in range(trust.shape[0]):
        for column in range(trust.shape[1]):
            weight = seen[0, row, column]
            for channel in range(4):
                total[channel] += seen[channel, row, column]
            if weight > NONE:
                plainness = (weight / most) * (weight / most)
                known = trust[row, column]
                kept = max(known, plainness)
                share = max(RATE * plainness, kept - known) / kept
                for channel in range(3):
                    mean = seen[channel + 1, row, column] / weight
                    colors[channel, row, column] += share * (mean - colors[channel, row, column])
                trust[row, column] = kept


@kernel(void(_SEEN, _TRUST, _TRUST, _TRUST, _SEEN, _SEEN))
def spread(colors: Levels, trust: Levels, down: Levels, across: Levels, lines: Levels, grid: Levels) -> None:
    """Every cell's word for every other, by trust and by nearness, into `grid` (3, rows, columns).

    `down` (rows, rows), `across` (columns, columns): how much a cell's word counts there. `lines`: scratch, (4, rows,
    columns). Some trust is not 0.
    """
    rows, columns = trust.shape
    for row in range(rows):
        for column in range(columns):
            lines[:, row, column] = NONE
            for other in range(columns):
                weight = across[column, other] * trust[row, other]
                lines[3, row, column] += weight
                for channel in range(3):
                    lines[channel, row, column] += weight * colors[channel, row, other]
    for row in range(rows):
        for column in range(columns):
            weight = NONE
            for other in range(rows):
                weight += down[row, other] * lines[3, other, column]
            for channel in range(3):
                level = NONE
                for other in range(rows):
                    level += down[row, other] * lines[channel, other, column]
                grid[channel, row, column] = level / weight
