"""A drawn room before a camera that shakes, and somebody in it who breathes: all continuous, so shifts are exact.

Coordinates are in heights of the picture, so that pictures of every size show the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells
from transforms.picture import Matrix, Picture, Size

SMALL = Size(320, 240)
EDGE = 0.006
"""Heights over which an edge rises: 1.5 samples of 240, a lens's."""

Field = NDArray[np.float64]


@dataclass(frozen=True)
class Person:
    """Somebody, by where they are and how far their chest has risen, both in heights. `width`: of the shoulders."""

    x: float = 0.66
    breath: float = 0.0
    width: float = 0.3
    top: float = 0.2

    def cover(self, x: Field, y: Field) -> Field:
        """How much of each place is this person, 0..1."""
        head = np.hypot((x - self.x) / (0.33 * self.width), (y - self.top - 0.16) / 0.15)
        chest = 0.62 - self.breath
        body = np.maximum(np.abs(x - self.x) - self.width * np.clip((y - chest) * 3 + 0.6, 0, 1), chest - 0.18 - y)
        return np.asarray(np.maximum(_inside(0.15 * (head - 1)), _inside(body)))


def place(size: Size, across: float = 0.0, down: float = 0.0) -> tuple[tuple[Field, Field], ...]:
    """Where the samples of luma and of chroma look, shifted by `across` and `down` luma samples."""
    width, height = size
    y, x = np.mgrid[:height, :width].astype(np.float64)
    luma = (x - across) / height, (y - down) / height
    y, x = np.mgrid[: size.chroma.height, : size.chroma.width].astype(np.float64)
    return luma, ((2 * x + 0.5 - across) / height, (2 * y + 0.5 - down) / height)


def room(x: Field, y: Field, seed: int = 0) -> tuple[Field, Field, Field]:
    """Luma, Cb, Cr of a wall with pictures and books on it."""
    random = np.random.default_rng(seed)
    planes = [np.full(x.shape, base) + slope * y for base, slope in ((120.0, 20.0), (122.0, 4.0), (134.0, -4.0))]
    for _ in range(40):
        left, top = random.uniform(-0.2, 1.6), random.uniform(-0.1, 1.0)
        width, height = random.uniform(0.02, 0.25, 2)
        colors = random.uniform(50, 190), random.uniform(110, 140), random.uniform(118, 146)
        across, down = _inside(np.abs(x[0] - left) - width / 2), _inside(np.abs(y[:, 0] - top) - height / 2)
        if across.any() and down.any():
            window = np.s_[_span(down), _span(across)]
            inside = np.minimum.outer(down[window[0]], across[window[1]])
            for plane, color in zip(planes, colors, strict=True):
                plane[window] += inside * (color - plane[window])
    return planes[0], planes[1], planes[2]


class Footage:
    """Pictures of one place, each with its own noise; what is still is drawn once."""

    def __init__(self, size: Size = SMALL, *, noise: float = 1.5, seed: int = 0) -> None:
        self.size = size
        self._noise, self._seed = noise, seed
        self._random = np.random.default_rng(seed + 1)
        self._still: dict[tuple[float, float, int], tuple[Field, Field, Field]] = {}

    def frame(
        self,
        person: Person | None = None,
        *,
        across: float = 0.0,
        down: float = 0.0,
        gain: float = 1.0,
        seed: int | None = None,
    ) -> Picture:
        """The place, lit by `gain`; another `seed` is another place."""
        planes = [plane.copy() for plane in self._place(across, down, self._seed if seed is None else seed)]
        if person is not None:
            luma, chroma = place(self.size)
            looks = zip(
                planes, (_worn(*luma), np.asarray(108.0), np.asarray(152.0)), (luma, chroma, chroma), strict=True
            )
            covers = {id(at): person.cover(*at) for at in (luma, chroma)}
            planes = [plane + covers[id(at)] * (worn - plane) for plane, worn, at in looks]
        picture = Picture.blank(self.size, matrix=Matrix.BT601, full_range=False)
        for number, (plane, levels) in enumerate(zip(picture.planes, planes, strict=True)):
            zero, noise = (128, self._noise / 2) if number else (16, self._noise)
            seen = (levels - zero) * gain + zero + self._random.normal(0, noise, levels.shape)
            plane.rows[:] = np.clip(np.rint(seen), 0, 255)
        return picture

    def _place(self, across: float, down: float, seed: int) -> tuple[Field, Field, Field]:
        key = across, down, seed
        if key not in self._still:
            luma, chroma = place(self.size, across, down)
            still = room(*luma, seed)[0], room(*chroma, seed)[1], room(*chroma, seed)[2]
            if len(self._still) > 4:
                self._still.clear()
            self._still[key] = still
        return self._still[key]


def measured(picture: Picture, cells: Cells | None = None) -> Cells:
    """The cells of a picture, in those given."""
    cells = cells or Cells(picture)
    cells.measure(picture)
    return cells


def cover_of(person: Person, cells: Cells, size: Size) -> NDArray[np.float64]:
    """How much of each cell is the person."""
    cover = person.cover(*place(size)[1])
    rows, columns = cells.shape
    padded = np.pad(
        cover, ((0, rows * cells.cell - cover.shape[0]), (0, columns * cells.cell - cover.shape[1])), "edge"
    )
    return np.asarray(padded.reshape(rows, cells.cell, columns, cells.cell).mean(axis=(1, 3)).reshape(-1))


def _span(profile: Field) -> slice:
    """Where there is anything."""
    places = np.flatnonzero(profile)
    return slice(int(places[0]), int(places[-1]) + 1)


def _inside(distance: Field) -> Field:
    """1 inside an outline, 0 outside, by how far out each place is."""
    return np.asarray(np.clip(0.5 - distance / EDGE, 0, 1))


def _worn(x: Field, y: Field) -> Field:
    """The luma of a knitted pullover and a face."""
    return np.asarray(np.where(y < 0.5, 165.0, 70 + 14 * np.sin(90 * x) * np.sin(70 * y)))
