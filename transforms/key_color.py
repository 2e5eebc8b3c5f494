"""Finding the key colour of a screen in a picture: which colour, and whether there is a screen at all.

Behind a person who is to be keyed, the screen reaches the edges, and along them it has one hue. So the strongest peak
of chroma is sought with the edges weighing most, the line of that hue is measured, the screen grown from it, and what
has grown is judged: enough of it, along the top and the sides, of one hue, and without as much again of nearly its hue
that would not join, which is how a room's wall differs from a screen. A typed colour only narrows the search.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.cells import BORDER, Cells
from transforms.effect import Color, EffectError
from transforms.picture import LUMA_WEIGHTS, Matrix, Picture
from transforms.shading import Growth, ShadingLine

WEAKEST_KEY = 12.0
"""Levels from grey. Below it noise and compression, 1 to 3 levels, are as large as the thresholds."""

CONE, LIT = 0.35, (0.4, 1.7)
"""How far from a typed colour its screen may lie: across over along, and in strength beside it."""

EDGE_WEIGHT, INNER_WEIGHT = 1.15, 0.15
"""What a cell of the edge weighs in the search, and one elsewhere."""

BINS, BASIN = 64, 14.0
"""The histogram's bins, 4 levels each, over Cb and Cr; and how far around its peak the mean is taken, in levels."""

LEAST_PICTURE, LEAST_EDGE = 0.04, 0.5
"""The shares of the picture, and of its upper edge, that must have grown."""

MOST_SPREAD = 0.06
"""The widest angle a screen's hue strays: 11 lit screens reach 0.045, rooms and walls begin at 0.065."""

MOST_ALIKE = 0.25
"""Lookalikes beside what has grown: screens reach 0.13, behind a veil; rooms begin at 0.25, most lie above 0.5."""

THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class KeyColor:
    """What was found. `line` is None, and `color` black, where nothing was.

    `similarity`: for ffmpeg's chromakey, the distance that takes in what strays of this screen. `confidence`: 0..1,
    THRESHOLD where it just suffices. `reasons`: what is missing, worst first; empty where `accepted`.
    """

    color: Color
    line: ShadingLine | None
    similarity: float
    confidence: float
    reasons: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Whether there is a screen of this colour."""
        return self.line is not None and self.confidence >= THRESHOLD


def find_key_color(
    cells: Cells, picture: Picture, *, seed: Color | None = None, exact: bool = False
) -> tuple[KeyColor, Growth]:
    """The key colour of a measured picture, near `seed` if one is given; and what has grown from it.

    `exact`: the seed itself is the key, and only what grows from it is measured.
    """
    growth = Growth(cells)
    typed = typed_key(seed, picture) if seed else None
    key = typed if exact else _peak(cells, typed)
    if key is None:
        return _nothing(_sought(seed)), growth
    line = ShadingLine.through(cells, key, _near_edge(cells, key))
    if line is None:
        return _nothing(f"{_sought(seed)} along the edges"), growth
    growth.grow(cells, line)
    settled = ShadingLine.through(cells, key, growth.is_screen)
    if settled is None:
        return _nothing(f"{_sought(seed)} in one patch"), growth
    confidence, reasons = judge(cells, growth, line)
    color = to_color(settled, picture)
    # The diagonal of the chroma plane is 1 to that filter; 5 deviations, and half the strength that light takes away.
    similarity = (5 * settled.noise + 0.25) * settled.strength / math.hypot(255, 255)
    return KeyColor(color, line, similarity, confidence, reasons), growth


def judge(cells: Cells, growth: Growth, line: ShadingLine) -> tuple[float, tuple[str, ...]]:
    """Confidence in what has grown, and what is missing below THRESHOLD, worst first."""
    screen = growth.is_screen
    seen = int(np.count_nonzero(screen)) / cells.count
    border = int(np.count_nonzero(screen[cells.border])) / max(1, int(np.count_nonzero(cells.border)))
    shares = (
        (line.strength / WEAKEST_KEY, "the colour is too grey"),
        (seen / LEAST_PICTURE, "too little of it"),
        (border / LEAST_EDGE, "the edges are uncovered"),
        (MOST_SPREAD / line.spread, "its hue strays too far"),
        (MOST_ALIKE * seen / max(growth.lookalikes(), 1e-6), "much else has its hue"),
    )
    worst = sorted((min(1.0, THRESHOLD * share), reason) for share, reason in shares)
    return worst[0][0], tuple(reason for share, reason in worst if share < THRESHOLD)


def typed_key(color: Color, picture: Picture) -> tuple[float, float]:
    """Its Cb and Cr about neutral in this picture's matrix and range."""
    _, cb, cr = picture.matrix.to_ycbcr(color, full_range=picture.full_range)
    return float(cb - 128), float(cr - 128)


def may_be(found: tuple[float, float], typed: tuple[float, float]) -> bool:
    """Whether a found key can be the typed one in some light."""
    size = typed[0] ** 2 + typed[1] ** 2
    near = (found[0] * typed[0] + found[1] * typed[1]) / size
    off = abs(found[0] * typed[1] - found[1] * typed[0]) / size
    return off < CONE * near and LIT[0] < near < LIT[1]


def to_color(line: ShadingLine, picture: Picture) -> Color:
    """The sRGB colour of a line's key: ITU-R BT.601 or BT.709, the inverse of `Matrix.to_ycbcr`."""
    luma_range, chroma_range = (255, 255) if picture.full_range else (219, 224)
    luma, cb, cr = (
        level / full for level, full in zip(line.seen, (luma_range, chroma_range, chroma_range), strict=True)
    )
    red_weight, blue_weight = LUMA_WEIGHTS[picture.matrix]
    red, blue = luma + (2 - 2 * red_weight) * cr, luma + (2 - 2 * blue_weight) * cb
    green = (luma - red_weight * red - blue_weight * blue) / (1 - red_weight - blue_weight)
    return Color(*(min(max(round(255 * part), 0), 255) for part in (red, green, blue)))


def require_strong(color: Color) -> None:
    """Refuse a typed colour that no screen can have.

    Raises:
        EffectError: it is too near to grey.
    """
    _, cb, cr = Matrix.BT601.to_ycbcr(color, full_range=False)
    if math.hypot(cb - 128, cr - 128) < WEAKEST_KEY:
        raise EffectError(
            f"color {color} is too grey for a chroma key: a screen is green, blue or of another strong colour"
        )


def _peak(cells: Cells, typed: tuple[float, float] | None) -> tuple[float, float] | None:
    """Cb and Cr about neutral where most of the saturated edge lies; None where nothing is saturated."""
    cb, cr = cells.moments[1].astype(np.float64), cells.moments[2].astype(np.float64)
    weights = np.where(cells.edge(BORDER), EDGE_WEIGHT, INNER_WEIGHT) * np.clip((np.hypot(cb, cr) - 8) / 16, 0, 1)
    if typed:
        size = typed[0] ** 2 + typed[1] ** 2
        near, off = (cb * typed[0] + cr * typed[1]) / size, np.abs(cb * typed[1] - cr * typed[0]) / size
        weights = weights * ((off < CONE * near) & (near > LIT[0]) & (near < LIT[1]))
    if not weights.any():
        return None
    counts, _, _ = np.histogram2d(cb, cr, bins=BINS, range=[[-128, 128]] * 2, weights=weights)
    kernel = np.array((1, 4, 6, 4, 1)) / 16
    smooth = sum(share * np.roll(counts, shift, axis=0) for share, shift in zip(kernel, range(-2, 3), strict=True))
    smooth = sum(share * np.roll(smooth, shift, axis=1) for share, shift in zip(kernel, range(-2, 3), strict=True))
    place = np.unravel_index(int(np.argmax(smooth)), counts.shape)
    width = 256 / BINS
    key = np.array(place) * width + width / 2 - 128
    for _ in range(5):
        inside = weights * (np.hypot(cb - key[0], cr - key[1]) < BASIN)
        if not inside.any():
            return None
        key = np.array((inside @ cb, inside @ cr)) / inside.sum()
    return float(key[0]), float(key[1])


def _near_edge(cells: Cells, key: tuple[float, float]) -> NDArray[np.bool_]:
    """The cells of the edge about as strong as the key and of about its hue."""
    size = key[0] ** 2 + key[1] ** 2
    cb, cr = cells.moments[1], cells.moments[2]
    along, across = (cb * key[0] + cr * key[1]) / size, (cb * key[1] - cr * key[0]) / size
    chosen: NDArray[np.bool_] = (along > 0.6) & (along < 1.5) & (np.abs(across) < 0.15) & cells.edge(BORDER)
    return chosen


def _sought(seed: Color | None) -> str:
    return f"no screen of {seed}" if seed else "no screen of one strong colour"


def _nothing(reason: str) -> KeyColor:
    return KeyColor(Color(0, 0, 0), None, 0.0, 0.0, (reason,))
