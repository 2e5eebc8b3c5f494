"""Long wavy hair, strand by strand: what keyers find hard.

Strands are grouped in locks that wave together; within a lock they part a little, and some leave it altogether. Each is
thinner than a pixel, so the outline is what it is before a camera: mostly half transparent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.random import Generator

from transforms.sample.look import Look
from transforms.sample.sketch import Canvas, Field, Strand, spline

STRANDS = 16
"""Of a lock, from one pixel a unit on; smaller pictures get fewer and thicker ones, at least `FEWEST_STRANDS`."""
FEWEST_STRANDS = 6
LOOSE = 34
"""Single hairs that leave the outline altogether, where they are asked for."""
PARTING = 16.0
"""Where the hair is parted, right of the middle."""


def front_hair(canvas: Canvas, look: Look, seed: int) -> tuple[Field, Field]:
    """What falls from the parting beside the face and over the shoulders: R'G'B' and coverage."""
    return canvas.strands(_locks(canvas, np.random.default_rng(seed), look, count=150, back=False))


def back_hair(canvas: Canvas, look: Look, seed: int) -> tuple[Field, Field]:
    """What lies behind the neck, and the stray hairs all around: R'G'B' and coverage."""
    chance = np.random.default_rng(seed)
    return canvas.strands(chain(_strays(chance, look, count=420), _locks(canvas, chance, look, count=120, back=True)))


def loose_hair(canvas: Canvas, look: Look, seed: int) -> tuple[Field, Field]:
    """Single dark hairs that stand far off, each alone before the screen: R'G'B' and coverage."""
    return canvas.strands(_loose(np.random.default_rng((seed, 3)), look))


def _locks(canvas: Canvas, chance: Generator, look: Look, *, count: int, back: bool) -> Iterator[Strand]:
    """Locks from the outermost and hindmost to the foremost."""
    strands = min(max(round(STRANDS * canvas.scale), FEWEST_STRANDS), STRANDS)
    for depth in np.linspace(1, 0, count // 2):
        for side in (-1, 1):
            guide = _guide(chance, side, float(depth), back=back)
            lock = _Lock(
                height=chance.uniform(9, 16),
                phase=chance.uniform(0, 2 * np.pi),
                turns=chance.uniform(2.2, 3.0),
                spread=7.0,
                tone=float(np.clip(chance.normal(0.42, 0.16), 0.05, 0.95)),
                light=0.67 if back else 1 - 0.27 * float(depth),
            )
            for strand in lock.strands(chance, look, guide, count=strands):
                yield replace(strand, widths=STRANDS / strands * strand.widths)


def _guide(chance: Generator, side: int, depth: float, *, back: bool) -> Field:
    """The middle of a lock: from the parting over the skull, past the temple, to its tip."""
    reach = chance.uniform(0, 1) if back else depth
    tip = chance.uniform(60, 150) if back else 92 + 62 * reach + chance.normal(0, 9)
    end = chance.uniform(330, 430) if back else 300 + 120 * chance.random()
    points = [
        (PARTING + side * 2, 32 - 54 * reach),
        (PARTING * 0.5 + side * (52 + 12 * reach), 24 - 37 * reach),
        (side * (90 + 25 * reach), 84 - 26 * reach),
        (side * (97 + 32 * reach), 160),
        (side * (99 + 40 * reach), 240),
        (side * tip, end),
    ]
    if back:
        points[3:5] = [(side * (40 + 90 * reach), 160), (side * (40 + 100 * reach), 240)]
    return spline(points, steps=7)


def _strays(chance: Generator, look: Look, *, count: int) -> Iterator[Strand]:
    """Single hairs that stand off the outline."""
    for _ in range(count):
        side = int(chance.choice((-1, 1)))
        guide = _guide(chance, side, float(chance.uniform(0.5, 1)), back=False)
        away = np.linspace(0, 1, len(guide), dtype=np.float32)
        lift = chance.gamma(2.0, 6.5) * away**0.7 * np.sin(0.6 + 2.2 * away)
        guide = guide + np.stack((side * lift, -0.5 * lift * (1 - away)), axis=1)
        height, phase, turns = chance.uniform((3, 0, 1), (10, 2 * np.pi, 2.5))
        stray = _Lock(height=height, phase=phase, turns=turns, spread=4.0, tone=0.55, light=1.0)
        for strand in stray.strands(chance, look, guide, count=1):
            yield replace(strand, widths=0.55 * strand.widths)


def _loose(chance: Generator, look: Look) -> Iterator[Strand]:
    """Hairs of the darkest tone that swing out from the outline and hang free of it."""
    for index in range(LOOSE):
        guide = _guide(chance, index % 2 * 2 - 1, float(chance.uniform(0.7, 1)), back=False)
        away = np.linspace(0, 1, len(guide), dtype=np.float32)[:, None]
        lift = chance.uniform(14, 62) * np.sin(np.pi * away**1.3) * np.sign(guide[:, :1])
        points = spline((guide + lift * (1, -0.15)).tolist(), steps=3)
        colors = np.tile(np.array(look.hair[0], np.float32), (len(points), 1))
        yield Strand(points, colors, np.full(len(points), chance.uniform(0.7, 1.5), np.float32))


@dataclass(frozen=True, slots=True)
class _Lock:
    """What strands share: their wave (units, radians, turns along it), how far they part, tone and light."""

    height: float
    phase: float
    turns: float
    spread: float
    tone: float
    light: float

    def strands(self, chance: Generator, look: Look, guide: Field, *, count: int) -> Iterator[Strand]:
        """Strands along the guide, each at its own distance, of its own length, tone and width."""
        along = np.linspace(0, 1, len(guide), dtype=np.float32)
        own, jitter, shade, shift = chance.normal(0, ((self.spread,), (0.25,), (0.12,), (0.02,)), (4, count))[..., None]
        swing = self.height * along**1.2 * np.sin(self.phase + 2 * np.pi * self.turns * along + jitter)
        aside = own * (0.3 + 0.8 * np.sin(3.1 * along)) + swing
        points = guide + np.stack((aside, 0.35 * aside * (1 - along)), axis=-1)
        crown = np.exp(-0.5 * ((along - 0.25 - shift) / 0.06) ** 2)
        crests = np.clip(np.gradient(swing, axis=1) / 3, 0, 1) * (along > 0.4)
        tone = np.clip(self.tone + shade + 0.55 * self.light * (crown + 0.6 * crests), 0, 1)[..., None]
        dark, light = np.array(look.hair, np.float32)
        colors = (dark + tone * (light - dark)) * self.light
        lengths = (len(guide) * chance.uniform(0.86, 1, count)).astype(int)
        for index, (length, width) in enumerate(zip(lengths, chance.uniform(0.8, 1.7, count), strict=True)):
            taper = np.clip(4 * (along[length - 1] - along[:length]), 0.25, 1)
            yield Strand(points[index, :length], colors[index, :length], width * taper)
