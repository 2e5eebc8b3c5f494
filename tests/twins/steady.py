"""What `transforms.kernels.steady` computes, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np

from tests.twins.composite import Floats


def seen(
    now: Floats, before: Floats, shares: Floats, *, same: float, other: float, slowest: float
) -> tuple[Floats, Floats]:
    """What of the knowledge stays by this channel, and what was seen after it."""
    padded = np.pad(now, 1, mode="edge")
    rows, columns = now.shape
    mean = sum(padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)) / 9
    stays = np.clip((other - np.abs(mean - before)) / (other - same), 0, 1)
    return stays, before + np.maximum(np.maximum(shares, 1 - stays), slowest) * (mean - before)


def gathered(
    answer: Floats, evidence: Floats, shares: Floats, *, left: int, top: int, right: int, bottom: int
) -> Floats:
    """The running mean after an answer about the cells of a box, of which each falls on a whole number of cells."""
    y = (np.arange(bottom - top) + 0.5) * answer.shape[0] / (bottom - top) - 0.5
    x = (np.arange(right - left) + 0.5) * answer.shape[1] / (right - left) - 0.5
    across = np.stack([np.interp(x, np.arange(answer.shape[1]), row) for row in answer])
    found = np.stack([np.interp(y, np.arange(len(answer)), column) for column in across.T], 1)
    out, box = evidence.copy(), np.s_[top:bottom, left:right]
    out[box] += shares[box] * (found - evidence[box])
    return out
