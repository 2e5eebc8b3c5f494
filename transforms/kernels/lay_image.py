"""An image laid under a picture at once: bilinear, one plane of Y'CbCr straight from R'G'B'."""

from __future__ import annotations

import numpy as np
from numba import float32, int32, int64, types, uint8, void
from numpy.typing import NDArray

from transforms.kernels.compile import READ, WRITE, Levels, Samples, at, kernel

_PLACES = types.Array(int32, 2, "C", readonly=True)
_SHARES = types.Array(float32, 1, "C", readonly=True)
_LINE = types.Array(float32, 1, "C")

Places = NDArray[np.int32]

HALF, MOST, ZERO = np.float32(0.5), np.float32(255), np.float32(0)


@kernel(
    void(
        *(READ, int64, int64),
        *(_PLACES, _SHARES, int64, int64),
        *(_PLACES, _SHARES, int64, int64),
        *(_SHARES, uint8, _LINE),
        *(WRITE, int64),
    )
)
def lay(
    image: Samples,
    image_width: int,
    image_height: int,
    rows: Places,
    down: Levels,
    top: int,
    bottom: int,
    columns: Places,
    across: Levels,
    left: int,
    right: int,
    weights: Levels,
    around: int,
    line: Levels,
    out: Samples,
    stride: int,
) -> None:
    """Write one plane, as high as `rows` and as wide as `columns` are long.

    `image`: planes of red, green and blue without padding. A row of the result from `top` to before `bottom` lies
    between two rows of the image, `rows` (2, height), and takes the share `down` (height) of the second; likewise
    across. Beyond, the level is `around`. `weights`: of red, green and blue, and what is added. Scratch: `line`, as
    wide as the image.
    """
    width, level = np.uint64(columns.shape[1]), np.uint8(around)
    red, green, blue, lift = weights[0], weights[1], weights[2], weights[3]
    plane = image_width * image_height
    for row in range(rows.shape[1]):
        to = at(stride, row, 0)
        if row < top or row >= bottom or left >= right:
            for x in range(width):
                out[to + x] = level
            continue
        share = down[row]
        rest = np.float32(1) - share
        first, last = np.uint64(columns[0, left]), np.uint64(columns[1, right - 1])
        upper, lower = at(image_width, rows[0, row], 0), at(image_width, rows[1, row], 0)
        second, third = np.uint64(plane), np.uint64(2 * plane)
        for x in range(first, last + np.uint64(1)):
            above = red * np.float32(image[upper + x])
            above += green * np.float32(image[second + upper + x])
            above += blue * np.float32(image[third + upper + x])
            below = red * np.float32(image[lower + x])
            below += green * np.float32(image[second + lower + x])
            below += blue * np.float32(image[third + lower + x])
            line[x] = above * rest + below * share
        for x in range(np.uint64(left)):
            out[to + x] = level
        for x in range(np.uint64(left), np.uint64(right)):
            one, other = line[np.uint64(columns[0, x])], line[np.uint64(columns[1, x])]
            mixed = one + (other - one) * across[x] + lift
            out[to + x] = np.uint8(min(max(mixed + HALF, ZERO), MOST))
        for x in range(np.uint64(right), width):
            out[to + x] = level
