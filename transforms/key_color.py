"""Finding the key colour of a screen in a picture: which colour, and whether there is a screen at all.

Behind a person who is to be keyed, the screen reaches the edges, and along them it has one hue. So the strongest peaks
of chroma are sought with the edges weighing most, the line of each hue is measured, the screen grown from it, and what
has grown is judged: enough of it, along the top and the sides, of one hue and one light, without much else of nearly
its hue that would not join, which is how a room's wall differs from a screen, and without the person wearing it. A
typed colour only narrows the search.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transforms.cells import BORDER, Cells
from transforms.effect import Color, EffectError
from transforms.kernels.search import BINS, seek
from transforms.picture import LUMA_WEIGHTS, Matrix, Picture
from transforms.shading import Growth, ShadingLine, Surface, Survey

WEAKEST_KEY = 12.0
"""Levels from grey. Below it noise and compression, 1 to 3 levels, are as large as the thresholds."""

CONE, LIT = 0.35, (0.4, 1.7)
"""How far from a typed colour its screen may lie: across over along, and in strength beside it."""

SHARES = np.array((0.15, 1.15), np.float32)
"""What a cell weighs in the search, and one of the edge."""

PEAKS = 3
"""Hues that are tried, the strongest first: where a face fills the picture, it outweighs the screen."""

SKIN = (115.0, 128.0, 150.0, 160.0), (56.0, 56.0, 30.0, 30.0)
"""Hues, degrees from Cb to Cr, and the strength, levels, that a screen of each needs: skin of all shades lies at 130 to
145 and 20 to 40, and what is no stronger takes it for a shade of itself."""

LEAST_PICTURE = 0.04
"""The share of the picture that must have grown."""

LEAST_KNOWN = 0.01
"""That share once the screen was found."""

LEAST_BORDER, LEAST_FLAT_BORDER, LEAST_SIDE = 0.5, 0.15, 0.2
"""The shares of top and upper sides together that must have grown, the second for the flattest, and of each side."""

FLAT_STRAYED, FLAT_EXCESS = (0.02, 0.04), (0.05, 0.1)
"""A screen is flat whose hue and light stray no more than the first, and not flat from the second on. Screens in close-
ups stray by 0.02 and 0.05; the coloured walls of rooms by 0.015 and 0.1, or 0.045 and more."""

LEAST_FLAT = 0.5
"""How flat a screen must be that is not of the picture's strongest hue."""

MOST_STRAYED, MOST_EXCESS = 0.052, 0.2
"""The widest that hue and light stray: lit screens reach 0.043 and 0.15; rooms begin at 0.06 in the one or 0.25 in the
other, and mostly in both."""

BEND = 0.2
"""How much of the hue's spread over the whole picture counts: a screen between a window and a lamp has 0.1 of it."""

MOST_ALIKE = 0.25
"""Lookalikes beside what has grown: screens reach 0.13, behind a veil; rooms begin at 0.25, most lie above 0.5. Twice
as much beside a flat screen: jeans that fill a third of the picture before blue."""

LEAST_WORN, MOST_WORN = 0.01, 0.25
"""The share of the picture, and of the person, that may wear the screen's colour: hot spots and seams reach the one or
0.18 of the other; a blue suit before blue is 0.06 of the picture and 0.4 of the singer."""

MOST_SEAMS = 0.0055
"""The share of the picture that may be thin lines within what has grown: cloth and fingers reach 0.004, the outline of
a shirt in the screen's very colour begins at 0.007."""

THRESHOLD = 0.5

WITHDRAWN = "withdrawn"
"""How the reason begins of a key that was."""


@dataclass(frozen=True, slots=True)
class KeyColor:
    """What was found. `line` is None, and `color` black, where nothing was.

    `similarity`: for ffmpeg's chromakey, the distance that takes in what strays of this screen. `confidence`: 0..1,
    THRESHOLD where it just suffices. `reasons`: what is missing, worst first; empty where `accepted`. `flatness`: 0..1,
    how much the screen is of one hue and one light.
    """

    color: Color
    line: ShadingLine | None
    similarity: float
    confidence: float
    reasons: tuple[str, ...]
    flatness: float = 0.0

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was accepted once, and the pictures after that showed otherwise."""
        return bool(self.reasons) and self.reasons[0].startswith(WITHDRAWN)

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
    typed = typed_key(seed, picture) if seed else None
    best, best_growth = nothing(_sought(seed)), Growth(cells)
    for number, key in enumerate([typed] if typed and exact else _peaks(cells, typed)):
        growth = Growth(cells)
        found = _grown(cells, picture, key, growth, seed)
        if number and found.flatness < LEAST_FLAT:
            continue
        if found.line is not None and (best.line is None or _rank(found) > _rank(best)):
            best, best_growth = found, growth
        if best.accepted:
            break
    return best, best_growth


def _grown(cells: Cells, picture: Picture, key: tuple[float, float], growth: Growth, seed: Color | None) -> KeyColor:
    """What grows from one key, and how it is judged."""
    line = ShadingLine.through(cells, key, _near_edge(cells, key))
    if line is None:
        return nothing(f"{_sought(seed)} along the edges")
    growth.grow(cells, line)
    settled = ShadingLine.through(cells, key, growth.screen)
    if settled is None:
        return nothing(f"{_sought(seed)} in one patch")
    surface = growth.surface(cells, settled)
    judged = replace(line, seen=settled.seen, excess=settled.excess).smoothed(surface)
    confidence, reasons = judge(growth.survey(cells), judged, surface)
    return KeyColor(
        to_color(settled, picture), judged, similarity(settled), confidence, reasons, flatness(judged, surface)
    )


def judge(
    grown: Survey, line: ShadingLine, surface: Surface, *, is_known: bool = False
) -> tuple[float, tuple[str, ...]]:
    """Confidence in what has grown, and what is missing below THRESHOLD, worst first.

    `is_known`: it was found before, so that a person may cover its sides and most of it.
    """
    flat, worn = flatness(line, surface), surface.worn
    border = LEAST_BORDER + flat * (LEAST_FLAT_BORDER - LEAST_BORDER)
    person = max(1 - grown.seen, 0.0)
    shares = (
        (line.strength / WEAKEST_KEY, "the colour is too grey"),
        (line.strength / _weakest_beside_skin(line), "a face has its hue"),
        (grown.seen / (LEAST_KNOWN if is_known else LEAST_PICTURE), "too little of it"),
        (
            2.0 if is_known else min(grown.border / border, min(grown.left, grown.right) / LEAST_SIDE),
            "the sides are uncovered",
        ),
        (MOST_STRAYED / strayed(line, surface), "its hue strays too far"),
        (MOST_EXCESS / max(line.excess, 1e-6), "its light strays too far"),
        (MOST_ALIKE * (1 + flat) * grown.seen / max(grown.alike, 1e-6), "much else has its hue"),
        (max(LEAST_WORN, MOST_WORN * (worn + person)) / max(worn, 1e-6), "the subject wears it"),
        (MOST_SEAMS / max(surface.seams, 1e-6), "the subject wears it"),
    )
    worst = sorted((min(1.0, THRESHOLD * share), reason) for share, reason in shares)
    return worst[0][0], tuple(reason for share, reason in worst if share < THRESHOLD)


def _weakest_beside_skin(line: ShadingLine) -> float:
    """The strength that tells a screen of this hue from a face, in levels."""
    hue = math.degrees(math.atan2(line.seen[2], line.seen[1]))
    return float(np.interp(hue, *SKIN, left=1.0, right=1.0))


def flatness(line: ShadingLine, surface: Surface) -> float:
    """1 for a screen of one hue and light throughout, 0 for what may as well be a room's wall."""
    levels = (strayed(line, surface), FLAT_STRAYED), (line.excess, FLAT_EXCESS)
    return min(min(max((wide - level) / (wide - narrow), 0.0), 1.0) for level, (narrow, wide) in levels)


def strayed(line: ShadingLine, surface: Surface) -> float:
    """How far hue strays, as an angle: about its smooth surface, and a little of how far that bends in mixed light."""
    return surface.turned + BEND * line.spread


def similarity(line: ShadingLine) -> float:
    """For ffmpeg's chromakey: 5 deviations, and half the strength, which is what light takes away.

    The diagonal of the chroma plane is 1 to that filter.
    """
    return (5 * line.noise + 0.25) * line.strength / math.hypot(255, 255)


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


def is_same_hue(found: KeyColor, other: KeyColor) -> bool:
    """Whether two keys can be one screen in different light."""
    return found.line is not None and other.line is not None and may_be(found.line.seen[1:], other.line.seen[1:])


def to_color(line: ShadingLine, picture: Picture) -> Color:
    """The sRGB colour of a line's key: ITU-R BT.601 or BT.709, the inverse of `Matrix.to_ycbcr`.

    Its Cb and Cr are the line's. Where no colour has them and the line's luma, the luma gives way: chroma is what keys.
    """
    luma_range, chroma_range = (255, 255) if picture.full_range else (219, 224)
    luma, cb, cr = (
        level / full for level, full in zip(line.seen, (luma_range, chroma_range, chroma_range), strict=True)
    )
    red_weight, blue_weight = LUMA_WEIGHTS[picture.matrix]
    red, blue = (2 - 2 * red_weight) * cr, (2 - 2 * blue_weight) * cb
    green = -(red_weight * red + blue_weight * blue) / (1 - red_weight - blue_weight)
    least, most = min(red, green, blue), max(red, green, blue)
    shrunk = min(1.0, 1 / max(most - least, 1e-6))
    lit = min(max(luma, -least * shrunk), 1 - most * shrunk)
    return Color(*(min(max(round(255 * (lit + part * shrunk)), 0), 255) for part in (red, green, blue)))


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


def _peaks(cells: Cells, typed: tuple[float, float] | None) -> list[tuple[float, float]]:
    """Cb and Cr about neutral where most of the saturated edge lies, the strongest first."""
    cone = np.zeros(5, np.float32)
    if typed:
        size = typed[0] ** 2 + typed[1] ** 2
        cone[:] = typed[0] / size, typed[1] / size, CONE, *LIT
    edge = cells.edge(BORDER).view(np.uint8)
    scratch = np.empty(cells.count, np.float32), np.empty((2, BINS * BINS), np.float32)
    peaks = np.zeros((PEAKS, 3), np.float32)
    seek(cells.moments, edge, SHARES, cone, *scratch, peaks)
    return [(cb, cr) for cb, cr, weight in peaks.tolist() if weight > 0]


def _near_edge(cells: Cells, key: tuple[float, float]) -> NDArray[np.uint8]:
    """1 for the cells of the edge about as strong as the key and of about its hue."""
    size = key[0] ** 2 + key[1] ** 2
    edge = np.flatnonzero(cells.edge(BORDER))
    cb, cr = cells.moments[1, edge], cells.moments[2, edge]
    along, across = (cb * key[0] + cr * key[1]) / size, (cb * key[1] - cr * key[0]) / size
    chosen: NDArray[np.uint8] = np.zeros(cells.count, np.uint8)
    chosen[edge[(along > 0.6) & (along < 1.5) & (np.abs(across) < 0.15)]] = 1
    return chosen


def _rank(found: KeyColor) -> tuple[float, int]:
    return found.confidence, -len(found.reasons)


def _sought(seed: Color | None) -> str:
    return f"no screen of {seed}" if seed else "no screen of one strong colour"


def nothing(reason: str) -> KeyColor:
    """No key colour, and why."""
    return KeyColor(Color(0, 0, 0), None, 0.0, 0.0, (reason,))
