"""A clean plate from the first pictures of a call, taken before the person comes in.

Each cell is what most of the pictures showed of it: a cell that changes is voted down, one look against another, and
begins anew when it is outvoted (Boyer and Moore's majority, 1981). So somebody may walk through. Where the pictures did
not agree, and what such cells enclose, may have been somebody: it is called unknown, and of too much of it the plate
says so, until it has been seen to keep as still as a wall.
"""

from __future__ import annotations

import numpy as np

from transforms.camera import Camera
from transforms.cells import Cells, Fields
from transforms.clean_plate import CleanPlate
from transforms.exposure import Exposure, fit_exposure
from transforms.looks import Looks, OtherShape
from transforms.matting import NotReady
from transforms.patches import Cellwise, Patches
from transforms.picture import Picture
from transforms.renewal import DOUBTED, GONE, Renewal

AGREES = np.array((3.0, 2.0, 2.0), np.float32)
"""Levels of Y, Cb, Cr by which a cell's mean may be off and still be the same: codecs begin coarse, and refine."""

MEDIANS = 6.0
"""Medians of how far all cells are off within which that is noise."""

STRIDES = 3.0
"""How many times as much as that a cell must be off to have shown something else: who walks by, and no codec's haze."""

DISPUTED = 0.15
"""The share of the pictures that may show a cell so."""

CLEAR = 0.3
"""The votes left over, as a share of all pictures, from which a disputed cell is known all the same: 65 to 35."""

UNKNOWN = 32
"""How well a cell is known that may have shown somebody: P of 255, under what anybody relies on."""

SOMEBODY = 0.03
"""The share of the picture that may be so without the plate's being doubted."""


class FirstFramesPlate:
    """The majority of the first `count` pictures of a look."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._looks: Looks[_Taking] = Looks()

    def observe(self, picture: Picture, cells: Cells, time: float) -> CleanPlate:
        """The plate, once `count` pictures were seen.

        Raises:
            NotReady: until then; the last of them is answered with the plate.
            OtherShape: than that of the pictures the plate was taken from.
        """
        taking = self._looks.at(picture, cells)
        if taking is None:
            if self._looks.ready is not None:
                raise OtherShape("the picture has another shape than the plate")
            taking = self._looks.keep(_Taking(picture, cells, self.count))
        return taking.observe(picture, cells, time)

    def moved(self) -> None:
        """The plate still shows the place: it is right again when the camera is."""


class _Taking:
    """One look's votes while the plate is taken, and its doubts afterwards."""

    def __init__(self, picture: Picture, cells: Cells, count: int) -> None:
        self.plate = CleanPlate(cells, picture)
        self._count, self._seen = count, 0
        self._camera = Camera(cells)
        self._measured, self._moved = Cells(picture), Cells(picture)
        self._exposure = Exposure.unit()
        self._votes, self._against = (np.zeros(cells.count, np.int32) for _ in range(2))
        self._weights: Fields = np.ones(cells.count, np.float32)
        self._doubtful: Cellwise = np.zeros(cells.count, np.bool_)
        self._patches = Patches(cells.shape)
        self._renewal = Renewal(picture, cells)

    @property
    def picture(self) -> Picture:
        """Of this look."""
        return self.plate.picture

    @property
    def is_ready(self) -> bool:
        """Whether all pictures were seen."""
        return self._seen >= self._count

    def resized(self, picture: Picture, cells: Cells) -> _Taking:
        """The same at another size, its votes with it."""
        other, places = _Taking(picture, cells, self._count), cells.places_in(self._measured)
        other.plate = self.plate.resized(picture, cells, self._measured)
        other._seen, other._exposure = self._seen, self._exposure
        other._votes[:], other._against[:] = self._votes[places], self._against[places]
        other._doubtful[:] = self._doubtful[places]
        return other

    def observe(self, picture: Picture, cells: Cells, time: float) -> CleanPlate:
        """The plate, or NotReady."""
        if self._seen < self._count:
            self._vote(picture, cells)
            self._seen += 1
            if self._seen < self._count:
                raise NotReady(f"learning the plate: {100 * self._seen // self._count} %")
            self._conclude()
        elif self._renewal.look(picture, cells, self.plate, time):
            self._clear()
        return self.plate

    def _vote(self, picture: Picture, cells: Cells) -> None:
        if self._seen:
            picture, cells = self._steadied(picture, cells)
        off = self._off(cells)
        agrees = off < 1
        self._votes += np.where(agrees, 1, -1)
        self._against += off > STRIDES
        outvoted = self._votes <= 0
        self._votes[outvoted] = 1
        self.plate.take(picture, cells, outvoted, self._exposure)
        self.plate.average(picture, cells, agrees & ~outvoted, self._exposure)

    def _steadied(self, picture: Picture, cells: Cells) -> tuple[Picture, Cells]:
        """The picture laid over the first ones, and what is then measured of it."""
        motion = self._camera.align(picture, cells, self.plate)
        if motion.is_still or motion.is_moved:
            return picture, cells
        steadied = self._camera.steadied(picture, motion)
        self._moved.measure(steadied)
        return steadied, self._moved

    def _off(self, cells: Cells) -> Fields:
        """How far each cell is from the plate so far, 1 where it is no more the same; of the first picture, all are."""
        if not self._seen:
            return np.ones(cells.count, np.float32)
        self._measured.measure(self.plate.picture)
        means = self._measured.moments[:3]
        self._exposure = fit_exposure(means, cells, self._weights, self._exposure).exposure
        off = np.abs(cells.moments[:3] - self._exposure.expose(means))
        limits = np.maximum(AGREES, MEDIANS * np.median(off, axis=1))
        return np.asarray((off / limits[:, None]).max(axis=0), np.float32)

    def _conclude(self) -> None:
        """Doubt what was disputed, and what that encloses."""
        disputed = self._patches.without_specks(self._against > DISPUTED * self._count)
        disputed &= self._votes < CLEAR * self._count
        self._doubtful = ~self._patches.joined_to_edge(~self._patches.widened(disputed))
        self.plate.known[:] = np.where(self._doubtful, UNKNOWN, 255)
        self._doubt()

    def _clear(self) -> None:
        """Doubt no more what has been taken anew, or has kept as still as the wall it hangs together with."""
        quiet = self._renewal.still.quiet
        stirred = self._patches.without_specks(quiet < GONE)
        still = self._patches.joined_to_edge(~self._patches.widened(stirred)) & (quiet >= GONE)
        cleared = self._doubtful & (still | (self.plate.known > UNKNOWN + 32))
        self._doubtful &= ~cleared
        self.plate.known[cleared] = np.maximum(self.plate.known[cleared], 192)
        self._doubt()

    def _doubt(self) -> None:
        share = np.count_nonzero(self._doubtful) / self._doubtful.size
        if share > SOMEBODY and self.plate.reason is None:
            self.plate.doubt("somebody moved while the plate was taken", DOUBTED)
