"""What of a picture has kept still, and for how long: the one thing that tells a room from whoever is in it.

A room looks the same to its noise; nobody alive does. Breathing moves an outline by half a pixel, and that shows in the
cells it crosses. Light changes everything at once, so it is fitted away first and is no motion.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells, Fields
from transforms.exposure import Exposure, fit_exposure
from transforms.kernels.stillness import follow, settle

LEAST, MOST = 1.2, 5.0
"""Levels that a cell's luma, chroma or scatter of luma may move without having moved: at any noise, and at the most. An
edge of 40 levels that breathing moves by 0.3 of a cell's 8 samples moves its mean by 1.5."""

MEDIANS = 6.0
"""Medians of how far cells are off that none is beyond by noise alone: 4 standard deviations."""

THINNED = 3
"""An exposure is fitted on every so many'th cell: there are thousands, and it has eight numbers."""

LIKELY = 0.5
"""Levels: that median where nothing was seen yet, a webcam's by lamplight."""

REDRAWN = 2.0
"""Times the usual median from which a picture was redrawn as a whole, as a key frame is."""

ADAPTED = 0.05
"""What of the usual median one picture replaces at least: the first ones replace more."""

PATIENCE = 10.0
"""Seconds within which what a cell looks like may follow slow light: twice a breath."""

LONGEST = 0.5
"""Seconds that count at most between two pictures: what happened in between nobody saw."""

SAMPLED = 5
"""Every so many'th cell is asked for the noise."""

UNSEEN = -10_000.0
"""A level that there is not: nothing was seen yet."""

NEVER = 3600.0
"""Seconds: longer than any patience."""

ROUGH = 0.3
"""How surely a cell that just moved shows what it showed: it counts little in the fit of the exposure."""


class Stillness:
    """Watches one look.

    `quiet`, `strong`: float32 (cells), seconds for which a cell has not moved, and not moved by more than 10 levels.
    `anchor`: float32 (4, cells), how it looked meanwhile: Y, Cb, Cr about 0 and luma's scatter, in the first picture's
    light. `exposure`: the last picture's beside the first's.
    """

    def __init__(self, cells: Cells) -> None:
        self.anchor: Fields = np.zeros((4, cells.count), np.float32)
        self.quiet: Fields = np.zeros(cells.count, np.float32)
        self.strong: Fields = np.full(cells.count, NEVER, np.float32)
        self.exposure = Exposure.unit()
        self._thinned = thinned(cells.shape)
        self._smooth: Fields = np.full((4, cells.count), UNSEEN, np.float32)
        self._looks, self._last = (np.zeros(cells.count, np.float32) for _ in range(2))
        self._looked = 1
        self._usual: Fields = np.full(3, LIKELY, np.float32)
        self._sudden: Fields = np.zeros(cells.count, np.float32)
        self._off: Fields = np.zeros((3, cells.count), np.float32)
        self._time: float | None = None

    def look(self, cells: Cells, time: float, *, frozen_is_still: bool = True) -> None:
        """Take in the picture that `cells` have measured. `time`: stream seconds.

        A camera has noise: the very same picture again is a frozen source, of which `frozen_is_still` says whether it
        is time that passed.
        """
        is_frozen = bool(np.array_equal(self._last, cells.moments[0]))
        self._last[:] = cells.moments[0]
        passed = 0.0 if self._time is None else min(max(time - self._time, 0.0), LONGEST)
        passed = 0.0 if is_frozen and not frozen_is_still else passed
        if self._time is not None:
            means = self.anchor[:3] - np.float32(128)
            weights = np.where(self.quiet > 0, self._thinned, self._thinned * np.float32(ROUGH))
            self.exposure = fit_exposure(means, cells, weights, self.exposure).exposure
        self._time = time
        follow(cells.moments, _undo(self.exposure), self._smooth, self.anchor, self._sudden, self._off)
        limits, is_redrawn = self._noise()
        least = 1.0 if is_redrawn else min(1.0, passed / PATIENCE)
        state = (self.anchor, self._looks, self.quiet, self.strong)
        settle(self._smooth, self._off, self._sudden, limits, passed, least, *state)

    def _noise(self) -> tuple[Fields, bool]:
        """How far a cell may be off by noise, and whether the codec has just redrawn the picture.

        A key frame moves every cell a little, and moves them for good: the median cell tells, which no person moves.
        """
        now = np.median(self._off[:, ::SAMPLED], axis=1).astype(np.float32)
        usual = self._usual
        is_redrawn = bool(now[0] > REDRAWN * usual[0] + 0.1)
        self._looked += 1
        rate = np.float32(max(ADAPTED, 1 / self._looked))
        usual += rate * (np.minimum(now, REDRAWN * usual + np.float32(0.1)) - usual)
        return np.clip(MEDIANS * np.maximum(now, usual), LEAST, MOST), is_redrawn


def thinned(shape: tuple[int, int]) -> Fields:
    """Weights of 1 for every THINNED'th cell of each row, of the next row the next ones; 0 for the others."""
    rows, columns = np.indices(shape)
    return np.asarray((rows + columns) % THINNED == 0, np.float32).reshape(-1)


def _undo(exposure: Exposure) -> NDArray[np.float32]:
    return np.concatenate((1 / exposure.gain, exposure.offset, exposure.tint)).astype(np.float32)
