"""Where most of a picture's saturated colour lies: the peaks of a histogram over Cb and Cr, each sharpened by its mean.

A second peak is sought among other hues than the first: where a face fills the picture, the screen is the lesser one.
"""

from __future__ import annotations

import math

import numpy as np
from numba import void

from transforms.kernels.cells import FIELDS, FIELDS_READ, LEVELS, LEVELS_READ
from transforms.kernels.compile import READ, Levels, Samples, kernel

BINS = 64
"""Bins of the histogram over each of Cb and Cr, 4 levels each."""

BASIN = np.float32(14)
"""Levels around a peak over which its mean is taken."""

STEPS = 5
"""Times the mean is taken anew around itself."""

OTHER = np.float32(0.15)
"""Across over along: how far another peak's hue must be from the last one's."""

NONE, UNITY, QUARTER = np.float32(0), np.float32(1), np.float32(0.25)
GREYEST, STEEPNESS = np.float32(8), np.float32(1 / 16)


@kernel(void(FIELDS_READ, READ, LEVELS_READ, LEVELS_READ, LEVELS, FIELDS, FIELDS))
def seek(
    moments: Levels,
    edge: Samples,
    share: Levels,
    cone: Levels,
    weights: Levels,
    counts: Levels,
    peaks: Levels,
) -> None:
    """Write `peaks` (n, 3), strongest first: Cb and Cr about neutral and the weight around them, 0 where there is none.

    A cell weighs `share[edge]`, as far as it is saturated. `cone`: a typed key's Cb and Cr over their squared strength,
    how far across over along a cell may lie, and how weak and how strong it may be beside it; a key of 0 asks for none.
    Scratch: `weights` (cells), `counts` (2, BINS * BINS).
    """
    for i in range(weights.size):
        cb, cr = moments[1, i], moments[2, i]
        strength = np.float32(math.sqrt(cb * cb + cr * cr))
        weight = share[edge[i]] * min(max((strength - GREYEST) * STEEPNESS, NONE), UNITY)
        if (cone[0] != NONE) | (cone[1] != NONE):
            near, off = cb * cone[0] + cr * cone[1], abs(cb * cone[1] - cr * cone[0])
            weight = weight if (off < cone[2] * near) & (near > cone[3]) & (near < cone[4]) else NONE
        weights[i] = weight
    for n in range(peaks.shape[0]):
        peaks[n, 0] = peaks[n, 1] = peaks[n, 2] = NONE
        raw, smooth = counts[0], counts[1]
        raw[:] = NONE
        for i in range(weights.size):
            if weights[i] > NONE:
                column = int((moments[1, i] + np.float32(128)) * QUARTER)
                row = int((moments[2, i] + np.float32(128)) * QUARTER)
                raw[min(max(row, 0), BINS - 1) * BINS + min(max(column, 0), BINS - 1)] += weights[i]
        best, place = NONE, -1
        for row in range(BINS):
            for column in range(2, BINS - 2):
                i = row * BINS + column
                smooth[i] = raw[i - 2] + raw[i + 2] + np.float32(4) * (raw[i - 1] + raw[i + 1]) + np.float32(6) * raw[i]
        for row in range(2, BINS - 2):
            for column in range(2, BINS - 2):
                i = row * BINS + column
                level = (
                    smooth[i - 2 * BINS]
                    + smooth[i + 2 * BINS]
                    + np.float32(4) * (smooth[i - BINS] + smooth[i + BINS])
                    + np.float32(6) * smooth[i]
                )
                if level > best:
                    best, place = level, i
        if place < 0:
            return
        cb = np.float32(place % BINS * 4 - 126)
        cr = np.float32(place // BINS * 4 - 126)
        mass = NONE
        for _ in range(STEPS):
            mass, blue, red = NONE, NONE, NONE
            for i in range(weights.size):
                off_cb, off_cr = moments[1, i] - cb, moments[2, i] - cr
                if off_cb * off_cb + off_cr * off_cr < BASIN * BASIN:
                    mass += weights[i]
                    blue += weights[i] * moments[1, i]
                    red += weights[i] * moments[2, i]
            if mass <= NONE:
                return
            cb, cr = blue / mass, red / mass
        peaks[n, 0], peaks[n, 1], peaks[n, 2] = cb, cr, mass
        for i in range(weights.size):
            near = moments[1, i] * cb + moments[2, i] * cr
            off = abs(moments[1, i] * cr - moments[2, i] * cb)
            if off < OTHER * near:
                weights[i] = NONE
