"""Moving layers over one another and over a scene: the drawing of `transforms.sample`, one frame at a time.

A layer is float32 (rows, columns, 4): Y, Cb, Cr and coverage 0..1, the first three already multiplied by the coverage
(premultiplied), so that it can be shifted by fractions of a pixel without dark or light fringes.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from transforms.kernels.compile import WRITE, kernel

_LAYER = numba.types.Array(numba.float32, 3, "C", readonly=True)
_CANVAS = numba.types.Array(numba.float32, 3, "C")
_POSES = numba.types.Array(numba.float32, 2, "C", readonly=True)
_NOISE = numba.types.Array(numba.float32, 1, "C", readonly=True)
_int = numba.int64


@kernel(numba.void(_CANVAS, _LAYER, _POSES, _int, _int, _int, _int))
def lay_over(
    canvas: NDArray[np.float32],
    layer: NDArray[np.float32],
    poses: NDArray[np.float32],
    top: int,
    bottom: int,
    left: int,
    right: int,
) -> None:
    """Draw `layer` over `canvas` between the given rows and columns, once for each instant the shutter was open.

    Each row of `poses` is one instant: a, b, c, d, e, f take canvas (x, y) to layer (ax + by + c, dx + ey + f). The
    instants are averaged first, which is motion blur, then laid over what is there.
    """
    rows, columns = layer.shape[0], layer.shape[1]
    share = np.float32(1.0 / len(poses))
    for y in range(top, bottom):
        for x in range(left, right):
            luma, cb, cr, cover = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for k in range(len(poses)):
                u = poses[k, 0] * x + poses[k, 1] * y + poses[k, 2]
                v = poses[k, 3] * x + poses[k, 4] * y + poses[k, 5]
                if u < 0 or v < 0 or u >= columns - 1 or v >= rows - 1:
                    continue
                i, j = int(u), int(v)
                fu, fv = u - np.float32(i), v - np.float32(j)
                w11 = fu * fv
                w10, w01 = fv - w11, fu - w11
                w00 = np.float32(1) - fu - w10
                cover += w00 * layer[j, i, 3] + w01 * layer[j, i + 1, 3]
                cover += w10 * layer[j + 1, i, 3] + w11 * layer[j + 1, i + 1, 3]
                luma += w00 * layer[j, i, 0] + w01 * layer[j, i + 1, 0]
                luma += w10 * layer[j + 1, i, 0] + w11 * layer[j + 1, i + 1, 0]
                cb += w00 * layer[j, i, 1] + w01 * layer[j, i + 1, 1]
                cb += w10 * layer[j + 1, i, 1] + w11 * layer[j + 1, i + 1, 1]
                cr += w00 * layer[j, i, 2] + w01 * layer[j, i + 1, 2]
                cr += w10 * layer[j + 1, i, 2] + w11 * layer[j + 1, i + 1, 2]
            if cover > 0:
                keep = np.float32(1) - cover * share
                canvas[y, x, 0] = luma * share + keep * canvas[y, x, 0]
                canvas[y, x, 1] = cb * share + keep * canvas[y, x, 1]
                canvas[y, x, 2] = cr * share + keep * canvas[y, x, 2]
                canvas[y, x, 3] = cover * share + keep * canvas[y, x, 3]


@kernel(numba.void(_CANVAS, _LAYER, _NOISE, _int, WRITE, _int, WRITE, WRITE, _int, WRITE))
def develop(
    canvas: NDArray[np.float32],
    scene: NDArray[np.float32],
    noise: NDArray[np.float32],
    noise_offset: int,
    y_out: NDArray[np.uint8],
    y_stride: int,
    cb_out: NDArray[np.uint8],
    cr_out: NDArray[np.uint8],
    chroma_stride: int,
    alpha_out: NDArray[np.uint8],
) -> None:
    """Lay `canvas` over `scene` (Y, Cb, Cr and 1) into 4:2:0 planes, and write its coverage as alpha 0..255.

    The coverage is rounded to 8 bits first: the alpha written is exactly the one the samples were mixed with. Leaves in
    `canvas` the mixture. Chroma is sited left, as in `transforms.rgb.halve_chroma`. `noise` holds the levels to add,
    read from `noise_offset` on, at least as many as there are luma samples beyond it.
    """
    rows, columns = canvas.shape[0], canvas.shape[1]
    for y in range(rows):
        for x in range(columns):
            cover = canvas[y, x, 3]
            level = np.floor(min(cover, np.float32(1)) * np.float32(255) + np.float32(0.5))
            alpha_out[y * columns + x] = np.uint8(level)
            share = level / np.float32(255)
            gain = share / cover if cover > 0 else np.float32(0)
            for channel in range(3):
                canvas[y, x, channel] = canvas[y, x, channel] * gain + (np.float32(1) - share) * scene[y, x, channel]
            luma = canvas[y, x, 0] + noise[noise_offset + y * columns + x] + np.float32(0.5)
            y_out[y * y_stride + x] = np.uint8(min(max(luma, np.float32(0)), np.float32(255)))
    for y in range(0, rows, 2):
        below = min(y + 1, rows - 1)
        for x in range(0, columns, 2):
            left, right = max(x - 1, 0), min(x + 1, columns - 1)
            at = (y >> 1) * chroma_stride + (x >> 1)
            grain = noise[noise_offset + (y >> 1) * columns + (x >> 1)] * np.float32(0.5)
            cb = canvas[y, left, 1] + canvas[below, left, 1] + canvas[y, right, 1] + canvas[below, right, 1]
            cb = (cb + np.float32(2) * (canvas[y, x, 1] + canvas[below, x, 1])) * np.float32(0.125)
            cr = canvas[y, left, 2] + canvas[below, left, 2] + canvas[y, right, 2] + canvas[below, right, 2]
            cr = (cr + np.float32(2) * (canvas[y, x, 2] + canvas[below, x, 2])) * np.float32(0.125)
            cb_out[at] = np.uint8(min(max(cb + grain + np.float32(0.5), np.float32(0)), np.float32(255)))
            cr_out[at] = np.uint8(min(max(cr - grain + np.float32(0.5), np.float32(0)), np.float32(255)))
