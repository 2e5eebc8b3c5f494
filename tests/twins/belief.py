"""What `transforms.kernels.belief` computes, in plain numpy and loops, in double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats

Mask = NDArray[np.uint8]


def tied(moments: Floats, expected: Floats, shape: tuple[int, int]) -> Floats:
    """(2, rows, columns)."""
    off = (moments[:3] - expected).reshape(3, *shape)
    ties = np.zeros((2, *shape))
    across, down = np.abs(np.diff(off, axis=2)).sum(0) / 12, np.abs(np.diff(off, axis=1)).sum(0) / 12
    ties[0, :, :-1], ties[1, :-1] = 2.5 * (0.15 + 0.85 / (1 + across**2)), 2.5 * (0.15 + 0.85 / (1 + down**2))
    return ties


def smoothed(evidence: Floats, ties: Floats) -> Floats:
    """`evidence` (rows, columns)."""
    rows, columns = evidence.shape
    heard = np.clip(evidence, -10, 10)
    wide = np.pad(evidence, 1, mode="edge")
    beside = np.array((wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:], evidence))
    settled: NDArray[np.bool_] = np.logical_or((beside > 3).all(0), (beside < -3).all(0))
    start = heard + np.where(settled, 10 * np.sign(evidence), 0)
    belief: Floats = start / np.sqrt(4 + start**2)
    asked = [(row, column) for row in range(rows) for column in range(columns) if not settled[row, column]]
    for turn in range(6):
        for row, column in asked[::-1] if turn % 2 else asked:
            total = heard[row, column]
            total += ties[0, row, column - 1] * belief[row, column - 1] if column > 0 else 0
            total += ties[0, row, column] * belief[row, column + 1] if column < columns - 1 else 0
            total += ties[1, row - 1, column] * belief[row - 1, column] if row > 0 else 0
            below = ties[1, row, column] * belief[row + 1, column] if row < rows - 1 else 1.25 * belief[row, column]
            total += below
            belief[row, column] = 0.5 * (belief[row, column] + total / np.sqrt(4 + total**2))
    return belief


def parts(mask: NDArray[np.bool_], *, corners: bool) -> NDArray[np.intp]:
    """Numbers from 1 on for connected cells, 0 elsewhere."""
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        wide = np.pad(labels, 1)
        rows, columns = mask.shape
        shifts = [(1, 0), (1, 2), (0, 1), (2, 1), (1, 1)] + ([(0, 0), (0, 2), (2, 0), (2, 2)] if corners else [])
        most = np.max([wide[y : y + rows, x : x + columns] for y, x in shifts], axis=0) * mask
        if (most == labels).all():
            return labels
        labels = most


def shaped(
    evidence: Floats, ties: Floats, belief: Floats, minor: float, least: int, open_: float
) -> tuple[Mask, Floats, Floats]:
    """The person's cells; the belief in line with them, and what is left of the evidence."""
    person, belief, evidence = belief > 0, belief.copy(), evidence.copy()
    labels = parts(person, corners=True)
    strengths = {int(n): np.maximum(evidence[labels == n], 0).sum() for n in np.unique(labels[labels > 0])}
    strongest = max(strengths.values(), default=0)
    for number, strength in strengths.items():
        own = labels == number
        if own.sum() < least or strength < minor * strongest:
            person[own] = False
            belief[own] = np.minimum(belief[own], 0)
    labels = parts(~person, corners=False)
    for number in np.unique(labels[labels > 0]):
        own = labels == number
        across, down = own[:, 1:] != own[:, :-1], own[1:] != own[:-1]
        held = np.concatenate((ties[0, :, :-1][across], ties[1, :-1][down]))
        is_smooth = held.sum() > 0.5 * 2.5 * held.size
        is_shallow = np.minimum(evidence[own], 0).sum() > open_ * own.sum()
        reaches = own[0].any() or own[:, 0].any() or own[:, -1].any()
        if not reaches and (is_smooth or is_shallow):
            person[own], belief[own] = True, 1
            evidence[own] *= not is_smooth
    return person.astype(np.uint8), belief, evidence


def parted(person: Mask, evidence: Floats, contrary: float) -> tuple[Mask, Mask, Floats]:
    """States, what is wanted, and the softened shape."""
    against = (person != 0) & (evidence < contrary)
    wide = np.pad(against, 1)
    beside = wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
    solid = (person != 0) & ~(against & beside)
    inner = _around(np.pad(solid, 2, constant_values=True), 2, solid.shape).all(0)
    outer = _around(np.pad(person != 0, 2), 2, solid.shape).any(0)
    states: Mask = np.add(outer, inner, dtype=np.uint8)
    wanted = _around(np.pad(states == 1, 1), 1, solid.shape).any(0)
    edges = np.pad(solid.astype(float), 1, mode="edge")
    down = edges[:-2] + 2 * edges[1:-1] + edges[2:]
    mean = (down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]) / 16
    soft: Floats = np.clip((mean - 0.5) * 1.6 + 0.5, 0, 1)
    around: Mask = np.asarray(wanted, np.uint8)
    return states, around, soft


def _around(padded: NDArray[np.bool_], by: int, shape: tuple[int, int]) -> NDArray[np.bool_]:
    rows, columns = shape
    steps = range(2 * by + 1)
    return np.array([padded[y : y + rows, x : x + columns] for y in steps for x in steps])
