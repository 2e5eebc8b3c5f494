"""What an eye sees of a matte: the composite over plain colours, against the one that the truth would give.

The true composite is `person + (1 - alpha) * ground`. The noise and the coding of the picture are no method's doing:
they are carried into the truth by alpha's share, so that a perfect matte of a perfect method errs by nothing inside the
person. What a method leaves of the screen's light, or takes of the person's colour, does count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.quality.clips import Clip
from tests.benchmarks.quality.methods import Matted
from tests.benchmarks.quality.metrics import Part, band
from tests.benchmarks.quality.peers import to_rgb
from tests.benchmarks.quality.studio import Shot, halved
from transforms.compositor import composite
from transforms.effect import Color
from transforms.picture import Picture
from transforms.rgb import halve_chroma

RED, GREY, WHITE = Color(255, 0, 0), Color(128, 128, 128), Color(255, 255, 255)
FRAMES = 6
"""Of a clip, evenly spread, on which this is measured."""

Planes = tuple[NDArray[np.float32], ...]


@dataclass(frozen=True, slots=True)
class Fringe:
    """Mean absolute errors of R', G', B' in levels over red, grey and white.

    `residue`: the screen's chroma that is left along the edge of the composite over grey, in hundredths of the screen's
    own. NaN: not known.
    """

    red: float
    grey: float
    white: float
    residue: float


UNKNOWN = Fringe(*[float("nan")] * 4)


class Ideal:
    """The true composite of one frame."""

    def __init__(self, clip: Clip, number: int, shot: Shot) -> None:
        self._picture = clip.pictures[number]
        alpha = shot.alpha.astype(np.float32) / np.float32(255)
        half = halve_chroma(alpha)
        self._rest = tuple(1 - share for share in (alpha, half, half))
        blacks = (0 if self._picture.full_range else 16, 128, 128)
        seen, person = halved(shot.seen), halved(shot.person)
        self._own = tuple(
            own + (1 - rest) * (plane.rows.astype(np.float32) - black - mixture)
            for own, rest, plane, black, mixture in zip(
                person, self._rest, self._picture.planes, blacks, seen, strict=True
            )
        )
        self._band = _halved(band(shot.alpha))
        self._key = None if clip.color is None else np.array(clip.key[1:], np.float32) - 128

    def fringe(self, matted: Matted) -> Fringe:
        """How far the method's composites are from it."""
        errors = {ground: self._error(matted, ground) for ground in (RED, GREY, WHITE)}
        red, grey, white = (self._levels(errors[ground]) for ground in (RED, GREY, WHITE))
        return Fringe(red, grey, white, self._residue(errors[GREY]))

    def _error(self, matted: Matted, ground: Color) -> Planes:
        """The method's composite less the true one, in levels of Y', Cb, Cr."""
        shown = composite_over(matted, ground)
        levels = self._picture.matrix.to_ycbcr(ground, full_range=self._picture.full_range)
        blacks = (0 if self._picture.full_range else 16, 128, 128)
        return tuple(
            plane.rows.astype(np.float32) - black - own - rest * np.float32(level - black)
            for plane, black, own, rest, level in zip(shown.planes, blacks, self._own, self._rest, levels, strict=True)
        )

    def _levels(self, error: Planes) -> float:
        """The mean absolute error of R', G', B', each chroma sample counted for its four pixels."""
        y = error[0]
        height, width = y.shape
        chroma = (np.repeat(np.repeat(plane, 2, 0), 2, 1)[:height, :width] for plane in error[1:])
        stacked = np.stack((y, *chroma), axis=-1) @ to_rgb(self._picture)
        return float(np.abs(stacked).mean())

    def _residue(self, error: Planes) -> float:
        if self._key is None or not self._band.any():
            return float("nan")
        towards = (error[1] * self._key[0] + error[2] * self._key[1]) / (self._key @ self._key)
        return float(100 * np.maximum(towards[self._band], 0).mean())


def ideals(clip: Clip) -> dict[int, Ideal]:
    """The true composites of a few frames; none where the person before the screen is not known."""
    chosen = clip.scored[:: max(1, len(clip.scored) // FRAMES)][:FRAMES]
    shots = {number: clip.shot(number) for number in chosen}
    return {number: Ideal(clip, number, shot) for number, shot in shots.items() if shot is not None}


def composite_over(matted: Matted, ground: Color) -> Picture:
    """What a method shows before a plain colour."""
    picture = matted.picture
    behind, out = (Picture.blank(picture.size, matrix=picture.matrix, full_range=picture.full_range) for _ in range(2))
    levels = picture.matrix.to_ycbcr(ground, full_range=picture.full_range)
    for plane, level in zip(behind.planes, levels, strict=True):
        plane.rows[:] = level
    composite(picture, behind, matted.matte, out)
    return out


def _halved(part: Part) -> Part:
    """Chroma samples any of whose pixels is in the part."""
    even = np.pad(part, [(0, side % 2) for side in part.shape], mode="edge")
    return np.asarray(even[::2, ::2] | even[1::2, ::2] | even[::2, 1::2] | even[1::2, 1::2])
