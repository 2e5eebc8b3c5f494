"""Evidence, cell by cell, that a picture shows something else than its clean plate.

A cell is asked two questions of its samples' moments. Its mean: is it the plate's, as this exposure shows it, or any
colour, or one that the person is known to wear? Its pattern: is it the plate's once more (what is left after the plate
is taken away is noise), or a pattern of its own? Wallpaper seen again is certain even in another light; a plain wall
is not. The answers are log likelihoods, so they add: to each other, to what the neighbours and the last picture say.

A third answer to both is the plate in shadow: its light less, its chroma and its pattern less by the same share.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, void

from transforms.kernels.cells import FIELDS, FIELDS_READ, LEVELS, LEVELS_READ
from transforms.kernels.compile import READ, Levels, Samples, at, inlined, kernel

NONE, HALF, UNITY, TWO, THREE = (np.float32(number) for number in (0, 0.5, 1, 2, 3))
MIDDLE, EIGHT, EIGHTH = np.float32(128), np.float32(8), np.float32(0.125)

MOST = np.float32(25)
"""Nats: no cell is surer than that, so that its neighbours can outvote it."""

MEAN_SHARE, PATTERN_SHARE = np.float32(0.02), np.float32(0.06)
"""Of a pattern's own variance, how much of it a mean, and what is left of it, may be off: edges move by a tenth of a
sample, and a codec redraws them."""

LEAST_LUMA, LEAST_CHROMA = np.float32(10), np.float32(4)
"""Squared levels that what is left of a pattern may have at least: what a codec makes of a picture it thinks alike."""

CLIPPED_MEAN, CLIPPED_PATTERN = np.float32(25), np.float32(20)
"""Levels of luma by which a cell that is all clipped may be off: nobody knows how bright it was. A quarter, a fifth in
chroma."""

LOG_ANY = np.float32(-13.58)
"""Nats: the log density of any colour, 220 levels by 60 by 60."""

PATTERN_COST = 1.5
"""Nats: how much likelier than any single other pattern the plate's own is beforehand."""

AT_ODDS = np.float32(2.76 - 4.5 - PATTERN_COST)
"""Nats: 3/2 log(2 pi), which a density of means has in it; less what a pattern of its own is off by, for three samples
of three planes."""

SHADOW_COST, DARK_COST = np.float32(2), np.float32(8)
"""Nats: what a shadow costs at all, and one that leaves nothing of the light."""

SHADE_COST = np.float32(1)
"""Twice the nats that the shade of a moment ago costs, were it still here."""

DARKEST_SHADOW, BRIGHTEST = np.float32(0.5), np.float32(1.12)
"""The light left of a cast shadow's core by day, and what a wall may brighten beside a lit shirt."""

ALIKE, UNTOLD = np.float32(5000), np.float32(0.6)
"""Cubic levels that count as the plate's colour, fifteen times what its noise takes up, for in one place a person shows
fewer colours than in all; and the share where no colours of theirs are known."""

COLOR_BINS = 16
COLOR_TABLE = 32 * COLOR_BINS * COLOR_BINS
"""Colours of the person by luma in 32 bins of 8 levels and chroma in 16 by 16 of 8, as far as 64 from neutral."""

BIN_VOLUME = np.float32(512)


@kernel(void(READ, READ, READ, int64, READ, READ, READ, int64, int64, int64, int64, FIELDS, FIELDS))
def cross_moments(
    luma: Samples,
    cb: Samples,
    cr: Samples,
    stride: int,
    plate_luma: Samples,
    plate_cb: Samples,
    plate_cr: Samples,
    plate_stride: int,
    width: int,
    height: int,
    cell: int,
    lines: Levels,
    crossed: Levels,
) -> None:
    """Write the means by cell of picture times plate, levels about 128, of Y, Cb, Cr: `crossed` (3, cells).

    Both lumas are of chroma's size, `width` wide. Scratch: `lines` (3 or more, width).
    """
    columns = (width + cell - 1) // cell
    for top in range(0, height, cell):
        bottom = min(top + cell, height)
        for number in range(3):
            for x in range(np.uint64(width)):
                lines[number, x] = NONE
        for row in range(top, bottom):
            first, own, other = at(width, row, 0), at(stride, row, 0), at(plate_stride, row, 0)
            for x in range(np.uint64(width)):
                lines[0, x] += (np.float32(luma[first + x]) - MIDDLE) * (np.float32(plate_luma[first + x]) - MIDDLE)
                lines[1, x] += (np.float32(cb[own + x]) - MIDDLE) * (np.float32(plate_cb[other + x]) - MIDDLE)
                lines[2, x] += (np.float32(cr[own + x]) - MIDDLE) * (np.float32(plate_cr[other + x]) - MIDDLE)
        start = top // cell * columns
        for column in range(columns):
            left, right = column * cell, min(column * cell + cell, width)
            share = UNITY / np.float32((bottom - top) * (right - left))
            for number in range(3):
                line, total = lines[number], NONE
                for x in range(np.uint64(left), np.uint64(right)):
                    total += line[x]
                crossed[number, start + column] = total * share


@inlined
def color_bin(luma: float, cb: float, cr: float) -> int:
    """Which bin of the person's colours a mean about 128 lies in."""
    y = int(min(max((luma + MIDDLE) * EIGHTH, NONE), np.float32(31)))
    b = int(min(max(cb * EIGHTH + EIGHT, NONE), np.float32(COLOR_BINS - 1)))
    r = int(min(max(cr * EIGHTH + EIGHT, NONE), np.float32(COLOR_BINS - 1)))
    return (y * COLOR_BINS + b) * COLOR_BINS + r


@kernel(
    void(
        FIELDS_READ,
        FIELDS_READ,
        FIELDS_READ,
        FIELDS_READ,
        FIELDS_READ,
        FIELDS_READ,
        LEVELS_READ,
        LEVELS_READ,
        READ,
        float32,
        float32,
        LEVELS_READ,
        LEVELS,
        LEVELS,
    )
)
def weigh(
    moments: Levels,
    plate: Levels,
    crossed: Levels,
    expected: Levels,
    shade: Levels,
    noise: Levels,
    gains: Levels,
    deviations: Levels,
    known: Samples,
    lift: float,
    white: float,
    colors: Levels,
    evidence: Levels,
    ratio: Levels,
) -> None:
    """Write by cell `evidence`, nats, over 0 for the person; and `ratio`, the light left, 1 where there is no shadow.

    `expected` (3, cells): the means that the plate promises, about 128; `shade` (3, cells): the soft shade a moment
    ago: by how much, of itself, the light was more; what was added to Cb and to Cr. `noise` (3, cells): of a sample,
    one standard deviation. `gains` (3): of the exposure. `deviations` (3): of cell means about it. `known`: how well
    the plate is known, 0..255; half of it suffices, and where it is unknown the person's colours alone speak. `lift`:
    128 less black; `white`: white about 128. `colors`: the person's, densities by `color_bin`, 0 where unknown; the
    last one tells whether any are known.
    """
    sy, sb, sr = deviations[0] + np.float32(0.6), deviations[1] + np.float32(0.3), deviations[2] + np.float32(0.3)
    any_density = np.exp(LOG_ANY)
    g0, g1, g2 = gains[0], gains[1], gains[2]
    has_colors = colors[COLOR_TABLE] > NONE
    for i in range(evidence.size):
        m0, m1, m2 = moments[0, i], moments[1, i], moments[2, i]
        i0 = max(moments[3, i] - m0 * m0, NONE)
        i1 = max(moments[6, i] - m1 * m1, NONE)
        i2 = max(moments[8, i] - m2 * m2, NONE)
        p0, p1, p2 = plate[0, i], plate[1, i], plate[2, i]
        s0 = max(plate[3, i] - p0 * p0, NONE) * g0 * g0
        s1 = max(plate[6, i] - p1 * p1, NONE) * g1 * g1
        s2 = max(plate[8, i] - p2 * p2, NONE) * g2 * g2
        c0, c1, c2 = (crossed[0, i] - m0 * p0) * g0, (crossed[1, i] - m1 * p1) * g1, (crossed[2, i] - m2 * p2) * g2
        e0, e1, e2 = expected[0, i], expected[1, i], expected[2, i]
        d0, d1, d2 = m0 - e0, m1 - e1, m2 - e2
        brightest = max(e0 + np.sqrt(s0), p0 + np.sqrt(s0))
        clipped = min(max((brightest - white + np.float32(12)) * np.float32(1 / 12), NONE), UNITY)
        blind, rough = CLIPPED_MEAN * clipped, CLIPPED_PATTERN * clipped
        vy = sy * sy + MEAN_SHARE * s0 + blind * blind
        vb = sb * sb + MEAN_SHARE * s1 + blind * blind * np.float32(1 / 16)
        vr = sr * sr + MEAN_SHARE * s2 + blind * blind * np.float32(1 / 16)
        n0, n1, n2 = noise[0, i], noise[1, i], noise[2, i]
        ny = LEAST_LUMA + TWO * n0 * n0 + PATTERN_SHARE * s0 + rough * rough
        nb = LEAST_CHROMA + n1 * n1 + PATTERN_SHARE * s1 + rough * rough * np.float32(1 / 25)
        nr = LEAST_CHROMA + n2 * n2 + PATTERN_SHARE * s2 + rough * rough * np.float32(1 / 25)
        own = ny * nb * nr / ((i0 + ny) * (i1 + nb) * (i2 + nr))
        density = any_density
        if has_colors:
            density += colors[color_bin(m0, m1, m2)]
        # Half the logarithm of the variances, 3/2 of the patterns', and that of the person's density, at one go.
        odds = np.log(np.sqrt(vy * vb * vr * own) * own * density) + AT_ODDS
        rest = (
            max(i0 + s0 - TWO * c0, NONE) / ny + max(i1 + s1 - TWO * c1, NONE) / nb + max(i2 + s2 - TWO * c2, NONE) / nr
        )
        more = shade[0, i]
        h0, h1, h2 = d0 - more * (e0 + lift), d1 - more * e1 - shade[1, i], d2 - more * e2 - shade[2, i]
        off = min(
            d0 * d0 / vy + d1 * d1 / vb + d2 * d2 / vr,
            h0 * h0 / vy + h1 * h1 / vb + h2 * h2 / vr + SHADE_COST,
        )
        told = HALF * (off + THREE * rest) + odds
        left = UNITY
        light = e0 + lift
        if told > -TWO and light > np.float32(14):
            r = (m0 + lift) / light
            if DARKEST_SHADOW < r < BRIGHTEST:
                d1, d2 = m1 - r * e1, m2 - r * e2
                vb += np.float32(0.0004) * e1 * e1
                vr += np.float32(0.0004) * e2 * e2
                rest = (
                    max(i0 + r * (r * s0 - TWO * c0), NONE) / ny
                    + max(i1 + r * (r * s1 - TWO * c1), NONE) / nb
                    + max(i2 + r * (r * s2 - TWO * c2), NONE) / nr
                )
                shadow = HALF * (d1 * d1 / vb + d2 * d2 / vr + THREE * rest) + odds
                shadow += SHADOW_COST + DARK_COST * abs(UNITY - r) * TWO
                if shadow < told:
                    told, left = shadow, r
        sure = min(np.float32(known[i]) * np.float32(1 / 128), UNITY)
        worn = NONE
        if has_colors and sure < UNITY:
            worn = min(max(np.log(density) - LOG_ANY, -TWO), TWO)
        evidence[i] = min(max(told, -MOST), MOST) * sure + worn * (UNITY - sure)
        ratio[i] = left


@kernel(void(FIELDS_READ, READ, LEVELS_READ, float32, LEVELS))
def learn_colors(moments: Levels, core: Samples, evidence: Levels, rate: float, colors: Levels) -> None:
    """Let the cells of the `core` that show something else than the plate tell of the person's colours.

    One picture replaces `rate` of what was known; nothing is changed by fewer than 20 cells.
    """
    total = NONE
    for i in range(core.size):
        if core[i] and evidence[i] > NONE:
            total += UNITY
    if total < np.float32(20):
        return
    fresh = rate if colors[COLOR_TABLE] > NONE else UNITY
    rest = UNITY - fresh
    for b in range(np.uint64(COLOR_TABLE)):
        colors[b] *= rest
    share = fresh / (total * BIN_VOLUME)
    for i in range(core.size):
        if core[i] and evidence[i] > NONE:
            colors[color_bin(moments[0, i], moments[1, i], moments[2, i])] += share
    colors[COLOR_TABLE] = UNITY


@kernel(void(FIELDS_READ, LEVELS_READ, READ, LEVELS))
def find_chances(expected: Levels, colors: Levels, wanted: Samples, chances: Levels) -> None:
    """Write up to which share of the person, beforehand, a sample that is like the plate is the plate, where `wanted`.

    Where the person wears the plate's very colour, or one beside it, it may be theirs; where nothing of theirs is like
    it, it is not.
    """
    for i in range(chances.size):
        if wanted[i] == 0:
            continue
        if colors[COLOR_TABLE] <= NONE:
            chances[i] = UNTOLD
            continue
        most = NONE
        for luma in range(-1, 2):
            for cb in range(-1, 2):
                for cr in range(-1, 2):
                    beside = color_bin(
                        expected[0, i] + EIGHT * np.float32(luma),
                        expected[1, i] + EIGHT * np.float32(cb),
                        expected[2, i] + EIGHT * np.float32(cr),
                    )
                    most = max(most, colors[beside])
        chances[i] = UNITY / (UNITY + ALIKE * most)
