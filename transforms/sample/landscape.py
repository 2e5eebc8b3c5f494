"""A drawn place to be: a crater lake among snowy mountains in the evening, so that a demonstration needs no file."""

from __future__ import annotations

import numpy as np
from PIL import Image

from transforms.picture import Size
from transforms.sample.sketch import Field

SHORE = 0.62
"""Of the height: where the water begins."""
SKY = ((0.0, (38, 66, 122)), (0.45, (126, 150, 190)), (0.8, (243, 196, 150)), (1.0, (252, 222, 180)))
"""sRGB from the zenith to the horizon."""
RIDGES = (
    (0.40, 0.10, 5, (150, 158, 186), True),
    (0.50, 0.09, 11, (98, 108, 146), True),
    (0.60, 0.03, 23, (40, 56, 66), False),
)
"""Far to near: mean height of the crest and its swing (of the height), a seed, the rock's colour, and snow or not."""
SNOW = (246, 240, 238)
SUN = (0.68, 0.36)
"""Of width and height."""


def landscape(size: Size) -> Image.Image:
    """The place in any size, sRGB."""
    rows, columns = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    y, x = rows / size.height, columns / size.height  # one unit both ways, or the mountains would grow with the width
    land = _sky(y, x, size)
    for height, swing, seed, color, is_snowy in RIDGES:
        land = _ridge(land, y, x, height, swing, seed, color, is_snowy=is_snowy)
    picture = _water(land, y, x, size)
    grain = np.random.default_rng(3).normal(0, 1.2, (size.height, size.width, 1))  # hides the steps of 8 bits
    return Image.fromarray(np.clip(picture + grain, 0, 255).astype(np.uint8))


def _sky(y: Field, x: Field, size: Size) -> Field:
    stops = [stop for stop, _ in SKY]
    sky = np.stack([np.interp(y / SHORE, stops, [color[c] for _, color in SKY]) for c in range(3)], axis=-1)
    distance = np.hypot(x - SUN[0] * size.width / size.height, y - SUN[1])
    glow = np.exp(-((distance / 0.16) ** 2)) * 0.55 + np.exp(-((distance / 0.5) ** 2)) * 0.25
    disc = np.clip((0.034 - distance) * size.height / 2, 0, 1)
    lit = sky + np.maximum(glow, disc)[..., None] * (np.array((255, 246, 222)) - sky)
    clouds = _clouds(y, x)[..., None] * np.array((0.5, 0.42, 0.4))
    return np.asarray(lit + clouds * (255 - lit), np.float32)


def _clouds(y: Field, x: Field) -> Field:
    chance = np.random.default_rng(8)
    field = np.zeros_like(y)
    for octave in range(1, 6):
        across, down, phase = chance.uniform(1.5, 3.0) * octave, chance.uniform(9, 15) * octave, chance.uniform(0, 6.3)
        field += np.sin(across * x * 3 + down * y + phase + 1.3 * np.sin(4 * octave * x + phase)) / octave
    bounds = np.clip((y - 0.05) / 0.1, 0, 1) * np.clip((0.36 - y) / 0.14, 0, 1)
    return np.asarray(np.clip((field - 0.35) * 0.55, 0, 1) * bounds, np.float32)


def _ridge(
    land: Field,
    y: Field,
    x: Field,
    height: float,
    swing: float,
    seed: int,
    color: tuple[int, int, int],
    *,
    is_snowy: bool,
) -> Field:
    """Lay one range of mountains before `land`: rock, lit from the sun's side, snow towards the crest."""
    depth = y - (height - swing * _profile(x[0], seed))
    cover = np.clip(depth * land.shape[0] + 0.5, 0, 1)[..., None]
    spurs = _profile(x * 3.1 + y * 2.3, seed + 1) - _profile(x * 3.7 - y * 3.1, seed + 2)  # slopes either way
    relief = 0.5 * spurs + 0.25 * _profile(x * 9.7 + y * 13.0, seed + 3)
    light = 1 + 0.2 * np.tanh(1.5 * relief)
    snow = np.clip((0.05 + 0.05 * relief - depth) / 0.012, 0, 1)[..., None] * is_snowy
    rock = (np.array(color) + snow * 0.8 * (np.array(SNOW) - np.array(color))) * light[..., None]
    haze = np.clip((depth - 0.02) / 0.3, 0, 0.5)[..., None]
    rock = rock + haze * (np.array((190, 178, 190)) - rock)
    return np.asarray(land + cover * (rock - land), np.float32)


def _profile(x: Field, seed: int) -> Field:
    """Midpoint-like roughness in -1..1: sharp at the peaks, for a sum of folded waves is."""
    chance = np.random.default_rng(seed)
    line = np.zeros_like(x)
    for octave in range(7):
        frequency, phase = 2.1 * 1.9**octave, chance.uniform(0, 6.3)
        line += (1 - 2 * np.abs(np.sin(frequency * x + phase))) / 1.75**octave
    return (line / 2.2).astype(np.float32)


def _water(land: Field, y: Field, x: Field, size: Size) -> Field:
    """The lake: the land above it mirrored, stretched by ripples, darker and greener with depth."""
    below = np.clip(y - SHORE, 0, 1)
    ripple = np.sin(x * 40 + 260 * np.sqrt(below)) * np.sin(x * 13 - 90 * below) * (0.002 + 0.03 * below)
    source = np.clip((SHORE - below * 0.9 + ripple) * size.height, 0, SHORE * size.height - 1).astype(int)
    mirrored = land[source, np.arange(size.width)[None, :].repeat(size.height, 0)]
    depth = np.clip(below / (1 - SHORE), 0, 1)[..., None]
    lake = mirrored * (0.86 - 0.3 * depth) + np.array((22, 58, 78)) * (0.14 + 0.3 * depth)
    shore = np.clip((y - SHORE) * size.height, 0, 1)[..., None]
    return np.asarray(land + shore * (lake - land), np.float32)
