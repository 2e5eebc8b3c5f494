"""Long wavy hair, strand by strand: what keyers find hard.

Strands are grouped in locks that wave together; within a lock they part a little, and some leave it altogether. Each is
thinner than a pixel, so the outline is what it is before a camera: mostly half transparent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from transforms.sample.look import Look
from transforms.sample.sketch import Canvas, Field, Strand, spline

PARTING = 16.0
"""Where the hair is parted, right of the middle."""


def front_hair(canvas: Canvas, look: Look, seed: int) -> tuple[Field, Field]:
    """What falls from the parting beside the face and over the shoulders: R'G'B' and coverage."""
    return canvas.strands(_locks(np.random.default_rng(seed), look, count=150, strands=16, back=False))


def back_hair(canvas: Canvas, look: Look, seed: int) -> tuple[Field, Field]:
    """What lies behind the neck, and the stray hairs all around: R'G'B' and coverage."""
    chance = np.random.default_rng(seed)

    def strands() -> Iterator[Strand]:
        yield from _strays(chance, look, count=420)
        yield from _locks(chance, look, count=120, strands=16, back=True)

    return canvas.strands(strands())


def _locks(chance: Generator, look: Look, *, count: int, strands: int, back: bool) -> Iterator[Strand]:
    """Locks from the outermost and hindmost to the foremost."""
    for depth in np.linspace(1, 0, count // 2):
        for side in (-1, 1):
            guide = _guide(chance, side, float(depth), back=back)
            tone = float(np.clip(chance.normal(0.42, 0.16), 0.05, 0.95))
            wave = (chance.uniform(9, 16), chance.uniform(0, 6.3), chance.uniform(2.2, 3.0))
            for _ in range(strands):
                yield _strand(chance, look, guide, wave, tone=tone, spread=7.0, dim=0.45 if back else 1 - 0.45 * depth)


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


def _strand(
    chance: Generator,
    look: Look,
    guide: Field,
    wave: tuple[float, float, float],
    *,
    tone: float,
    spread: float,
    dim: float,
) -> Strand:
    """One hair of a lock: it follows the guide at its own distance, waving with the lock."""
    along = np.linspace(0, 1, len(guide), dtype=np.float32)
    height, phase, turns = wave
    own = chance.normal(0, spread)
    swing = height * along**1.2 * np.sin(phase + 6.28 * turns * along + chance.normal(0, 0.25))
    aside = own * (0.3 + 0.8 * np.sin(3.1 * along)) + swing
    points = guide + np.stack((aside, 0.35 * aside * (1 - along)), axis=1).astype(np.float32)
    points = points[: max(6, int(len(points) * chance.uniform(0.86, 1)))]
    shade = tone + chance.normal(0, 0.12) + 0.55 * dim * _shine(along, swing, chance)
    taper = np.clip(4 * (along[len(points) - 1] - along), 0.25, 1)
    return Strand(points, _colors(look, np.clip(shade, 0, 1), dim), chance.uniform(0.8, 1.7) * taper)


def _strays(chance: Generator, look: Look, *, count: int) -> Iterator[Strand]:
    """Single hairs that stand off the outline."""
    for _ in range(count):
        side = int(chance.choice((-1, 1)))
        guide = _guide(chance, side, float(chance.uniform(0.5, 1)), back=False)
        away = np.linspace(0, 1, len(guide), dtype=np.float32)
        lift = chance.gamma(2.0, 6.5) * away**0.7 * np.sin(0.6 + 2.2 * away)
        guide = guide + np.stack((side * lift, -0.5 * lift * (1 - away)), axis=1).astype(np.float32)
        wave = (chance.uniform(3, 10), chance.uniform(0, 6.3), chance.uniform(1, 2.5))
        hair = _strand(chance, look, guide, wave, tone=0.55, spread=4.0, dim=1.0)
        yield replace(hair, widths=0.55 * hair.widths)


def _shine(along: Field, swing: Field, chance: Generator) -> Field:
    """Where light glances off a hair: a band around the crown, and the crests of the waves."""
    crown = np.exp(-0.5 * ((along - 0.25 - chance.normal(0, 0.02)) / 0.06) ** 2)
    crests = np.clip(np.gradient(swing) / 3, 0, 1) * (along > 0.4)
    return np.asarray(crown + 0.6 * crests)


def _colors(look: Look, tone: Field, dim: float) -> Field:
    dark, light = np.array(look.hair, np.float32)
    return np.asarray((dark + tone[:, None] * (light - dark)) * (0.4 + 0.6 * dim))
