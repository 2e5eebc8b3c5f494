"""The face: a relief with features painted on it. The crown is y 0, the chin 267, the eyes lie at 139."""

from __future__ import annotations

import numpy as np

from transforms.sample.look import Look
from transforms.sample.sketch import Canvas, Field, Patch, Points, bump, linear, mirrored, outline, spline

FACE: Points = (
    (0, -2), (46, 6), (76, 28), (91, 60), (97, 100), (96, 140), (93, 166),
    (87, 190), (77, 213), (63, 234), (45, 251), (24, 263), (0, 267),
)  # fmt: skip
"""The right half of the face's outline, crown to chin."""
EYE = (40.0, 139.0)
"""The middle of the right-hand eye; the other mirrors it."""
EYE_OUTLINE: Points = ((-19, 4), (-12, -3), (-1, -7), (10, -6), (20, 0), (11, 6), (0, 8), (-11, 7))
"""About `EYE`, from the inner corner over the top: an almond, its outer corner a little higher."""
LID_HINGE = EYE[1] - 10
"""Where a closing lid comes down from."""


def head(canvas: Canvas, look: Look) -> tuple[Field, Field]:
    """The bare head with open eyes: R'G'B' and coverage."""
    x, y = canvas.grid()
    face = outline(mirrored(FACE))
    patch = Patch.of(canvas, look.skin, _relief(x, y))
    _paint_skin(patch, x, y, look)
    for side in (-1, 1):
        _paint_eye(patch, side, look)
        _paint_brow(patch, side, look)
    _paint_mouth(patch, look)
    coverage = np.maximum(canvas.mask(face, soft=0.7), canvas.mask(_ear(1)) + canvas.mask(_ear(-1)))
    return patch.lit(), coverage


def lids(canvas: Canvas, look: Look) -> tuple[Field, Field]:
    """Closed lids with their lashes, to be let down from `LID_HINGE`: R'G'B' and coverage."""
    x, y = canvas.grid()
    patch = Patch.of(canvas, look.skin, _relief(x, y))
    _paint_skin(patch, x, y, look)
    patch.darken(canvas.strokes((_about_eye(side, EYE_OUTLINE[1:4]), 3.0) for side in (-1, 1)), 0.35)
    coverage = np.zeros(canvas.shape, np.float32)
    for side in (-1, 1):
        lower = _about_eye(side, (EYE_OUTLINE[0], *reversed(EYE_OUTLINE[5:]), EYE_OUTLINE[4]))
        patch.paint(linear(28, 18, 16), canvas.stroke(spline(lower).tolist(), 3.2, soft=0.5))
        lid = _about_eye(side, [(1.12 * ex, 1.25 * ey + 1.5) for ex, ey in EYE_OUTLINE])
        coverage = np.maximum(coverage, canvas.mask(outline(lid), soft=0.6))
    return patch.lit(), coverage


def glasses(canvas: Canvas) -> tuple[Field, Field]:
    """Thin tortoiseshell frames with faintly shining lenses: R'G'B' and coverage."""
    x, y = canvas.grid()
    rims = [outline([(side * (EYE[0] + 2 + rx), EYE[1] + 3 + ry) for rx, ry in _RIM]) for side in (-1, 1)]
    bridge = spline([(-12, 138), (0, 133), (12, 138)]).tolist()
    temples = [spline([(side * 74, 131), (side * 86, 130), (side * 97, 134)]).tolist() for side in (-1, 1)]
    wire = canvas.strokes(
        [*(([*rim, *rim[:2]], 3.6) for rim in rims), (bridge, 3.4), *((line, 3.6) for line in temples)]
    )
    lens = np.maximum(*(canvas.mask(rim) for rim in rims))
    shine = lens * (
        0.05 + 0.16 * bump(x + 0.8 * y, y * 0, (70, 0), (9, 1)) + 0.12 * bump(x + 0.8 * y, y * 0, (152, 0), (9, 1))
    )
    relief = wire * 2.5
    patch = Patch.of(canvas, linear(225, 232, 240), relief.astype(np.float32))
    patch.paint(linear(58, 34, 24), np.clip(wire * 3, 0, 1))
    patch.gloss += 0.5 * wire
    return patch.lit(), np.maximum(wire, shine * (1 - wire)).astype(np.float32)


_RIM: Points = ((-28, -17), (0, -20), (27, -17), (31, -4), (25, 17), (2, 23), (-22, 18), (-30, 0))


def _relief(x: Field, y: Field) -> Field:
    """The face's height over the plane of the ears, in units."""
    half = spline(FACE)
    width = np.interp(y, half[:, 1], half[:, 0]).astype(np.float32) + 3
    depth = 96 * np.sqrt(np.clip(1 - ((y - 132) / 150) ** 2, 0.02, 1))
    z = depth * np.sqrt(np.clip(1 - (x / width) ** 2, 0.004, 1))
    x = np.abs(x)
    z += 5 * bump(x, y, (36, 111), (26, 9)) - 10 * bump(x, y, (39, 133), (21, 13)) + 6 * bump(x, y, (40, 139), (16, 11))
    z += 7 * bump(x, y, (54, 172), (22, 22)) - 3 * bump(x, y, (60, 212), (16, 20))
    ridge = np.interp(y, (112, 135, 160, 181, 190, 199, 207), (0, 6, 13, 21, 18, 6, 0)).astype(np.float32)
    z += ridge * np.exp(-0.5 * (x / np.interp(y, (120, 150, 184), (7.5, 8, 11)).astype(np.float32)) ** 2)
    z += 8 * bump(x, y, (14, 188), (6, 6.5)) - 2.5 * bump(x, y, (27, 196), (6, 14))
    z += 6 * bump(x, y, (7, 213), (16, 5)) + 8 * bump(x, y, (0, 226), (17, 5.5)) - 2 * bump(x, y, (0, 205), (4, 6))
    return np.asarray(z - 4 * bump(x, y, (0, 236), (18, 5)) + 9 * bump(x, y, (0, 251), (19, 11)), np.float32)


def _paint_skin(patch: Patch, x: Field, y: Field, look: Look) -> None:
    """Blood under the skin, its gloss, and the shadows that features and hair cast on it."""
    side = np.abs(x)
    patch.paint(look.blush, 0.34 * bump(side, y, (52, 176), (20, 16)) + 0.22 * bump(x, y, (0, 184), (13, 10)))
    patch.paint(look.blush, 0.12 * bump(x, y, (0, 250), (20, 10)))
    patch.gloss += 0.10 * bump(x, y, (0, 85), (44, 26)) + 0.16 * bump(x, y, (-2, 176), (6, 14)) + 0.05
    patch.darken(bump(side, y, (9.5, 195), (4.2, 2.2)), 0.62)
    patch.darken(bump(x, y, (5, 199), (14, 4)), 0.12)
    patch.darken(bump(side, y, (21, 190), (2.2, 7)), 0.16)
    patch.darken(bump(x, y, (0, 237), (17, 4)), 0.16)
    patch.darken(bump(side, y, (22, 131), (8, 12)), 0.20)
    patch.darken(bump(side, y, (40, 126), (23, 6)), 0.16)
    patch.darken(bump(side, y, (104, 140), (16, 90)), 0.55)
    patch.darken(bump(x, y, (0, 12), (80, 22)), 0.45)
    grain = np.random.default_rng(7).normal(0, 0.012, patch.canvas.shape).astype(np.float32)
    patch.color *= 1 + grain[..., None]


def _paint_eye(patch: Patch, side: int, look: Look) -> None:
    canvas = patch.canvas
    x, y = canvas.grid()
    shape = canvas.mask(outline(_about_eye(side, EYE_OUTLINE)), soft=0.5)
    cx, cy = side * EYE[0] - 0.5, EYE[1] - 0.5
    away = np.sqrt((x - cx) ** 2 + (y - cy) ** 2)
    patch.paint(linear(212, 202, 196), shape)
    patch.paint(linear(196, 128, 116), shape * bump(x, y, (side * (EYE[0] - 18), EYE[1] + 3), (4, 4)))
    iris = shape * np.clip((9.9 - away) / 1.2, 0, 1)
    patch.paint(0.35 * look.iris, iris)
    patch.paint(look.iris, iris * np.clip((8.6 - away) / 1.6, 0, 1) * (0.45 + 0.55 * np.clip((y - cy + 5) / 10, 0, 1)))
    patch.paint(linear(12, 9, 9), shape * np.clip((4.3 - away) / 1.0, 0, 1))
    patch.darken(shape * np.clip((EYE[1] - 2 - y) / 7, 0, 1), 0.6)
    upper = spline(_about_eye(side, (*EYE_OUTLINE[:4], (21, -1), (23.5, -2.8)))).tolist()
    lower = spline(_about_eye(side, (EYE_OUTLINE[0], *reversed(EYE_OUTLINE[5:]), EYE_OUTLINE[4]))).tolist()
    crease = spline(_about_eye(side, ((-17, -6), (-8, -13), (3, -15.5), (14, -12), (22, -5)))).tolist()
    patch.darken(canvas.stroke(crease, 2.0, soft=0.8), 0.34)
    patch.paint(linear(96, 52, 44), 0.35 * canvas.stroke(lower, 1.6, soft=0.6))
    patch.paint(linear(22, 14, 13), canvas.stroke(upper, 3.2, soft=0.5))
    glint = np.clip((2.5 - np.sqrt((x - cx + 3) ** 2 + (y - cy + 3.4) ** 2)) / 1.2, 0, 1)
    patch.paint(linear(255, 255, 255) * 2.2, shape * glint)


def _paint_brow(patch: Patch, side: int, look: Look) -> None:
    """A brow of single hairs that turn outwards along it."""
    chance = np.random.default_rng(11 + side)
    arch = spline([(17, 119), (28, 111), (44, 107), (58, 110), (69, 118)], steps=20)
    hairs = []
    for _ in range(150):
        share = chance.random()
        at = arch[int(share * (len(arch) - 1))] + chance.normal(0, (1.0, 2.0 - 1.2 * share))
        length, lean = 8 - 2 * share, 0.5 - 1.15 * share + chance.normal(0, 0.12)
        tip = at + length * np.array((np.cos(lean), -np.sin(lean)))
        hairs.append(([(side * at[0], at[1]), (side * tip[0], tip[1])], 0.9))
    patch.paint(look.brow, np.clip(0.9 * patch.canvas.strokes(hairs, soft=0.5), 0, 1))


def _paint_mouth(patch: Patch, look: Look) -> None:
    canvas = patch.canvas
    x, y = canvas.grid()
    upper = mirrored([(0, 211), (7, 209), (20, 211.5), (37, 214), (24, 218.5), (9, 219.5), (0, 220.5)])
    lower = mirrored([(0, 220), (10, 219.5), (24, 218.5), (37, 214.5), (27, 225), (13, 230), (0, 231)])
    patch.paint(look.lips, 0.85 * canvas.mask(outline(upper), soft=0.9))
    patch.paint(look.lips, 0.75 * canvas.mask(outline(lower), soft=1.0))
    patch.darken(canvas.mask(outline(upper), soft=1.2), 0.16)
    patch.gloss += 0.22 * bump(x, y, (-5, 226), (9, 2.6))
    between = spline([(-41, 211.5), (-34, 215), (-20, 218.5), (0, 220.5), (20, 218.5), (34, 215), (41, 211.5)]).tolist()
    patch.paint(linear(74, 24, 24), 0.85 * canvas.stroke(between, 1.7, soft=0.6))
    patch.darken(bump(np.abs(x), y, (43, 212), (4, 5)), 0.22)


def _about_eye(side: int, points: Points) -> list[tuple[float, float]]:
    return [(side * (EYE[0] + x), EYE[1] + y) for x, y in points]


def _ear(side: int) -> list[tuple[float, float]]:
    ear: Points = ((90, 132), (99, 125), (107, 130), (107, 150), (102, 168), (96, 178), (90, 174))
    return outline([(side * x, y) for x, y in ear])
