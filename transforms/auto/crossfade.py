"""The way from one trusted matte to another: alpha wanders from the one to the other, so that no edge jumps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from transforms.kernels.fade import WHOLE, fade

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transforms.matting import Matte

LASTS = 0.3
"""Seconds."""


class CrossFade:
    """One stream's. The matte it returns is written again by the next call."""

    def __init__(self) -> None:
        self._ends: float | None = None
        self._alpha: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)

    @property
    def is_on(self) -> bool:
        """Whether one is under way."""
        return self._ends is not None

    def begin(self, time: float) -> None:
        """Begin one. `time`: stream seconds."""
        self._ends = time + LASTS

    def stop(self) -> None:
        """End it at once: one of the two mattes is not to be trusted any more."""
        self._ends = None

    def mixed(self, before: Matte, after: Matte, time: float) -> Matte:
        """The second matte, its alpha as far on the way from the first's as is right for this time."""
        left = 0.0 if self._ends is None else (self._ends - time) / LASTS
        if left <= 0:
            self._ends = None
            return after
        shape = max(before.alpha.shape, after.alpha.shape)
        old, new = (_at(matte.alpha, shape) for matte in (before, after))
        if self._alpha.shape != shape:
            self._alpha = np.empty(shape, np.uint8)
        weight = WHOLE - min(round(left * WHOLE), WHOLE)
        fade(old.reshape(-1), new.reshape(-1), weight, self._alpha.reshape(-1))
        return replace(after, alpha=self._alpha)


def _at(alpha: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A matte of luma's shape, made of one of the chroma planes' where it is that."""
    if alpha.shape == shape:
        return alpha
    return np.ascontiguousarray(alpha.repeat(2, axis=0).repeat(2, axis=1)[: shape[0], : shape[1]])
