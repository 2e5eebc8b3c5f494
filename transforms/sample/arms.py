"""The arms: one hanging, one held up whose hand waves. Same units as the head."""

from __future__ import annotations

import numpy as np

from transforms.sample.look import Look
from transforms.sample.sketch import Canvas, Field, Patch, Points, bump, capsule, edge, inflated, outline, spline

FLOOR = 1300.0
"""Where the drawing ends; the picture does before."""
SHOULDER = (164.0, 410.0)
ELBOW = (222.0, 728.0)
WRIST = (236.0, 474.0)
"""Of the arm held up, which is the right-hand one in the picture."""


def upper_arms(canvas: Canvas, look: Look) -> tuple[Field, Field]:
    """The sleeves that belong to the body, the hanging arm whole: R'G'B' and coverage."""
    x, y = canvas.grid()
    rods = [
        capsule(x, y, SHOULDER, ELBOW, (60, 49)),
        capsule(x, y, (-SHOULDER[0], SHOULDER[1]), (-206, 620), (60, 53)),
        capsule(x, y, (-206, 620), (-218, 800), (53, 47)),
        capsule(x, y, (-218, 800), (-212, 1100), (47, 38)),
    ]
    rod = np.max(rods, axis=0)
    patch = Patch.of(canvas, look.jacket, 0.85 * rod + creases(np.abs(x), y))
    patch.color *= 1 + weave(canvas, 0.05)[..., None]
    return patch.lit(), edge(rod, canvas)


def forearm(canvas: Canvas, look: Look) -> tuple[Field, Field]:
    """The right-hand forearm held up with an open palm, from `ELBOW` to the finger tips: R'G'B' and coverage."""
    x, y = canvas.grid()
    sleeve = capsule(x, y, ELBOW, (WRIST[0], WRIST[1] + 26), (54, 37))
    cut = np.clip((y - (WRIST[1] + 30) + 0.05 * (x - WRIST[0])) * canvas.scale, 0, 1)
    skin_relief, skin = _hand(canvas)
    cloth = edge(sleeve, canvas) * cut
    patch = Patch.of(
        canvas, look.skin, np.where(cloth > 0.5, 0.9 * sleeve + creases(x, y), skin_relief).astype(np.float32)
    )
    _paint_palm(patch, look)
    cuff = np.clip((WRIST[1] + 40 - y) * canvas.scale, 0, 1)
    patch.darken(np.clip((y - WRIST[1]) / 30, 0, 1) * (1 - cut), 0.45)
    patch.paint(look.jacket, cut)
    patch.paint(look.shirt, cut * cuff)
    patch.color *= 1 + (cloth * weave(canvas, 0.05))[..., None]
    patch.darken(cloth * bump(x * 0, y, (0, WRIST[1] + 42), (1, 3)), 0.5)
    return patch.lit(), np.maximum(cloth, skin)


_FINGERS = (
    ((-29, -78), (-42, -142), (11.5, 9)),
    ((-10, -86), (-14, -164), (12, 9.5)),
    ((10, -85), (14, -158), (11.5, 9)),
    ((28, -76), (38, -132), (10.5, 8)),
    ((-34, -26), (-68, -84), (15, 9.5)),
)  # fmt: skip
"""Root, tip and radii of each finger about `WRIST`, little finger last but one; the thumb points to the head."""


def _hand(canvas: Canvas) -> tuple[Field, Field]:
    """The relief and the coverage of wrist, palm and fingers."""
    x, y = canvas.grid()
    x, y = x - np.float32(WRIST[0]), y - np.float32(WRIST[1])
    palm: Points = (
        (-28, 44),
        (-30, 6),
        (-40, -26),
        (-41, -62),
        (-30, -88),
        (0, -96),
        (28, -88),
        (40, -64),
        (38, -24),
        (29, 6),
        (28, 44),
    )
    shape = canvas.mask(outline([(WRIST[0] + px, WRIST[1] + py) for px, py in palm]))
    relief = 0.9 * inflated(shape, 9 * canvas.scale) / canvas.scale
    relief = (
        relief
        + 5 * bump(x, y, (-24, -26), (13, 24))
        + 4 * bump(x, y, (26, -28), (11, 24))
        - 3 * bump(x, y, (2, -44), (14, 20))
    )
    coverage = shape
    for root, tip, radii in _FINGERS:
        rod = capsule(x, y, root, tip, radii)
        relief = 2.5 * np.logaddexp(relief / 2.5, rod / 2.5)
        coverage = np.maximum(coverage, edge(rod, canvas))
    return relief.astype(np.float32), coverage.astype(np.float32)


def _paint_palm(patch: Patch, look: Look) -> None:
    """Creases, and the blood in the finger tips and the heel of the hand."""
    x, y = patch.canvas.grid()
    x, y = x - np.float32(WRIST[0]), y - np.float32(WRIST[1])
    for _, tip, _ in _FINGERS:
        patch.paint(look.blush, 0.4 * bump(x, y, tip, (11, 15)))
    patch.paint(look.blush, 0.3 * bump(x, y, (-24, -20), (16, 22)) + 0.25 * bump(x, y, (26, -26), (12, 24)))
    lines = (
        ((-38, -58), (-16, -64), (6, -54), (16, -36)),
        ((38, -66), (18, -70), (-6, -76), (-20, -88)),
        ((-30, -66), (-14, -44), (-10, -14), (-14, 2)),
    )  # fmt: skip
    strokes = [(spline([(WRIST[0] + px, WRIST[1] + py) for px, py in line]).tolist(), 1.8) for line in lines]
    for (rx, ry), (tx, ty), (radius, _) in _FINGERS[:4]:
        for share in (0.02, 0.38, 0.70):
            mx, my = WRIST[0] + rx + share * (tx - rx), WRIST[1] + ry + share * (ty - ry)
            strokes.append(([(mx - 0.7 * radius, my + 1), (mx, my - 0.5), (mx + 0.7 * radius, my + 1)], 1.5))
    patch.darken(patch.canvas.strokes(strokes, soft=0.9), 0.42)


def creases(x: Field, y: Field) -> Field:
    """Folds that run aslant where cloth is pulled: shallow hills, stretched."""
    chance = np.random.default_rng(5)
    folds = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.float32)
    for _ in range(34):
        cx, cy = chance.uniform(60, 290), chance.uniform(400, FLOOR)
        slope, reach = chance.normal(0.5, 0.35), chance.uniform(40, 110)
        across = (y - cy) - slope * (x - cx)
        folds += chance.normal(0, 3.6) * bump(x - cx, across, (0, 0), (reach, chance.uniform(6, 14)))
    return folds


def weave(canvas: Canvas, depth: float) -> Field:
    """The grain of woven cloth."""
    return np.random.default_rng(9).normal(0, depth, canvas.shape).astype(np.float32)
