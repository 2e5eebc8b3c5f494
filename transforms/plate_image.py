"""A clean plate from an image file: a photograph of the place, or a frame kept from an earlier call."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells
from transforms.clean_plate import CleanPlate
from transforms.fitting import fit
from transforms.geometry import is_same_shape
from transforms.looks import Looks, OtherShape
from transforms.picture import Look, Picture, Size
from transforms.renewal import Renewal
from transforms.still import load_image

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
        self._looks: Looks[_Fitted] = Looks()

    def observe(self, picture: Picture, cells: Cells, time: float) -> CleanPlate:
        """The image at the picture's size.

        Raises:
            OtherShape: than the image.
        """
        fitted = self._looks.at(picture, cells) or self._looks.keep(_Fitted(self._image, picture, cells))
        fitted.renewal.look(picture, cells, fitted.plate, time)
        return fitted.plate

    def moved(self) -> None:
        """The image still shows the place: it is right again when the camera is."""


class _Fitted:
    """The image at one size, and what has changed in the room since it was made."""

    is_ready = True

    def __init__(self, image: NDArray[np.uint8], picture: Picture, cells: Cells) -> None:
        self._image = image
        size = Size(image.shape[1], image.shape[0])
        if not is_same_shape(size, picture.size):
            raise OtherShape(
                f"the plate is {size.width}x{size.height}, the picture {picture.size.width}x{picture.size.height}"
            )
        self.plate = CleanPlate(cells, picture)
        fitted = fit(image, Look.of(picture))
        self.plate.set(fitted, known=KNOWN, count=2)
        self.renewal = Renewal(picture, cells, is_seen=False)

    @property
    def picture(self) -> Picture:
        """Of this look."""
        return self.plate.picture

    def resized(self, picture: Picture, cells: Cells) -> _Fitted:
        """Anew from the image, which is sharper than a picture made larger."""
        return _Fitted(self._image, picture, cells)
