"""The screen of one stream from picture to picture, once it was found.

Each picture's cells are grown along the screen's shading line; what has grown says how the light has moved that line;
the screen's colour is carried under the person and remembered there; by that local colour a trimap is drawn, and where
it leaves open what is person, alpha is estimated between the colours around (`transforms.unmix`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from transforms.cells import Pyramid
from transforms.kernels.shading import remember
from transforms.key_color import THRESHOLD, KeyColor, flatness, judge, may_be, similarity, to_color, typed_key
from transforms.looks import is_same_view
from transforms.matting import ScreenColor
from transforms.outline import Outline
from transforms.shading import Growth, ShadingLine, Surface
from transforms.shadow import CastShadow
from transforms.trimap import Trimap
from transforms.unmix import Unmixer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transforms.cells import Cells, Fields
    from transforms.effect import Color, Shadow
    from transforms.picture import Picture

MEMORY = 0.15
"""How much of what is remembered of a cell of the screen one picture replaces: at 30 fps a time constant of 0.2 s."""

EVERY = 5
"""Pictures from one look for what is worn to the next: it costs as much as all else here, and clothes stay on."""

DRIFT = 0.15
"""How far the screen may move from its key, in strength or angle, before the key is set anew."""

JUMP = 0.06
"""How much of its luma the screen may gain or lose from one picture to the next for alpha to be held to the last."""

MOST_FLOATING_SEAMS = 0.0021
"""The share of the picture that may be thin lines within the screen where a head floats over no body: a man seen whole
who swings an axe reaches 0.0017, who wears a shirt in the screen's colour 0.0022 to 0.005."""

SAME_PLACE = 0.6
"""The share of where the screen was that must have grown for it to be the same one in another light."""


class Following:
    """The screen of one look: `key_color` is the last picture's.

    Invariant: where a colour was typed, the key is within what light may have made of it; where it is exact, the key is
    the one that was found.
    """

    def __init__(
        self,
        picture: Picture,
        cells: Cells,
        found: KeyColor,
        *,
        typed: Color | None = None,
        exact: bool = False,
        shadow: Shadow = "remove",
    ) -> None:
        assert found.line is not None, "only what was found can be followed"
        self.key_color = found
        self._line = found.line
        self._typed = typed_key(typed, picture) if typed else None
        self._exact = exact
        self._growth = Growth(cells)
        self._count = 0
        self._is_new_light = False
        self._is_sure = True
        self._surface = Surface(0.0, 0.0, 0.0, 0.0)
        self._colors = Pyramid(cells.shape, channels=3)
        self._local: Fields = np.zeros((3, cells.count), np.float32)
        self._memory: Fields = np.zeros((3, cells.count), np.float32)
        self._trust: Fields = np.zeros(cells.count, np.float32)
        self._trimaps = Trimap.shared(cells)
        self._unmixer = Unmixer(picture, cells)
        self._outline = Outline(cells)
        self._shadow = CastShadow(cells) if shadow == "keep" else None

    def resized(self, picture: Picture, cells: Cells, before: Cells, *, shadow: Shadow) -> Following:
        """The same screen in pictures of another size or shape. `cells`: of the new look, `before`: of the old one.

        Where only the size is another, so is what is remembered of the screen behind the person.
        """
        other = Following(picture, cells, self.key_color, exact=self._exact, shadow=shadow)
        other._line, other._typed = self._line, self._typed
        if is_same_view(cells.look, before.look):
            places = cells.places_in(before)
            other._memory[:], other._trust[:] = self._memory[:, places], self._trust[places]
            other._count = EVERY  # not the first picture, which forgets; but one in which worn clothes are looked for
        return other

    def cast(self, shadow: Shadow, cells: Cells) -> None:
        """Take the shadow away or keep it, from the next matte on."""
        self._shadow = CastShadow(cells) if shadow == "keep" else None

    def follow(self, picture: Picture, cells: Cells) -> KeyColor:
        """The key colour of a measured picture, accepted where the screen is still there."""
        self._growth.grow(cells, self._line)
        line = ShadingLine.through(cells, self._line.key, self._growth.screen)
        if line is None:
            self.key_color = KeyColor(self.key_color.color, self._line, 0.0, 0.0, ("it is no longer there",))
            return self.key_color
        if self._count % EVERY == 0:
            self._surface = self._growth.surface(cells, line)
        line = line.smoothed(self._surface)
        confidence, reasons = judge(self._growth.survey(cells), line, self._surface, is_known=True)
        self._move(cells, line)
        before = self.key_color.line
        self._is_new_light |= before is None or abs(line.seen[0] - before.seen[0]) > JUMP * before.seen[0]
        flat = flatness(line, self._surface)
        self.key_color = KeyColor(to_color(line, picture), line, similarity(line), confidence, reasons, flat)
        return self.key_color

    def is_where_it_was(self, growth: Growth) -> bool:
        """Whether what has grown from another key covers the place of this screen."""
        known = self._trust > SAME_PLACE * float(self._trust.max())
        return int(np.count_nonzero(known & growth.is_screen)) > SAME_PLACE * int(np.count_nonzero(known))

    def relight(self, found: KeyColor) -> None:
        """Go on with what was found in another light."""
        assert found.line is not None, "only what was found can be followed"
        self._line = found.line
        self._is_new_light = True

    def matte(self, picture: Picture, cells: Cells, time: float) -> tuple[NDArray[np.uint8], ScreenColor]:
        """Alpha of luma's size and the screen's colour, of the picture that was just followed."""
        self._learn(cells)
        if self._is_new_light or not self._is_sure:
            self._unmixer.forget()
        self._is_new_light = False
        with self._trimaps.lent() as trimap:
            trimap.draw(picture, cells, self._local, self._growth, self._line)
            alpha = self._unmixer.unmix(picture, cells, self._local, trimap)
        self._count += 1
        self._outline.draw(alpha, time)
        alpha = self._outline.trim(alpha)
        if self._shadow is not None:
            return self._shadowed(self._shadow, alpha, cells)
        return alpha, ScreenColor(np.ascontiguousarray(self._colors.halved() + np.float32(128)))

    def confidence(self) -> tuple[float, str | None]:
        """In the last matte, and what is missing below THRESHOLD."""
        found = self.key_color
        shares = [(THRESHOLD * share, reason) for share, reason in self._outline.shares]
        shares.append((found.confidence, found.reasons[0] if found.reasons else ""))
        if self._outline.floats:
            seams = THRESHOLD * MOST_FLOATING_SEAMS / max(self._surface.seams, 1e-6)
            shares.append((seams, "the subject wears it"))
        confidence, reason = min(shares)
        self._is_sure = confidence >= THRESHOLD
        return min(confidence, 1.0), reason if confidence < THRESHOLD else None

    def _shadowed(
        self, shadow: CastShadow, alpha: NDArray[np.uint8], cells: Cells
    ) -> tuple[NDArray[np.uint8], ScreenColor]:
        """The same with the shadow left on the background, and the screen without it."""
        shadow.measure(cells, self._growth.screen, self._local, self._outline.labels)
        lit = shadow.lit(self._local, cells).reshape(3, *cells.shape)
        return shadow.keep(alpha, cells), ScreenColor(lit + np.float32(128))

    def _learn(self, cells: Cells) -> None:
        """Carry the screen's colour to where it is not seen: remembered first, then its neighbourhood's."""
        colors = self._colors
        known = (self._memory, self._trust, colors.values, colors.weights)
        remember(cells.moments, self._growth.screen, MEMORY if self._count else 1.0, cells.lift, *known)
        colors.fill(1.0)
        self._local[:] = colors.filled[:, : cells.count]

    def _move(self, cells: Cells, line: ShadingLine) -> None:
        """Follow what was measured; set the key anew where the light has carried the screen far from it."""
        key, seen = line.key, line.seen[1:]
        size = key[0] ** 2 + key[1] ** 2
        along, across = (seen[0] * key[0] + seen[1] * key[1]) / size, (seen[0] * key[1] - seen[1] * key[0]) / size
        far = not self._exact and (abs(along - 1) > DRIFT or abs(across) > DRIFT)
        anew = ShadingLine.through(cells, seen, self._growth.screen) if far else None
        if anew is None:
            self._line = self._line.followed(line)
        elif self._typed is None or may_be(seen, self._typed):
            self._line = anew
