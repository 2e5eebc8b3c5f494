"""How far a picture lies from the plate, block by block.

The shift is found on a small luma plane by the equations of Lucas and Kanade (1981), in the symmetric form: gradients
are the mean of both pictures', which leaves an error of the third order only. Their sums are kept by block, so that
which blocks are background can be settled afterwards without looking at a sample again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, int64, void

from transforms.kernels.cells import FIELDS, FIELDS_READ, LEVELS, LEVELS_READ, SHORTS, Shorts
from transforms.kernels.compile import READ, Levels, Samples, at, inlined, kernel

NONE, UNITY, TWO = np.float32(0), np.float32(1), np.float32(2)
QUARTER, SIXTEENTH = np.float32(0.25), np.float32(1 / 16)
MIDDLE = np.float32(128)
ONE = np.uint64(1)

FLAT = np.float32(0.1)
"""The share of the plate's squared contrast under which a block of the picture is flat and counts less: a plain coat
before most of the picture would else be explained best, by no contrast at all."""

NEARLY_NONE = np.float32(1e-3)

ROWS = 2
"""Every so many'th row of a block is summed, beginning with its second: the planes are smooth, and it is a sum."""

SUMS = 15
"""n; A B C D; AA AB AC AD BB BC BD CC CD DD. A, B: how luma falls across and down; C: the plate; D: the picture."""

SCATTERS = 10
"""AA AB AC AD BB BC BD CC CD DD about the block's means."""


@kernel(void(READ, int64, int64, int64, SHORTS, LEVELS))
def reduce_luma(luma: Samples, width: int, height: int, factor: int, line: Shorts, out: Levels) -> None:
    """Mean of `factor` x `factor` samples less 128, (height // factor, width // factor); what is left over is left.

    Scratch: `line` (width). `factor`: 16 at most.
    """
    across, down = width // factor, height // factor
    share = UNITY / np.float32(factor * factor)
    for row in range(down):
        line[:] = np.uint16(0)
        for y in range(row * factor, row * factor + factor):
            first = at(width, y, 0)
            for x in range(np.uint64(width)):
                line[x] += np.uint16(luma[first + x])
        to = at(across, row, 0)
        for x in range(np.uint64(across)):
            total = np.uint32(0)
            for i in range(np.uint64(factor)):
                total += np.uint32(line[x * np.uint64(factor) + i])
            out[to + x] = np.float32(total) * share - MIDDLE


@kernel(void(LEVELS, int64, int64, LEVELS))
def smooth(plane: Levels, width: int, height: int, lines: Levels) -> None:
    """Smooth in place by 1 2 1 across and down, edges repeated: what a shift's straight line follows, and no alias.

    Scratch: `lines` (3 width).
    """
    end = np.uint64(width - 1)
    for y in range(height):
        own, to = at(width, y, 0), at(width, y % 2, 0)
        out, below = at(width, 2, 0), at(width, min(y + 1, height - 1), 0)
        above = at(width, 1 - y % 2, 0)
        for x in range(np.uint64(width)):
            lines[to + x] = plane[own + x]
        if y == 0:
            above = to
        for x in range(np.uint64(width)):
            lines[out + x] = lines[above + x] + TWO * lines[to + x] + plane[below + x]
        first, last = lines[out], lines[out + end]
        plane[own] = (np.float32(3) * first + lines[out + ONE]) * SIXTEENTH if width > 1 else first * QUARTER
        for x in range(ONE, end):
            plane[own + x] = (lines[out + x - ONE] + TWO * lines[out + x] + lines[out + x + ONE]) * SIXTEENTH
        if width > 1:
            plane[own + end] = (np.float32(3) * last + lines[out + end - ONE]) * SIXTEENTH


@kernel(void(LEVELS_READ, LEVELS_READ, int64, int64, int64, int64, float32, int64, FIELDS, FIELDS))
def correlate(
    picture: Levels,
    plate: Levels,
    width: int,
    height: int,
    right: int,
    down: int,
    gain: float,
    block: int,
    lines: Levels,
    sums: Levels,
) -> None:
    """Write the SUMS of each block of `block` x `block` samples of the picture beside the plate, times `gain`.

    The plate has been moved `right` and `down`: where it shows nothing, and beside the edges, is left out. Scratch:
    `lines` (15, width).
    """
    columns, rows = (width + block - 1) // block, (height + block - 1) // block
    left, end = np.uint64(max(1, 1 + right)), np.uint64(max(0, min(width - 1, width - 1 + right)))
    stride = np.uint64(width)
    for row in range(rows):
        lines[:] = NONE
        for y in range(row * block + 1, min(row * block + block, height - 1), ROWS):
            if y < 1 + down or y >= height - 1 + down:
                continue
            own = at(width, y, 0)
            for x in range(left, end):
                i = own + x
                level, known = picture[i], plate[i] * gain
                a = QUARTER * (picture[i - ONE] - picture[i + ONE] + gain * (plate[i - ONE] - plate[i + ONE]))
                b = QUARTER * (
                    picture[i - stride] - picture[i + stride] + gain * (plate[i - stride] - plate[i + stride])
                )
                lines[0, x] += UNITY
                lines[1, x] += a
                lines[2, x] += b
                lines[3, x] += known
                lines[4, x] += level
                lines[5, x] += a * a
                lines[6, x] += a * b
                lines[7, x] += a * known
                lines[8, x] += a * level
                lines[9, x] += b * b
                lines[10, x] += b * known
                lines[11, x] += b * level
                lines[12, x] += known * known
                lines[13, x] += known * level
                lines[14, x] += level * level
        for column in range(columns):
            first, last = column * block, min(column * block + block, width)
            for number in range(SUMS):
                total = NONE
                for x in range(first, last):
                    total += lines[number, x]
                sums[number, row * columns + column] = total


@kernel(void(LEVELS_READ, int64, int64, int64, FIELDS, FIELDS))
def measure_texture(plate: Levels, width: int, height: int, block: int, lines: Levels, texture: Levels) -> None:
    """Write into `texture` (2, blocks) how the plate's slopes scatter by block: across and down, sums of squares.

    Scatter and not size: an even slope looks the same wherever it is moved to. Scratch: `lines` (5, width) at least.
    """
    columns, rows = (width + block - 1) // block, (height + block - 1) // block
    stride, half = np.uint64(width), np.float32(0.5)
    for row in range(rows):
        lines[:] = NONE
        for y in range(row * block + 1, min(row * block + block, height - 1), ROWS):
            own = at(width, y, 0)
            for x in range(ONE, np.uint64(width - 1)):
                i = own + x
                a = half * (plate[i - ONE] - plate[i + ONE])
                b = half * (plate[i - stride] - plate[i + stride])
                lines[0, x] += UNITY
                lines[1, x] += a
                lines[2, x] += b
                lines[3, x] += a * a
                lines[4, x] += b * b
        for column in range(columns):
            n = a1 = b1 = a2 = b2 = NONE
            for x in range(column * block, min(column * block + block, width)):
                n += lines[0, x]
                a1 += lines[1, x]
                b1 += lines[2, x]
                a2 += lines[3, x]
                b2 += lines[4, x]
            n = max(n, UNITY)
            texture[0, row * columns + column] = max(a2 - a1 * a1 / n, NONE)
            texture[1, row * columns + column] = max(b2 - b1 * b1 / n, NONE)


@inlined
def _left(scatter: Levels, i: int, a: Any, b: Any, g: Any) -> Any:
    """What of a block's scatter is left unexplained by a shift (a, b) and a gain g."""
    return max(
        scatter[9, i]
        - TWO * (a * scatter[3, i] + b * scatter[6, i] + g * scatter[8, i])
        + a * a * scatter[0, i]
        + b * b * scatter[4, i]
        + g * g * scatter[7, i]
        + TWO * (a * b * scatter[1, i] + a * g * scatter[2, i] + b * g * scatter[5, i]),
        NONE,
    )


@inlined
def _center(sums: Levels, scatter: Levels) -> None:
    """Second moments about each block's means."""
    for i in range(sums.shape[1]):
        n = max(sums[0, i], UNITY)
        number = 0
        for p in range(1, 5):
            for q in range(p, 5):
                scatter[number, i] = sums[5 + number, i] - sums[p, i] * sums[q, i] / n
                number += 1


@kernel(void(FIELDS_READ, FIELDS_READ, LEVELS_READ, LEVELS_READ, FIELDS, LEVELS))
def fit_shift(sums: Levels, texture: Levels, known: Levels, settings: Levels, scatter: Levels, fit: Levels) -> None:
    """The shift and gain that most of the plate's texture agrees on, into `fit` (7).

    `known` (blocks): 0..1, how well the plate is known. `settings`: the noise of a sample, the tolerated misplacement
    in samples, the rounds. Weights are Geman and McClure's, from wide to narrow (graduated non-convexity), so that a
    person before half of the texture does not pull. `fit`: across, down, gain beside 1, the share of the texture that
    agrees (the lesser of both directions', for a shelf looks the same all along), the texture there is in blocks'
    worths, the deviation of the shift, the contrast beside the plate's. Scratch: `scatter` (10, blocks).
    """
    noise, slack, rounds = settings[0] * settings[0], settings[1] * settings[1], int(settings[2])
    _center(sums, scatter)
    blocks = sums.shape[1]
    a, b, g = NONE, NONE, UNITY
    wide = np.float32(1)
    for _ in range(rounds):
        wide *= TWO
    aa = ab = bb = NONE
    for _ in range(rounds + 1):
        aa = ab = ac = ad = bb = bc = bd = cc = cd = NONE
        for i in range(blocks):
            if sums[0, i] < UNITY or known[i] <= NONE:
                continue
            plain = sums[0, i] * noise
            tolerated = (plain + slack * (texture[0, i] + texture[1, i])) * wide
            weight = tolerated / (tolerated + _left(scatter, i, a, b, g))
            weight *= weight * known[i] * min(scatter[9, i] / (FLAT * scatter[7, i] + plain), UNITY)
            aa += weight * scatter[0, i]
            ab += weight * scatter[1, i]
            ac += weight * scatter[2, i]
            ad += weight * scatter[3, i]
            bb += weight * scatter[4, i]
            bc += weight * scatter[5, i]
            bd += weight * scatter[6, i]
            cc += weight * scatter[7, i]
            cd += weight * scatter[8, i]
        steady = noise * np.float32(64)
        aa, bb, cc, cd = aa + steady, bb + steady, cc + steady * np.float32(64), cd + steady * np.float32(64)
        m0, m1, m2 = bb * cc - bc * bc, ac * bc - ab * cc, ab * bc - ac * bb
        determinant = max(aa * m0 + ab * m1 + ac * m2, np.float32(1e-6))
        n1, n2, n3 = aa * cc - ac * ac, ab * ac - aa * bc, aa * bb - ab * ab
        a = (m0 * ad + m1 * bd + m2 * cd) / determinant
        b = (m1 * ad + n1 * bd + n2 * cd) / determinant
        g = (m2 * ad + n2 * bd + n3 * cd) / determinant
        wide = max(wide * np.float32(0.5), UNITY)
    agreed_a = agreed_b = total_a = total_b = shown = there = NONE
    for i in range(blocks):
        if sums[0, i] < UNITY or known[i] <= NONE:
            continue
        plain, slope = sums[0, i] * noise, texture[0, i] + texture[1, i]
        plainest = np.float32(8) * plain
        worth_a = known[i] * texture[0, i] / (texture[0, i] + plainest)
        worth_b = known[i] * texture[1, i] / (texture[1, i] + plainest)
        total_a += worth_a
        total_b += worth_b
        shown += scatter[9, i]
        there += scatter[7, i]
        unexplained = _left(scatter, i, a, b, g)
        if unexplained < min(np.float32(4) * (plain + slack * slope), np.float32(0.5) * scatter[9, i]):
            agreed_a += worth_a
            agreed_b += worth_b
    total = max(total_a, total_b)
    fit[0], fit[1], fit[2] = a, b, g
    little = np.float32(0.25) * total
    share_a = agreed_a / max(total_a, NEARLY_NONE) if total_a > little else UNITY
    share_b = agreed_b / max(total_b, NEARLY_NONE) if total_b > little else UNITY
    fit[3], fit[4] = min(share_a, share_b), total
    fit[5] = np.sqrt(noise / max(min(aa, bb), np.float32(1e-6)))
    fit[6] = np.sqrt(shown / max(there, UNITY))
