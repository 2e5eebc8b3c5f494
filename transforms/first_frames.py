"""A clean plate from the first pictures of a call, taken before the person comes in."""

from __future__ import annotations

import numpy as np

from transforms.cells import Cells, look
from transforms.clean_plate import CleanPlate
from transforms.exposure import Exposure
from transforms.matting import NotReady
from transforms.picture import Picture


class FirstFramesPlate:
    """The mean of the first `count` pictures of a look."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._look: object = None
        self._plate: CleanPlate | None = None
        self._seen = 0

    def observe(self, picture: Picture, cells: Cells, time: float) -> CleanPlate:
        """The plate, once `count` pictures were seen.

        Raises:
            NotReady: until then.
        """
        if self._look != look(picture) or self._plate is None:
            self._look, self._plate, self._seen = look(picture), CleanPlate(cells, picture), 0
        if self._seen < self.count:
            self._plate.take(picture, cells, np.ones(cells.count, np.bool_), Exposure.unit())
            self._seen += 1
        if self._seen < self.count:
            raise NotReady(f"learning the plate: {100 * self._seen // self.count} %")
        return self._plate

    def moved(self) -> None:
        """The plate still shows the place: it is right again when the camera is."""
