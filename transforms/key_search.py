"""From picture to picture: a key colour found is used at once, and confirmed or withdrawn by the next five.

The first picture of a call may be a lie: a title, a decoder's green, a light going on. So a key that is found is sought
again in the five pictures after it, and where they show another screen, or none twice, it is withdrawn. Once withdrawn,
or lost, a key is believed only after CONFIRMED pictures in a row, so that no passing coat becomes the screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from transforms.cells import Cells, look
from transforms.key_color import WITHDRAWN, KeyColor, find_key_color, is_same_hue, nothing, require_strong

if TYPE_CHECKING:
    from transforms.effect import Color
    from transforms.picture import Picture
    from transforms.shading import Growth

CONFIRMED = 5
"""Pictures that confirm a key, or that must show it after it was lost or withdrawn."""

OTHER = 60
"""Pictures that must show another hue than that which was lost: 2 s at 30 fps, longer than an arm hides a screen."""

MOST_DOUBTS = 1
"""Pictures among those that confirm which may show no screen: a hand before the camera, a broken picture."""


@runtime_checkable
class Seeker(Protocol):
    """A matting that seeks its key colour."""

    @property
    def search(self) -> KeyColorSearch:
        """What it has come to."""
        ...


class KeyColorSearch:
    """The search for one stream's key colour. `seed` narrows it; `exact` makes the seed the key.

    `key` is what was last found. Invariant: it was accepted in `is_confirming`.

    Raises:
        EffectError: the seed is too near to grey.
    """

    def __init__(self, seed: Color | None = None, *, exact: bool = False) -> None:
        if seed is not None:
            require_strong(seed)
        self.seed = seed
        self.exact = exact and seed is not None
        self.key: KeyColor = nothing("no picture was seen")
        self._cells: Cells | None = None
        self._left = 0
        self._doubts = 0
        self._row = 0
        self._needed = 1
        self._lost: KeyColor | None = None
        self._last = self.key

    @property
    def is_found(self) -> bool:
        """Whether the key is in use: accepted, and not lost since."""
        return self.key.accepted and self._lost is None

    @property
    def is_confirming(self) -> bool:
        """Whether the key is used, and still to be found in the next picture."""
        return self._left > 0

    def look(self, picture: Picture) -> KeyColor:
        """The key colour as it is known after this picture, for those who measure no cells of their own.

        Once it is confirmed nothing is measured any more, until it is said to be lost.
        """
        if self.is_found and not self.is_confirming:
            return self.key
        if self._cells is None or self._cells.look != look(picture):
            self._cells = Cells(picture)
        self._cells.measure(picture)
        found, _ = self.find(picture, self._cells)
        return self.confirm(found) if self.is_confirming else self.consider(found)

    def find(self, picture: Picture, cells: Cells) -> tuple[KeyColor, Growth]:
        """What is found in one measured picture, and what has grown from it."""
        return find_key_color(cells, picture, seed=self.seed, exact=self.exact)

    def consider(self, found: KeyColor) -> KeyColor:
        """What was found where there was no key: accepted, if no more pictures need show it."""
        same = self._row > 0 and is_same_hue(found, self._last)
        self._row = (self._row + 1 if same else 1) if found.accepted else 0
        self._last = self.key = found
        if not found.accepted:
            return found
        if self._row < (OTHER if self._lost and not is_same_hue(found, self._lost) else self._needed):
            self.key = replace(found, confidence=0.0, reasons=("the screen must be seen for longer",))
            return self.key
        self._left, self._doubts = CONFIRMED if self._needed == 1 else 0, 0
        self.hold(found)
        return found

    def confirm(self, found: KeyColor) -> KeyColor:
        """The key, as long as what is found in the pictures after the first is the same; else withdrawn, and why."""
        self._left = max(self._left - 1, 0)
        if found.accepted and is_same_hue(found, self.key):
            self.key = found
            return found
        self._doubts += 1
        if not found.accepted and self._doubts <= MOST_DOUBTS:
            return self.key
        reason = f"{found.color} is seen now" if found.accepted else found.reasons[0]
        self.key = replace(self.key, confidence=0.0, reasons=(f"{WITHDRAWN}: {reason}",))
        self._left, self._row, self._needed = 0, 0, CONFIRMED
        return self.key

    def lose(self, key: KeyColor) -> None:
        """The key is no longer there: be sure before another is believed, unless its colour was typed."""
        if self._lost is None and self.seed is None:
            self._lost, self._left, self._row, self._needed = key, 0, 0, CONFIRMED

    def hold(self, key: KeyColor) -> None:
        """The key is there."""
        self.key, self._lost, self._row = key, None, 0


def measure_key_color(pictures: Iterable[Picture], *, seed: Color | None = None) -> KeyColor:
    """The key colour of a stream's first pictures, six at best: found in the first, confirmed or withdrawn by the rest.

    Raises:
        EffectError: the seed is too near to grey.
    """
    search = KeyColorSearch(seed)
    for picture in pictures:
        search.look(picture)
    return search.key
