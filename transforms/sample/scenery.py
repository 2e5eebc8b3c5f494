"""What stands behind the sample person: a lit screen, a marker pattern, or a room that no screen key should accept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from transforms.effect import Color
from transforms.picture import Matrix, Size
from transforms.rgb import ycbcr_from_rgb
from transforms.sample.sketch import GAMMA, Field

CHECKER = 24
"""Squares across the shorter side of the marker pattern."""


@dataclass(frozen=True, slots=True)
class Light:
    """How a screen is lit, in shares of its colour's own light.

    `level`: everywhere. `corners`: how much less there is towards the corners. `spot`: a lamp's, above on the left.
    `folds`: how deep the cloth's folds are. `slope`: how much more there is on the right than in the middle.
    """

    level: float = 1.0
    corners: float = 0.0
    spot: float = 0.0
    folds: float = 0.0
    slope: float = 0.0


EVEN = Light()
UNEVEN = Light(level=1.04, corners=0.36, spot=0.50, folds=1.0)


def screen(size: Size, color: Color, *, light: Light, seed: int) -> Field:
    """A cloth of the colour under the light, as R'G'B' (H, W, 3)."""
    rgb = np.full((size.height, size.width, 3), (color.red, color.green, color.blue), np.float32)
    if light == EVEN:
        return rgb
    shares = _shares(size, light, seed)
    lit = (rgb / 255) ** GAMMA * np.clip(shares, 0.2, 2)[..., None]
    return np.clip(255 * lit ** (1 / GAMMA), 0, 255).astype(np.float32)


def _shares(size: Size, light: Light, seed: int) -> Field:
    """The light that falls on each point of the cloth."""
    x = np.linspace(-1, 1, size.width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, size.height, dtype=np.float32)[:, None]
    chance = np.random.default_rng((seed, 1))
    dark, bright = x**2 * 0.8 + y**2 * 0.7, np.exp(-((x + 0.45) ** 2 + (y + 0.5) ** 2) / 0.22)
    shares = light.level - light.corners * dark + light.spot * bright + light.slope * x
    for _ in range(9):
        place, lean, width = chance.uniform(-1.1, 1.1), chance.normal(0, 0.10), chance.uniform(0.03, 0.09)
        across = (x - place - lean * y - 0.03 * np.sin(3 * y + chance.uniform(0, 6))) / width
        shares = shares + light.folds * chance.uniform(0.03, 0.075) * across * np.exp(-(across**2) / 2)
    return np.asarray(shares)


def with_markers(ycbcr: Field) -> Field:
    """Checks of strong luma in the screen's own chroma: a key sees the screen, an eye (or a test) sees every leak."""
    height, width = ycbcr.shape[:2]
    side = max(2, min(height, width) // CHECKER)
    light = (np.add.outer(np.arange(height) // side, np.arange(width) // side) % 2).astype(np.float32)
    marked = ycbcr.copy()
    marked[..., 0] = 60 + 110 * light
    return marked


def room(size: Size) -> Field:
    """A living room as R'G'B' (H, W, 3): window, shelf, plant, lamp, nothing that is a screen."""
    sheet = Image.new("RGB", (size.width * 2, size.height * 2), (206, 190, 168))
    pen = ImageDraw.Draw(sheet)
    width, height = sheet.size

    def box(left: float, top: float, right: float, bottom: float, color: tuple[int, int, int]) -> None:
        pen.rectangle((left * width, top * height, right * width, bottom * height), fill=color)

    box(0, 0.80, 1, 1, (116, 82, 56))
    box(0, 0.785, 1, 0.80, (238, 232, 222))
    box(0.04, 0.06, 0.40, 0.46, (246, 244, 238))
    for column in (0.06, 0.235):
        box(column, 0.08, column + 0.145, 0.25, (196, 222, 240))
        box(column, 0.27, column + 0.145, 0.44, (170, 200, 176))
    box(0.60, 0.10, 0.98, 0.66, (92, 62, 42))
    chance = np.random.default_rng(2)
    for shelf in range(4):
        top = 0.115 + 0.136 * shelf
        box(0.615, top, 0.965, top + 0.122, (62, 42, 30))
        left = 0.62
        while left < 0.93:
            thick, tall = chance.uniform(0.012, 0.032), chance.uniform(0.070, 0.115)
            color = tuple(int(part) for part in chance.integers(40, 220, 3))
            box(left, top + 0.122 - tall, left + thick, top + 0.122, (color[0], color[1], color[2]))
            left += thick + 0.002
    for leaf in range(14):
        angle, reach = np.pi * leaf / 13, 0.10 * height
        tip = (0.12 * width + reach * np.cos(angle), 0.66 * height - 1.3 * reach * np.sin(angle))
        pen.line((0.12 * width, 0.70 * height, *tip), fill=(58, 118 + 4 * leaf, 60), width=max(1, width // 60))
    box(0.06, 0.69, 0.18, 0.79, (178, 98, 66))
    soft = sheet.filter(ImageFilter.GaussianBlur(max(1, min(size) // 240))).resize(size, Image.Resampling.BOX)
    light = np.linspace(1.08, 0.80, size.width, dtype=np.float32)[None, :, None]
    return np.asarray(np.clip(np.asarray(soft) * light, 0, 255), np.float32)


def scene(size: Size, color: Color | None, *, matrix: Matrix, light: Light, markers: bool, seed: int) -> Field:
    """The scene as Y'CbCr (H, W, 3), limited range, not rounded. Without a colour it is the room."""
    rgb = room(size) if color is None else screen(size, color, light=light, seed=seed)
    ycbcr = ycbcr_from_rgb(rgb, matrix=matrix, full_range=False)
    return with_markers(ycbcr) if markers else ycbcr
