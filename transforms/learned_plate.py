"""A clean plate learned from the call itself, with the person in it or not.

What learns whatever keeps still learns a person who does. So that stillness of one cell counts for nothing by itself:

- While nothing at all moves the room is empty, and all of it is learned in a second or two. Once something has moved it
  must be still for longer: nobody holds their breath that long.
- While somebody plainly moves, cells are learned that kept still meanwhile and hang together with the picture's left,
  upper or right edge over still ones: what a moving outline encloses is the person, however still. Where the rest of
  them may be, under what moves and above it, it takes longer.
- While something moves but little, as a sleeper's chest does, nothing is learned.

A person prior, where there is one, settles it: what it calls a person is never learned, and the rest is soon.
"""

from __future__ import annotations

import numpy as np

from transforms.cells import Cells
from transforms.clean_plate import CleanPlate, Mask, PersonPrior
from transforms.exposure import Exposure
from transforms.looks import Looks
from transforms.matting import NotReady
from transforms.patches import Cellwise, Patches
from transforms.picture import Picture
from transforms.renewal import Renewal
from transforms.stillness import Stillness

JUDGED = 0.25
"""Seconds from one judgement to the next."""

SETTLING = 0.4
"""Seconds at a stream's beginning that say nothing: codecs begin coarse, cameras too dark."""

EMPTY, UNSTIRRED, EMPTIED = 1.5, 5.0, 10.0
"""Seconds for which nothing must move to be an empty room: from the start, after something stirred (longer than a
breath), and after something moved plainly."""

ASIDE, SHADOWED = 8.0, 30.0
"""Seconds of stillness beside somebody who moves, and where the rest of them may be."""

SETTLED = 0.25
"""Seconds for which a cell among still ones must itself have kept still: it may have been a speck of noise."""

SLIGHT = 0.1
"""Seconds that do not count: what has kept still since the first look has done so for one picture less."""

RECENT, REMEMBERED = 5.0, 60.0
"""Seconds: somebody moves plainly if they did within RECENT; where they may be is where they did within REMEMBERED."""

PLAINLY = 0.02
"""The share of the picture that must have moved by more than noise and breath for somebody to be awake."""

STIR = 0.006
"""The share of the picture that noise may move: a codec's moves 0.4 % in ten seconds, the least breathing 4 %."""

HEADROOM = 0.3
"""The share of the height above what moves where the head may be of which only the hands move."""

PERSON, MARGIN = 48, 2
"""The prior, of 255, from which a cell is a person's, and the cells around it that are not trusted either."""

ENOUGH, ENOUGH_EDGE = 0.9, 0.85
"""The share of what is not the likely person, and of what of it lies along the edges, known when the plate is ready."""


ADVISED, ADVICE = 15.0, ", quicker if you step out of the picture for ten seconds"
"""Seconds after which the waiting are told what would help."""

MOST_LIKELY = 0.7
"""The share of the picture that a person may fill: where more moves it is the room, or noise."""

LOST = 2.0
"""Seconds for which the camera must show another view before the old one is forgotten."""


class LearnedPlate:
    """Learns one stream's plate; begins again with each view: a picture of another shape, or a camera that has moved.

    Invariant: a cell once learned was still, and by the rules above nobody's.
    """

    def __init__(self, prior: PersonPrior | None = None) -> None:
        self.prior = prior
        self._looks: Looks[_Learning] = Looks()
        self._is_lost = False
        self._lost_since: float | None = None

    def observe(self, picture: Picture, cells: Cells, time: float) -> CleanPlate:
        """The plate, once enough of it is known.

        Raises:
            NotReady: until then; says how much is.
        """
        self._forget_if_lost(time)
        learning = self._looks.at(picture, cells) or self._looks.keep(_Learning(picture, cells, time))
        return learning.observe(picture, cells, time, self.prior)

    def moved(self) -> None:
        """Begin again, if it is said of all pictures for LOST seconds: a hand before the lens is no other view."""
        self._is_lost = True

    def _forget_if_lost(self, time: float) -> None:
        if not self._is_lost:
            self._lost_since = None
        elif self._lost_since is None:
            self._lost_since = time
        elif time - self._lost_since >= LOST:
            self._looks.forget()
            self._lost_since = None
        self._is_lost = False


class _Learning:
    """What was learned of one view."""

    def __init__(self, picture: Picture, cells: Cells, time: float) -> None:
        self.plate = CleanPlate(cells, picture)
        self._cells = cells
        self._still = Stillness(cells)
        self._patches = Patches(cells.shape)
        self._edge = cells.edge(0.0)
        self._learned: Cellwise = np.zeros(cells.count, np.bool_)
        self._safe: Cellwise = np.zeros(cells.count, np.bool_)
        self._began = self._judged = time + SETTLING
        self._patience = EMPTY
        self._renewal: Renewal | None = None
        self._person: Mask | None = None
        self._share = 0.0

    @property
    def picture(self) -> Picture:
        """Of this look."""
        return self.plate.picture

    @property
    def is_ready(self) -> bool:
        """Whether enough is known."""
        return self._renewal is not None

    def resized(self, picture: Picture, cells: Cells) -> _Learning:
        """The same at another size. What has kept still is to be seen anew, and for no shorter than before."""
        other, places = _Learning(picture, cells, self._began - SETTLING), cells.places_in(self._cells)
        other.plate = self.plate.resized(picture, cells, self._cells)
        other._learned[:] = self._learned[places]
        other._patience = max(self._patience, UNSTIRRED)
        if self._renewal is not None:
            other._renewal = Renewal(picture, cells, other._still)
        return other

    def observe(self, picture: Picture, cells: Cells, time: float, prior: PersonPrior | None) -> CleanPlate:
        """The plate, or NotReady. The prior is asked when there is something to judge: four times a second at most."""
        if self._renewal is not None:
            if self._renewal.is_due(time):
                self._person = _asked(prior, picture, time)
            if self._renewal.look(picture, cells, self.plate, time, self._person):
                self._judge(picture, cells, time, self._person, self._renewal.exposure)
            return self.plate
        if time < self._began:
            raise NotReady("learning the plate: 0 %")
        self._still.look(cells, time, frozen_is_still=self._patience == EMPTY)
        if time - self._judged >= JUDGED:
            self._judged = time
            self._person = _asked(prior, picture, time)
            if self._judge(picture, cells, time, self._person, self._still.exposure):
                self.plate.guess(~self._learned)
                self._renewal = Renewal(picture, cells, self._still)
                return self.plate
        known = self._learned & self._safe & (self._still.quiet >= SETTLED)
        self.plate.learn(picture, cells, known.view(np.uint8), self._still.exposure)
        advice = ADVICE if time - self._began > ADVISED else ""
        raise NotReady(f"learning the plate: {100 * self._share:.0f} %{advice}")

    def _judge(self, picture: Picture, cells: Cells, time: float, person: Mask | None, exposure: Exposure) -> bool:
        """Take in what is surely background and was not yet known; whether enough is."""
        likely, self._safe = self._parted(time, person)
        chosen = self._safe & ~self._learned & (self._still.quiet >= SETTLED)
        if chosen.any():
            self.plate.take(picture, cells, chosen, exposure)
            self._learned |= chosen
        self._share = _share(self._learned, ~likely)
        if np.count_nonzero(likely) > MOST_LIKELY * likely.size:
            self._share = 0.0
        return self._share >= ENOUGH and _share(self._learned, self._edge & ~likely) >= ENOUGH_EDGE

    def _parted(self, time: float, person: Mask | None) -> tuple[Cellwise, Cellwise]:
        """What is likely a person, and what is surely none."""
        quiet = self._still.quiet
        passed = time - self._began
        nobody: Cellwise = np.zeros(len(quiet), np.bool_)
        if person is not None:
            likely = self._patches.widened(person >= PERSON, MARGIN)
            return likely, ~likely & (quiet >= EMPTY)
        if not self._stirred(min(self._patience, passed)).any():
            return nobody, quiet >= self._patience
        plain = self._patches.without_specks(self._still.strong < passed)
        is_plain = np.count_nonzero(plain) > STIR * plain.size
        self._patience = EMPTIED if is_plain else max(self._patience, UNSTIRRED)
        return self._beside(passed)

    def _beside(self, passed: float) -> tuple[Cellwise, Cellwise]:
        """The same while something moves."""
        quiet, strong, patches = self._still.quiet, self._still.strong, self._patches
        outside = patches.joined_to_edge(~patches.widened(self._stirred(min(ASIDE, passed))))
        awake = patches.without_specks(strong < RECENT)
        if np.count_nonzero(awake) < PLAINLY * awake.size or passed < ASIDE:
            return ~outside, np.zeros(len(quiet), np.bool_)
        shadow = patches.shadow(patches.without_specks(strong < REMEMBERED), headroom=HEADROOM)
        slow = patches.joined_to_edge(~patches.widened(self._stirred(min(SHADOWED, passed))))
        return ~outside, outside & (~shadow | (slow & (passed >= SHADOWED)))

    def _stirred(self, within: float) -> Cellwise:
        """The cells that moved within so many seconds; none where that is no more than noise."""
        moved = self._patches.without_specks(self._still.quiet < within - SLIGHT, least=4)
        return moved if np.count_nonzero(moved) > STIR * moved.size else np.zeros_like(moved)


def _asked(prior: PersonPrior | None, picture: Picture, time: float) -> Mask | None:
    """Its word, if it has one: a prior that says the same of everything says nothing."""
    person = None if prior is None else prior.person(picture, time)
    return None if person is None or person.min() >= PERSON else person


def _share(part: Cellwise, of: Cellwise) -> float:
    return np.count_nonzero(part & of) / max(1, int(np.count_nonzero(of)))
