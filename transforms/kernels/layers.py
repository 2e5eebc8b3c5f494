"""Moving layers, one under the other, before a scene: the drawing of `transforms.sample`, a band of rows at a time.

A layer is flat float32 (rows, columns, 4): Y, Cb, Cr and coverage 0..1, the first three already multiplied by the
coverage (premultiplied), so that it can be shifted by fractions of a pixel without dark or light fringes. What is drawn
on, the band, has four planes instead (4, rows, columns). Both are for speed: the four neighbours of a shifted pixel lie
together, the mixing is vectorised along the row, and unsigned indices spare the check for negative ones.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from transforms.kernels.compile import WRITE, kernel

_IN = numba.types.Array(numba.float32, 1, "C", readonly=True)
_INOUT = numba.types.Array(numba.float32, 1, "C")
_POSES = numba.types.Array(numba.float32, 2, "C", readonly=True)
_int = numba.int64
_ONE, _TWO, _THREE, _FOUR = (np.uint64(number) for number in (1, 2, 3, 4))


@kernel(numba.void(_INOUT, _int, _int, _int, _IN, _int, _int, _POSES, _int, _int, _int, _int))
def lay_under(
    band: NDArray[np.float32],
    band_top: int,
    band_rows: int,
    band_columns: int,
    layer: NDArray[np.float32],
    rows: int,
    columns: int,
    poses: NDArray[np.float32],
    top: int,
    bottom: int,
    left: int,
    right: int,
) -> None:
    """Draw `layer` under what is on `band`, between the given rows and columns, once for each instant of the shutter.

    Rows and columns are the picture's, whose row `band_top` is the band's first. Each row of `poses` is one instant:
    a, b, c, d, e, f take the picture's (x, y) to the layer's (ax + by + c, dx + ey + f). The instants are averaged,
    which is motion blur. Front to back, so that nothing is computed where it cannot be seen.
    """
    row_step = np.uint64(columns) * _FOUR
    plane = np.uint64(band_rows * band_columns)
    share = np.float32(1) / np.float32(len(poses))
    for y in range(top, bottom):
        for x in range(left, right):
            at = np.uint64((y - band_top) * band_columns + x)
            seen = (np.float32(1) - band[at + _THREE * plane]) * share
            if seen < np.float32(1e-4):
                continue
            for k in range(len(poses)):
                u = poses[k, 0] * np.float32(x) + poses[k, 1] * np.float32(y) + poses[k, 2]
                v = poses[k, 3] * np.float32(x) + poses[k, 4] * np.float32(y) + poses[k, 5]
                if u < 0 or v < 0 or u >= columns - 1 or v >= rows - 1:
                    continue
                i, j = np.int32(u), np.int32(v)
                q00 = np.uint64(j) * row_step + np.uint64(i) * _FOUR
                q01, q10, q11 = q00 + _FOUR, q00 + row_step, q00 + row_step + _FOUR
                w11 = (u - np.float32(i)) * (v - np.float32(j)) * seen
                w01, w10 = (u - np.float32(i)) * seen - w11, (v - np.float32(j)) * seen - w11
                w00 = seen - w01 - w10 - w11
                cover = w00 * layer[q00 + _THREE] + w01 * layer[q01 + _THREE]
                cover += w10 * layer[q10 + _THREE] + w11 * layer[q11 + _THREE]
                if cover == 0:
                    continue
                band[at + _THREE * plane] += cover
                band[at] += w00 * layer[q00] + w01 * layer[q01] + w10 * layer[q10] + w11 * layer[q11]
                q00, q01, q10, q11, to = q00 + _ONE, q01 + _ONE, q10 + _ONE, q11 + _ONE, at + plane
                band[to] += w00 * layer[q00] + w01 * layer[q01] + w10 * layer[q10] + w11 * layer[q11]
                q00, q01, q10, q11, to = q00 + _ONE, q01 + _ONE, q10 + _ONE, q11 + _ONE, to + plane
                band[to] += w00 * layer[q00] + w01 * layer[q01] + w10 * layer[q10] + w11 * layer[q11]


@kernel(numba.void(_INOUT, _IN, _int, _int, _IN, WRITE, _int, WRITE))
def mix(
    band: NDArray[np.float32],
    scene: NDArray[np.float32],
    rows: int,
    columns: int,
    noise: NDArray[np.float32],
    y_out: NDArray[np.uint8],
    y_stride: int,
    alpha_out: NDArray[np.uint8],
) -> None:
    """Lay `band` over `scene` (3, rows, columns) in place; write its luma, `noise` added, and its coverage as alpha.

    The coverage is rounded to 8 bits first: the alpha written is exactly the one the samples were mixed with.
    """
    plane = rows * columns
    for y in range(rows):
        start, end = y * columns, (y + 1) * columns
        luma, cb, cr = band[start:end], band[plane + start : plane + end], band[2 * plane + start : 2 * plane + end]
        luma_behind, cb_behind = scene[start:end], scene[plane + start : plane + end]
        cr_behind = scene[2 * plane + start : 2 * plane + end]
        cover, alpha, grain = band[3 * plane + start : 3 * plane + end], alpha_out[start:end], noise[start:end]
        y_row = y_out[y * y_stride : y * y_stride + columns]
        for x in range(columns):
            covered = min(cover[x], np.float32(1))
            level = np.floor(covered * np.float32(255) + np.float32(0.5))
            share = level * np.float32(1 / 255)
            gain, rest = share / max(covered, np.float32(1e-6)), np.float32(1) - share
            alpha[x] = np.uint8(np.int32(level))
            luma[x] = luma[x] * gain + luma_behind[x] * rest
            cb[x] = cb[x] * gain + cb_behind[x] * rest
            cr[x] = cr[x] * gain + cr_behind[x] * rest
        for x in range(columns):
            grainy = luma[x] + grain[x] + np.float32(0.5)
            y_row[x] = np.uint8(np.int32(min(max(grainy, np.float32(0)), np.float32(255))))


@kernel(numba.void(_IN, _int, _int, _IN, WRITE, WRITE, _int))
def halve(
    band: NDArray[np.float32],
    rows: int,
    columns: int,
    noise: NDArray[np.float32],
    cb_out: NDArray[np.uint8],
    cr_out: NDArray[np.uint8],
    stride: int,
) -> None:
    """Filter the mixture's chroma down to 4:2:0, sited left (`transforms.rgb.halve_chroma`), half of `noise` added."""
    plane = np.uint64(rows * columns)
    for y in range(0, rows, 2):
        above, below = plane + np.uint64(y * columns), plane + np.uint64(min(y + 1, rows - 1) * columns)
        for x in range(0, columns, 2):
            left, middle, right = np.uint64(max(x - 1, 0)), np.uint64(x), np.uint64(min(x + 1, columns - 1))
            at = np.uint64((y >> 1) * stride + (x >> 1))
            grain = noise[np.uint64((y >> 1) * columns + (x >> 1))] * np.float32(0.5)
            cb, cr = np.float32(0), np.float32(0)
            for row in (above, below):
                cb += band[row + left] + band[row + middle] + band[row + middle] + band[row + right]
                row += plane
                cr += band[row + left] + band[row + middle] + band[row + middle] + band[row + right]
            cb = cb * np.float32(0.125) + grain + np.float32(0.5)
            cr = cr * np.float32(0.125) - grain + np.float32(0.5)
            cb_out[at] = np.uint8(np.int32(min(max(cb, np.float32(0)), np.float32(255))))
            cr_out[at] = np.uint8(np.int32(min(max(cr, np.float32(0)), np.float32(255))))
