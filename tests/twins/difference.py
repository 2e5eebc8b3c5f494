"""What `transforms.kernels.difference` computes, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.twins.composite import Floats

Samples = NDArray[np.uint8]


def crossed(pictures: tuple[Samples, ...], plates: tuple[Samples, ...], cell: int) -> Floats:
    """(3, cells) of planes of one size."""
    height, width = pictures[0].shape
    products = [(a.astype(float) - 128) * (b.astype(float) - 128) for a, b in zip(pictures, plates, strict=True)]
    return np.array(
        [
            [product[top : top + cell, left : left + cell].mean() for product in products]
            for top in range(0, height, cell)
            for left in range(0, width, cell)
        ]
    ).T


def weighed(fields: list[Floats], lift: float, white: float, colors: Floats) -> tuple[Floats, Floats]:
    """Evidence, and the light left. `fields`: the kernel's first nine arguments."""
    moments, plate, crossed, expected, shade, noise, gains, deviations, known = fields
    mean, squares = moments[:3], moments[[3, 6, 8]]
    own = np.maximum(squares - mean**2, 0)
    theirs = np.maximum(plate[[3, 6, 8]] - plate[:3] ** 2, 0) * gains[:, None] ** 2
    both = (crossed - mean * plate[:3]) * gains[:, None]
    brightest = np.maximum(expected[0], plate[0]) + np.sqrt(theirs[0])
    clipped = np.clip((brightest - white + 12) / 12, 0, 1)
    base = (deviations + np.array((0.6, 0.3, 0.3)))[:, None] ** 2
    of_mean = base + 0.02 * theirs + (25 * clipped) ** 2 * np.array((1, 1 / 16, 1 / 16))[:, None]
    floors, shares = np.array((10, 4, 4))[:, None], np.array((2, 1, 1))[:, None]
    of_rest = floors + shares * noise**2 + 0.06 * theirs
    of_rest += (20 * clipped) ** 2 * np.array((1, 1 / 25, 1 / 25))[:, None]
    spread = np.log(of_mean.prod(0))
    pattern = 1.5 * (np.log((of_rest / (own + of_rest)).prod(0)) - 3) - 1.5
    person = np.full(mean.shape[1], 13.58 - 2.76)
    if colors[-1] > 0:
        person = -np.log(colors[color_bin(mean)] + np.exp(-13.58)) - 2.76
    off = mean - expected
    rest = (np.maximum(own + theirs - 2 * both, 0) / of_rest).sum(0)
    lit = shade[0] * (expected + np.array((lift, 0, 0))[:, None]) + np.array((0, 1, 1))[:, None] * shade
    least = np.minimum((off**2 / of_mean).sum(0), ((off - lit) ** 2 / of_mean).sum(0) + 1)
    told = 0.5 * (least + spread + 3 * rest) + pattern - person
    light = expected[0] + lift
    ratio = (mean[0] + lift) / light
    chroma = mean[1:] - ratio * expected[1:]
    of_chroma = of_mean[1:] + 0.0004 * expected[1:] ** 2
    rest = (np.maximum(own + ratio * (ratio * theirs - 2 * both), 0) / of_rest).sum(0)
    shadow = 0.5 * ((chroma**2 / of_chroma).sum(0) + spread + 3 * rest) + pattern - person
    shadow += 2 + 16 * np.abs(1 - ratio)
    is_shadow = (told > -2) & (light > 14) & (ratio > 0.5) & (ratio < 1.12) & (shadow < told)
    sure = np.minimum(known / 128, 1)
    worn = np.clip(13.58 - 2.76 - person, -2, 2) if colors[-1] > 0 else 0
    evidence = np.clip(np.where(is_shadow, shadow, told), -25, 25) * sure + worn * (1 - sure)
    return evidence, np.where(is_shadow, ratio, 1)


def color_bin(mean: Floats) -> NDArray[np.intp]:
    luma = np.clip((mean[0] + 128) / 8, 0, 31).astype(np.intp)
    cb, cr = (np.clip(plane / 8 + 8, 0, 15).astype(np.intp) for plane in mean[1:3])
    return np.asarray((luma * 16 + cb) * 16 + cr)
