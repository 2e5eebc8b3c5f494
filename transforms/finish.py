"""The finish: a person laid over a background looks as if the background's light fell on them.

Two things a compositor does by hand, both bounded and off unless asked for. *Light wrap*: the background's light,
out of focus, spills around the outline onto the person, as screen mode adds light. *Colour match*
(`transforms.color_match`): the person's brightness, tint and saturation move toward the background's.

Both are worked out on a coarse grid and applied in one pass over what shows of the person, in proportion to alpha:
where alpha is 0 the background stays byte for byte. All that is added is the background's light, so nothing of the room
is shown that the matte hides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.color_match import AS_IT_IS, ColorMatch, Tone
from transforms.compositor import full_size
from transforms.kernels import finish as kernels
from transforms.matting import Matte
from transforms.picture import Picture, Size

CELLS_ACROSS = 45
"""Along the short side of the picture, light is told by so many cells. It falls about one cell deep: 2 %."""


class Finish:
    """One setting of the finish. The tone of the person, followed in time, passes from one setting to the next."""

    def __init__(self, light_wrap: float, color_match: float, before: Finish | None = None) -> None:
        """Both are shares, 0..1. `before`: the setting that this one replaces in a running stream."""
        self.light_wrap = light_wrap
        self.color_match = color_match
        self._tone: ColorMatch = ColorMatch() if before is None else before._tone
        self._room: _Room | None = None

    def prepare(self, size: Size) -> None:
        """Make room for pictures of `size`, unless that is done."""
        if self._room is None or self._room.size != size:
            self._room = _Room(size)

    def __call__(self, picture: Picture, background: Picture, matte: Matte, time: float, out: Picture) -> None:
        """Finish `out`, the composite of these three as the matte is shown. `time`: stream seconds."""
        self.prepare(picture.size)
        room = self._room
        if room is None:
            return
        alpha = full_size(matte.alpha, picture.size, room.alpha).reshape(-1)
        tone = AS_IT_IS
        if self.color_match > 0:
            tone = self._tone.follow(picture, background, alpha, time).share(self.color_match)
        room.fall(background, alpha, self.light_wrap)
        room.apply(background, alpha, tone, out)


class _Room:
    """What pictures of one size are worked out in: a grid of the light that falls, and lines of it."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.cell = max(2 * round(min(size) / CELLS_ACROSS / 2), 4)
        shape = -(-size.height // self.cell), -(-size.width // self.cell)
        self.alpha: NDArray[np.uint8] = np.zeros((size.height, size.width), np.uint8)
        self._light: NDArray[np.float32] = np.zeros((3, *shape), np.float32)
        self._across: NDArray[np.float32] = np.zeros((3, *shape), np.float32)
        self._seen: NDArray[np.uint8] = np.zeros(shape, np.uint8)
        self._work: NDArray[np.uint8] = np.zeros((shape[0], -(-size.width // kernels.STRIP)), np.uint8)
        self._sums: NDArray[np.int16] = np.zeros((4, size.chroma.width), np.int16)
        self._lines: NDArray[np.int16] = np.zeros((6, size.width), np.int16)
        self._beside: NDArray[np.uint16] = np.zeros((3, 2 * size.chroma.width), np.uint16)
        self._ramps = _ramp(self.cell), _ramp(self.cell // 2)

    def fall(self, background: Picture, alpha: NDArray[np.uint8], share: float) -> None:
        """Have `share` of the background's light fall, and see where there is somebody."""
        y, cb, cr = background.planes
        black = 0 if background.full_range else 16
        planes = (y.samples, y.stride, cb.samples, cr.samples, cb.stride)
        kernels.gather(*planes, alpha, *self.size, self.cell, black, self._sums, self._light, self._seen)
        kernels.spread(self._light, self._across, share * kernels.FALLS / _range(background))

    def apply(self, background: Picture, alpha: NDArray[np.uint8], tone: Tone, out: Picture) -> None:
        """Add the light to the person in `out`, and change their tone."""
        y, cb, cr = background.planes
        kernels.mark(self._light, self._seen, self.cell, self.size.width, tone != AS_IT_IS, self._work)
        kernels.finish(
            y.samples,
            y.stride,
            cb.samples,
            cr.samples,
            cb.stride,
            alpha,
            self.size.width,
            self.size.height,
            self._light,
            self._work,
            _factors(tone, out),
            self._ramps[0],
            self._ramps[1],
            self._lines,
            self._beside,
            self._beside.view(np.uint32),
            out.y.samples,
            out.y.stride,
            out.cb.samples,
            out.cr.samples,
            out.cb.stride,
        )


def _ramp(samples: int) -> NDArray[np.float32]:
    """Each sample's middle as a share of them all."""
    return (np.arange(samples, dtype=np.float32) + np.float32(0.5)) / np.float32(samples)


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
