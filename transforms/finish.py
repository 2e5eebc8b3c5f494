"""The finish: a person laid over a background looks as if the background's light fell on them.

Two things a compositor does by hand, both bounded and off unless asked for. *Light wrap*: the background's light,
out of focus, spills around the outline onto the person, as screen mode adds light. *Colour match*
(`transforms.color_match`): the person's brightness, tint and saturation move toward the background's.

Both are worked out on a coarse grid and applied in one pass over what shows of the person, in proportion to alpha:
where alpha is 0 the background stays byte for byte. All that is added is the background's light, so nothing of the room
is shown that the matte hides. (Light and tone are told in 16 bits: `transforms.kernels.finish`.)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from transforms.color_match import AS_IT_IS, ColorMatch, Tone
from transforms.compositor import full_size
from transforms.kernels import falling
from transforms.kernels import finish as kernels
from transforms.matting import Matte
from transforms.picture import Picture, Size

CELLS_ACROSS = 45
"""Along the short side of the picture, about: light is told by so many cells, and falls about one deep."""

SMALLEST_CELL = 4
"""Samples across and down: one row of them is looked at."""


class Finish:
    """One setting of the finish. The tone of the person, followed in time, passes from one setting to the next."""

    def __init__(self, light_wrap: float, color_match: float, before: Finish | None = None) -> None:
        """Both are shares, 0..1. `before`: the setting that this one replaces in a running stream."""
        self.light_wrap = light_wrap
        self.color_match = color_match
        self._tone: ColorMatch = ColorMatch() if before is None else before._tone
        self._room: Room | None = None

    def prepare(self, size: Size) -> Room:
        """Make room for pictures of `size`, unless that is done."""
        if self._room is None or self._room.size != size:
            self._room = Room(size)
        return self._room

    def __call__(self, picture: Picture, background: Picture, matte: Matte, time: float, out: Picture) -> None:
        """Finish `out`, the composite of these three as the matte is shown. `time`: stream seconds."""
        room = self.prepare(picture.size)
        alpha = full_size(matte.alpha, picture.size, room.alpha).reshape(-1)
        tone = AS_IT_IS
        if self.color_match > 0:
            tone = self._tone.follow(picture, background, alpha, time).share(self.color_match)
        room.fall(background, alpha, self.light_wrap)
        room.apply(background, alpha, tone, out)


class Room:
    """What pictures of one size are worked out in: a grid of the light that falls, and lines of it.

    `light` (3, rows, columns): of the last background, in the kernels' units. `work`: where there was something to do.
    """

    def __init__(self, size: Size) -> None:
        self.size = size
        nearest = 2 ** round(math.log2(min(size) / CELLS_ACROSS))
        self.cell = int(min(max(nearest, SMALLEST_CELL), falling.LARGEST_CELL))
        rows, columns = -(-size.height // self.cell), -(-size.width // self.cell)
        self.alpha: NDArray[np.uint8] = np.zeros((size.height, size.width), np.uint8)
        self.light: NDArray[np.int16] = np.zeros((3, rows, columns), np.int16)
        self.seen: NDArray[np.uint8] = np.zeros((rows, columns), np.uint8)
        self.work: NDArray[np.uint8] = np.zeros((rows, -(-size.width // falling.STRIP)), np.uint8)
        self._held: NDArray[np.uint8] = np.zeros_like(self.work)
        self._words: NDArray[np.uint16] = np.zeros((10, columns * self.cell), np.uint16)
        self._lines: NDArray[np.int16] = np.zeros((10, columns * self.cell), np.int16)

    def fall(self, background: Picture, alpha: NDArray[np.uint8], share: float) -> None:
        """Have `share` of the background's light fall, and see where there is somebody."""
        y, cb, cr = background.planes
        falling.gather(
            y.samples,
            y.stride,
            cb.samples,
            cr.samples,
            cb.stride,
            alpha,
            self.size.width,
            self.size.height,
            self.cell,
            0 if background.full_range else 16,
            share * falling.FALLS / _range(background),
            self._words,
            self._words.view(np.uint32),
            self.light,
            self.seen,
        )

    def apply(self, background: Picture, alpha: NDArray[np.uint8], tone: Tone, out: Picture) -> None:
        """Add the light to the person in `out`, and change their tone."""
        y = background.y
        is_toned = tone != AS_IT_IS
        falling.mark(self.light, self.seen, self.cell, self.size.width, is_toned, self._held, self.work)
        kernels.finish(
            y.samples,
            y.stride,
            alpha,
            self.size.width,
            self.size.height,
            self.cell,
            self.light,
            self.work,
            _factors(tone, out),
            self._lines,
            self._lines.view(np.uint32),
            self._words,
            self._words.view(np.uint32),
            out.y.samples,
            out.y.stride,
            out.cb.samples,
            out.cr.samples,
            out.cb.stride,
        )


def _range(picture: Picture) -> int:
    """Levels of luma from black to white."""
    return 255 if picture.full_range else 219


def _factors(tone: Tone, picture: Picture) -> NDArray[np.int16]:
    """What `transforms.kernels.finish` is told of a tone, in its fixed points."""
    levels = _range(picture)
    black, white = (0, 255) if picture.full_range else (16, 235)
    bend = kernels.BENDS * tone.bend / levels
    tints = (kernels.TINTS * tint / levels for tint in tone.tint)
    factors = (black, white, bend, kernels.SATURATES * tone.saturation, *tints)
    return np.array([round(factor) for factor in factors], np.int16)
