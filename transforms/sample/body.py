"""Neck, shirt and jacket. Same units as the head."""

from __future__ import annotations

import numpy as np

from transforms.sample.arms import FLOOR, creases, upper_arms, weave
from transforms.sample.look import Look
from transforms.sample.sketch import Canvas, Field, Patch, Points, blur, bump, linear, mirrored, spline

TRUNK: Points = (
    (0, 292), (52, 292), (70, 312), (116, 331), (158, 346), (190, 372), (202, 420),
    (196, 500), (183, 580), (176, 650), (178, 740), (188, 860), (196, FLOOR),
)  # fmt: skip
"""The jacket's outline without sleeves, collar to floor, right half."""
OPENING: Points = ((0, 282), (54, 286), (70, 320), (64, 400), (50, 500), (26, 610), (8, 690), (0, 700))
"""Where the jacket lies open over the shirt."""


def torso(canvas: Canvas, look: Look) -> tuple[Field, Field]:
    """Neck, shirt and jacket down to the floor: R'G'B' and coverage."""
    x, y = canvas.grid()
    cloth, skin = canvas.mask(mirrored(_dense(TRUNK))), canvas.mask(mirrored(_dense(_NECK)), soft=0.5)
    neckline = canvas.mask(mirrored(_dense(_NECKLINE)), soft=0.8)
    opening = canvas.mask(mirrored(_dense(OPENING)), soft=0.6)
    patch = Patch.of(canvas, look.jacket, _relief(x, y, canvas))
    patch.color *= 1 + weave(canvas, 0.05)[..., None]
    patch.darken(blur(opening, 5 * canvas.scale), 0.5)
    patch.paint(look.shirt, opening)
    patch.shadow += opening * (1 - patch.shadow) * 0.75
    _paint_shirt(patch, x, y, opening)
    _paint_lapels(patch, look)
    bare = np.clip(skin * (1 - cloth) + neckline, 0, 1)
    patch.paint(look.skin, bare)
    patch.shadow += bare * (1 - patch.shadow)
    _paint_neck(patch, x, y, bare)
    arms, sleeves = upper_arms(canvas, look)
    coverage = np.maximum(np.maximum(cloth, skin), sleeves)
    sleeves = sleeves * np.maximum(1 - cloth, np.clip((y - 380 + 0.9 * (np.abs(x) - 150)) / 40, 0, 1))
    patch.darken(blur(sleeves, 7 * canvas.scale), 0.6)
    trunk = patch.lit()
    return trunk + sleeves[..., None] * (arms - trunk), coverage


_NECK: Points = ((0, 200), (56, 205), (55, 250), (58, 285), (66, 316), (88, 345), (90, 400), (0, 410))
_NECKLINE: Points = ((0, 240), (50, 262), (54, 296), (47, 330), (28, 366), (0, 382))


def _relief(x: Field, y: Field, canvas: Canvas) -> Field:
    """Neck and chest, rounded off at the shoulders, and the folds of the cloth."""
    edge = np.array(_dense(TRUNK)[:-12])
    edge = edge[: int(np.argmax(edge[:, 0])) + 1]
    top = np.interp(np.abs(x), edge[:, 0], edge[:, 1])
    width = np.interp(y, *np.array(_dense(TRUNK)).T[::-1]) + 6
    fall = np.sqrt(np.clip(1 - (1 - np.clip((y - top) / 80, 0, 1)) ** 2, 0.01, 1))
    chest = 105 * fall * np.sqrt(np.clip(1 - (x / np.maximum(width, 120)) ** 2, 0.02, 1))
    chest = chest + 12 * fall * bump(np.abs(x), y, (74, 500), (48, 60))
    neck = 60 * np.sqrt(np.clip(1 - (x / 74) ** 2, 0.02, 1))
    share = np.clip((y - 300) / 60, 0, 1)
    mixed = chest * share + np.maximum(neck, 0.7 * chest) * (1 - share)
    return blur(mixed + creases(np.abs(x), y), 3 * canvas.scale)


def _paint_shirt(patch: Patch, x: Field, y: Field, opening: Field) -> None:
    """A button row and soft folds."""
    patch.darken(opening * patch.canvas.stroke([(3, 380), (3, 700)], 1.6, soft=0.8), 0.28)
    for at in range(410, 700, 62):
        patch.darken(opening * bump(x, y, (-3, at + 1.5), (4, 4)), 0.25)
        patch.paint(linear(222, 214, 200), opening * np.clip(3.6 - np.hypot(x + 4, y - at), 0, 1))
    for shift, depth in ((-24, 0.18), (22, 0.14), (38, 0.2)):
        patch.darken(opening * bump(x + 0.08 * (y - 450), y, (shift, 470), (4, 90)), depth)


def _paint_lapels(patch: Patch, look: Look) -> None:
    """The lapels: lighter faces, a notch, a shadow beneath."""
    canvas = patch.canvas
    x, y = canvas.grid()
    for side in (-1, 1):
        lapel: Points = (
            (58, 296),
            (82, 306),
            (112, 372),
            (138, 392),
            (122, 420),
            (118, 500),
            (84, 590),
            (30, 672),
            (14, 690),
            (34, 600),
            (56, 490),
            (68, 390),
            (70, 330),
        )
        shape = [(side * px, py) for px, py in lapel]
        face = canvas.mask(shape, soft=0.6)
        patch.darken(np.clip(blur(face, 6 * canvas.scale) - face, 0, 1), 0.7)
        patch.paint(1.22 * look.jacket, 0.9 * face)
        patch.shadow += face * (1 - patch.shadow) * 0.8
        patch.darken(canvas.stroke([(side * 76, 398), (side * 138, 392)], 1.8, soft=0.6), 0.5)
        patch.darken(canvas.stroke([*shape, shape[0]], 1.6, soft=0.7), 0.3)
    patch.darken(canvas.stroke([(6, 690), (10, 900), (14, FLOOR)], 3, soft=1.2), 0.5)
    for at in (730, 850):
        patch.paint(linear(30, 26, 26), np.clip(9 - np.hypot(x, y - at), 0, 1))


def _paint_neck(patch: Patch, x: Field, y: Field, bare: Field) -> None:
    """The head's shadow, the sinews, the collar bones."""
    patch.darken(bare * np.clip(1.15 * bump(x, y, (6, 255), (66, 34)), 0, 1), 0.62)
    patch.darken(bare * bump(np.abs(x), y, (58, 290), (9, 60)), 0.4)
    patch.darken(bare * bump(np.abs(x) - 0.35 * (330 - y), y, (6, 320), (4, 30)), 0.14)
    patch.darken(bare * bump(x, y, (0, 345), (5, 9)), 0.25)
    grain = np.random.default_rng(3).normal(0, 0.012, patch.canvas.shape).astype(np.float32)
    patch.color *= 1 + (bare * grain)[..., None]


def _dense(points: Points) -> list[tuple[float, float]]:
    return [(max(0.0, x), y) for x, y in spline(points).tolist()]
