"""A still image behind the person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from transforms.background import FITTINGS_KEPT
from transforms.beside import Beside
from transforms.effect import BLACK, Color, Placement
from transforms.fitting import COVER, CalledOff, fit
from transforms.picture import Look, Picture
from transforms.small_copy import SmallCopy
from transforms.still import Layer, load_layer

if TYPE_CHECKING:
    from transforms.matting import Matte


def image_background(
    path: Path, placement: Placement = COVER, color: Color = BLACK, *, live: bool = True
) -> StillBackground:
    """The image in a file, laid under the pictures; `color` shows around and through it. `live`: as StillBackground's.

    Raises:
        EffectError: the file cannot be used; see `transforms.still.load_layer`.
    """
    return StillBackground(load_layer(path), placement, color, live=live)


class StillBackground:
    """An image, laid under each look of a stream once and kept for the last FITTINGS_KEPT.

    `live`: a call does not wait for it. The first pictures of a new look have it softer than it is, until it has been
    made as good as can be in a thread beside (`transforms.fitting`); call `prepare` in another thread to have that at
    once. Kept pictures are replaced whole, so a reader in another thread sees the old or the new.
    """

    def __init__(
        self, layer: Layer, placement: Placement, color: Color, *, live: bool, small: SmallCopy | None = None
    ) -> None:
        """`small`: of the same layer over the same colour, where there is one already."""
        self._layer, self._placement, self._color, self._live = layer, placement, color, live
        self._image = layer.over(color)
        self._small = (small or SmallCopy(self._image, layer.size)) if live else None
        self._kept: tuple[tuple[Look, Picture], ...] = ()
        self._at_once: Picture | None = None
        self._beside = Beside("fit a background")

    def relaid(self, placement: Placement, color: Color) -> StillBackground:
        """The same image laid otherwise, not read again."""
        small = self._small if self._layer.is_opaque or color == self._color else None
        return StillBackground(self._layer, placement, color, live=self._live, small=small)

    def prepare(self, look: Look) -> Picture:
        """Make the picture of this look unless it is kept, and keep it. About 100 ms."""
        return self._known(look) or self._keep(look, lambda: True)

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        """The same picture each time, in the look of `source`."""
        look = Look.of(source)
        known = self._known(look)
        if known is not None:
            self._at_once = None
            return known
        if self._small is None:
            return self._keep(look, lambda: True)
        if self._at_once is None or Look.of(self._at_once) != look:
            self._at_once = self._small.fit(look, placement=self._placement, color=self._color)
            self._beside.begin(lambda is_wanted: self._finish(look, is_wanted))
        return self._at_once

    def close(self) -> None:
        """Let go of the image and the kept pictures."""
        self._beside.close()
        self._kept, self._at_once = (), None

    def _known(self, look: Look) -> Picture | None:
        return next((picture for kept, picture in self._kept if kept == look), None)

    def _keep(self, look: Look, is_wanted: Callable[[], bool]) -> Picture:
        layer, placement = self._layer, self._placement
        made = fit(self._image, look, placement=placement, color=self._color, size=layer.size, is_wanted=is_wanted)
        self._kept = ((look, made), *self._kept)[:FITTINGS_KEPT]
        return made

    def _finish(self, look: Look, is_wanted: Callable[[], bool]) -> None:
        """In the thread beside."""
        try:
            self._keep(look, is_wanted)
        except CalledOff:
            return
