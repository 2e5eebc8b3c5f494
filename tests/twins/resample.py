"""What `transforms.kernels.resample` computes, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats
from transforms.picture import Matrix


def shares(start: float, length: float, limit: int, count: int) -> Floats:
    """(count, limit): what each sample of a line adds to each mean; found by cutting the line into small pieces."""
    step = length / count
    span = min(max(step, 1.0), limit)
    out = np.zeros((count, limit))
    for place in range(count):
        begin = min(max(start + (place + 0.5) * step - span / 2, 0), limit - span)
        for sample in range(limit):
            out[place, sample] = max(min(begin + span, sample + 1) - max(begin, sample), 0) / span
    return out


def resampled(samples: NDArray[np.uint8], down: Floats, across: Floats) -> Floats:
    out: Floats = down @ samples.astype(np.float64) @ across.T
    return out


def rgb(y: Floats, cb: Floats, cr: Floats, matrix: Matrix, *, full_range: bool) -> Floats:
    """0..255, (..., 3), by the recommendations' own equations solved for R'G'B'."""
    kr, kb = {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722)}[matrix]
    black, luma_span, chroma_span = (0, 255, 255) if full_range else (16, 219, 224)
    luma, blue, red = (y - black) / luma_span, (cb - 128) / chroma_span, (cr - 128) / chroma_span
    b, r = luma + blue * 2 * (1 - kb), luma + red * 2 * (1 - kr)
    g = (luma - kr * r - kb * b) / (1 - kr - kb)
    out: Floats = np.clip(np.stack((r, g, b), axis=-1), 0, 1) * 255
    return out
