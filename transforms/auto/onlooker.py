"""Somebody who knows persons by their shape, asked seldom, amends the matte of somebody who knows colours.

A key knows no persons: it lets a suit of nearly the screen's colour shine through, and keeps a lamp stand that nobody
holds. A person prior knows both, but costs twice as much as the key itself. So it is asked seldom, and at once about
what is new and when somebody goes. What it says is a garbage matte, in patches that hang together with nobody, and a
holdout matte, well inside a person, where nothing is half transparent. Outlines are left to colours, and so is what is
wholly transparent: shapes know neither hair nor the gap between arm and body. (With such gaps held, too, nibbled
clothes gained less than the gaps lost.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from transforms.cells import Cells, look
from transforms.kernels.amend import CLEAR, HOLD, amend, find_gaps, mark
from transforms.patches import Patches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transforms.clean_plate import Mask, PersonPrior
    from transforms.patches import Cellwise
    from transforms.picture import Picture

OLD = 1 / 3
"""Seconds, in which nobody comes or goes, and nobody moves further than INSIDE hides."""

SELDOM = 2
"""So many times OLD a word may be where time is short: by then somebody's arm is elsewhere."""

SURE, INSIDE = 240, 2
"""The prior, of 255, and how many cells inside the outline of where it is such, from which a person is opaque."""

NOBODY = 25
"""The prior, of 255, over which no cell of a patch may go for it to be nobody's: what is held is a person's, too."""

GONE = 0.3
"""The share of a person's inside that shows the screen when they go, and not by moving for OLD."""

SPECK = 6
"""Cells up to which a patch is left alone: a finger, a strand."""

AROUND = 1
"""Cells around a gap between arm and body that are left to colour."""

SEAM = 1
"""Cells around what is thrown out that go with it, where they are nobody else's: its soft edge."""


class Onlooker:
    """One stream's. The matte it returns is written again by the next call.

    `every`: so many times as seldom it asks, up to SELDOM (`transforms.matting.Paced`).
    """

    def __init__(self, prior: PersonPrior) -> None:
        self.every = 1
        self._prior = prior
        self._seen: _Seen | None = None
        self._alpha: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)

    def person(self, picture: Picture, time: float) -> NDArray[np.uint8]:
        """How likely each cell of a picture that is OLD at most shows a person: uint8 (rows, columns), 0..255."""
        seen = self._lately(picture, time)
        return seen.word.reshape(seen.cells.shape)

    def amended(self, alpha: NDArray[np.uint8], picture: Picture, time: float) -> NDArray[np.uint8]:
        """The matte, of luma's shape or chroma's, with what is nobody's thrown out and what is somebody's held out."""
        seen = self._lately(picture, time)
        side = seen.cells.cell * (2 if alpha.shape == picture.y.rows.shape else 1)
        foreground = self._foreground(alpha, side, seen)
        strays = seen.strays(foreground)
        if seen.time != time and ((strays & ~seen.known).any() or seen.has_left(foreground)):
            seen.ask(self._prior, picture, time)
            strays = seen.strays(foreground)
        gaps = self._gaps(alpha, side, seen)
        kinds = seen.kinds(strays, foreground, gaps)
        if not kinds.any():
            return alpha
        if self._alpha.shape != alpha.shape:
            self._alpha = np.empty_like(alpha)
        height, width = alpha.shape
        amend(alpha.reshape(-1), width, height, side, kinds, self._alpha.reshape(-1))
        return self._alpha

    def _lately(self, picture: Picture, time: float) -> _Seen:
        if self._seen is None or self._seen.cells.look != look(picture):
            self._seen = _Seen(Cells(picture))
        if not 0 <= time - self._seen.time < OLD * min(self.every, SELDOM):
            self._seen.ask(self._prior, picture, time)
        return self._seen

    def _gaps(self, alpha: NDArray[np.uint8], side: int, seen: _Seen) -> Cellwise:
        height, width = alpha.shape
        gaps = np.empty(seen.cells.count, np.uint8)
        find_gaps(alpha.reshape(-1), width, height, side, seen.inside.view(np.uint8), gaps)
        return gaps.view(np.bool_)

    def _foreground(self, alpha: NDArray[np.uint8], side: int, seen: _Seen) -> Cellwise:
        height, width = alpha.shape
        marked = np.empty(seen.cells.count, np.uint8)
        mark(alpha.reshape(-1), width, height, side, marked)
        return marked.view(np.bool_)


class _Seen:
    """The prior's last word on pictures of one look, and what follows from it, by cells.

    `word`: uint8. `inside`: those well inside a person. `known`: those near what was nobody's since the word was given.
    """

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.time = -np.inf
        self.word: Mask = np.zeros(cells.count, np.uint8)
        self.inside: Cellwise = np.zeros(cells.count, np.bool_)
        self.known: Cellwise = np.zeros(cells.count, np.bool_)
        self._patches = Patches(cells.shape)

    def ask(self, prior: PersonPrior, picture: Picture, time: float) -> None:
        """Ask about this picture."""
        self.word, self.time = prior.person(picture, time).copy(), time
        self.inside = ~self._patches.widened(self.word < SURE, INSIDE)
        self.known = np.zeros(self.cells.count, np.bool_)

    def has_left(self, foreground: Cellwise) -> bool:
        """Whether whoever was there when the prior was asked is no more: what they stood by may be nobody's now."""
        gone, inside = (int(np.count_nonzero(cells)) for cells in (self.inside & ~foreground, self.inside))
        return gone > GONE * max(1, inside)

    def strays(self, foreground: Cellwise) -> Cellwise:
        """The foreground's cells that hang together with nobody."""
        numbers = self._patches.numbered(foreground)
        sizes = np.bincount(numbers)
        is_stray = sizes > SPECK
        is_stray[0] = is_stray[numbers[self.word > NOBODY]] = False
        return np.asarray(is_stray[numbers], np.bool_)

    def kinds(self, strays: Cellwise, foreground: Cellwise, gaps: Cellwise) -> Mask:
        """What is to be done to each cell: the soft edge of a gap is left alone, too."""
        kinds: Mask = np.where(self.inside & ~self._patches.widened(gaps, AROUND), HOLD, np.uint8(0))
        if strays.any():
            self.known |= self._patches.widened(strays)
            others = self._patches.widened(foreground & ~strays, SEAM)
            kinds[self._patches.widened(strays, SEAM) & ~others] = CLEAR
        return kinds
