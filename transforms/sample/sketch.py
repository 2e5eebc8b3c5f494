"""Drawing tools: masks with soft edges, reliefs and how light falls on them, strokes finer than a pixel.

Everything is drawn in units of the person (`transforms.sample.head`: the crown is 0, the chin 267), x to the right of
the face's middle, y down, z towards the camera, so that one drawing serves every picture size. Colours are linear
light, about 0..1, until `Patch.lit` makes them R'G'B'.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Field = NDArray[np.floating[Any]]
"""Floating-point numbers, mostly (rows, columns)."""
Points = Sequence[tuple[float, float]]
Rgb = Field
"""A colour in linear light: (3,) float32."""

SUPERSAMPLING = 4
"""Masks are drawn this much larger and averaged: coverage in steps of 1/16."""
STRETCH = 2
"""Points of a strand that share a colour and a width."""
GAMMA = 2.2
"""Displays' light per R'G'B' level: sRGB's curve, near enough for a drawing."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """A distant lamp: the direction to it (unit length), its colour times its strength."""

    direction: Field
    color: Field


KEY = Lamp(np.array((-0.46, -0.50, 0.73), np.float32), np.array((0.85, 0.80, 0.74), np.float32))
"""A soft warm lamp above, left of the camera."""
FILL = Lamp(np.array((0.75, -0.10, 0.65), np.float32), np.array((0.23, 0.25, 0.28), np.float32))
"""A cool window on the right."""
AMBIENT = 0.24
WRAP = 0.25
"""How far light reaches around an edge: the lamps are broad and skin is translucent."""
WARM_SHADE = np.array((0.86, 1.0, 1.06), np.float32)
"""Light in a shadow has been reflected by skin and cloth: more of the red is left."""


@dataclass(frozen=True, slots=True)
class Strand:
    """A hair: its points (n, 2), and along it its R'G'B' 0..255 (n, 3) and its width (n,) in units."""

    points: Field
    colors: Field
    widths: Field


@dataclass(frozen=True, slots=True)
class Canvas:
    """A rectangle of units and its pixels: `scale` pixels a unit."""

    left: float
    top: float
    right: float
    bottom: float
    scale: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return (
            max(2, round((self.bottom - self.top) * self.scale)),
            max(2, round((self.right - self.left) * self.scale)),
        )

    def grid(self) -> tuple[Field, Field]:
        """The units x and y at each pixel's centre: (1, columns) and (rows, 1)."""
        rows, columns = self.shape
        x = self.left + (np.arange(columns, dtype=np.float32) + np.float32(0.5)) / np.float32(self.scale)
        y = self.top + (np.arange(rows, dtype=np.float32) + np.float32(0.5)) / np.float32(self.scale)
        return x[None, :].astype(np.float32), y[:, None].astype(np.float32)

    def mask(self, outline: Points, *, soft: float = 0.0) -> Field:
        """The coverage of the closed shape, its edge blurred by `soft` units."""
        sheet = Image.new("L", self._sheet_size())
        ImageDraw.Draw(sheet).polygon(self._on_sheet(outline), fill=255)
        return blur(_averaged(sheet)[..., 0], soft * self.scale)

    def stroke(self, points: Points, width: float, *, soft: float = 0.0) -> Field:
        """The coverage of a line of `width` units through the points."""
        return self.strokes([(points, width)], soft=soft)

    def strokes(self, lines: Iterable[tuple[Points, float]], *, soft: float = 0.0) -> Field:
        """The coverage of lines, each with its width in units."""
        sheet = Image.new("L", self._sheet_size())
        pen = ImageDraw.Draw(sheet)
        for points, width in lines:
            pen.line(self._on_sheet(points), fill=255, width=self._pen(width), joint="curve")
        return blur(_averaged(sheet)[..., 0], soft * self.scale)

    def strands(self, lines: Iterable[Strand]) -> tuple[Field, Field]:
        """Strands over one another: R'G'B' (rows, columns, 3) 0..255, and coverage.

        A strand thinner than a pixel covers a part of it, as real hair does.
        """
        sheet = Image.new("RGBA", self._sheet_size())
        pen = ImageDraw.Draw(sheet)
        for strand in lines:
            at = self._on_sheet(strand.points)
            colors, widths = strand.colors.astype(int).tolist(), strand.widths.tolist()
            for start in range(-(len(at) % STRETCH), len(at) - 1, STRETCH):  # strands of unequal length change apart
                first = max(start, 0)
                piece = at[first : start + STRETCH + 1]
                pen.line(piece, fill=(*colors[first], 255), width=self._pen(widths[first]))
        pixels = _averaged(sheet)
        return pixels[..., :3] * np.float32(255), pixels[..., 3]

    def _sheet_size(self) -> tuple[int, int]:
        rows, columns = self.shape
        return columns * SUPERSAMPLING, rows * SUPERSAMPLING

    def _on_sheet(self, points: Points | NDArray[np.float32]) -> list[tuple[float, float]]:
        scaled = (np.asarray(points, np.float64) - (self.left, self.top)) * (self.scale * SUPERSAMPLING)
        return [(x, y) for x, y in scaled.tolist()]

    def _pen(self, width: float) -> int:
        return max(1, round(width * self.scale * SUPERSAMPLING))


@dataclass(slots=True)
class Patch:
    """A piece of the person being painted: linear colour, relief in units, occlusion 0..1 and gloss, pixel by pixel."""

    canvas: Canvas
    color: Field
    relief: Field
    shadow: Field
    gloss: Field

    @classmethod
    def of(cls, canvas: Canvas, color: Rgb, relief: Field) -> Patch:
        """One colour over a relief."""
        ones = np.ones(canvas.shape, np.float32)
        return cls(canvas, ones[..., None] * color, relief, ones, np.zeros_like(ones))

    def paint(self, color: Rgb, coverage: Field) -> None:
        """Mix in a colour where `coverage` is above 0."""
        self.color += coverage[..., None] * (color - self.color)

    def darken(self, coverage: Field, strength: float) -> None:
        """Keep light away: at coverage 1 only 1 - `strength` of it is left."""
        self.shadow *= 1 - strength * np.clip(coverage, 0, 1)

    def lit(self) -> Field:
        """R'G'B' (rows, columns, 3) 0..255 under the two lamps."""
        down, across = np.gradient(self.relief * self.canvas.scale)
        length = np.sqrt(across**2 + down**2 + 1)
        normal = np.stack((-across / length, -down / length, 1 / length), axis=-1)
        light = np.full_like(self.color, AMBIENT)
        for lamp in (KEY, FILL):
            light += np.clip((normal @ lamp.direction + WRAP) / (1 + WRAP), 0, None)[..., None] * lamp.color
        glance = KEY.direction + np.array((0, 0, 1))
        mirrored = np.clip(normal @ (glance / np.linalg.norm(glance)), 0, 1) ** 26
        seen = (self.color * light + (self.gloss * mirrored)[..., None]) * self.shadow[..., None] ** WARM_SHADE
        return np.asarray(255 * np.clip(seen, 0, 1) ** (1 / GAMMA), np.float32)


def linear(red: int, green: int, blue: int) -> Rgb:
    """R'G'B' 0..255 as linear light."""
    return (np.array((red, green, blue), np.float32) / 255) ** GAMMA


def spline(points: Points, *, closed: bool = False, steps: int = 12) -> NDArray[np.float32]:
    """A smooth line through the points (Catmull-Rom), as (n, 2) points."""
    given = np.asarray(points, np.float32)
    ends = (given[-1:], given[:2]) if closed else (2 * given[:1] - given[1:2], 2 * given[-1:] - given[-2:-1])
    padded = np.concatenate((ends[0], given, ends[1]))
    t = np.linspace(0, 1, steps, endpoint=False, dtype=np.float32)[:, None]
    pieces = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.concatenate(pieces if closed else [*pieces, given[-1:]]).astype(np.float32)


def outline(points: Points) -> list[tuple[float, float]]:
    """A smooth closed line through the points."""
    return [(x, y) for x, y in spline(points, closed=True).tolist()]


def mirrored(points: Points) -> list[tuple[float, float]]:
    """The right half of an outline, top to bottom, and its mirror image: a closed one."""
    return [*points, *((-x, y) for x, y in reversed(points) if x)]


def bump(x: Field, y: Field, center: tuple[float, float], spread: tuple[float, float]) -> Field:
    """A Gaussian hill of height 1."""
    return np.exp(-0.5 * (((x - center[0]) / spread[0]) ** 2 + ((y - center[1]) / spread[1]) ** 2)).astype(np.float32)


def capsule(
    x: Field, y: Field, start: tuple[float, float], end: tuple[float, float], radii: tuple[float, float]
) -> Field:
    """The height of a rounded rod lying in the plane, tapering between its radii; 0 beside it."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    aside = (x - start[0] - along * dx) ** 2 + (y - start[1] - along * dy) ** 2
    return np.sqrt(np.clip((radii[0] + along * (radii[1] - radii[0])) ** 2 - aside, 0, None)).astype(np.float32)


def edge(rod: Field, canvas: Canvas) -> Field:
    """The coverage of `capsule`s from their height, which climbs from 0 to sqrt(2 r d) within d units of the edge."""
    return np.asarray(np.clip(rod**2 * canvas.scale / (2 * max(float(rod.max()), 1)), 0, 1), np.float32)


def inflated(mask: Field, reach: float) -> Field:
    """A cushion over the mask, `reach` pixels from edge to top."""
    return np.asarray(reach * np.sqrt(np.clip(2 * blur(mask, reach) - 1, 0, 1) + 0.02), np.float32)


def blur(field: Field, reach: float) -> Field:
    """Three box averages, which is nearly a Gaussian of standard deviation `reach` pixels."""
    width = round(np.sqrt(4 * reach**2 + 1)) | 1
    for axis in (0, 1) * 3 if width > 1 else ():
        half = min(width // 2, field.shape[axis] - 1)
        padding = [(half + 1, half) if at == axis else (0, 0) for at in range(field.ndim)]
        sums = np.cumsum(np.pad(field, padding, mode="edge"), axis=axis, dtype=np.float64)
        field = np.take(sums, range(2 * half + 1, sums.shape[axis]), axis=axis)
        field -= np.take(sums, range(len(field) if axis == 0 else field.shape[1]), axis=axis)
        field = (field / (2 * half + 1)).astype(np.float32)
    return field


def _averaged(sheet: Image.Image) -> Field:
    """The sheet at the size of the picture, 0..1, (rows, columns, channels)."""
    pixels = np.asarray(sheet.reduce(SUPERSAMPLING), np.float32) / np.float32(255)
    return pixels if pixels.ndim == 3 else pixels[..., None]
