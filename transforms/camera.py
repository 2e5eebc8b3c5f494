"""Where the camera looks, beside where it looked when the plate was taken: still, shaken a little, or moved away.

A laptop's lid shakes with its keyboard, and a plate half a pixel off draws every bookshelf's edges into the matte. So
each picture's shift is measured against the plate, on the texture that both show, and the plate is laid under the
picture. Which of the texture is background nobody needs to say: it is what agrees on one shift, and a person, not
being in the plate, agrees on nothing. So the measurement hangs on no matte, and no wrong matte can lead it astray.

When less of the texture agrees than a person who fills the picture would leave, the camera has moved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells
from transforms.clean_plate import CleanPlate
from transforms.kernels.shift import shift_plane
from transforms.picture import Picture
from transforms.shift import LEAST_TEXTURE, Shift, taps

LOST, FOUND = 0.25, 0.3
"""Shares of the plate's texture: the camera has moved when less than LOST agrees, and is back when FOUND does."""

SMALL = 150
"""Samples on the short side of the plane that shifts are measured on: 0.1 of a picture's pixel is then 1/40 of one."""

FURTHEST = 0.025
"""How far the camera may have shifted, as a share of the short side; beyond it too much of the view is another."""

STILL, SHAKEN = 0.08, 0.12
"""Luma samples: under STILL there is no shift, over SHAKEN there is; between, as it was."""

DEVIATIONS = 4.0
"""A shift of fewer deviations of its measurement is none."""

BRIGHTENED, UNLIKE = 2.0, 2.5
"""How much the light may change from one picture to the next, and from the plate to the first picture: what seems to
change more is another view."""

SEARCHED = 3
"""Pictures from one search further off to the next, while no texture agrees nearby."""

SETTLED = 3
"""Pictures that must agree again for a camera that had moved to be back."""

DARK = 0.12
"""The contrast, beside the plate's, under which the light is out and nothing can be said of the camera."""

AT_REST = 90
"""Pictures in which a shift must stay the same, to SHAKEN, for the plate to be laid there for good."""

REFRESH = 30
"""Pictures after which the plate is looked at anew."""


@dataclass(frozen=True, slots=True)
class CameraMotion:
    """Where the plate's content lies in the picture: `across` to the right and `down`, in luma samples; 0 while still.

    `agreed`: the share of the plate's texture that says so, 0..1. `is_moved`: the view is another.
    """

    across: float = 0.0
    down: float = 0.0
    agreed: float = 1.0
    is_moved: bool = False

    @property
    def is_still(self) -> bool:
        """Whether the plate lies under the picture as it is."""
        return self.across == 0 and self.down == 0 and not self.is_moved


class Camera:
    """Follows one stream's camera beside its plate.

    `plate`: the plate laid under the last picture aligned, the clean plate's own where the camera is still.
    """

    def __init__(self, cells: Cells) -> None:
        side = min(cells.width, cells.height)
        factor = max(1, round(side / SMALL))
        self._fine, self._coarse = Shift(cells, factor), Shift(cells, 2 * factor)
        self._furthest = FURTHEST * side / factor
        self._shift = 0.0, 0.0
        self._gain = 1.0
        self._is_moved = self._is_shaken = self._has_agreed = False
        self._lost = self._found = 0
        self._count = 0
        self._of: CleanPlate | None = None
        self._known: Cells | None = None
        self._stays = 0, (0.0, 0.0)
        self._line: NDArray[np.int16] = np.zeros(2 * cells.width + 3, np.int16)
        self._shifted: Picture | None = None
        self.plate: Picture | None = None

    def align(self, picture: Picture, cells: Cells, plate: CleanPlate) -> CameraMotion:
        """Measure how the picture, which `cells` have measured, lies beside the plate, and lay the plate under it."""
        self._look_at(plate, cells)
        agreed = self._measure(cells)
        self._settle(agreed)
        motion = self._motion(agreed)
        is_there = motion.is_still or motion.is_moved
        self.plate = plate.picture if is_there else self._shift_picture(plate.picture, motion.across, motion.down)
        if not is_there and self._has_stayed(motion):
            plate.replace(self.plate)
            self.plate = plate.picture
            self._begin()
            return CameraMotion(agreed=motion.agreed)
        return motion

    def _begin(self) -> None:
        """There is another plate, or it lies elsewhere: no shift, and the small planes are to be made."""
        self._shift, self._is_shaken, self._count = (0.0, 0.0), False, 0

    def _has_stayed(self, motion: CameraMotion) -> bool:
        """Whether the camera has come to rest where it is now: a lid was pushed, and there the plate may learn on."""
        count, (across, down) = self._stays
        if max(abs(motion.across - across), abs(motion.down - down)) > SHAKEN:
            count, across, down = 0, motion.across, motion.down
        self._stays = count + 1, (across, down)
        return count + 1 >= AT_REST

    def _look_at(self, plate: CleanPlate, cells: Cells) -> None:
        """Make the small plates, when there is another plate and then now and again."""
        if plate is not self._of:
            self._of, self._gain, self._lost, self._found = plate, 1.0, 0, 0
            self._is_moved = self._has_agreed = False
            self._begin()
        if self._count % REFRESH == 0:
            self._known = self._known or Cells(plate.picture)
            self._known.measure(plate.picture)
            for level in (self._fine, self._coarse):
                level.set_plate(self._known.luma, cells, plate.known)
        self._count += 1

    def _measure(self, cells: Cells) -> float | None:
        """The share of the texture that agrees on a shift, which is kept; None where nothing can be said."""
        fine = self._fine
        fine.set_picture(cells)
        shift = fine.measure(self._shift, self._gain, self._furthest)
        agreed = self._judged(shift)
        if agreed is not None and agreed < FOUND and self._lost % SEARCHED == 0:
            self._coarse.set_picture(cells)
            across, down = self._coarse.measure((0.0, 0.0), self._gain, self._furthest / 2)
            shift = fine.measure((2 * across, 2 * down), self._gain, self._furthest)
            agreed = self._judged(shift)
        if agreed is not None and agreed >= LOST:
            self._shift, self._gain, self._has_agreed = shift, self._gain * fine.gain, True
        return agreed

    def _judged(self, shift: tuple[float, float]) -> float | None:
        """How much of the texture agrees on a shift; None where the picture or the plate has none to judge by."""
        fine = self._fine
        if fine.texture < LEAST_TEXTURE or fine.contrast < DARK:
            return None
        most = BRIGHTENED if self._has_agreed else UNLIKE
        is_likely = max(map(abs, shift)) < self._furthest and 1 / most < fine.gain < most
        return fine.agreed(FOUND) if is_likely else 0.0

    def _settle(self, agreed: float | None) -> None:
        """Moved with the first picture that says so; back after as many that say so as said the other, SETTLED at most.

        For the first picture of another room must not be shown, and one good picture among others is chance.
        """
        if agreed is not None and agreed < LOST:
            self._lost, self._found = self._lost + 1, 0
        elif self._is_moved and agreed is not None and agreed >= FOUND:
            self._found += 1
        if self._found >= min(self._lost, SETTLED):
            self._lost = self._found = 0
        self._is_moved = self._lost > 0

    def _motion(self, agreed: float | None) -> CameraMotion:
        scale = 2.0 * self._fine.factor
        across, down = self._shift[0] * scale, self._shift[1] * scale
        length, deviation = max(abs(across), abs(down)), self._fine.deviation * scale
        least = max(STILL if self._is_shaken else SHAKEN, DEVIATIONS * deviation)
        self._is_shaken = length > least
        share = 1.0 if agreed is None else agreed
        if not self._is_shaken or self._is_moved:
            return CameraMotion(agreed=share, is_moved=self._is_moved)
        return CameraMotion(across, down, share)

    def steadied(self, picture: Picture, motion: CameraMotion) -> Picture:
        """The picture as it would lie over the plate; the next call writes it again."""
        return picture if motion.is_still else self._shift_picture(picture, -motion.across, -motion.down)

    def _shift_picture(self, picture: Picture, across: float, down: float) -> Picture:
        look = (picture.size, picture.matrix, picture.full_range)
        if self._shifted is None or look != (self._shifted.size, self._shifted.matrix, self._shifted.full_range):
            self._shifted = Picture.blank(picture.size, matrix=picture.matrix, full_range=picture.full_range)
        for channel, (source, out) in enumerate(zip(picture.planes, self._shifted.planes, strict=True)):
            scale = 0.5 if channel else 1.0
            right, across_taps = _whole_taps(across * scale)
            below, down_taps = _whole_taps(down * scale)
            planes = (source.samples, source.stride, source.width, source.height, right, below, across_taps, down_taps)
            shift_plane(*planes, self._line, out.samples)
        return self._shifted


def _whole_taps(shift: float) -> tuple[int, NDArray[np.int32]]:
    """Whole samples and taps, as `taps`, the latter in 64ths of sum 64."""
    whole, fine = taps(shift)
    rounded = np.rint(64 * fine).astype(np.int32)
    rounded[np.argmax(rounded)] += 64 - rounded.sum()
    return whole, rounded
