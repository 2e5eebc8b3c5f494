"""The screen matting: the key colour found or typed, the screen followed, alpha estimated at full resolution.

All tolerances follow from the measured screen (`transforms.shading`), so one setting serves strong green and pale teal.

It fails closed: without a screen that both grew and shows in the matte, confidence is under its threshold. A screen
that went away is sought again in each picture. In another light but in the same place it is the same one, and the
matting goes on; another one must be confirmed (`transforms.key_search`). And once a matte was unsure, so are the next,
until RETURN of them in a row were not: a picture that flickers between the person and the cover is worse than either.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from transforms.cells import Cells, look
from transforms.following import Following
from transforms.key_color import THRESHOLD, KeyColor, is_same_hue
from transforms.key_search import KeyColorSearch, Seeker
from transforms.matting import Matte

if TYPE_CHECKING:
    from transforms.effect import Color, Shadow
    from transforms.matting import Matting
    from transforms.picture import Picture

RETURN, RETURN_TIME = 3, 0.2
"""Sure mattes in a row, and the seconds they last, after an unsure one, before one is believed: when a camera pans
over the screen's edge, some in between seem sure."""

RETURNING = 0.95 * THRESHOLD
"""The confidence of those that are not believed yet, at most."""


class ScreenKeyer:
    """Follows one stream's screen. `color` is where the search begins; None searches every hue.

    `exact`: the typed colour is the key, and the light moves it nowhere. `key_color` is the last picture's. Pictures of
    another size or shape show the same screen until it is seen not to be there.

    Raises:
        EffectError: the colour is too near to grey.
    """

    def __init__(self, color: Color | None, *, exact: bool = False, shadow: Shadow = "remove") -> None:
        self.search = KeyColorSearch(color, exact=exact)
        self.color = color
        self.shadow = shadow
        self._cells: Cells | None = None
        self._following: Following | None = None
        self._steadiness = _Steadiness()
        self._note: str | None = None

    @property
    def key_color(self) -> KeyColor | None:
        """What is known of it after the last picture; None before the first."""
        if self._cells is None:
            return None
        return self._following.key_color if self._following else self.search.key

    def matte(self, picture: Picture, time: float) -> Matte:
        """Alpha of luma's size, and the screen it was keyed against."""
        cells = self._measure(picture)
        self._note = None
        following = self._following or self._begun(picture, cells)
        if following is not None and self.search.is_confirming:
            following = self._confirmed(following, picture, cells)
        if following is None:
            return self._refused(picture, time)
        if following.follow(picture, cells).accepted:
            self.search.hold(following.key_color)
        else:
            following = self._recovered(following, picture, cells)
        alpha, light = following.matte(picture, cells, time)
        confidence, reason = self._steadiness.judge(*following.confidence(), time)
        if reason is not None:
            reason = f"no screen of {self.color or following.key_color.color}: {reason}"
        return Matte(alpha, light, confidence, THRESHOLD, reason, self._note)

    def succeed(self, before: Matting) -> None:
        """Go on with the screen that `before` follows, or with the colour it found, where it seeks the same."""
        if not isinstance(before, Seeker) or before.search.seed != self.search.seed:
            return
        if isinstance(before, ScreenKeyer) and before.search.exact == self.search.exact:
            self._cells, self._following, self._steadiness = before._cells, before._following, before._steadiness
            self.search = before.search
            if self._following is not None and self._cells is not None:
                self._following.cast(self.shadow, self._cells)
        elif self.color is None:
            self.search = before.search

    def close(self) -> None:
        """Forget the screen."""
        self._following = self._cells = None

    def _measure(self, picture: Picture) -> Cells:
        cells, before = self._cells, self._cells
        if cells is None or cells.look != look(picture):
            self._cells = cells = Cells(picture)
            if self._following is not None and before is not None:
                self._following = self._resized(self._following, picture, cells, before)
        cells.measure(picture)
        return cells

    def _resized(self, following: Following, picture: Picture, cells: Cells, before: Cells) -> Following | None:
        """The screen in a picture of another look; None where the same levels mean another colour there."""
        is_other_matrix = before.look.matrix != picture.matrix
        if before.look.full_range != picture.full_range or (self.search.exact and is_other_matrix):
            self.search = KeyColorSearch(self.color, exact=self.search.exact)
            return None
        return following.resized(picture, cells, before, shadow=self.shadow)

    def _begun(self, picture: Picture, cells: Cells) -> Following | None:
        """Begin to follow what is found, if it is a screen, and seen for long enough; or what was found before."""
        if self.search.is_found:
            return self._follow(self.search.key, picture, cells)
        return self._taken_up(self.search.find(picture, cells)[0], picture, cells)

    def _taken_up(self, found: KeyColor, picture: Picture, cells: Cells) -> Following | None:
        found = self.search.consider(found)
        if not found.accepted:
            return None
        if not self.search.is_confirming:
            self._steadiness.forget()
        self._note = f"key colour {found.color} found, confidence {found.confidence:.2f}"
        return self._follow(found, picture, cells)

    def _follow(self, found: KeyColor, picture: Picture, cells: Cells) -> Following:
        exact = self.search.exact
        self._following = Following(picture, cells, found, typed=self.color, exact=exact, shadow=self.shadow)
        return self._following

    def _confirmed(self, following: Following, picture: Picture, cells: Cells) -> Following | None:
        """The same, unless this picture withdraws what the first showed."""
        key = self.search.confirm(self.search.find(picture, cells)[0])
        if key.accepted:
            return following
        self._note = f"key colour {key.color} {key.reasons[0]}"
        self._following = None
        return None

    def _recovered(self, following: Following, picture: Picture, cells: Cells) -> Following:
        """The same screen in another light, another one once it is confirmed, or that which is lost."""
        found, growth = self.search.find(picture, cells)
        if found.accepted and is_same_hue(found, following.key_color) and following.is_where_it_was(growth):
            following.relight(found)
            following.follow(picture, cells)
            return following
        self.search.lose(following.key_color)
        other = self._taken_up(found, picture, cells)
        if other is None:
            return following
        other.follow(picture, cells)
        return other

    def _refused(self, picture: Picture, time: float) -> Matte:
        """No screen: nothing is transparent, and the matte is not to be used."""
        reason = self.search.key.reasons[0]
        if self.color is not None and str(self.color) not in reason:
            reason = f"no screen of {self.color}: {reason}"
        self._steadiness.judge(0.0, reason, time)
        return Matte(np.full(picture.cb.rows.shape, 255, np.uint8), None, 0.0, THRESHOLD, reason, self._note)


class _Steadiness:
    """What was said of the last mattes: once unsure, they stay so until RETURN of them, for RETURN_TIME, were not."""

    def __init__(self) -> None:
        self._awaited = 0
        self._until = -math.inf

    def judge(self, confidence: float, reason: str | None, time: float) -> tuple[float, str | None]:
        """What is said of this one."""
        if confidence < THRESHOLD:
            self._awaited, self._until = RETURN, time + RETURN_TIME
            return confidence, reason
        self._awaited = max(self._awaited - 1, 0)
        if self._awaited or time < self._until:
            return min(confidence, RETURNING), "it has only just come back"
        return confidence, None

    def forget(self) -> None:
        """Believe the next."""
        self._awaited, self._until = 0, -math.inf
