"""A plane moved by half a sample: across, down, or both."""

from __future__ import annotations

import numpy as np
from numba import int64, void

from transforms.kernels.compile import READ, WRITE, Index, Samples, inlined, kernel

ROUND, TWO_BITS = np.uint32(2), np.uint32(2)


@inlined
def _mean(samples: Samples, one: Index, two: Index, three: Index, four: Index) -> Index:
    total = np.uint32(samples[one]) + np.uint32(samples[two]) + np.uint32(samples[three]) + np.uint32(samples[four])
    return (total + ROUND) >> TWO_BITS


@kernel(void(READ, int64, int64, int64, int64, int64, int64, int64, int64, int64, WRITE, int64))
def between(
    samples: Samples,
    stride: int,
    width: int,
    height: int,
    left: int,
    top: int,
    right: int,
    down: int,
    columns: int,
    rows: int,
    out: Samples,
    out_stride: int,
) -> None:
    """A part of a plane of `width` x `height`, moved.

    Each of the `columns` x `rows` samples from (`left`, `top`) on is the mean of its own and its neighbour's, the next
    one across where `right` is 1, the next one down where `down` is; the plane's last ones are their own neighbours.
    """
    whole = np.uint64(min(columns, width - left - right))
    step = np.uint64(right)
    for row in range(rows):
        own = np.uint64((top + row) * stride + left)
        other = np.uint64(min(top + row + down, height - 1) * stride + left)
        target = np.uint64(row * out_stride)
        for x in range(whole):
            mean = _mean(samples, own + x, own + x + step, other + x, other + x + step)
            out[target + x] = np.uint8(mean)
        for x in range(whole, np.uint64(columns)):
            out[target + x] = np.uint8(_mean(samples, own + x, own + x, other + x, other + x))
