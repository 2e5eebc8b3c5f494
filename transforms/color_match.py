"""The person's tone moved toward the background's: brightness, tint and saturation, each of them bounded.

A camera has balanced the person for its own room: well exposed and free of a cast. What the background's light would
have made of them is told by its mean: how bright it is beside the person, which cast it has (the world being grey on
average) and how colourful it is. Brightness bends the scale between black and white, so that nothing is crushed or
blown out; a cast tints white and leaves black; saturation scales. A background without a cast takes none from the
person's skin: the tint goes from none toward the background's, never beyond either.

The means move as the person does; what follows from them is smoothed in stream time, so that it never flickers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.tone import SUMS, observe
from transforms.picture import Picture

SETTLES = 1.0
"""Seconds of stream time in which 63 % of a change is followed: a cut in a video background is a change of light."""

MOST_BEND = 0.4
"""How far middle grey goes, at most, of the way it can: a tenth of the scale."""

MOST_TINT = 12.0
"""Levels of Cb or Cr at white. On skin, half as bright and 25 to 30 levels from grey, that is 12 degrees of hue."""

MOST_SATURATION = 0.15
"""Share of the chroma, added or taken."""

SAMPLES_ACROSS = 30
"""Along the short side: a few hundred of them fall on the person."""

FEWEST = 0.005
"""Share of the samples: of less than that of a person no tone is told."""


@dataclass(frozen=True, slots=True)
class Tone:
    """A change of tone. `bend`: by which luma Y, 0..1, gains bend Y (1 - Y). `saturation`: what chroma gains of itself.

    `tint`: levels that Cb and Cr gain at white, in proportion to luma.
    """

    bend: float = 0.0
    saturation: float = 0.0
    tint: tuple[float, float] = (0.0, 0.0)

    def share(self, share: float) -> Tone:
        """So much of it, 0..1."""
        return Tone(self.bend * share, self.saturation * share, (self.tint[0] * share, self.tint[1] * share))

    def toward(self, other: Tone, share: float) -> Tone:
        """The tone on the way to another."""
        mine, others = self.share(1 - share), other.share(share)
        tint = mine.tint[0] + others.tint[0], mine.tint[1] + others.tint[1]
        return Tone(mine.bend + others.bend, mine.saturation + others.saturation, tint)


AS_IT_IS = Tone()


class ColorMatch:
    """The tone that one stream's person takes on, as it follows their background's."""

    def __init__(self) -> None:
        self._tone: Tone | None = None
        self._time = 0.0
        self._sums: NDArray[np.float64] = np.zeros(SUMS, np.float64)

    def follow(self, picture: Picture, background: Picture, alpha: NDArray[np.uint8], time: float) -> Tone:
        """The tone at stream second `time`. `alpha`: flat, of luma's size. The first person seen sets it at once."""
        seen = self._seen(picture, background, alpha)
        if seen is not None:
            past = max(time - self._time, 0.0)
            self._tone = seen if self._tone is None else self._tone.toward(seen, 1 - math.exp(-past / SETTLES))
        self._time = time
        return self._tone or AS_IT_IS

    def _seen(self, picture: Picture, background: Picture, alpha: NDArray[np.uint8]) -> Tone | None:
        """What this picture alone speaks for; None where too little of a person is in it."""
        y, behind = picture.y, background.y
        step = max(min(picture.size) // SAMPLES_ACROSS // 2 * 2, 2)
        planes = (y.samples, picture.cb.samples, picture.cr.samples, y.stride, picture.cb.stride)
        others = (behind.samples, background.cb.samples, background.cr.samples, behind.stride, background.cb.stride)
        observe(*planes, *others, alpha, y.width, y.height, step, self._sums)
        counts = self._sums[0], self._sums[5]
        if counts[0] < FEWEST * counts[1]:
            return None
        black, scale = (0, 1 / 255) if picture.full_range else (16, 1 / 219)
        means = self._sums[1:5] / counts[0], self._sums[6:10] / counts[1]
        return tone_between(*(Mean((m[0] - black) * scale, (m[1] - 128, m[2] - 128), m[3]) for m in means))


@dataclass(frozen=True, slots=True)
class Mean:
    """Of a person or of a background. `luma`: 0..1. `cast`: levels of Cb and Cr about 128. `colour`: both, unsigned."""

    luma: float
    cast: tuple[float, float]
    colour: float


def tone_between(person: Mean, background: Mean) -> Tone:
    """What brings the person toward the background, as far as the bounds allow."""
    bend = min(max(background.luma - person.luma, -MOST_BEND), MOST_BEND)
    more = (background.colour - person.colour) / max(person.colour, 1.0) / 2
    tint = tuple(_tint(own, other) for own, other in zip(person.cast, background.cast, strict=True))
    return Tone(bend, min(max(more, -MOST_SATURATION), MOST_SATURATION), (tint[0], tint[1]))


def _tint(person: float, background: float) -> float:
    """From the person's cast toward the background's, but only of the background's sign and no more than it is."""
    least, most = min(background, 0.0), max(background, 0.0)
    wanted = min(max(background - person, least), most)
    return min(max(wanted, -MOST_TINT), MOST_TINT)
