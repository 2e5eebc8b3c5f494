"""Who is in a picture and what is behind them: a network's word, the plate's as far as it is known, and colour.

Cell by cell the network's chance and what differs from the plate are weighed together (`transforms.belief`); where no
plate is known the network decides. Along the outline alpha is estimated sample by sample between the person's colours
and what is behind them: the plate's own samples where it is known, else what the room nearby leads to expect, with as
much doubt as the room nearby is varied.

The network has the last word on what is a person at all: what only differs from the plate and hangs together with
nobody is a thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from transforms.belief import SURE, Belief
from transforms.camera import Camera, CameraMotion
from transforms.cells import Cells, Fields, Pyramid
from transforms.clean_plate import UNMEASURED_NOISE
from transforms.exposure import Exposure
from transforms.kernels.guess import HOLD, REPLACE, STRICT, lay_chance, lay_level
from transforms.kernels.lay import BACKGROUND, BAND, CORE
from transforms.kernels.palette import BINS, learn_palette, weigh_colors
from transforms.kernels.trimap import measure_distances
from transforms.laid_plate import FEWEST, LaidPlate
from transforms.person.prior import by_cells
from transforms.person.revealed_plate import FULLY, NOBODY, Sighting
from transforms.trimap import Trimap
from transforms.unmix import Unmixer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transforms.clean_plate import CleanPlate, Mask
    from transforms.patches import Cellwise
    from transforms.picture import Picture

CLAIMED, FADING = 128, 6
"""The chance, of 255, from which a cell is somebody's, and how much of it a picture forgets: 0.7 s at 30 a second."""

LEAST_GAIN, LEAST_CONTRAST = 0.12, 5.0
"""Of the plate's light, and levels by which its luma deviates, under which the plate tells nothing."""

STRONG, FOREIGN, MOST_FOREIGN = 4.0, 24, 0.12
"""Nats; a chance of 255; the share of the cells. When so many differ strongly from the plate where the network sees
nobody at all, it is the plate that is wrong: another light, another view."""

HELD, FEW = 5, 0.02
"""Cells from somebody within which what only differs from the plate may be theirs, a hand or what it holds; and the
share of the cells that do so from which none are: it is rather the camera that moves."""

CALMING = 0.97
"""What a picture leaves of the greatest such share lately: at 30 a second half of it is gone in 0.8 s."""

GAP = 0.5
"""Seconds without a picture after which where somebody was says nothing any more."""

RATE, MOST_COLOR = 0.2, 2.0
"""How much of the palettes one picture replaces; nats that a cell's colour may count for where no plate is known."""

ALIGNED = 2
"""Pictures, in one of which the camera is looked at."""

HARDLY = 51
"""The chance, of 255, under which no colour makes a cell somebody's: else a matte would grow along a dark wall."""

LEARNING = 2
"""Pictures, of which the plate learns from the last."""


class Scene:
    """One look's. After `draw`: `alpha` (H, W); `screen`, what is behind, where it is wanted.

    `is_lost`: the plate does not fit.
    """

    def __init__(self, picture: Picture, cells: Cells) -> None:
        self.is_lost = False
        self.alpha: NDArray[np.uint8] = np.zeros(picture.y.rows.shape, np.uint8)
        self._prior: Mask = np.zeros(cells.count, np.uint8)
        self._bare, self._foreign = (np.zeros(cells.count, np.bool_) for _ in range(2))
        self._unknown: Mask = np.zeros(cells.count, np.uint8)
        self._unmeasured: Fields = np.full((3, cells.count), UNMEASURED_NOISE, np.float32)
        self._camera, self._motion = Camera(cells), CameraMotion()
        self._of: CleanPlate | None = None
        self._laid = LaidPlate(picture, cells)
        self._belief = Belief(cells)
        self._trimaps = Trimap.shared(cells)
        self._unmixer = Unmixer(picture, cells)
        self._pyramids = Pyramid.shared(cells.shape, channels=6)
        self._scatter: Fields = np.zeros((3, cells.count), np.float32)
        self._claimed: NDArray[np.int16] = np.zeros(cells.count, np.int16)
        self._worn, self._hung = (np.zeros(BINS + 1, np.float32) for _ in range(2))
        self._shares: Fields = np.zeros(2 * cells.cell, np.float32)
        self._distances: NDArray[np.int32] = np.zeros(cells.count, np.int32)
        self._is_fitted = self._is_still = False
        self._count = self._known_before = 0
        self._doubt = 0.0
        self._time = -np.inf

    @property
    def screen(self) -> Picture:
        """What is behind, in this picture's light, about where somebody's outline is."""
        return self._laid.screen

    @property
    def sighting(self) -> Sighting:
        """What was made of the last picture."""
        exposure = self._laid.exposure if self._is_fitted else Exposure.unit()
        return Sighting(self._bare, self._foreign, self._prior, exposure)

    def draw(self, picture: Picture, cells: Cells, plate: CleanPlate | None, chance: Mask, time: float) -> None:
        """Draw a measured picture's alpha. `plate`: as far as it is known, if any is. `time`: stream seconds."""
        if time - self._time > GAP:
            self._forget()
        self._time = time
        self._prior = by_cells(chance, cells)
        np.maximum(self._claimed - FADING, self._prior, out=self._claimed)
        fitted = self._fitted(picture, cells, plate)
        if fitted is None:
            # Whatever lies there: where no plate is known none of it is looked at.
            self._laid.take(picture, self._unmeasured, np.maximum(self._unknown, 1), is_still=False)
        known = self._unknown if fitted is None else fitted.known
        self._believe(cells, known)
        self._count += 1
        if self._belief.person.any():
            with self._trimaps.lent() as trimap:
                self._unmix(picture, cells, known, chance, trimap)
        else:
            self._clear()
        if fitted is not None and self._is_still and self._count % LEARNING == 0:
            belief = self._belief
            sure = self._bare & (known > 0) & (belief.ratio > 0.98) & (belief.evidence < SURE / 2)
            fitted.learn(picture, cells, sure.view(np.uint8), self._laid.exposure)

    def _fitted(self, picture: Picture, cells: Cells, plate: CleanPlate | None) -> CleanPlate | None:
        """The plate laid under the picture; None where there is none that fits."""
        was_fitted, self._is_fitted, self.is_lost, self._is_still = self._is_fitted, False, False, True
        self._foreign[:] = False
        known = 0 if plate is None else int(np.count_nonzero(plate.known))
        if plate is None or known < FEWEST or plate.reason is not None:
            return None
        motion = self._aligned(picture, cells, plate)
        self._is_still = motion.is_still
        if motion.is_moved:
            self.is_lost = True
            return None
        laid = self._laid
        is_same = motion.is_still and was_fitted and known == self._known_before
        self._known_before = known
        laid.take(self._camera.plate or plate.picture, plate.noise, plate.known, is_still=is_same)
        laid.fit(picture, cells, self._bare & (plate.known > 0) if was_fitted else None)
        if laid.exposure.gain[0] < LEAST_GAIN or laid.contrast < LEAST_CONTRAST:
            return None
        self._belief.weigh(cells, laid, plate.noise, plate.known)
        if not self._is_explained(cells):
            self.is_lost = True
            return None
        self._is_fitted = True
        return plate

    def _aligned(self, picture: Picture, cells: Cells, plate: CleanPlate) -> CameraMotion:
        """How the camera stands to the plate; while it keeps still, looked at in every ALIGNED'th picture.

        What that may miss for a picture differs from the plate, and persons do not explain it.
        """
        is_quiet = plate is self._of and self._motion.is_still and self._doubt < FEW
        if not is_quiet or self._count % ALIGNED == 0:
            self._motion = self._camera.align(picture, cells, plate)
        self._of = plate
        return self._motion

    def _is_explained(self, cells: Cells) -> bool:
        """Whether persons explain what differs from the plate; what lies far from any is taken for none of theirs."""
        evidence, (rows, columns) = self._belief.evidence, cells.shape
        np.logical_and(evidence > STRONG, self._claimed < FOREIGN, out=self._foreign)
        foreign = int(np.count_nonzero(self._foreign))
        self._doubt *= CALMING
        if foreign:
            claimed = (self._claimed >= CLAIMED).view(np.uint8)
            measure_distances(claimed, columns, rows, HELD + 1, self._distances)
            self._doubt = max(self._doubt, foreign / cells.count)
            held = HELD if self._doubt <= FEW else 0
            evidence[self._foreign & (self._distances > held)] = -STRONG
        return foreign <= MOST_FOREIGN * cells.count

    def _believe(self, cells: Cells, known: Mask) -> None:
        laid, belief = self._laid, self._belief
        unknown = known == 0
        weigh_colors(cells.moments, unknown.view(np.uint8), self._worn, self._hung, MOST_COLOR, belief.evidence)
        hardly = unknown & (self._prior < HARDLY)
        belief.evidence[hardly] = np.minimum(belief.evidence[hardly], 0)
        # A cell of which nothing is known is drawn all the same, by what the room nearby leads to expect.
        belief.form(cells, laid, np.maximum(known, 1), self._prior, self._claimed >= CLAIMED)
        self._bare = (belief.states == BACKGROUND) & (self._prior < NOBODY) & ((belief.evidence < 0) | unknown)
        learn_palette(cells.moments, (belief.states == CORE).view(np.uint8), RATE, self._worn)
        learn_palette(cells.moments, self._bare.view(np.uint8), RATE, self._hung)

    def _forget(self) -> None:
        """Hold the next picture to none before it."""
        self._claimed[:] = 0
        self._bare[:] = False
        self._laid.forget()
        self._belief.forget()
        self._unmixer.forget()

    def _clear(self) -> None:
        """Nobody is there."""
        if self.alpha.any():
            self.alpha = np.zeros_like(self.alpha)
        self._unmixer.forget()

    def _unmix(self, picture: Picture, cells: Cells, known: Mask, chance: Mask, trimap: Trimap) -> None:
        laid, belief = self._laid, self._belief
        laid.find_shades(cells, belief.is_seen & (known > 0))
        shares = (belief.soft, belief.chances)
        laid.lay(picture, cells, belief.states, belief.wanted, shares, trimap.near, trimap.rough)
        guessed = (known == 0) & (belief.wanted != 0)
        scatter = None
        if guessed.any():
            with self._pyramids.lent() as nearby:
                scatter = self._guess(cells, guessed, nearby)
        is_proven = (known >= FULLY) & (self._doubt <= FEW)
        told = np.where(guessed, REPLACE, np.where(is_proven, HOLD, STRICT)) * (belief.states == BAND)
        rows, columns = chance.shape
        size = (cells.width, cells.height, cells.cell)
        lay_chance(chance.reshape(-1), columns, rows, told, *size, trimap.near, trimap.rough)
        trimap.settle(cells, (belief.states == BACKGROUND).view(np.uint8))
        trimap.distances[belief.states == CORE] = trimap.reach + 1
        self.alpha = self._unmixer.unmix_plate(picture, cells, laid.screen, trimap, belief.changed, scatter)

    def _guess(self, cells: Cells, guessed: Cellwise, nearby: Pyramid) -> Fields:
        """Lay under the picture what the room nearby leads to expect, and say how varied it is there."""
        count, moments = cells.count, cells.moments
        weights = self._bare.astype(np.float32)
        nearby.weights[:count] = weights
        nearby.values[:3, :count] = moments[:3] * weights
        nearby.values[3:, :count] = moments[[3, 6, 8]] * weights
        nearby.fill(1.0)
        filled = nearby.filled[:, :count]
        self._scatter[:] = np.maximum(filled[3:] - filled[:3] ** 2, 0) * guessed
        for number, plane in enumerate(self._laid.screen.planes):
            side = cells.cell if number else 2 * cells.cell
            place = (side, plane.width, plane.height, plane.stride, plane.samples, self._shares)
            lay_level(np.ascontiguousarray(filled[number]), guessed.view(np.uint8), *place)
        return self._scatter
