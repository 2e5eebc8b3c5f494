"""The backgrounds that are always there, drawn by code: no picture of somebody else's, and no megabytes in the wheel.

Each is painted at half size as linear light, (H, W, 3) float32, where lights add up as they do in a lens; then made a
picture of `SIZE` with a grain of one level, without which a soft gradient shows bands on a screen and, worse, in a
video codec. Nothing in them is sharp or bright enough to draw the eye from whoever sits before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from transforms.effect import Color

Light = NDArray[np.floating[Any]]

SIZE = (1920, 1080)
"""Pixels: covers every usual call without being enlarged."""

_HEIGHT, _WIDTH = SIZE[1] // 2, SIZE[0] // 2
_GAMMA = 2.2
_GRAIN = 0.9
"""Standard deviation, of 255 levels."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture we can paint. `version` rises when `paint` would give another one."""

    word: str
    name: str
    version: int
    paint: Callable[[], Light]

    @property
    def id(self) -> str:
        """What effects call it."""
        return f"builtin:{self.word}"

    def image(self) -> Image.Image:
        """The picture, RGB of `SIZE`. Takes about 0.2 s."""
        levels = np.clip(self.paint(), 0, 1) ** (1 / _GAMMA) * 255
        large = np.asarray(Image.fromarray(levels.astype(np.uint8)).resize(SIZE, Image.Resampling.BICUBIC), np.float32)
        grain = np.random.default_rng(1).normal(0, _GRAIN, (SIZE[1], SIZE[0], 1)).astype(np.float32)
        return Image.fromarray(np.clip(large + grain + 0.5, 0, 255).astype(np.uint8))


def _soft() -> Light:
    """Broad clouds of colour, as behind frosted glass."""
    x, y = _plane()
    picture = _blend(_light("31476b"), _light("7d6f9e"), 0.75 * x + 0.35 * y)
    for color, across, down, reach, share in (
        ("f0b090", 0.95, 0.15, 0.55, 0.75),
        ("4f9aa8", 0.05, 0.90, 0.60, 0.70),
        ("e9d3c0", 0.55, -0.10, 0.45, 0.45),
        ("253455", 0.00, 0.10, 0.45, 0.55),
    ):
        cloud = share * np.exp(-(((x - across) ** 2 + ((y - down) * 0.75) ** 2) / reach**2))
        picture = _blend(picture, _light(color), cloud)
    return picture


def _wall() -> Light:
    """A plastered wall in the evening: the sun through a window, lamps out of focus beside it."""
    x, y = _plane()
    picture = _blend(_light("c9a98a"), _light("6e5140"), 0.35 + 0.55 * x + 0.2 * y)
    plaster = _noise(seed=3, coarse=6) * 0.5 + _noise(seed=4, coarse=40) * 0.5
    picture = picture * (1 + 0.07 * plaster[..., None])
    slanted = x + 0.35 * y
    panes = _soft_step(slanted, 0.16, 0.05) - _soft_step(slanted, 0.34, 0.05)
    panes += _soft_step(slanted, 0.38, 0.05) - _soft_step(slanted, 0.56, 0.05)
    panes *= _soft_step(y, 0.06, 0.08) - _soft_step(y, 0.72, 0.12)
    picture = picture * (1 + 0.55 * panes[..., None] * _light("fff0d0"))
    lamps = np.random.default_rng(11)
    for _ in range(16):
        center = (lamps.uniform(0.72, 1.02), lamps.uniform(0.05, 0.75))
        _add_disc(picture, center, lamps.uniform(0.02, 0.055), _light("ffb868") * lamps.uniform(0.04, 0.16))
    return picture


def _paper() -> Light:
    """A roll of studio paper hung behind the chair, with one lamp on it."""
    x, y = _plane()
    lamp = np.exp(-(((x - 0.5) / 0.62) ** 2 + ((y - 0.42) / 0.60) ** 2))
    picture = _blend(_light("9b9892"), _light("efece6"), lamp)
    bend = np.exp(-(((y - 0.86) / 0.07) ** 2))
    floor = _soft_step(y, 0.90, 0.10)
    shade = 1 - 0.08 * bend + 0.06 * floor + 0.012 * _noise(seed=7, coarse=2)
    shaded: Light = picture * shade[..., None]
    return shaded


def _night() -> Light:
    """A city from far above, out of focus."""
    _, y = _plane()
    picture = _blend(_light("0b1226"), _light("2c2a48"), _soft_step(y, 0.55, 0.9))
    picture = _blend(picture, _light("5a3b4c"), 0.7 * np.exp(-(((y - 0.62) / 0.10) ** 2)))
    lights = np.random.default_rng(29)
    colors = [_light(color) for color in ("ffc27a", "ff9d5c", "ffe3b3", "8fb8ff", "ff6f61", "9be3d0")]
    for _ in range(110):
        depth = lights.uniform(0, 1) ** 0.7
        center = (lights.uniform(-0.03, 1.03), 0.60 + 0.42 * depth)
        color = colors[int(lights.choice(len(colors), p=[0.34, 0.22, 0.20, 0.12, 0.06, 0.06]))]
        _add_disc(picture, center, 0.008 + 0.034 * depth, color * lights.uniform(0.04, 0.22))
    return picture


DRAWINGS = (
    Drawing("soft", "Soft colours", 1, _soft),
    Drawing("wall", "Evening wall", 1, _wall),
    Drawing("paper", "Studio paper", 1, _paper),
    Drawing("night", "City at night", 1, _night),
)


def _plane() -> tuple[Light, Light]:
    """Each pixel's place: x and y, 0..1 from the upper left."""
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH].astype(np.float32)
    return x / _WIDTH, y / _HEIGHT


def _light(text: str) -> Light:
    """An sRGB colour as linear light, three values 0..1."""
    color = Color.parse(text)
    return (np.array([color.red, color.green, color.blue], np.float32) / 255) ** np.float32(_GAMMA)


def _blend(under: Light, over: Light, share: Light) -> Light:
    """`share` (H, W), 0..1, of `over` upon `under`."""
    weight = np.clip(share, 0, 1)[..., None].astype(np.float32)
    blended: Light = under * (1 - weight) + over * weight
    return blended


def _soft_step(value: Light, edge: float, width: float) -> Light:
    """0 well before `edge`, 1 well after it, a smooth ramp of `width` between."""
    ramp = np.clip((value - edge) / width + 0.5, 0, 1)
    step: Light = ramp * ramp * (3 - 2 * ramp)
    return step


def _noise(*, seed: int, coarse: int) -> Light:
    """(H, W) of standard deviation 1 or less, in blots of `coarse` pixels."""
    small = np.random.default_rng(seed).normal(0, 1, (_HEIGHT // coarse + 2, _WIDTH // coarse + 2)).astype(np.float32)
    return np.asarray(Image.fromarray(small).resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC))


def _add_disc(picture: Light, center: tuple[float, float], radius: float, light: Light) -> None:
    """A small lamp as a lens shows it out of focus. `center`: x, y in 0..1; `radius`: a share of the width."""
    x, y, reach = center[0] * _WIDTH, center[1] * _HEIGHT, radius * _WIDTH
    left, right = max(0, int(x - reach - 2)), min(_WIDTH, int(x + reach + 3))
    top, bottom = max(0, int(y - reach - 2)), min(_HEIGHT, int(y + reach + 3))
    if left >= right or top >= bottom:
        return
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    distance = np.hypot(columns - x, rows - y) / reach
    brim = 0.85 + 0.3 * distance**4
    disc = np.where(distance <= 1, brim, 0) * _soft_step(-distance, -0.96, 0.12)
    picture[top:bottom, left:right] += disc[..., None].astype(np.float32) * light
