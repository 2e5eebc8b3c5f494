"""How a picture of one shape is shown to a model of another, and where in the picture its answer lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.geometry import cover
from transforms.model.spec import Fit
from transforms.person.sampling import Box, Sampler
from transforms.picture import Picture, Size

BARS = 114
"""The level of a letterbox's bars, grey: to most networks it is nothing."""

Plane = NDArray[np.float32]


class Framing:
    """Of pictures of size `picture`, shown at size `shown`. What it gives last is overwritten by what it gives next."""

    def __init__(self, picture: Size, shown: Size, fit: Fit) -> None:
        self.picture, self.shown = picture, shown
        self._box = Box(*cover(picture, shown)) if fit == "crop" else Box.whole(picture)
        self._inner = _inner(picture, shown) if fit == "letterbox" else _Window(0, 0, *shown)
        self._sampler = Sampler(Size(self._inner.width, self._inner.height))
        self._canvas = np.full((shown.height, shown.width, 3), BARS, np.uint8)

    def show(self, picture: Picture) -> NDArray[np.uint8]:
        """The picture as the model sees it: uint8 (height, width, 3) sRGB of size `shown`."""
        rgb = self._sampler.rgb(picture, self._box)
        inner = self._inner
        if (inner.width, inner.height) == self.shown:
            return rgb
        self._canvas[inner.top : inner.top + inner.height, inner.left : inner.left + inner.width] = rgb
        return self._canvas

    def spread(self, alpha: Plane) -> Plane:
        """The answer, (rows, columns) over what was shown, as cells over the whole picture; 0 where it did not see."""
        if (self._inner.width, self._inner.height) == self.shown and self._box == Box.whole(self.picture):
            return alpha
        height, width = alpha.shape
        inner, box = self._inner, self._box
        down = _places(height, self.shown.height, inner.top, inner.height, box.top, box.height, self.picture.height)
        across = _places(width, self.shown.width, inner.left, inner.width, box.left, box.width, self.picture.width)
        rows = down.mix(alpha, axis=0)
        return np.ascontiguousarray(across.mix(rows, axis=1))


@dataclass(frozen=True, slots=True)
class _Window:
    """Whole samples of what is shown."""

    left: int
    top: int
    width: int
    height: int


def _inner(picture: Size, shown: Size) -> _Window:
    """The largest middle part of `shown` in the picture's shape."""
    scale = min(shown.width / picture.width, shown.height / picture.height)
    width, height = (max(1, min(round(side * scale), most)) for side, most in zip(picture, shown, strict=True))
    return _Window((shown.width - width) // 2, (shown.height - height) // 2, width, height)


@dataclass(frozen=True, slots=True)
class _Places:
    """For cells along one side: the samples each lies between, the second's share, and whether it was shown at all."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    share: Plane
    seen: Plane

    def mix(self, values: Plane, *, axis: int) -> Plane:
        """Values at the cells instead of at the samples."""
        along = (slice(None), None) if axis == 0 else (None, slice(None))
        first, second = (values.take(places, axis=axis) for places in (self.first, self.second))
        mixed: Plane = (first + (second - first) * self.share[along]) * self.seen[along]
        return mixed


def _places(
    samples: int, shown: int, inner: float, inner_length: float, box: float, box_length: float, picture: int
) -> _Places:
    """Cells as fine as the answer's samples. `inner` of `shown` shows `box` of `picture`."""
    count = max(1, round(samples * inner_length / shown * picture / box_length))
    lies = (np.arange(count) + 0.5) * (picture / count)
    share_of_box = (lies - box) / box_length
    at = (inner + share_of_box * inner_length) * (samples / shown) - 0.5
    first = np.clip(np.floor(at), 0, samples - 1).astype(np.intp)
    second = np.minimum(first + 1, samples - 1)
    share = np.clip(at - first, 0, 1).astype(np.float32)
    seen = ((share_of_box >= 0) & (share_of_box <= 1)).astype(np.float32)
    return _Places(first, second, share, seen)
