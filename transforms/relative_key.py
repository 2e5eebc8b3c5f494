"""Chroma key relative to the screen itself: the quick one, half the picture's size and without hair.

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

from transforms.cells import look
from transforms.effect import Color
from transforms.kernels.memory import remember, spread
from transforms.kernels.screen import key_screen, measure
from transforms.key_color import KeyColor, is_same_hue, typed_key
from transforms.key_search import KeyColorSearch, Seeker
from transforms.looks import is_same_view
from transforms.matting import Matte, Matting, ScreenColor, hat
from transforms.picture import Look, Picture
from transforms.presence import presence

CELLS = 15
"""Grid cells along the longer side: fine enough for a hot spot, coarse enough that hair does not colour a cell."""

FIRST_CONE, CONE = 0.35, 0.25
"""Across over along: how far from the typed colour the screen is sought, and then from what was found."""

STEP = 8
"""Chroma rows from one that is measured to the next."""

ENOUGH = 0.02
"""Mean weight of a cell's samples, 0.36 for a screen as typed, that some cell must reach: else nothing is learnt."""

REACH = 1.0
"""A cell's word counts e**-1 as much in each next cell: it irons out hair and jeans, and follows uneven light."""

LIT = (0.4, 1.7)
"""The strengths, relative to the typed colour's, between which a measured key is believed."""

LEAST_PICTURE, LEAST_BORDER, LEAST_SIDE = 0.04, 0.5, 0.25
"""The shares of `presence` without which there is no telling screen from room."""

THRESHOLD = 0.5


class RelativeKeyer:
    """Follows one stream's screen. `color` None: its colour is found first (`transforms.key_search`).

    `exact`: the typed colour is the key, and the light moves it nowhere.

    Raises:
        EffectError: the colour is too near to grey.
    """

    def __init__(self, color: Color | None, *, exact: bool = False) -> None:
        self.search = KeyColorSearch(color)
        self.color = color
        self.exact = exact and color is not None
        self.key_color: KeyColor | None = None
        self._memory: _Memory | None = None
        self._note: str | None = None

    def matte(self, picture: Picture, time: float) -> Matte:
        """Alpha of the chroma planes' size, and the screen it was keyed against."""
        self._note = None
        key = typed_key(self.color, picture) if self.color else self._found(picture)
        if key is None:
            alpha, missing = np.full(picture.cb.rows.shape, 255, np.uint8), self.search.key.reasons[0]
            return Matte(alpha, None, 0.0, THRESHOLD, missing, self._note)
        memory = self._remembered(picture, key)
        screen = memory.screen()
        cb, cr = picture.cb, picture.cr
        wide = screen.grid[1:] @ hat(screen.grid.shape[2], cb.width)
        key_screen(cb.samples, cr.samples, cb.stride, cb.height, wide, memory.lines, memory.alpha.reshape(-1))
        confidence, reason = self._judge(memory.alpha)
        if self.key_color is not None:
            (self.search.hold if reason is None else self.search.lose)(self.key_color)
        return Matte(memory.alpha, screen, confidence, THRESHOLD, reason, self._note)

    def succeed(self, before: Matting) -> None:
        """Go on with the screen that `before` follows, or with the colour it found, where it seeks the same."""
        if isinstance(before, RelativeKeyer) and (before.color, before.exact) == (self.color, self.exact):
            self._memory = before._memory
        if isinstance(before, Seeker) and before.search.seed is None is self.color:
            self.search = before.search
            self.key_color = self.search.key if self.search.is_found else None

    def close(self) -> None:
        """Forget the screen."""
        self._memory = None

    def _found(self, picture: Picture) -> tuple[float, float] | None:
        """The key found: the last one as long as no other is; None where none is, or it was withdrawn."""
        if self._memory is not None and self._memory.look.full_range != picture.full_range:
            self.search, self.key_color, self._memory = KeyColorSearch(), None, None
        found = self.search.look(picture)
        if found.accepted and found.line is not None:
            if self.key_color is None or not is_same_hue(found, self.key_color):
                self._memory = None
                self._note = f"key colour {found.color} found, confidence {found.confidence:.2f}"
            self.key_color = found
        elif found.is_withdrawn:
            self._note = f"key colour {found.color} {found.reasons[0]}"
            self.key_color, self._memory = None, None
        if self.key_color is None or self.key_color.line is None:
            return None
        return self.key_color.line.seen[1:]

    def _remembered(self, picture: Picture, key: tuple[float, float]) -> _Memory:
        """What is known of the screen, this picture included."""
        memory = self._memory
        if memory is None or memory.look != look(picture):
            memory, before = _Memory(picture, key, exact=self.exact), memory
            if before is not None:
                memory.recall(before, picture)
            self._memory = memory
            memory.learn(picture, step=STEP, cone=FIRST_CONE)
        memory.learn(picture, step=STEP, cone=CONE)
        return memory

    def _judge(self, alpha: NDArray[np.uint8]) -> tuple[float, str | None]:
        """Confidence, THRESHOLD where a share just suffices; and what is missing below it."""
        seen = presence(alpha)
        shares = (seen.picture / LEAST_PICTURE, seen.border / LEAST_BORDER, seen.poorest / LEAST_SIDE)
        confidence = min(1.0, THRESHOLD * min(shares))
        if confidence >= THRESHOLD:
            return confidence, None
        lack = ("no screen of {}", "little screen of {} along the border", "no screen of {} along a side")
        return confidence, lack[shares.index(min(shares))].format(
            self.color or (self.key_color and self.key_color.color)
        )


class _Memory:
    """What is known of the screen in pictures of one look: size, matrix and range.

    `typed`, `key`: (Cb, Cr) about neutral of the colour typed or found, and of the screen. Invariant: the second lies
    within FIRST_CONE and LIT of the first, and is the first where that is exact. `alpha`, `lines`: room for the keying.
    """

    def __init__(self, picture: Picture, key: tuple[float, float], *, exact: bool = False) -> None:
        self.look = look(picture)
        self.typed = self.key = key
        self._exact = exact
        self.alpha: NDArray[np.uint8] = np.empty(picture.cb.rows.shape, np.uint8)
        width, height = picture.size.chroma
        cell = max(1.0, max(height, width) / CELLS)
        rows, columns = math.ceil(height / cell), math.ceil(width / cell)
        self.lines = np.empty((5, width), np.float32)
        self._least = ENOUGH * height * width / (rows * columns)
        self._seen = np.empty((4, rows, columns), np.float32)
        self._colors = np.zeros((3, rows, columns), np.float32)
        self._trust = np.zeros((rows, columns), np.float32)
        self._total = np.zeros(4, np.float32)
        self._reach = _reach(rows), _reach(columns)
        self._scratch = np.empty((4, rows, columns), np.float32)
        self._grid = np.empty((3, rows, columns), np.float32)
        self._grid[:] = np.array((128, key[0] + 128, key[1] + 128), np.float32)[:, None, None]

    def recall(self, other: _Memory, picture: Picture) -> None:
        """Know what is known of the same screen in pictures of another size, the first of which this is."""
        if not is_same_view(Look.of(picture), other.look) or (other.typed, other._exact) != (self.typed, self._exact):
            return
        self.key = other.key
        rows, columns = _nearest(other._trust.shape, self._trust.shape)
        for known, before in ((self._colors, other._colors), (self._trust, other._trust), (self._grid, other._grid)):
            known[:] = before[..., rows, columns]
        self._total[:] = other._total

    def learn(self, picture: Picture, *, step: int, cone: float) -> None:
        """Look at every `step`-th row of the picture, within `cone` of the key."""
        cb, cr, y = picture.cb, picture.cr, picture.y
        planes = (y.samples, y.stride, cb.samples, cr.samples, cb.stride, cb.height)
        strength = self.key[0] ** 2 + self.key[1] ** 2
        key = np.array((self.key[0] / strength, self.key[1] / strength), np.float32)
        measure(*planes, key, cone, step, self.lines, self._seen)
        if self._seen[0].max() * step >= self._least:
            remember(self._seen, self._colors, self._trust, self._total)
            spread(self._colors, self._trust, *self._reach, self._scratch, self._grid)
            self._follow()

    def screen(self) -> ScreenColor:
        """The screen's light; a cell that was never plainly seen takes the word of the nearest that were."""
        return ScreenColor(self._grid)

    def _follow(self) -> None:
        """Move the key to the measured colour, if that can be the typed one in some light."""
        if self._exact:
            return
        weight, _, cb, cr = self._total.tolist()
        blue, red = cb / weight - 128, cr / weight - 128
        typed_blue, typed_red = self.typed
        near, off = blue * typed_blue + red * typed_red, abs(blue * typed_red - red * typed_blue)
        if off < FIRST_CONE * near and LIT[0] < near / (typed_blue**2 + typed_red**2) < LIT[1]:
            self.key = (blue, red)


def _nearest(grid: tuple[int, ...], other: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows (n, 1) and columns of one grid nearest to the cells of another over the same picture."""
    rows, columns = ((np.arange(new) * 2 + 1) * old // (2 * new) for old, new in zip(grid, other, strict=True))
    return rows[:, None], columns


def _reach(cells: int) -> NDArray[np.float32]:
    places = np.arange(cells)
    reach: NDArray[np.float64] = np.exp(-REACH * np.abs(places[:, None] - places))
    return reach.astype(np.float32)
