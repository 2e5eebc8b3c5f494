"""A matte as a picture: over its new background, as grey, or the person alone over black."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transforms.compositor import Edged, composite, draw_alpha, full_size
from transforms.picture import Look, Picture

if TYPE_CHECKING:
    from transforms.background import Background
    from transforms.edge import EdgeControls
    from transforms.effect import View
    from transforms.matting import Matte
    from transforms.stages import Stages


class Drawing:
    """One stream's. Remembers nothing of a picture but its size, for the memory that it works in."""

    def __init__(self, stage: Stages) -> None:
        self._stage = stage
        self._black: Picture | None = None
        self._whole: NDArray[np.uint8] = np.empty((0, 0), np.uint8)

    def __call__(
        self,
        picture: Picture,
        matte: Matte,
        time: float,
        *,
        background: Background,
        controls: EdgeControls | None,
        view: View,
        out: Picture,
        timings: dict[str, float],
    ) -> Matte:
        """Write the view of it into `out`, of the picture's look (view `alpha`: of full range); the matte as shown.

        Raises:
            Unsure: a stage failed.
        """
        edged = None
        if controls is not None:
            with self._stage("edge", timings):
                edged = controls.edged(picture, matte)
        shown = matte if edged is None else replace(matte, alpha=edged.alpha)
        if view == "alpha":
            with self._stage("composite", timings):
                draw_alpha(shown, out)
            return shown
        with self._stage("background", timings):
            is_alone = view == "foreground"
            behind = self._behind(picture) if is_alone else background.picture(picture, self._seen(shown, edged), time)
        with self._stage("composite", timings):
            despill = 1.0 if controls is None else controls.despill
            composite(picture, behind, matte, out, edged=edged, despill=despill)
        if view == "composite" and controls is not None and controls.finish is not None:
            with self._stage("finish", timings):
                controls.finish(picture, behind, shown, time, out)
        return shown

    def _seen(self, shown: Matte, edged: Edged | None) -> Matte:
        """With what an edge has cut off of the person: a blurred room must not have that rim in it."""
        if edged is None:
            return shown
        if self._whole.shape != edged.alpha.shape:
            self._whole = np.empty_like(edged.alpha)
        return replace(shown, alpha=np.maximum(edged.alpha, edged.own, out=self._whole))

    def _behind(self, picture: Picture) -> Picture:
        """Black of the picture's look."""
        look = Look.of(picture)
        if self._black is None or Look.of(self._black) != look:
            self._black = Picture.blank(look.size, matrix=look.matrix, full_range=look.full_range)
        return self._black


def alpha_beside(matte: Matte, picture: Picture) -> NDArray[np.uint8]:
    """The matte's alpha (H, W) for each sample of the picture, in memory of its own."""
    alpha = np.empty((picture.size.height, picture.size.width), np.uint8)
    drawn = full_size(matte.alpha, picture.size, alpha)
    return alpha if drawn is alpha else drawn.copy()


def no_alpha(picture: Picture) -> NDArray[np.uint8]:
    """That of a picture in which there is nobody."""
    return np.zeros((picture.size.height, picture.size.width), np.uint8)
