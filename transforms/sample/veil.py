"""A gauze veil that hangs from the crown over the shoulders: cloth that is half transparent wherever it is."""

from __future__ import annotations

import numpy as np

from transforms.sample.sketch import Canvas, Field, Patch, Points, linear, mirrored, spline

GAUZE = linear(226, 214, 220)
THINNEST, DENSEST = 0.22, 0.62
"""Coverage of a single layer held up to the light, and of its deepest fold."""
HEM = 5.0
"""Units of the border's width, which is woven closer."""
FOLDS = 11

_OUTLINE: Points = (
    (0, -34), (52, -27), (104, 4), (140, 62), (160, 140), (186, 230), (222, 320), (262, 404), (250, 436),
    (196, 448), (120, 440), (0, 430),
)  # fmt: skip
"""The right half, crown to hem; it lies behind the head, so that only what stands off the hair is seen."""


def veil(canvas: Canvas) -> tuple[Field, Field]:
    """The veil: R'G'B' and coverage."""
    line = [(px, py) for px, py in spline(_OUTLINE).tolist()]
    shape = canvas.mask(mirrored(line), soft=0.6)
    inner = canvas.mask(mirrored([(px * (1 - HEM / 262), py - HEM * (py > 300)) for px, py in line]), soft=0.6)
    folds = _folds(canvas)
    coverage = shape * (THINNEST + (DENSEST - THINNEST) * folds)
    coverage = np.maximum(coverage, 0.8 * np.clip(shape - inner, 0, 1))
    return Patch.of(canvas, GAUZE, 14 * folds).lit(), coverage.astype(np.float32)


def _folds(canvas: Canvas) -> Field:
    """How deep in a fold, 0..1: folds fan out from the crown and wander a little."""
    x, y = canvas.grid()
    chance = np.random.default_rng(13)
    across = x / (90 + 0.42 * np.clip(y + 40, 0, None)) + 0.03 * np.sin(y / 70)
    depth = np.zeros(canvas.shape, np.float32)
    for _ in range(FOLDS):
        place, width, deep = chance.uniform((-1.1, 0.03, 0.35), (1.1, 0.10, 1.0))
        depth += deep * np.exp(-(((across - place) / width) ** 2)).astype(np.float32)
    return np.clip(depth, 0, 1)
