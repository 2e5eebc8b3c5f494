"""The plate matting: what differs from a picture of the empty room is the person.

Each picture is measured in cells. The camera's shake is taken out of the plate, its light fitted to the picture's, and
each cell asked whether it shows the plate once more (`transforms.kernels.difference`); the answers are made one shape
(`transforms.belief`), and along its outline alpha is estimated sample by sample between the person's colours and the
plate's own (`transforms.unmix`).

It fails closed. A plate that is not learned yet, a camera that moved, a light that went out, a scene that is another:
each of them leaves too little of the plate to be seen again, confidence is under its threshold, and the reason says
which. Nothing is remembered of such pictures, so the first that fits again is sure again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from transforms.arrival import Arrivals
from transforms.belief import SURE, Belief
from transforms.camera import Camera
from transforms.cells import Cells, look
from transforms.kernels.lay import CORE
from transforms.laid_plate import LaidPlate
from transforms.looks import OtherShape
from transforms.matting import Matte, NotReady
from transforms.trimap import Trimap
from transforms.unmix import Unmixer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transforms.camera import CameraMotion
    from transforms.clean_plate import CleanPlate, CleanPlateSource, PersonPrior
    from transforms.effect import Shadow
    from transforms.picture import Picture

THRESHOLD = 0.5

LEAST_SEEN = 0.03
"""The share of the cells that must surely show the plate: with less, whoever is there cannot be told from the room."""

LEAST_BORDER = 0.1
"""The same along the top and the upper sides, where persons seldom are and another room surely is."""

LEAST_CONTRAST = 5.0
"""Levels: the deviation of the plate's luma as the light leaves it, under which everything looks like everything."""

LEARNING = 2
"""Pictures, of which the plate learns from the last."""

LEAST_GAIN = 0.12
"""Of the plate's light: under it the light is out."""


class PlateKeyer:
    """Follows one stream before its clean plate. `shadow`: whether what the person casts is taken away or kept.

    `prior`: what else knows persons by their shape.
    """

    def __init__(self, plate: CleanPlateSource, *, shadow: Shadow = "remove", prior: PersonPrior | None = None) -> None:
        self.plate = plate
        self.shadow = shadow
        self.prior = prior
        self._cells: Cells | None = None
        self._room: _Room | None = None
        self._is_awaited = False

    def matte(self, picture: Picture, time: float) -> Matte:
        """Alpha of luma's size, and the plate as it shows in this picture.

        Raises:
            NotReady: the plate is not learned yet, or none fits.
        """
        cells = self._measure(picture)
        plate = self._observe(picture, cells, time)
        if self._room is None:
            self._room = _Room(picture, cells, self.shadow)
        prior = None if self.prior is None else self.prior.person(picture, time)
        matte = self._room.matte(picture, cells, plate, prior, time)
        if self._room.is_lost:
            self.plate.moved()
        if self._is_awaited and matte.is_sure:
            self._is_awaited = False
            return replace(matte, note="the plate is learned")
        return matte

    def close(self) -> None:
        """Nothing is held."""

    def _observe(self, picture: Picture, cells: Cells, time: float) -> CleanPlate:
        try:
            return self.plate.observe(picture, cells, time)
        except NotReady as awaited:
            self._is_awaited |= not isinstance(awaited, OtherShape)
            raise

    def _measure(self, picture: Picture) -> Cells:
        """Measure the picture; forget everything where it is unlike those before."""
        cells = self._cells
        if cells is None or cells.look != look(picture):
            self._cells = cells = Cells(picture)
            self._room = None
        cells.measure(picture)
        return cells


class _Room:
    """One look's room, and who stands in it. `is_lost`: the camera shows another view."""

    def __init__(self, picture: Picture, cells: Cells, shadow: Shadow) -> None:
        self.is_lost = False
        self._shadow = shadow
        self._camera = Camera(cells)
        self._laid = LaidPlate(picture, cells)
        self._belief = Belief(cells)
        self._arrivals = Arrivals(cells)
        self._trimaps = Trimap.shared(cells)
        self._unmixer = Unmixer(picture, cells)
        self._border = cells.border
        self._shaded: NDArray[np.uint8] = np.zeros(picture.y.rows.shape if shadow == "keep" else (0, 0), np.uint8)
        self._is_sure = False
        self._count = 0

    def matte(
        self, picture: Picture, cells: Cells, plate: CleanPlate, prior: NDArray[np.uint8] | None, time: float
    ) -> Matte:
        """The matte of a measured picture."""
        motion = self._camera.align(picture, cells, plate)
        self.is_lost = motion.is_moved
        laid, belief = self._laid, self._belief
        laid.take(self._camera.plate or plate.picture, plate.noise, plate.known, is_still=motion.is_still)
        laid.fit(picture, cells, belief.is_bare if self._is_sure else None)
        belief.weigh(cells, laid, plate.noise, plate.known)
        belief.form(cells, laid, plate.known, prior)
        confidence, reason = self._judge(plate, motion, time)
        if confidence < THRESHOLD:
            self._forget()
            return Matte(np.full(picture.y.rows.shape, 255, np.uint8), None, confidence, THRESHOLD, reason)
        self._is_sure = True
        self._arrivals.trust(belief.person, time)
        with self._trimaps.lent() as trimap:
            alpha = self._unmix(picture, cells, trimap)
        self._count += 1
        if motion.is_still and self._count % LEARNING == 0:
            bare = belief.is_bare & (belief.ratio > 0.98) & (belief.evidence < SURE / 2)
            plate.learn(picture, cells, bare.view(np.uint8), laid.exposure)
        return Matte(alpha, laid.screen, confidence, THRESHOLD)

    def _unmix(self, picture: Picture, cells: Cells, trimap: Trimap) -> NDArray[np.uint8]:
        laid, belief = self._laid, self._belief
        laid.find_shades(cells, belief.is_seen)
        shares = (belief.soft, belief.chances)
        laid.lay(picture, cells, belief.states, belief.wanted, shares, trimap.near, trimap.rough)
        trimap.settle(cells, belief.is_bare.view(np.uint8))
        trimap.distances[belief.states == CORE] = trimap.reach + 1
        alpha = self._unmixer.unmix_plate(picture, cells, laid.screen, trimap, belief.changed)
        if self._shadow == "remove":
            return alpha
        laid.keep_shadow(alpha, picture, cells, belief.states, belief.wanted, self._shaded)
        return self._shaded

    def _forget(self) -> None:
        self._is_sure = False
        self._laid.forget()
        self._belief.forget()
        self._unmixer.forget()

    def _judge(self, plate: CleanPlate, motion: CameraMotion, time: float) -> tuple[float, str | None]:
        """Confidence, THRESHOLD where what is seen of the plate just suffices; what is missing below it."""
        laid, sure = self._laid, (self._belief.evidence < SURE) & (self._belief.person == 0)
        known = plate.known > 0
        seen = np.count_nonzero(sure) / max(1, int(np.count_nonzero(known)))
        border = np.count_nonzero(sure & self._border) / max(1, int(np.count_nonzero(known & self._border)))
        gain = float(laid.exposure.gain[0])
        shares = (
            (0.0 if motion.is_moved else 1.0, "the camera moved"),
            (0.0 if self._arrivals.are_sudden(self._belief.person, time) else 1.0, "too much has changed at once"),
            (plate.confidence, plate.reason or "the plate is poor"),
            (THRESHOLD * gain / LEAST_GAIN, "the light is out"),
            (THRESHOLD * laid.contrast / LEAST_CONTRAST, "too dark, or too plain, to tell person from plate"),
            (THRESHOLD * seen / LEAST_SEEN, "little of the plate is seen"),
            (THRESHOLD * border / LEAST_BORDER, "little of the plate is seen along the border"),
        )
        confidence, reason = min((max(0.0, min(1.0, share)), reason) for share, reason in shares)
        return confidence, reason if confidence < THRESHOLD else None
