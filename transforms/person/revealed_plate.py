"""A clean plate that is revealed cell by cell, from the first picture on: what is surely nobody's is the room.

A segmentation model knows people at once, so nobody has to wait for an empty room. But it misses a hand now and then,
and a plate that shows one tears a hole where it was. So a cell is believed by how it came to be known: what was seen
while nobody at all was in the picture at once, what was seen beside somebody little by little, and what the model calls
somebody's after all is forgotten again. How far a cell is believed is its `CleanPlate.known`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells
from transforms.clean_plate import CleanPlate, Mask
from transforms.exposure import Exposure
from transforms.looks import Looks
from transforms.patches import Cellwise
from transforms.picture import Picture
from transforms.renewal import Renewal

NOBODY, SOMEBODY = 64, 200
"""The prior, of 255, under which a cell is nobody's, and from which it surely is somebody's."""

CERTAIN, EMPTY = 128, 0.003
"""The prior from which, and the share of the cells up to which, a picture with somebody in it is an empty one."""

FIRST = 3
"""Pictures on end in which a cell must be nobody's before it is taken."""

LOOKED = 4
"""Pictures from one in which new cells are taken to the next: what was taken has to be measured anew."""

SETTLED = 8
"""Looks after which a cell is left to the matting's own slow learning (`CleanPlate.learn`)."""

SEEN, BESIDE, ALONE = 20.0, 30.0, 700.0
"""Of 255: how far a cell is believed that was seen once, and how much more with each second, beside somebody and with
nobody there. Half is full belief: after 3.6 s, and after five pictures."""

DENIED = 60.0
"""How much less with each second in which the model says that it is somebody's, while it is not yet fully believed."""

STALE = 0.015
"""The share of the cells that are foreign from which no cell is believed more, and all of them less: the camera moves
on, or much else is not as it was."""

FULLY = 128
"""Of 255, from which a cell is fully believed."""

LOST = 1.0
"""Seconds for which the plate must not fit before it is forgotten: a hand before the lens is no other view."""

LONGEST = 0.2
"""Seconds that one picture counts for at most."""

RENEWED = 0.5
"""The share of the cells that must be known for the plate to be watched for what has changed for good."""


WRONG = 1.0
"""Seconds for which a cell must differ from the plate, while the model sees nobody there, to be forgotten."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a matting made of a picture, by cells.

    `bare`: nobody's, as far as it can tell. `foreign`: unlike the plate, though the model says that nobody is there.
    `prior`: uint8, how likely each is somebody's. `exposure`: the picture's beside the plate.
    """

    bare: Cellwise
    foreign: Cellwise
    prior: Mask
    exposure: Exposure


@runtime_checkable
class Revealing(Protocol):
    """A source of plates that is told by the matting what it has found to be the room."""

    def reveal(self, picture: Picture, cells: Cells, sighting: Sighting, time: float) -> None:
        """Take in what this picture, which `cells` have measured, shows."""
        ...


class RevealedPlate:
    """Reveals one stream's plate; begins again with each view.

    Invariant: `known` of a cell is what it has earned as above.
    """

    def __init__(self) -> None:
        self._looks: Looks[_Revealed] = Looks()
        self._is_lost = False
        self._lost_since: float | None = None

    def observe(self, picture: Picture, cells: Cells, time: float) -> CleanPlate:
        """The plate, from the first picture on, though nothing be known of it yet."""
        self._forget_if_lost(time)
        revealed = self._looks.at(picture, cells) or self._looks.keep(_Revealed(picture, cells))
        revealed.watch(picture, cells, time)
        return revealed.plate

    def moved(self) -> None:
        """Begin again, if it is said of all pictures for LOST seconds."""
        self._is_lost = True

    def reveal(self, picture: Picture, cells: Cells, sighting: Sighting, time: float) -> None:
        """See `Revealing.reveal`."""
        revealed = self._looks.at(picture, cells)
        if revealed is not None and not self._is_lost:
            revealed.reveal(picture, cells, sighting, time)

    def _forget_if_lost(self, time: float) -> None:
        if not self._is_lost:
            self._lost_since = None
        elif self._lost_since is None:
            self._lost_since = time
        elif time - self._lost_since >= LOST:
            self._looks.forget()
            self._lost_since = None
        self._is_lost = False


class _Revealed:
    """What was revealed of one view at one size."""

    def __init__(self, picture: Picture, cells: Cells) -> None:
        self.plate = CleanPlate(cells, picture)
        self._cells = cells
        self._trust, self._wrong = (np.zeros(cells.count, np.float32) for _ in range(2))
        self._nobody, self._looks = (np.zeros(cells.count, np.int32) for _ in range(2))
        self._prior: Mask = np.zeros(cells.count, np.uint8)
        self._renewal: Renewal | None = None
        self._count = 0
        self._time: float | None = None

    @property
    def picture(self) -> Picture:
        """Of this look."""
        return self.plate.picture

    @property
    def is_ready(self) -> bool:
        """Whether anything is known."""
        return bool(self._trust.any())

    def resized(self, picture: Picture, cells: Cells) -> _Revealed:
        """The same at another size."""
        other, places = _Revealed(picture, cells), cells.places_in(self._cells)
        other.plate = self.plate.resized(picture, cells, self._cells)
        other._trust[:], other._looks[:] = self._trust[places], self._looks[places]
        return other

    def watch(self, picture: Picture, cells: Cells, time: float) -> None:
        """Take in what has changed for good."""
        if self._renewal is None:
            if np.count_nonzero(self.plate.known) < RENEWED * cells.count:
                return
            self._renewal = Renewal(picture, cells)
        self._renewal.look(picture, cells, self.plate, time, self._prior)
        self._tell()

    def reveal(self, picture: Picture, cells: Cells, sighting: Sighting, time: float) -> None:
        """Take in this picture."""
        passed = 0.0 if self._time is None else min(time - self._time, LONGEST)
        prior, exposure = sighting.prior, sighting.exposure
        self._time, self._prior = time, prior
        self._forget_wrong(sighting.foreign, passed)
        self._nobody += 1
        self._nobody[~sighting.bare | (prior >= NOBODY)] = 0
        seen = self._nobody >= FIRST
        unknown = self.plate.known == 0
        if self._count % LOOKED == 0 and (new := seen & unknown).any():
            self.plate.take(picture, cells, new, exposure)
            self._trust[new], self._looks[new] = SEEN, 1
        self._average(picture, cells, seen & ~unknown, exposure)
        self._count += 1
        is_empty = np.count_nonzero(prior >= CERTAIN) <= EMPTY * cells.count
        doubt = np.count_nonzero(sighting.foreign) / (STALE * cells.count)
        more = (ALONE if is_empty else BESIDE) * passed * max(1 - doubt, 0)
        self._believe(seen, prior, more, DENIED * passed)
        if doubt > 1:
            np.maximum(self._trust - DENIED * passed, np.minimum(self._trust, SEEN), out=self._trust)
        self._tell()

    def _forget_wrong(self, foreign: Cellwise, passed: float) -> None:
        self._wrong += np.float32(passed)
        self._wrong[~foreign] = 0
        self._trust[self._wrong >= WRONG] = 0
        self._tell()

    def _average(self, picture: Picture, cells: Cells, seen: Cellwise, exposure: Exposure) -> None:
        """What is hardly known yet is made better with each picture."""
        fresh = seen & (self._looks < SETTLED)
        if fresh.any():
            self.plate.average(picture, cells, fresh, exposure)
            self._looks[fresh] += 1

    def _believe(self, seen: Cellwise, prior: Mask, more: float, less: float) -> None:
        known: NDArray[np.bool_] = self._trust > 0
        self._trust[seen & known] += more
        self._trust[(prior >= SOMEBODY) & known & (self._trust < FULLY)] -= less
        np.clip(self._trust, 0, 255, out=self._trust)

    def _tell(self) -> None:
        """That a cell was looked at often is not why it is believed."""
        self.plate.known[:] = self._trust
