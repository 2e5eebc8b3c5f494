"""Colours by cell, as densities: how often each was seen lately, of persons and of the room."""

from __future__ import annotations

import numpy as np
from numba import float32, void

from transforms.kernels.cells import FIELDS_READ, LEVELS, LEVELS_READ
from transforms.kernels.compile import READ, Levels, Samples, inlined, kernel

NONE, HALF, UNITY, MIDDLE = (np.float32(number) for number in (0, 0.5, 1, 128))

BIN = np.float32(1 / 8)
LUMA_BINS, CHROMA_BINS = 32, 16
BINS = LUMA_BINS * CHROMA_BINS * CHROMA_BINS
"""Of 8 levels each: luma from black to white, chroma as far as 64 from neutral."""

VOLUME = np.float32(512)
"""Cubic levels to a bin."""

ANY = np.float32(1.26e-6)
"""The density of any colour, 220 levels by 60 by 60: what nobody has seen tells nothing."""

FEWEST = 20
"""Cells from which a palette is learned."""


@inlined
def _nearest(m: Levels, i: int) -> int:
    """The bin of a cell's mean colour."""
    y = int(min(max((m[0, i] + MIDDLE) * BIN, NONE), np.float32(LUMA_BINS - 1)))
    b = int(min(max((m[1, i] + np.float32(64)) * BIN, NONE), np.float32(CHROMA_BINS - 1)))
    r = int(min(max((m[2, i] + np.float32(64)) * BIN, NONE), np.float32(CHROMA_BINS - 1)))
    return (y * CHROMA_BINS + b) * CHROMA_BINS + r


@kernel(void(FIELDS_READ, READ, float32, LEVELS))
def learn_palette(moments: Levels, chosen: Samples, rate: float, palette: Levels) -> None:
    """Replace `rate` of a palette by the colours of the chosen cells; all of it where nothing was known.

    `palette` (BINS + 1): densities, and last how much was ever learned, 0 or 1.
    """
    count = 0
    for i in range(chosen.size):
        count += chosen[i] != 0
    if count < FEWEST:
        return
    fresh = rate if palette[BINS] > NONE else UNITY
    for b in range(np.uint64(BINS)):
        palette[b] *= UNITY - fresh
    share = fresh / (np.float32(count) * VOLUME)
    for i in range(chosen.size):
        if chosen[i]:
            palette[_nearest(moments, i)] += share
    palette[BINS] = UNITY


@inlined
def _density(palette: Levels, y: float, b: float, r: float) -> np.float32:
    """A palette's density at a place in bins, trilinear between the bins' centres."""
    y0, b0, r0 = np.floor(y), np.floor(b), np.floor(r)
    fy, fb, fr = y - y0, b - b0, r - r0
    total = NONE
    for corner in range(8):
        dy, db, dr = corner >> 2, (corner >> 1) & 1, corner & 1
        row = min(max(int(y0) + dy, 0), LUMA_BINS - 1)
        column = min(max(int(b0) + db, 0), CHROMA_BINS - 1)
        depth = min(max(int(r0) + dr, 0), CHROMA_BINS - 1)
        weight = (fy if dy else UNITY - fy) * (fb if db else UNITY - fb) * (fr if dr else UNITY - fr)
        total += weight * palette[(row * CHROMA_BINS + column) * CHROMA_BINS + depth]
    return total


@kernel(void(FIELDS_READ, READ, LEVELS_READ, LEVELS_READ, float32, LEVELS))
def weigh_colors(moments: Levels, wanted: Samples, person: Levels, room: Levels, most: float, evidence: Levels) -> None:
    """Write, where `wanted`, by how many nats a cell's mean colour is rather the person's than the room's.

    At most `most` either way, and 0 until both palettes are known.
    """
    are_known = (person[BINS] > NONE) & (room[BINS] > NONE)
    for i in range(wanted.size):
        if wanted[i] == 0:
            continue
        if not are_known:
            evidence[i] = NONE
            continue
        y = (moments[0, i] + MIDDLE) * BIN - HALF
        b, r = (moments[1, i] + np.float32(64)) * BIN - HALF, (moments[2, i] + np.float32(64)) * BIN - HALF
        odds = np.log((ANY + _density(person, y, b, r)) / (ANY + _density(room, y, b, r)))
        evidence[i] = min(max(odds, -most), most)
