"""Edge controls: what somebody tunes of a matte before the picture is composited.

In this order, each only if it is set: alpha is clipped and stretched; the outline moves inward or outward by any
fraction of a pixel; it is softened; the holdout and then the garbage mask have the last word, and are exact. Alpha is
brought to luma's size first, so that a pixel is a pixel with every matting.

All of this is taste, laid over what the matting measured. So the person's light is still taken apart from the screen's
by the matting's own alpha, and only then shown at the new one (`transforms.compositor`): an outline moved inward does
not darken, and a softened one carries the colours of the person outward, not those of the screen.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transforms.compositor import Edged, full_size
from transforms.contour import Contour
from transforms.effect import Edge
from transforms.fringe import Fringe
from transforms.mask import Mask
from transforms.matting import Matte
from transforms.picture import Picture, Size

if TYPE_CHECKING:
    from transforms.finish import Finish


class EdgeControls:
    """One setting of the edge: its masks, and room to work in that follows the picture's size.

    Nothing is remembered from one picture to the next but by `finish`, which is handed on, so one may take another's
    place between any two. What `edged` returns is written again by its next call. `finish`: what is done to composites.
    """

    def __init__(self, edge: Edge, before: EdgeControls | None = None) -> None:
        """Load the masks, or take what `before`, of the same stream, has of them and of the person's tone.

        Raises:
            EffectError: a mask cannot be read.
        """
        known = {mask.path: mask for mask in (before.garbage, before.holdout) if mask} if before else {}
        self.edge = edge
        self.garbage: Mask | None = _mask(edge.garbage, "garbage mask", known)
        self.holdout: Mask | None = _mask(edge.holdout, "holdout mask", known)
        self.despill = 1.0 if edge.despill is None else edge.despill
        self.finish: Finish | None = None
        if edge.light_wrap > 0 or edge.color_match > 0:
            from transforms.finish import Finish  # its kernels are loaded by those who want them

            self.finish = Finish(edge.light_wrap, edge.color_match, before.finish if before else None)
        self._changes_alpha = bool(edge.clip or edge.shrink or edge.feather or self.garbage or self.holdout)
        self._room: _Room | None = None

    def prepare(self, size: Size) -> None:
        """Fit the masks and make room for pictures of `size`, unless that is done."""
        if self._changes_alpha and (self._room is None or self._room.contour.size != size):
            self._room = _Room(size, self.edge)
        for mask in (self.garbage, self.holdout):
            if mask is not None:
                mask.at(size)
        if self.finish is not None:
            self.finish.prepare(size)

    def edged(self, picture: Picture, matte: Matte) -> Edged | None:
        """What is shown instead of the matte's alpha; None where nothing here changes it."""
        self.prepare(picture.size)
        room = self._room
        if room is None:
            return None
        alpha = full_size(matte.alpha, picture.size, room.full_size)
        floor, ceiling = (None if mask is None else mask.at(picture.size) for mask in (self.holdout, self.garbage))
        is_carried = self.edge.feather > 0 and matte.screen is not None and self.despill > 0
        contour = room.contour
        contour.draw(alpha, floor=floor, ceiling=ceiling, with_own=is_carried)
        if not is_carried:
            return Edged(contour.shown, alpha)
        return Edged(contour.shown, contour.own, room.fringe.colors(picture, contour.own, contour.spans))


class _Room:
    """What pictures of one size are worked out in."""

    def __init__(self, size: Size, edge: Edge) -> None:
        self.contour = Contour(size, edge)
        self.fringe = Fringe(size)
        self.full_size: NDArray[np.uint8] = np.zeros((size.height, size.width), np.uint8)


def _mask(path: Path | None, what: str, known: dict[Path, Mask]) -> Mask | None:
    if path is None:
        return None
    return known.get(path) or Mask.load(path, what=what)
