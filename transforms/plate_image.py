"""A clean plate from an image file: a photograph of the place, or a frame kept from an earlier call."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells, look
from transforms.clean_plate import CleanPlate
from transforms.matting import NotReady
from transforms.picture import Picture, Size
from transforms.renewal import Renewal
from transforms.still import fit, load_image

SAME_ASPECT = 0.01
"""How far the image's aspect may be from the picture's: beyond it the view is another, or was squeezed."""

KNOWN = 192
"""How well an image is known: it is one look, and may be another day's."""


def plate_from_image(path: Path) -> PlateFromImage:
    """The plate in a file.

    Raises:
        EffectError: it cannot be read, or its size is absurd.
    """
    return PlateFromImage(load_image(path, what="plate"))


class PlateFromImage:
    """A plate from (H, W, 3) sRGB, scaled to each look."""

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self._image = image
        self._look: object = None
        self._plate: CleanPlate | None = None
        self._renewal: Renewal | None = None

    def observe(self, picture: Picture, cells: Cells, time: float) -> CleanPlate:
        """The image at the picture's size.

        Raises:
            NotReady: the image has another shape.
        """
        if self._look != look(picture) or self._plate is None:
            self._look, self._plate = look(picture), self._fitted(picture, cells)
            self._renewal = Renewal(picture, cells, is_seen=False)
        if self._renewal is not None:
            self._renewal.look(picture, cells, self._plate, time)
        return self._plate

    def moved(self) -> None:
        """The image still shows the place: it is right again when the camera is."""

    def _fitted(self, picture: Picture, cells: Cells) -> CleanPlate:
        size = Size(self._image.shape[1], self._image.shape[0])
        aspect = size.width * picture.size.height / (size.height * picture.size.width)
        if abs(aspect - 1) > SAME_ASPECT:
            raise NotReady(
                f"the plate is {size.width}x{size.height}, the picture {picture.size.width}x{picture.size.height}"
            )
        plate = CleanPlate(cells, picture)
        fitted = fit(self._image, picture.size, matrix=picture.matrix, full_range=picture.full_range)
        plate.set(fitted, known=KNOWN, count=2)
        return plate
