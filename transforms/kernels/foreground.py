"""Colour that was multiplied with alpha, divided by it again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, int64, void

from transforms.kernels.compile import READ, WRITE, Samples, at, inlined, kernel

FAINT = 32
"""Alpha under which a sample of chroma, a few levels from grey, tells less of its colour than its neighbours do."""

NONE, HALF, MOST = np.float32(0), np.float32(0.5), np.float32(255)

_PLANE = (READ, int64)
_OUT = (WRITE, int64)


@inlined
def _divided(part: Any, alpha: Any, zero: Any) -> Any:
    """A level from what lies `part` above `zero` at `alpha`, 0..255; zero where there is no alpha."""
    level = zero + part * MOST / alpha if alpha > NONE else zero
    return np.uint8(np.int32(min(max(level + HALF, NONE), MOST)))


@kernel(void(*_PLANE, READ, int64, int64, float32, *_OUT))
def divide(
    samples: Samples, stride: int, alpha: Samples, width: int, height: int, zero: float, out: Samples, out_stride: int
) -> None:
    """Divide a plane (height, width), whose levels begin at `zero`, by an alpha of its size and without padding."""
    for row in range(height):
        p, own, to = at(stride, row, 0), at(width, row, 0), at(out_stride, row, 0)
        for x in range(np.uint64(width)):
            out[to + x] = _divided(np.float32(samples[p + x]) - zero, np.float32(alpha[own + x]), zero)


@kernel(void(*_PLANE, READ, int64, int64, *_OUT))
def divide_chroma(
    samples: Samples, stride: int, alpha: Samples, width: int, height: int, out: Samples, out_stride: int
) -> None:
    """The same of a plane of chroma; where alpha is faint by the sums of a sample and its eight neighbours."""
    zero = np.float32(128)
    for row in range(height):
        for x in range(width):
            own = np.float32(alpha[at(width, row, x)])
            part = np.float32(samples[at(stride, row, x)]) - zero
            if own < FAINT:
                own, part = NONE, NONE
                for y in range(max(row - 1, 0), min(row + 2, height)):
                    for z in range(max(x - 1, 0), min(x + 2, width)):
                        own += np.float32(alpha[at(width, y, z)])
                        part += np.float32(samples[at(stride, y, z)]) - zero
            out[at(out_stride, row, x)] = _divided(part, own, zero)


@kernel(void(*_PLANE, READ, int64, int64, *_OUT, int64, int64))
def enlarge_chroma(
    samples: Samples,
    stride: int,
    alpha: Samples,
    chroma_width: int,
    chroma_height: int,
    out: Samples,
    out_stride: int,
    width: int,
    height: int,
) -> None:
    """The same at luma's size (height, width): both are interpolated, and only then is the one divided by the other.

    So what is grey for want of a person has no weight. Chroma sits as `transforms.kernels.composite` says.
    """
    zero = np.float32(128)
    for row in range(height):
        near = row >> 1
        far = min(max(near + (1 if row & 1 else -1), 0), chroma_height - 1)
        for x in range(width):
            left = x >> 1
            right = min(left + (x & 1), chroma_width - 1)
            own, part = NONE, NONE
            for y, share in ((near, np.float32(0.375)), (far, np.float32(0.125))):
                own += share * np.float32(alpha[at(chroma_width, y, left)])
                own += share * np.float32(alpha[at(chroma_width, y, right)])
                part += share * (np.float32(samples[at(stride, y, left)]) - zero)
                part += share * (np.float32(samples[at(stride, y, right)]) - zero)
            out[at(out_stride, row, x)] = _divided(part, own, zero)
