"""Persons before a plate that somebody gave: their shape decides, unless the plate plainly shows more.

A network knows persons as they mostly look. Whoever it does not know, turned away, far off, upside down, is nobody to
it; a plate that was given knows whatever was not there before. So beside persons the plate's own matting is asked once
in a while. Where it is sure and shows much that persons are not, or where persons cannot be told at all, it is used,
until both agree again for a while.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from transforms.auto.agreement import agreement
from transforms.auto.crossfade import CrossFade
from transforms.auto.several import Several
from transforms.matting import Matte, Matting, NotReady

if TYPE_CHECKING:
    from transforms.picture import Picture
    from transforms.plate import PlateKeyer

LOOK = 0.5
"""Seconds from one look at the part that is not in use to the next."""

PLAINLY, ALIKE = 0.6, 0.8
"""The agreement of persons with the plate under which persons are wrong, and from which they are right again."""

PROOF = 0.2
"""Seconds for which one must be so for the other to take over."""

STRIDE = 8
"""Of mattes every eighth sample along both axes is looked at."""

FEW = 0.01
"""The mean alpha under which nobody is told by shape; then the plate is asked about every picture."""


class PlatedPersons(Several):
    """Follows one stream by one of the two. It owns both."""

    def __init__(self, person: Matting, plate: PlateKeyer) -> None:
        super().__init__(person, plate)
        self.person = person
        self.plate = plate
        self._is_plated = False
        self._fade = CrossFade()
        self._next = -math.inf
        self._since: float | None = None

    def matte(self, picture: Picture, time: float) -> Matte:
        """The matte of the part in use; the other's where that is unsure."""
        used, other = (self.plate, self.person) if self._is_plated else (self.person, self.plate)
        matte = _asked(used, picture, time)
        if matte is None or not matte.is_sure:
            return self._instead(matte, _asked(other, picture, time), time)
        if time < self._next and not self._fade.is_on and not self._is_nobody(matte):
            return matte
        beside = _asked(other, picture, time)
        if beside is None or not beside.is_sure:
            self._fade.stop()
            # A plate that is still to be learned has to see every picture.
            self._next, self._since = (time if beside is None else time + LOOK), None
            return matte
        if self._fade.is_on:
            return self._fade.mixed(beside, matte, time)
        return self._compared(matte, beside, time)

    def _is_nobody(self, matte: Matte) -> bool:
        """Whether persons are in use, and none are there."""
        return not self._is_plated and float(matte.alpha[::STRIDE, ::STRIDE].mean()) < FEW * 255

    def _compared(self, matte: Matte, beside: Matte, time: float) -> Matte:
        """One of two mattes that are both sure."""
        person, plate = (beside, matte) if self._is_plated else (matte, beside)
        agreed = agreement(person.alpha, plate.alpha)
        is_over = (agreed is None or agreed >= ALIKE) if self._is_plated else (agreed is not None and agreed < PLAINLY)
        if not is_over:
            self._next, self._since = time + LOOK, None
            return matte
        self._since = time if self._since is None else self._since
        if time - self._since < PROOF:
            return matte
        self._use(not self._is_plated, time)
        self._fade.begin(time)
        return self._fade.mixed(matte, beside, time)

    def _instead(self, matte: Matte | None, beside: Matte | None, time: float) -> Matte:
        """What is there where the part in use is unsure.

        Raises:
            NotReady: nothing is.
        """
        self._fade.stop()
        if beside is not None and beside.is_sure:
            self._use(not self._is_plated, time)
            return beside
        unsure = matte or beside
        if unsure is None:
            raise NotReady("neither persons nor a plate are known yet")
        return unsure

    def _use(self, is_plated: bool, time: float) -> None:
        self._is_plated, self._next, self._since = is_plated, time + LOOK, None


def _asked(part: Matting, picture: Picture, time: float) -> Matte | None:
    """A part's matte; None where it has none yet."""
    try:
        return part.matte(picture, time)
    except NotReady:
        return None
