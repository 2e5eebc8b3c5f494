"""From a picture, what lies behind it and a trimap to alpha: the core of every matting that knows its background.

Around each cell the colours of sure person and sure background are gathered as means and covariances, carried to where
there are none, and alpha is the linear estimate of least variance between them (`transforms.kernels.unmix`). So it is
the colours' own scatter that says what to look at: before a textured jacket chroma decides, and luma where hair and
screen differ in light.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells, Fields, Pyramid
from transforms.kernels.cells import compare
from transforms.kernels.gather import gather
from transforms.kernels.trimap import erode
from transforms.kernels.unmix import draw, solve
from transforms.picture import Picture
from transforms.trimap import Trimap

BLEND = 0.12
"""How far under the neighbourhood's highest rough alpha a sample's word for the person falls by e."""

LUMA_NOISE, CHROMA_NOISE = 2.5, 1.0
"""Levels of noise assumed besides what is measured: a cell of a flat colour measures none."""

SCREEN_DEVIATIONS, PERSON_DEVIATIONS = 2.5, 1.2
SCREEN_MARGIN, PERSON_MARGIN = 0.06, 0.08
"""What counts as alpha 0 and 1: so many deviations of each side's own colours, and at least so much."""

GROWTH = 0.15
"""How much steeper the estimate becomes with each cell off the screen: what lies deep inside is rarely half there."""

ENOUGH_PERSON, ENOUGH_SCREEN = 0.3, 0.5
"""Cells' worths of samples from which a cell needs no neighbour's word."""

STILL, STILL_MEDIANS = 3.0, 6.0
"""Levels, and medians of all cells' moves: what a key frame redraws moves cells by less. There alpha may change by
CALM levels a picture, so that the outline neither pulses with key frames nor shimmers with noise."""
CALM = 1.0


class Unmixer:
    """One look's alpha. The array it returns is written again by the next call.

    Invariant: where a cell's mean colour stayed, alpha moved by CALM levels at most since the last picture.
    """

    def __init__(self, picture: Picture, cells: Cells) -> None:
        width, height = picture.size
        columns = cells.shape[1]
        self.alpha: NDArray[np.uint8] = np.zeros((height, width), np.uint8)
        self._person, self._screen = (Pyramid(cells.shape, channels=9) for _ in range(2))
        self._affine: Fields = np.zeros((4, cells.count), np.float32)
        self._peaks: Fields = np.zeros(cells.count, np.float32)
        self._other: Fields = np.zeros(cells.count, np.float32)
        self._before: Fields = np.zeros((3, cells.count), np.float32)
        self._moved: Fields = np.zeros(cells.count, np.float32)
        self._calm: NDArray[np.uint8] = np.zeros(cells.count, np.uint8)
        self._kinds: NDArray[np.uint8] = np.zeros(columns, np.uint8)
        self._line: NDArray[np.uint8] = np.zeros(columns + 2, np.uint8)
        self._lines: Fields = np.zeros((10, width + 4 * cells.cell + 2), np.float32)
        self._is_first = True
        self._settings = np.array(
            (
                LUMA_NOISE**2,
                CHROMA_NOISE**2,
                SCREEN_DEVIATIONS,
                PERSON_DEVIATIONS,
                SCREEN_MARGIN,
                PERSON_MARGIN,
                GROWTH,
            ),
            np.float32,
        )

    def unmix(self, picture: Picture, cells: Cells, background: Fields, trimap: Trimap) -> NDArray[np.uint8]:
        """Alpha (H, W). `background`: float32 (3, cells), what lies behind, about 128; `cells` are this picture's."""
        self._gather(picture, cells, background, trimap)
        self._person.fill(ENOUGH_PERSON)
        self._screen.fill(ENOUGH_SCREEN)
        person, screen = self._person.filled, self._screen.filled
        solve(person, screen, background, trimap.distances, trimap.veiled, trimap.reach, self._settings, self._affine)
        self._find_calm(cells)
        y, cb, cr = picture.planes
        planes = (y.samples, y.stride, y.width, y.height, cb.samples, cr.samples, cb.stride, cells.cell)
        near = (trimap.near, trimap.marked, trimap.distances, trimap.reach, self._calm, CALM)
        draw(*planes, cells.moments, self._affine, *near, self._lines, self._kinds, self.alpha.reshape(-1))
        return self.alpha

    def forget(self) -> None:
        """Hold the next picture's alpha to none before it."""
        self._is_first = True

    def _gather(self, picture: Picture, cells: Cells, background: Fields, trimap: Trimap) -> None:
        person, screen = self._person, self._screen
        cb = picture.cb
        gather(
            cells.luma,
            cb.samples,
            picture.cr.samples,
            cb.stride,
            cells.width,
            cells.height,
            cells.cell,
            trimap.rough,
            trimap.near,
            trimap.wide,
            trimap.marked,
            trimap.distances,
            trimap.veiled,
            trimap.reach,
            1 / BLEND,
            cells.moments,
            background,
            self._peaks,
            self._other,
            person.values,
            person.weights,
            screen.values,
            screen.weights,
        )

    def _find_calm(self, cells: Cells) -> None:
        """The cells that, with all around them, did not move since the last picture."""
        rows, columns = cells.shape
        compare(cells.moments, self._before, self._moved)
        if self._is_first:
            self._calm[:] = 0
        else:
            limit = max(STILL, STILL_MEDIANS * float(np.median(self._moved[::4])))
            erode((self._moved < limit).view(np.uint8), columns, rows, self._line, self._calm)
        self._is_first = False
