"""OBS's chroma key: a distance of chroma, averaged over neighbours, to the power of 1.5.

From the mathematics that `obs-filters/data/chroma_key_filter_v2.effect` publishes; no code of it.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.quality.clips import Clip
from tests.benchmarks.quality.metrics import Alpha
from tests.benchmarks.quality.peers import THINNED, Levels, Setting, measured_rgb, rgb_of, searched

DEFAULT = (0.400, 0.080)
"""Similarity and smoothness as the dialog shows them, in thousandths 400 and 80."""
SPILL = 0.100
SIMILARITIES = tuple(round(0.01 * step, 2) for step in range(1, 42))
SMOOTHNESSES = (0.01, 0.02, 0.04, 0.08, 0.12, 0.18, 0.25, 0.35)
_CB_WEIGHTS = np.array((-0.100644, -0.338572, 0.439216), np.float32)
_CR_WEIGHTS = np.array((0.439216, -0.398942, -0.040274), np.float32)
"""BT.709 of limited range, as OBS takes every colour (the offsets cancel out)."""


def distance_of(rgb: Levels, key: Levels) -> NDArray[np.float32]:
    """How far each pixel's chroma is from the key's, averaged: its own, and twice each of four pairs of neighbours."""
    shifted = np.clip((rgb, np.broadcast_to(key, rgb.shape)), 0, 255).astype(np.float32) / np.float32(255)
    difference = shifted[0] - shifted[1]
    chroma = np.stack((difference @ _CB_WEIGHTS, difference @ _CR_WEIGHTS))
    padded = np.pad(chroma, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows, columns = rgb.shape[:2]

    def at(down: int, across: int) -> NDArray[np.float32]:
        return padded[:, 1 + down : 1 + down + rows, 1 + across : 1 + across + columns]

    pairs = (((-1, -1), (0, -1)), ((0, 1), (1, 1)), ((1, -1), (1, 0)), ((-1, 0), (-1, 1)))
    total = np.hypot(*chroma)
    for one, other in pairs:
        total += 2 * np.hypot(*((at(*one) + at(*other)) / 2))
    return np.asarray(total / 9, np.float32)


def alpha_of(distance: NDArray[np.float32], setting: Setting) -> Alpha:
    """The matte of a similarity and a smoothness."""
    similarity, smoothness = setting
    ramp = np.clip((distance - np.float32(similarity)) / np.float32(smoothness), 0, 1)
    return np.asarray(np.rint(255 * ramp * np.sqrt(ramp)), np.uint8)


def despilled(rgb: Levels, distance: NDArray[np.float32], setting: Setting) -> NDArray[np.uint8]:
    """Near the key, grey of the pixel's own luma (H, W, 3)."""
    ramp = np.clip((distance - np.float32(setting[0])) / np.float32(SPILL), 0, 1)
    share = (ramp * np.sqrt(ramp))[..., None]
    grey = (rgb @ np.array((0.2126, 0.7152, 0.0722), np.float32))[..., None]
    return np.asarray(np.clip(np.rint(grey + share * (rgb - grey)), 0, 255), np.uint8)


def search(clip: Clip) -> Setting:
    """Similarity and smoothness, for the measured colour."""
    key = measured_rgb(clip)
    distances: dict[int, NDArray[np.float32]] = {}

    def alpha(number: int, setting: Setting) -> Alpha:
        if number not in distances:
            whole = distance_of(rgb_of(clip.pictures[number]), key)
            distances[number] = np.ascontiguousarray(whole[::THINNED, ::THINNED])
        return alpha_of(distances[number], setting)

    return searched(clip, product(SIMILARITIES, SMOOTHNESSES), alpha, thinned=THINNED)
