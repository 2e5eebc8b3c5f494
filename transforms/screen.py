"""Chroma key relative to the screen itself.

Three things make a fixed distance from a typed colour fail: a screen is lit unevenly; cameras and codecs move its
colour by several levels; and colours differ in strength (teal 2a6a84 lies 33 levels from grey, and so do jeans). So the
typed colour is only where the search begins. In each picture the samples that are surely screen are averaged over a
coarse grid, which remembers what the person now hides; cells that never saw the screen take their neighbours' word.
Alpha is then each sample's place between the local screen and everything else, in units of the local screen's own
strength (`transforms.kernels.screen`). The compositor takes the same grid's light out of half-transparent samples.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from transforms.effect import Color, EffectError, Quality
from transforms.kernels.screen import key_screen, measure
from transforms.matting import Matte, ScreenColor, hat
from transforms.picture import Matrix, Picture
from transforms.presence import presence

WEAKEST_KEY = 12.0
"""Levels from grey. Below it noise and compression, 1 to 3 levels, are as large as the thresholds."""

CELLS = 15
"""Grid cells along the longer side: fine enough for a hot spot, coarse enough that hair does not colour a cell."""

FIRST_CONE, CONE = 0.35, 0.25
"""Across over along: how far from the typed colour the screen is sought, and then from what was found."""

STEPS: dict[Quality, int] = {"fast": 8, "balanced": 4, "best": 2}
"""Chroma rows between those that are measured."""

RATE = 0.3
"""How much of a plainly seen cell's memory one picture replaces: at 30 fps a time constant of 0.1 s."""

ENOUGH = 0.02
"""Mean weight of the samples of the plainest cell, 0.36 for a screen as typed: below it there is nothing to learn."""

PLAIN = 2.0
"""How sharply a cell's trust falls with its weight, beside the plainest cell's: jeans before teal weigh a sixth."""

REACH = 1.0
"""A cell's word counts e**-1 as much in each next cell: it irons out hair and jeans, and follows uneven light."""

LIT = (0.4, 1.7)
"""The strengths, relative to the typed colour's, between which a measured key is believed."""

LEAST_PICTURE, LEAST_BORDER, LEAST_SIDE = 0.04, 0.5, 0.05
"""The shares of `presence` without which there is no telling screen from room."""

THRESHOLD = 0.5


class ScreenKeyer:
    """Follows one stream's screen. `quality` only says how many rows are measured: every 8th, every 4th, every 2nd.

    Raises:
        EffectError: the colour is too near to grey.
    """

    def __init__(self, color: Color, *, quality: Quality = "balanced") -> None:
        _, cb, cr = Matrix.BT601.to_ycbcr(color, full_range=False)
        if math.hypot(cb - 128, cr - 128) < WEAKEST_KEY:
            raise EffectError(
                f"color {color} is too grey for a chroma key: a screen is green, blue or of another strong colour"
            )
        self.color = color
        self._step = STEPS[quality]
        self._memory: _Memory | None = None

    def matte(self, picture: Picture, time: float) -> Matte:
        """Alpha of the chroma planes' size, and the screen it was keyed against."""
        memory = self._memory
        if memory is None or memory.look != _look(picture):
            memory = self._memory = _Memory(picture, self.color)
            memory.learn(picture, step=self._step, cone=FIRST_CONE)
        memory.learn(picture, step=self._step, cone=CONE)
        screen = memory.screen()
        cb, cr = picture.cb, picture.cr
        wide = screen.grid[1:] @ hat(screen.grid.shape[2], cb.width)
        key_screen(cb.samples, cr.samples, cb.stride, cb.height, wide, memory.lines, memory.alpha.reshape(-1))
        confidence, reason = self._judge(memory.alpha)
        return Matte(memory.alpha, screen, confidence, THRESHOLD, reason)

    def close(self) -> None:
        """Forget the screen."""
        self._memory = None

    def _judge(self, alpha: NDArray[np.uint8]) -> tuple[float, str | None]:
        """Confidence, THRESHOLD where a share just suffices; and what is missing below it."""
        seen = presence(alpha)
        shares = (
            (seen.picture / LEAST_PICTURE, f"no screen of {self.color}"),
            (seen.border / LEAST_BORDER, f"little screen of {self.color} along the border"),
            (seen.poorest / LEAST_SIDE, f"no screen of {self.color} along a side"),
        )
        confidence, reason = min((min(1.0, THRESHOLD * share), reason) for share, reason in shares)
        return confidence, reason if confidence < THRESHOLD else None


class _Memory:
    """What is known of the screen in pictures of one look: size, matrix and range.

    Invariant: `key` lies within FIRST_CONE and LIT of the typed colour's.
    """

    def __init__(self, picture: Picture, color: Color) -> None:
        self.look = _look(picture)
        self.typed = np.array(picture.matrix.to_ycbcr(color, full_range=picture.full_range), np.float64)
        self.key = self.typed[1:] - 128
        self.alpha: NDArray[np.uint8] = np.empty(picture.cb.rows.shape, np.uint8)
        width, height = picture.size.chroma
        cell = max(1.0, max(height, width) / CELLS)
        rows, columns = math.ceil(height / cell), math.ceil(width / cell)
        self._samples_per_cell = height * width / (rows * columns)
        self.lines = np.empty((5, width), np.float32)
        self._fresh = np.empty((4, rows, columns), np.float32)
        self._colors = np.zeros((3, rows, columns))
        self._trust = np.zeros((rows, columns))
        self._row_reach = np.exp(-REACH * np.abs(np.subtract.outer(np.arange(rows), np.arange(rows))))
        self._column_reach = np.exp(-REACH * np.abs(np.subtract.outer(np.arange(columns), np.arange(columns))))

    def learn(self, picture: Picture, *, step: int, cone: float) -> None:
        """Look at every `step`-th row of the picture, within `cone` of the key."""
        cb, cr, y = picture.cb, picture.cr, picture.y
        key = (self.key / (self.key @ self.key)).astype(np.float32)
        planes = (y.samples, y.stride, cb.samples, cr.samples, cb.stride, cb.height)
        measure(*planes, key, cone, step, self.lines, self._fresh)
        weight = self._fresh[0] * (step / self._samples_per_cell)
        if weight.max() >= ENOUGH:
            self._remember(self._fresh, (weight / weight.max()) ** PLAIN)
            self._follow(self._fresh)

    def screen(self) -> ScreenColor:
        """The screen's light; a cell that was never plainly seen takes the word of the nearest that were."""
        if not self._trust.any():
            return ScreenColor(np.broadcast_to(self.typed[:, None, None], self._colors.shape).astype(np.float32))
        weighted = self._row_reach @ (self._colors * self._trust) @ self._column_reach
        return ScreenColor((weighted / (self._row_reach @ self._trust @ self._column_reach)).astype(np.float32))

    def _remember(self, fresh: NDArray[np.float32], plainness: NDArray[np.float32]) -> None:
        """Replace what each cell knew as far as it is seen more plainly now, or by RATE where as plainly."""
        trust = np.maximum(self._trust, plainness)
        rate = np.maximum(RATE * plainness, trust - self._trust) / np.maximum(trust, 1e-9)
        seen = fresh[1:] / np.maximum(fresh[0], 1e-9)
        self._colors += rate * np.where(fresh[0] > 0, seen - self._colors, 0)
        self._trust = trust

    def _follow(self, fresh: NDArray[np.float32]) -> None:
        """Move the key to the measured colour, if that can be the typed one in some light."""
        total = fresh.sum(axis=(1, 2), dtype=np.float64)
        seen, typed = total[2:] / total[0] - 128, self.typed[1:] - 128
        near, off = seen @ typed, abs(seen[0] * typed[1] - seen[1] * typed[0])
        if off < FIRST_CONE * near and LIT[0] < near / (typed @ typed) < LIT[1]:
            self.key = seen


def _look(picture: Picture) -> tuple[object, ...]:
    return picture.size, picture.matrix, picture.full_range
