"""The quick key where nobody typed a colour: the colour is searched, then keyed relative to the screen itself.

The search (`transforms.key_search`) costs some tenths of a millisecond, so it runs only while there is something to be
found: until a colour is confirmed, and again while the screen is away. In between there is the relative key alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from transforms.cells import Cells, look
from transforms.effect import EffectError
from transforms.key_color import is_same_hue
from transforms.key_search import KeyColorSearch
from transforms.matting import Matte
from transforms.relative_key import THRESHOLD, RelativeKeyer

if TYPE_CHECKING:
    from transforms.key_color import KeyColor
    from transforms.picture import Picture


class QuickKeyer:
    """Finds one stream's screen and keys it at half the picture's size.

    `key_color`: what was found and is keyed; None while nothing is.
    """

    def __init__(self) -> None:
        self.key_color: KeyColor | None = None
        self._search = KeyColorSearch()
        self._keyer: RelativeKeyer | None = None
        self._cells: Cells | None = None
        self._note: str | None = None

    def matte(self, picture: Picture, time: float) -> Matte:
        """Alpha of the chroma planes' size, and the screen it was keyed against."""
        self._note = None
        if self._keyer is None:
            self._take_up(self._search.consider(self._found(picture)))
        elif self._search.is_confirming:
            self._confirm(picture)
        if self._keyer is None:
            return self._refused(picture)
        matte = self._keyer.matte(picture, time)
        if matte.is_sure:
            self._search.hold()
        else:
            matte = self._recovered(matte, picture, time)
        return replace(matte, note=self._note)

    def close(self) -> None:
        """Forget the screen."""
        self._keyer = self._cells = None

    def _found(self, picture: Picture) -> KeyColor:
        if self._cells is None or self._cells.look != look(picture):
            self._cells = Cells(picture)
        self._cells.measure(picture)
        return self._search.find(picture, self._cells)[0]

    def _take_up(self, found: KeyColor) -> None:
        """Key what was found, if it was accepted."""
        if not found.accepted:
            return
        try:
            self._keyer = RelativeKeyer(found.color)
        except EffectError:  # strong enough in this picture's matrix, and too grey in another
            return
        self.key_color = found
        self._note = f"key colour {found.color} found, confidence {found.confidence:.2f}"

    def _confirm(self, picture: Picture) -> None:
        """Withdraw the key if this picture does not show it as the first one did."""
        key = self._search.confirm(self._found(picture))
        if not key.accepted:
            self.key_color = self._keyer = None
            self._note = f"key colour {key.color} {key.reasons[0]}"

    def _recovered(self, matte: Matte, picture: Picture, time: float) -> Matte:
        """Another screen's matte, once it was seen for long enough; until then the unsure one."""
        before = self.key_color
        if before is None:
            return matte
        self._search.lose(before)
        found = self._search.consider(self._found(picture))
        if not found.accepted or is_same_hue(found, before):
            return matte
        self._take_up(found)
        return self._keyer.matte(picture, time) if self._keyer else matte

    def _refused(self, picture: Picture) -> Matte:
        """No screen: nothing is transparent, and the matte is not to be used."""
        reasons = self._search.key.reasons or ("the screen must be seen for longer",)
        return Matte(np.full(picture.cb.rows.shape, 255, np.uint8), None, 0.0, THRESHOLD, reasons[0], self._note)
