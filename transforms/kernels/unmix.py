"""Alpha where person and background mix, as the best linear estimate, worked out by cell.

With person F, background B and the observed colour c a mixture of the two, the linear unbiased estimate of least
variance is g . (c - B), g = S^-1 (F - B) / ((F - B)' S^-1 (F - B)), S the mean covariance of both, and noise. Before a
screen B is a cell's own, so alpha is an affine function of the colour (`solve`); before a room B is each sample's, and
only S^-1 and F are a cell's (`weigh`). Either way what is worked out here is bilinear between cells and meets luma at
its full resolution (`transforms.kernels.draw`): hair as thin as a luma sample is drawn though chroma is half as fine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, int64, void

from transforms.kernels.cells import COUNTS_READ, FIELDS, FIELDS_READ, LEVELS_READ, Counts
from transforms.kernels.compile import READ, WRITE, Levels, Samples, inlined, kernel

NONE, HALF, UNITY, TWO = (np.float32(number) for number in (0, 0.5, 1, 2))

SCREEN, WORK, PERSON, KEPT = np.uint8(0), np.uint8(1), np.uint8(2), np.uint8(4)
"""As in `transforms.kernels.draw`."""

WAIT = np.uint8(24)
"""Pictures in which alpha at rest comes from a level that is noise to one that is decided."""

WIDEST = np.float32(0.45)
"""The most that a margin takes of alpha."""

Covariance = tuple[Any, Any, Any, Any, Any, Any]
"""YY, YCb, YCr, CbCb, CbCr, CrCr."""


@inlined
def _square_along(g0: float, g1: float, g2: float, c: Covariance) -> Any:
    """The variance that a covariance makes along g."""
    return max(
        c[0] * g0 * g0 + c[3] * g1 * g1 + c[5] * g2 * g2 + TWO * (c[1] * g0 * g1 + c[2] * g0 * g2 + c[4] * g1 * g2),
        NONE,
    )


@inlined
def _covariance(m: Levels, i: int, luma_noise: Any, chroma_noise: Any) -> Covariance:
    """Of a cell's nine moments, and noise."""
    return (
        max(m[3, i] - m[0, i] * m[0, i], NONE) + luma_noise,
        m[4, i] - m[0, i] * m[1, i],
        m[5, i] - m[0, i] * m[2, i],
        max(m[6, i] - m[1, i] * m[1, i], NONE) + chroma_noise,
        m[7, i] - m[1, i] * m[2, i],
        max(m[8, i] - m[2, i] * m[2, i], NONE) + chroma_noise,
    )


@inlined
def _adjugate(f: Covariance, b: Covariance) -> Any:
    """The adjugate of the mean of two covariances, and its determinant: their quotient is the inverse."""
    s0, s1, s2 = (f[0] + b[0]) * HALF, (f[1] + b[1]) * HALF, (f[2] + b[2]) * HALF
    s3, s4, s5 = (f[3] + b[3]) * HALF, (f[4] + b[4]) * HALF, (f[5] + b[5]) * HALF
    m0, m1, m2 = s3 * s5 - s4 * s4, s2 * s4 - s1 * s5, s1 * s4 - s2 * s3
    m3, m4, m5 = s0 * s5 - s2 * s2, s1 * s2 - s0 * s4, s0 * s3 - s1 * s1
    return m0, m1, m2, m3, m4, m5, s0 * m0 + s1 * m1 + s2 * m2


@inlined
def _direction(m: Any, d0: float, d1: float, d2: float) -> Any:
    """g, for a distance of d between person and background.

    Under half a standard deviation apart, nothing tells them apart: the estimate is damped, not divided by 0.
    """
    w0, w1, w2 = m[0] * d0 + m[1] * d1 + m[2] * d2, m[1] * d0 + m[3] * d1 + m[4] * d2, m[2] * d0 + m[4] * d1 + m[5] * d2
    apart = max(w0 * d0 + w1 * d1 + w2 * d2, m[6] * HALF, np.float32(1e-3))
    return w0 / apart, w1 / apart, w2 / apart


@inlined
def _margins(g: Any, f: Covariance, b: Covariance, distance: int, settings: Levels) -> Any:
    """What counts as alpha 0, and the factor that makes of what counts as 1 a 1.

    The deeper inside, the less of a person's own scatter is taken for transparency: beside the screen are hair and
    blur, five cells off it is a shirt with a pattern.
    """
    deep = np.float32(1 + distance * distance)
    own = (f[0] - settings[0], f[1], f[2], f[3] - settings[1], f[4], f[5] - settings[1])
    low = min(max(settings[2] * np.sqrt(_square_along(g[0], g[1], g[2], b)), settings[4]), WIDEST)
    high = min(max(settings[3] * deep * np.sqrt(_square_along(g[0], g[1], g[2], own)), settings[5]), WIDEST)
    return low, UNITY / (UNITY - high - low)


@kernel(void(FIELDS_READ, FIELDS_READ, FIELDS_READ, COUNTS_READ, READ, READ, int64, LEVELS_READ, FIELDS))
def solve(
    person: Levels,
    screen: Levels,
    background: Levels,
    distances: Counts,
    veiled: Samples,
    idle: Samples,
    reach: int,
    settings: Levels,
    out: Levels,
) -> None:
    """Write `out` (4, cells): alpha = out[0] Y + out[1] Cb + out[2] Cr + out[3], levels about 128.

    `settings`: variance of noise in luma and chroma; how many standard deviations of the screen count as 0 and of the
    person as 1; the least of both margins; and how much steeper the estimate becomes with each cell off the screen.
    A veil's alpha is what it takes off the screen's strength: it has no colour of its own to be found. `idle`: 1 where
    a cell's estimate is never asked for.
    """
    for i in range(out.shape[1]):
        if distances[i] > reach or idle[i]:
            out[0, i] = out[1, i] = out[2, i] = NONE
            out[3, i] = UNITY if distances[i] > 0 else NONE
            continue
        if veiled[i]:
            cb, cr = background[1, i], background[2, i]
            scale = UNITY / (UNITY - settings[4] - settings[5])
            size = scale / max(cb * cb + cr * cr, UNITY)
            out[0, i], out[1, i], out[2, i] = NONE, -cb * size, -cr * size
            out[3, i] = (UNITY - settings[4]) * scale
            continue
        f, b = _covariance(person, i, settings[0], settings[1]), _covariance(screen, i, settings[0], settings[1])
        apart = person[0, i] - screen[0, i], person[1, i] - screen[1, i], person[2, i] - screen[2, i]
        g = _direction(_adjugate(f, b), *apart)
        low, scale = _margins(g, f, b, distances[i], settings)
        if distances[i] > 1:
            scale *= UNITY + settings[6] * np.float32(distances[i] - 1)
        out[0, i], out[1, i], out[2, i] = g[0] * scale, g[1] * scale, g[2] * scale
        out[3, i] = -(g[0] * screen[0, i] + g[1] * screen[1, i] + g[2] * screen[2, i] + low) * scale


@kernel(void(FIELDS_READ, COUNTS_READ, int64, float32, float32, FIELDS))
def weigh(person: Levels, distances: Counts, reach: int, luma_noise: float, chroma_noise: float, out: Levels) -> None:
    """Write `out` (6, cells), what alpha before a background known sample by sample is worked out from.

    The weights of Y, Cb and Cr, which are one over half the person's own variance and that of noise, and F about 128.
    The covariances between them are left out: they are too poorly known where the background changes from sample to
    sample (mean Grad 8.6 with them and 6.1 without before four rooms). In the core nothing weighs.
    """
    for i in range(out.shape[1]):
        f = _covariance(person, i, NONE, NONE)
        is_core = distances[i] > reach
        out[0, i] = NONE if is_core else UNITY / (f[0] * HALF + luma_noise)
        out[1, i] = NONE if is_core else UNITY / (f[3] * HALF + chroma_noise)
        out[2, i] = NONE if is_core else UNITY / (f[5] * HALF + chroma_noise)
        for number in range(3):
            out[3 + number, i] = person[number, i]


@inlined
def _is_person(moments: Levels, affine: Levels, columns: int, rows: int, i: int) -> bool:
    """Whether the estimates of a cell and its neighbours leave no sample of it under 1, 3.5 deviations out."""
    my, mb, mr = moments[0, i], moments[1, i], moments[2, i]
    c = _covariance(moments, i, NONE, NONE)
    # The moments are of luma two by two: single samples scatter about twice as much.
    spread = (c[0] * TWO + TWO, c[1], c[2], c[3], c[4], c[5])
    column, row = i % columns, i // columns
    for side in range(5):
        j = i
        if side == 1 and column > 0:
            j = i - 1
        elif side == 2 and column < columns - 1:
            j = i + 1
        elif side == 3 and row > 0:
            j = i - columns
        elif side == 4 and row < rows - 1:
            j = i + columns
        g0, g1, g2 = affine[0, j], affine[1, j], affine[2, j]
        over = g0 * my + g1 * mb + g2 * mr + affine[3, j] - UNITY
        if over <= NONE:
            return False
        if over * over <= np.float32(3.5 * 3.5) * _square_along(g0, g1, g2, spread):
            return False
    return True


@kernel(void(FIELDS_READ, FIELDS_READ, COUNTS_READ, READ, LEVELS_READ, int64, int64, int64, WRITE, WRITE))
def sort_cells(
    moments: Levels,
    affine: Levels,
    distances: Counts,
    bare: Samples,
    pace: Levels,
    columns: int,
    rows: int,
    reach: int,
    waits: Samples,
    kinds: Samples,
) -> None:
    """Write what each cell is to be drawn as, over what it was.

    A cell at rest that was drawn by the estimate still is for WAIT pictures after it is decided, until its alpha has
    come to what it is to be: `waits` (cells) counts them. `affine` of four fields is asked whether a cell is all
    person; of others it is not.
    """
    asks = affine.shape[0] == 4
    for i in range(columns * rows):
        distance, before = distances[i], kinds[i] & np.uint8(3)
        kind = WORK
        if distance > reach:
            kind = PERSON
        elif distance == 0:
            if bare[i]:
                kind = SCREEN
        elif distance >= 2 and asks and _is_person(moments, affine, columns, rows, i):
            kind = PERSON
        if kind == WORK:
            waits[i] = np.uint8(0)
        elif before == WORK and pace[i] < HALF and waits[i] < WAIT:
            waits[i] += np.uint8(1)
            kind = WORK
        kinds[i] = kind | KEPT if (kind == before) & (kind != WORK) else kind
