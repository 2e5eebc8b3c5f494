"""The person matting: who a network says is a person, before what is known of the room, drawn at full resolution.

It needs no empty room and no screen. What lies behind is known as soon as it has been seen (`RevealedPlate`), or from
any other source of plates; where it is, hair comes from the picture and not from the network's coarse answer
(`transforms.person.scene`).

It fails closed: without a network's word there is no matte. Where nobody is, all is background, and that is sure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from transforms.cells import Cells, look
from transforms.first_frames import FirstFramesPlate
from transforms.matting import Matte, Matting, NotReady, set_pace
from transforms.person.prior import RELIABLE
from transforms.person.revealed_plate import Revealing
from transforms.person.scene import Scene

if TYPE_CHECKING:
    from transforms.clean_plate import CleanPlate, CleanPlateSource
    from transforms.person.segmenter import Segmenter
    from transforms.picture import Picture


class PersonKeyer:
    """Follows one stream's persons. `plate`: what lies behind them, as far as it is known.

    It owns the segmenter: `close` closes it.
    """

    def __init__(self, segmenter: Segmenter, plate: CleanPlateSource) -> None:
        self.segmenter = segmenter
        self.plate = plate
        self._every = 1
        self._cells: Cells | None = None
        self._scene: Scene | None = None

    @property
    def every(self) -> int:
        """See `transforms.matting.Paced`: passed on to the segmenter."""
        return self._every

    @every.setter
    def every(self, every: int) -> None:
        self._every = every
        set_pace(self.segmenter, every)

    def matte(self, picture: Picture, time: float) -> Matte:
        """Alpha of luma's size, and the plate as it shows in this picture, or what takes its place."""
        found = self.segmenter.segment(picture, time)
        if found.confidence < RELIABLE:
            return Matte(np.full(picture.y.rows.shape, 255, np.uint8), None, found.confidence, RELIABLE, found.reason)
        cells, scene = self._measure(picture)
        plate = self._observe(picture, cells, time)
        scene.draw(picture, cells, plate, found.chance, time)
        if scene.is_lost:
            self.plate.moved()
        elif isinstance(self.plate, Revealing):
            self.plate.reveal(picture, cells, scene.sighting, time)
        return Matte(scene.alpha, scene.screen, found.confidence, RELIABLE)

    def succeed(self, before: Matting) -> None:
        """Go on before the plate that another has got from the same kind of source."""
        if isinstance(before, PersonKeyer) and _is_same_kind(self.plate, before.plate):
            self.plate = before.plate

    def close(self) -> None:
        """Free the network."""
        self.segmenter.close()

    def _observe(self, picture: Picture, cells: Cells, time: float) -> CleanPlate | None:
        try:
            return self.plate.observe(picture, cells, time)
        except NotReady:
            return None

    def _measure(self, picture: Picture) -> tuple[Cells, Scene]:
        """Measure the picture; forget who was there where it is unlike those before."""
        cells, scene = self._cells, self._scene
        if cells is None or scene is None or cells.look != look(picture):
            self._cells = cells = Cells(picture)
            self._scene = scene = Scene(picture, cells)
        cells.measure(picture)
        return cells, scene


def _is_same_kind(source: CleanPlateSource, other: CleanPlateSource) -> bool:
    """Whether one source would come to the plate of the other, had it seen the same pictures."""
    if isinstance(source, FirstFramesPlate) and isinstance(other, FirstFramesPlate):
        return source.count == other.count
    return isinstance(source, Revealing) and isinstance(other, Revealing)
