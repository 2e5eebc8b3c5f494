"""A plane moved by a part of a sample, by the four taps of Catmull and Rom (1974) each way; edges are repeated."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64, types, void
from numpy.typing import NDArray

from transforms.kernels.cells import LEVELS, LEVELS_READ
from transforms.kernels.compile import READ, WRITE, Index, Levels, Samples, at, inlined, kernel

ONE = np.uint64(1)

_SHORTS = types.Array(types.int16, 1, "C")
_TAPS = types.Array(types.int32, 1, "C", readonly=True)


@inlined
def _tap(y: int, stride: int, height: int) -> Index:
    """Where a row begins, the edge repeated."""
    return at(stride, min(max(y, 0), height - 1), 0)


@kernel(void(LEVELS_READ, int64, int64, int64, int64, LEVELS_READ, LEVELS_READ, LEVELS, LEVELS))
def shift_levels(
    plane: Levels,
    width: int,
    height: int,
    right: int,
    down: int,
    across: Levels,
    along: Levels,
    line: Levels,
    out: Levels,
) -> None:
    """Move a plane `right` and `down` and by what the 4 taps of each direction make, edges repeated.

    Scratch: `line` (width + 3).
    """
    t0, t1, t2, t3 = along[0], along[1], along[2], along[3]
    u0, u1, u2, u3 = across[0], across[1], across[2], across[3]
    for y in range(height):
        r0, r1 = _tap(y - down - 1, width, height), _tap(y - down, width, height)
        r2, r3 = _tap(y - down + 1, width, height), _tap(y - down + 2, width, height)
        for x in range(width + 3):
            i = np.uint64(min(max(x - right - 1, 0), width - 1))
            line[x] = t0 * plane[r0 + i] + t1 * plane[r1 + i] + t2 * plane[r2 + i] + t3 * plane[r3 + i]
        to = at(width, y, 0)
        for x in range(np.uint64(width)):
            out[to + x] = u0 * line[x] + u1 * line[x + ONE] + u2 * line[x + np.uint64(2)] + u3 * line[x + np.uint64(3)]


@inlined
def _clamped(line: NDArray[np.int16], x: int, width: int, u0: Any, u1: Any, u2: Any, u3: Any) -> Any:
    """One sample beside an edge."""
    end = width - 1
    level = u0 * np.int32(line[min(max(x - 1, 0), end)]) + u1 * np.int32(line[min(max(x, 0), end)])
    level += u2 * np.int32(line[min(max(x + 1, 0), end)]) + u3 * np.int32(line[min(max(x + 2, 0), end)])
    return np.uint8(min(max((level + 2048) >> 12, 0), 255))


@kernel(void(READ, int64, int64, int64, int64, int64, _TAPS, _TAPS, _SHORTS, WRITE))
def shift_plane(
    samples: Samples,
    stride: int,
    width: int,
    height: int,
    right: int,
    down: int,
    across: NDArray[np.int32],
    along: NDArray[np.int32],
    line: NDArray[np.int16],
    out: Samples,
) -> None:
    """Move a plane `right` and `down` whole samples and the fractions that the 4 taps of each direction make.

    Taps: of 64ths, for the samples before, at, after and second after, Catmull and Rom's (1974). Edges are repeated.
    `out` is (width * height) without padding. Scratch: `line` (width + 3).
    """
    t0, t1, t2, t3 = along[0], along[1], along[2], along[3]
    u0, u1, u2, u3 = across[0], across[1], across[2], across[3]
    first_x = max(0, min(width, right + 1))
    last_x = max(first_x, min(width, width + right - 2))
    for y in range(height):
        r0, r1 = _tap(y - down - 1, stride, height), _tap(y - down, stride, height)
        r2, r3 = _tap(y - down + 1, stride, height), _tap(y - down + 2, stride, height)
        for x in range(np.uint64(width)):
            line[x] = np.int16(
                t0 * np.int32(samples[r0 + x])
                + t1 * np.int32(samples[r1 + x])
                + t2 * np.int32(samples[r2 + x])
                + t3 * np.int32(samples[r3 + x])
            )
        to = at(width, y, 0)
        for x in range(first_x):
            out[to + np.uint64(x)] = _clamped(line, x - right, width, u0, u1, u2, u3)
        base = np.uint64(first_x - right - 1)
        for x in range(np.uint64(max(0, last_x - first_x))):
            i = base + x
            level = (
                u0 * np.int32(line[i])
                + u1 * np.int32(line[i + ONE])
                + u2 * np.int32(line[i + np.uint64(2)])
                + u3 * np.int32(line[i + np.uint64(3)])
            )
            out[to + np.uint64(first_x) + x] = np.uint8(min(max((level + 2048) >> 12, 0), 255))
        for x in range(last_x, width):
            out[to + np.uint64(x)] = _clamped(line, x - right, width, u0, u1, u2, u3)
