"""The screen matting: the key colour found or typed, the screen followed, alpha estimated at full resolution.

Each picture is measured in cells; from the cells on the screen's shading line the screen is grown, its colour carried
under the person and remembered there; by that local colour a trimap is drawn; and where it leaves open what is person,
alpha is the best estimate between the colours around (`transforms.unmix`). All tolerances follow from the measured
screen, so one setting serves strong green and pale teal.

It fails closed: without a screen that both grew and shows in the matte, confidence is under its threshold. A screen
that went away is searched again in each picture; a colour that nobody typed must then be found CONFIRMED times in a
row, so that no passing coat becomes the screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from transforms.cells import Cells, Fields, Pyramid, look
from transforms.kernels.shading import remember
from transforms.key_color import THRESHOLD, KeyColor, find_key_color, judge, may_be, require_strong, to_color, typed_key
from transforms.matting import Matte, ScreenColor
from transforms.presence import presence
from transforms.relative_key import LEAST_BORDER, LEAST_PICTURE, LEAST_SIDE
from transforms.shading import Growth, ShadingLine
from transforms.trimap import Trimap
from transforms.unmix import Unmixer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transforms.effect import Color, Shadow
    from transforms.picture import Picture

MEMORY = 0.15
"""How much of what is remembered of a cell of the screen one picture replaces: at 30 fps a time constant of 0.2 s."""

EVERY = 5
"""Pictures from one measurement of the line to the next: light changes slowly, and medians take time."""

DRIFT = 0.15
"""How far the screen may move from its key, in strength or angle, before the key is set anew."""

CONFIRMED = 5


class ScreenKeyer:
    """Follows one stream's screen. `color` is where the search begins; None searches every hue.

    `exact`: the typed colour is the key, and the light moves it nowhere. `key_color` is what was last found.

    Raises:
        EffectError: the colour is too near to grey.
    """

    def __init__(self, color: Color | None, *, exact: bool = False, shadow: Shadow = "remove") -> None:
        if color is not None:
            require_strong(color)
        self.color = color
        self.exact = exact and color is not None
        self.shadow = shadow
        self.key_color: KeyColor | None = None
        self._screen: _Screen | None = None
        self._cells: Cells | None = None
        self._was_keyed = False
        self._found = 0

    def matte(self, picture: Picture, time: float) -> Matte:
        """Alpha of luma's size, and the screen it was keyed against."""
        cells = self._measure(picture)
        screen = self._screen or self._search(picture, cells)
        if screen is None:
            return _refused(picture, self.key_color, self.color)
        return self._followed(screen, picture, cells)

    def close(self) -> None:
        """Forget the screen."""
        self._screen = self._cells = None

    def _measure(self, picture: Picture) -> Cells:
        if self._cells is None or self._cells.look != look(picture):
            self._cells, self._screen, self._was_keyed = Cells(picture), None, False
        self._cells.measure(picture)
        return self._cells

    def _search(self, picture: Picture, cells: Cells) -> _Screen | None:
        """Begin with what is found, if it is a screen, and sure enough after one was lost."""
        found, growth = find_key_color(cells, picture, seed=self.color, exact=self.exact)
        self.key_color = found
        self._found = self._found + 1 if found.accepted else 0
        if found.line is None or not found.accepted:
            return None
        if self._was_keyed and self.color is None and self._found < CONFIRMED:
            return None
        self._was_keyed, self._found = True, 0
        self._screen = _Screen(picture, cells, found.line, growth, self.color, exact=self.exact)
        return self._screen

    def _followed(self, screen: _Screen, picture: Picture, cells: Cells) -> Matte:
        """The matte; once the screen is lost, a new one's as soon as it is found, and until then an unsure one."""
        matte = screen.matte(picture, cells)
        if screen.has_grown:
            self._found = 0
            return matte
        found = self._search(picture, cells)
        return found.matte(picture, cells) if found else matte


class _Screen:
    """The screen of one look, once found. `has_grown`: whether it was still there in the last picture.

    Invariant: where a colour was typed, the key is within what light may have made of it.
    """

    def __init__(
        self,
        picture: Picture,
        cells: Cells,
        line: ShadingLine,
        growth: Growth,
        color: Color | None,
        *,
        exact: bool = False,
    ) -> None:
        self._line = line
        self._exact = exact
        self._growth = growth
        self._name = str(color or to_color(line, picture))
        self._typed = typed_key(color, picture) if color else None
        self._count = 0
        self.has_grown = True
        self._colors = Pyramid(cells.shape, channels=3)
        self._local: Fields = np.zeros((3, cells.count), np.float32)
        self._memory: Fields = np.zeros((3, cells.count), np.float32)
        self._trust: Fields = np.zeros(cells.count, np.float32)
        self._trimap = Trimap(cells)
        self._unmixer = Unmixer(picture, cells)

    def matte(self, picture: Picture, cells: Cells) -> Matte:
        """The matte of a measured picture."""
        if self._count and self._count % EVERY == 0:
            self._follow(cells)
        self._growth.grow(cells, self._line)
        self._learn(cells)
        self._trimap.draw(picture, cells, self._local, self._growth, self._line)
        alpha = self._unmixer.unmix(picture, cells, self._local, self._trimap)
        self._count += 1
        confidence, reason = self._judge(cells, alpha)
        return Matte(alpha, self._light(), confidence, THRESHOLD, reason)

    def _learn(self, cells: Cells) -> None:
        """Carry the screen's colour to where it is not seen: remembered first, then its neighbourhood's."""
        colors, cellwise = self._colors, slice(0, cells.count)
        rate = MEMORY if self._count else 1.0
        known = (self._memory, self._trust, colors.values, colors.weights)
        remember(cells.moments, self._growth.screen, rate, *known)
        colors.fill(1.0)
        self._local[:] = colors.filled[:, cellwise]

    def _follow(self, cells: Cells) -> None:
        """Measure the line again; set the key anew where the light has carried the screen far from it."""
        chosen = self._growth.is_screen & (np.abs(self._growth.coordinates[1] - self._line.angle) < 0.2)
        key = self._line.key
        line = ShadingLine.through(cells, key, chosen & (self._growth.coordinates[0] > 0.3))
        if line is None:
            return
        seen, size = line.seen[1:], key[0] ** 2 + key[1] ** 2
        along, across = (seen[0] * key[0] + seen[1] * key[1]) / size, (seen[0] * key[1] - seen[1] * key[0]) / size
        far = not self._exact and (abs(along - 1) > DRIFT or abs(across) > DRIFT)
        anew = ShadingLine.through(cells, seen, chosen) if far else None
        if anew is None:
            self._line = self._line.followed(line)
        elif self._typed is None or may_be(seen, self._typed):
            self._line = anew

    def _light(self) -> ScreenColor:
        """The screen's colour for the compositor: halved, which takes the noise out of it."""
        return ScreenColor(np.ascontiguousarray(self._colors.halved() + np.float32(128)))

    def _judge(self, cells: Cells, alpha: NDArray[np.uint8]) -> tuple[float, str | None]:
        """Confidence, THRESHOLD where what grew and what shows in the matte just suffice; what is missing below it."""
        grown, reasons = judge(cells, self._growth, self._line)
        self.has_grown = grown >= THRESHOLD
        seen = presence(alpha)
        shares = (
            (grown, f"no screen of {self._name}: {reasons[0]}" if reasons else ""),
            (THRESHOLD * seen.picture / LEAST_PICTURE, f"no screen of {self._name}"),
            (THRESHOLD * seen.border / LEAST_BORDER, f"little screen of {self._name} along the border"),
            (THRESHOLD * seen.poorest / LEAST_SIDE, f"no screen of {self._name} along a side"),
        )
        confidence, reason = min((min(1.0, share), reason) for share, reason in shares)
        return confidence, reason if confidence < THRESHOLD else None


def _refused(picture: Picture, found: KeyColor | None, color: Color | None) -> Matte:
    """No screen: nothing is transparent, and the matte is not to be used."""
    reason = found.reasons[0] if found is not None and found.reasons else "the screen must be seen for longer"
    if color is not None and str(color) not in reason:
        reason = f"no screen of {color}: {reason}"
    return Matte(np.full(picture.cb.rows.shape, 255, np.uint8), None, 0.0, THRESHOLD, reason)
