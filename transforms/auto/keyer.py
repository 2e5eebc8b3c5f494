"""The matting that chooses for itself: the screen where there is one, else persons by their shape and their plate.

Both are mattings that judge themselves; this one listens to their confidences (`transforms.auto.choice`). What is not
in use costs little: a screen is sought once in a while beside persons, and persons are looked at once in a while before
a screen. Where both are trusted the one fades into the other; where one is not, its alpha is never shown again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from transforms.auto.choice import Choice, Part
from transforms.matting import Matte, Matting, NotReady, set_pace

if TYPE_CHECKING:
    from transforms.picture import Picture

SOUGHT = 0.5
"""Seconds from one look for a screen to the next while persons are in use."""

THRESHOLD = 0.5


class AutoKeyer:
    """Follows one stream by whichever of its mattings can be trusted. It owns both: `close` closes them.

    `screen`: a matting before a screen, which seeks its colour itself; `person`: one of persons, before a plate or not.
    """

    def __init__(self, screen: Matting, person: Matting) -> None:
        self.screen = screen
        self.person = person
        self._choice = Choice()
        self._sought = -np.inf
        self._every = 1

    @property
    def every(self) -> int:
        """See `transforms.matting.Paced`: passed on to whoever has a network."""
        return self._every

    @every.setter
    def every(self, every: int) -> None:
        self._every = every
        set_pace(self.person, every)

    def matte(self, picture: Picture, time: float) -> Matte:
        """The matte of the part in use; unsure where none can be trusted."""
        used = self._choice.used or "screen"
        matte = self._asked(used, picture, time)
        if matte.is_sure:
            self._choice.keep()
            if used == self._choice.used == "person":
                return self._challenged(matte, picture, time)
            return self._taken(used, matte)
        other = self._asked(self._choice.other, picture, time)
        if self._choice.replaces(other.is_sure, time):
            return self._taken(self._choice.other, other)
        return matte if matte.confidence >= other.confidence else replace(other, confidence=0.0)

    def close(self) -> None:
        """Close the parts."""
        self.screen.close()
        self.person.close()

    def _challenged(self, matte: Matte, picture: Picture, time: float) -> Matte:
        """The matte of persons, unless a screen has shown for long enough."""
        if time - self._sought < SOUGHT:
            return matte
        screen = self._asked("screen", picture, time)
        if not screen.is_sure:
            self._sought = time
        return self._taken("screen", screen) if self._choice.proves(screen.is_sure, time) else matte

    def _taken(self, part: Part, matte: Matte) -> Matte:
        """Its matte, with a word where it has only just come into use."""
        if part == self._choice.used:
            return matte
        self._choice.use(part)
        return replace(matte, note=f"{part} in use")

    def _asked(self, part: Part, picture: Picture, time: float) -> Matte:
        """A part's matte; one that is not to be used where it has none yet."""
        try:
            return (self.screen if part == "screen" else self.person).matte(picture, time)
        except NotReady as awaited:
            return Matte(np.full(picture.cb.rows.shape, 255, np.uint8), None, 0.0, THRESHOLD, str(awaited))
