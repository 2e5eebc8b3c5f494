"""The matting that chooses for itself: the screen where there is one, else persons by their shape and their plate.

Both are mattings that judge themselves; this one listens to their confidences (`transforms.auto.choice`), and to
whether they agree: what a colour calls the person and a shape does not may be a room with a wall of one colour. What is
not in use costs little: beside persons a screen is sought once in a while, and before a screen persons are looked for
no more often (`transforms.auto.onlooker`). Where both are trusted the one fades into the other; where one is not, its
alpha is never shown again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from transforms.auto.agreement import agreement, is_nobodys
from transforms.auto.choice import Choice, Part, Search
from transforms.auto.crossfade import CrossFade
from transforms.auto.several import Several
from transforms.matting import Matte, Matting, NotReady

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transforms.auto.onlooker import Onlooker
    from transforms.key_color import KeyColor
    from transforms.key_search import KeyColorSearch
    from transforms.picture import Picture
    from transforms.relative_key import RelativeKeyer
    from transforms.screen import ScreenKeyer

COMPARED = 0.5
"""Seconds from one comparison to the next while a screen is in use."""

LEAST_AGREEMENT = 0.5
"""Of a screen and persons, where the screen is anything but flat: screens reach 0.9, and 0.77 with a hoe in hand.
Before a flat one there may be things that are no persons, and nobody else."""

PROVEN = 0.7
"""Of a screen, however flat, and persons, once before all that holds: a painted wall is flat, too, and what stands
before it is the room."""

THRESHOLD = 0.5

DISAGREE = "colour and shape do not agree on who is there"


class AutoKeyer(Several):
    """Follows one stream by whichever of its mattings can be trusted. It owns both: `close` closes them.

    `screen`: a matting before a screen, which seeks its colour itself; `person`: one of persons, before a plate or not;
    `onlooker`: what the latter's segmenter says, asked seldom, to amend the former's matte.
    """

    def __init__(self, screen: ScreenKeyer | RelativeKeyer, person: Matting, onlooker: Onlooker) -> None:
        super().__init__(screen, person, paced=(onlooker,))
        self.screen = screen
        self.person = person
        self._onlooker = onlooker
        self._choice = Choice()
        self._fade = CrossFade()
        self._search = Search()
        self._compared = -np.inf
        self._agreement: float | None = None
        self._is_nobodys = self._is_proven = False

    @property
    def search(self) -> KeyColorSearch:
        """The screen's (`transforms.key_search.Seeker`)."""
        return self.screen.search

    @property
    def key_color(self) -> KeyColor | None:
        """The colour of the screen in use; None where none is."""
        return self.screen.key_color if self._choice.used == "screen" else None

    def succeed(self, before: Matting) -> None:
        """Take over what another's parts know, or what one that is like a part of this knows."""
        if isinstance(before, AutoKeyer):
            self._choice, self._is_proven = before._choice, before._is_proven
        super().succeed(before)

    def matte(self, picture: Picture, time: float) -> Matte:
        """The matte of the part in use; unsure where none can be trusted."""
        used = self._choice.used or "screen"
        matte = self._trusted(used, picture, time)
        if matte.is_sure:
            self._choice.keep()
            if self._choice.used == "person":
                return self._challenged(matte, picture, time)
            return self._faded(self._taken(used, matte), picture, time)
        self._fade.stop()
        other = self._trusted(self._choice.other, picture, time)
        if self._choice.replaces(other.is_sure, time):
            return self._taken(self._choice.other, other, because=matte.reason)
        return matte if self._choice.used else other

    def _challenged(self, matte: Matte, picture: Picture, time: float) -> Matte:
        """The matte of persons, unless a screen has shown for long enough."""
        if not self._search.is_due(time):
            return matte
        screen = self._asked("screen", picture, time)
        self._is_proven = False
        if screen.is_sure:
            self._compare(screen, matte.alpha)
        is_screen = screen.is_sure and self._is_trusted
        self._search.looked(time, is_sure=is_screen, is_found=self.search.is_found)
        if not self._choice.proves(is_screen, time):
            return matte
        self._compared = time
        self._fade.begin(time)
        return self._fade.mixed(matte, self._taken("screen", screen), time)

    def _faded(self, matte: Matte, picture: Picture, time: float) -> Matte:
        """The matte before a screen, as far as it has taken the place of persons."""
        if not self._fade.is_on:
            return matte
        before = self._asked("person", picture, time)
        if not before.is_sure:
            self._fade.stop()
        return self._fade.mixed(before, matte, time)

    def _trusted(self, part: Part, picture: Picture, time: float) -> Matte:
        """A part's matte; that before a screen is compared, once in a while, with where persons are."""
        matte = self._asked(part, picture, time)
        if part == "person" or not matte.is_sure:
            return matte
        if time - self._compared >= COMPARED or not self._is_trusted:
            self._compared = time
            self._compare(matte, self._onlooker.person(picture, time))
        if not self._is_trusted:
            return replace(matte, confidence=0.0, reason=DISAGREE)
        alpha = self._onlooker.amended(matte.alpha, picture, time)
        return replace(matte, alpha=alpha, agreement=self._agreement)

    def _compare(self, screen: Matte, person: NDArray[np.uint8]) -> None:
        """Hold the matte before a screen against where persons are: (rows, columns) of 0..255 over the picture."""
        agreed = agreement(screen.alpha, person)
        self._agreement = agreed
        self._is_nobodys = agreed is None and is_nobodys(screen.alpha, person)
        self._is_proven |= agreed is not None and agreed >= PROVEN

    @property
    def _is_trusted(self) -> bool:
        """Whether the last comparison speaks for the screen, or there was nothing to compare."""
        agreed = 0.0 if self._is_nobodys else self._agreement
        if agreed is None:
            return True
        if not self._is_proven:
            return False
        key = self.screen.key_color
        return agreed >= LEAST_AGREEMENT * (1 - (0.0 if key is None else key.flatness))

    def _taken(self, part: Part, matte: Matte, *, because: str | None = None) -> Matte:
        """Its matte, with a word where it has only just come into use."""
        if part == self._choice.used:
            return matte
        before = self._choice.used
        self._choice.use(part)
        self._is_proven &= part == "screen"
        if part == "screen":
            key = self.screen.key_color
            return replace(matte, note=f"screen {self.screen.color if key is None else key.color} found: keyed")
        gone = "no screen" if before is None else f"the screen is gone ({because})" if because else "the screen is gone"
        return replace(matte, note=f"{gone}: persons are told by their shape")

    def _asked(self, part: Part, picture: Picture, time: float) -> Matte:
        """A part's matte; one that is not to be used where it has none yet."""
        try:
            return (self.screen if part == "screen" else self.person).matte(picture, time)
        except NotReady as awaited:
            return Matte(np.full(picture.cb.rows.shape, 255, np.uint8), None, 0.0, THRESHOLD, str(awaited))
