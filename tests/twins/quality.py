"""The quality kernels in plain numpy: slow, and as their docstrings say it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.quality import ALIKE, APART, BLINK, MOVED, NOBODY, STEP, STILL

Plane = NDArray[np.uint8]


def picked(plane: Plane, rows: int, columns: int) -> Plane:
    """The samples in the middles of equal cells."""
    down, across = (
        (2 * np.arange(count) + 1) * length // (2 * count)
        for count, length in zip((rows, columns), plane.shape, strict=True)
    )
    return np.asarray(plane[down[:, None], across], np.uint8)


def judged(now: tuple[Plane, Plane, Plane, Plane], y_before: Plane, alpha_before: Plane) -> NDArray[np.float64]:
    """The kernel's sums; `now`: Y, Cb, Cr and alpha, all of one shape."""
    y, cb, cr, alpha = (plane.astype(int) for plane in now)
    difference = np.abs(y - y_before)
    nobody = (alpha <= NOBODY) & (alpha_before <= NOBODY)
    moving = difference > MOVED
    ghost = np.zeros(y.shape, np.bool_)
    above, left = np.vstack([moving[:1], moving[:-1]]), np.zeros(y.shape, np.bool_)
    left[:, 1:] = moving[:, :-1]
    corner = np.vstack([left[:1], left[:-1]])
    ghost[:, 1:] = (moving & above & left & corner & nobody)[:, 1:]
    turns = np.abs(alpha - alpha_before)
    blinking = np.maximum(turns - BLINK, 0)[difference < STILL].sum() / 255
    unsupported = sum(_unsupported(y, cb, cr, alpha, axis) for axis in (0, 1))
    return np.array(
        [unsupported, ghost.sum(), nobody.sum(), blinking, (difference >= STILL).sum(), alpha.sum() / 255], np.float64
    )


def _unsupported(*planes: NDArray[np.int_] | int) -> float:
    *levels, axis = planes
    y, cb, cr, step = (np.abs(_apart(np.asarray(plane), int(np.asarray(axis)))) for plane in levels)
    share = np.maximum(0, 1 - (y + 2 * cb + 2 * cr) / float(ALIKE))
    return float((share * step / 255)[step > STEP].sum())


def _apart(plane: NDArray[np.int_], axis: int) -> NDArray[np.int_]:
    """The differences of places APART from each other."""
    if plane.shape[axis] <= APART:
        return np.zeros((0, 0), np.int_)
    first, second = np.arange(plane.shape[axis] - APART), np.arange(APART, plane.shape[axis])
    return np.asarray(plane.take(second, axis) - plane.take(first, axis), np.int_)
