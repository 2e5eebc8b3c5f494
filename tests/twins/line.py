"""What `transforms.kernels.line`, `search` and `worn` measure of cells, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats

Truths = NDArray[np.bool_]


def medians(moments: Floats, chosen: Truths, key: tuple[float, float], *, lift: float) -> Floats:
    """Luma, Cb, Cr, angle, noise, rho, spread, excess of the chosen cells: sorted, not counted."""
    cb, cr = key
    size = cb * cb + cr * cr
    m = moments[:, chosen & ((moments[1] * cb + moments[2] * cr) / size >= 0.05)]
    along = (m[1] * cb + m[2] * cr) / size
    angles = (m[1] * cr - m[2] * cb) / size / along
    luma = m[0] + lift
    scatter = (m[6] - m[1] ** 2) * cr**2 - 2 * (m[7] - m[1] * m[2]) * cb * cr + (m[8] - m[2] ** 2) * cb**2
    noise = np.sqrt(np.maximum(scatter, 0)) / size
    rho = np.median(luma / along)
    plain = (np.median(m[1]) * cb + np.median(m[2]) * cr) / size
    excess = np.abs(luma / (rho * along) - 1)
    excess = np.minimum(excess, 8 * np.maximum(np.abs(along / plain - 1) - 1 / np.sqrt(size), 0))
    spread = np.median(np.abs(angles - np.median(angles)))
    return np.array(
        [
            np.median(luma),
            np.median(m[1]),
            np.median(m[2]),
            np.median(angles),
            np.median(noise),
            rho,
            spread,
            np.median(excess),
        ]
    )


def peak(moments: Floats, weights: Floats) -> Floats:
    """The strongest peak of Cb and Cr: the highest bin of a smoothed histogram, sharpened by five means around it."""
    cb, cr = moments[1], moments[2]
    counts, _, _ = np.histogram2d(cr, cb, bins=64, range=[[-128, 128]] * 2, weights=weights)
    kernel = np.array((1, 4, 6, 4, 1))
    smooth = sum(share * np.roll(counts, shift, 0) for share, shift in zip(kernel, range(-2, 3), strict=True))
    smooth = sum(share * np.roll(smooth, shift, 1) for share, shift in zip(kernel, range(-2, 3), strict=True))
    row, column = np.unravel_index(int(np.argmax(smooth)), counts.shape)
    place = np.array((column * 4.0 - 126, row * 4.0 - 126))
    for _ in range(5):
        inside = weights * (np.hypot(cb - place[0], cr - place[1]) < 14)
        place = np.array((inside @ cb, inside @ cr)) / inside.sum()
    return place


def surface(levels: Floats, screen: Truths) -> Floats:
    """Distances of `levels` (rows, columns) from a surface of second degree fitted through the screen's."""
    rows, columns = levels.shape
    y, x = np.mgrid[:rows, :columns]
    x, y = x / columns - 0.5, y / rows - 0.5
    terms = np.stack((np.ones_like(x), x, y, x * x, x * y, y * y), axis=-1)
    off: Floats = levels - np.median(levels[screen])
    for _ in range(12):
        deviation = 1.4826 * np.median(np.abs(off[screen])) + 1e-9
        root = 1 / (1 + (off[screen] / (2 * deviation)) ** 2)
        fit, *_ = np.linalg.lstsq(terms[screen] * root[:, None], levels[screen] * root, rcond=None)
        off = levels - terms @ fit
    return off
