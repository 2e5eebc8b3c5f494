"""From a picture, what lies behind it and a trimap to alpha: the core of every matting that knows its background.

Around each cell the colours of sure person and sure background are gathered as means and covariances, carried to where
there are none, and alpha is the linear estimate of least variance between them (`transforms.kernels.unmix`). So it is
the colours' own scatter that says what to look at: before a textured jacket chroma decides, and luma where hair and
screen differ in light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from transforms.cells import Cells, Fields, Pyramid
from transforms.kernels.cells import compare, set_pace
from transforms.kernels.draw import draw, draw_before
from transforms.kernels.gather import gather_person, gather_screen
from transforms.kernels.unmix import KEPT, solve, sort_cells, weigh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transforms.picture import Picture
    from transforms.trimap import Trimap

BLEND = 0.12
"""How far under the neighbourhood's highest rough alpha a sample's word for the person falls by e."""

LUMA_NOISE, CHROMA_NOISE = 2.5, 1.0
"""Levels of noise assumed besides what is measured: a cell of a flat colour measures none."""

SCREEN_DEVIATIONS, PERSON_DEVIATIONS = 2.5, 0.3
SCREEN_MARGIN, PERSON_MARGIN = 0.06, 0.08
"""What counts as alpha 0 and 1: so many deviations of each side's own colours, and at least so much. The person's count
once beside the screen, and 1 + n^2 times n cells off it."""

GROWTH = 0.15
"""How much steeper the estimate becomes with each cell off the screen: what lies deep inside is rarely half there."""

ENOUGH_PERSON, ENOUGH_SCREEN = 0.3, 0.5
"""Cells' worths of samples from which a cell needs no neighbour's word."""

BELIEF = 2.0
"""How much the trimap's word weighs, before a room: as much as colours two deviations (its root, 1.4) apart."""

PLATE_NOISE = 9.0, 3.0
"""Squared levels of luma and chroma by which a picture strays from its plate besides what was measured of it."""

PLATE_MARGINS = 0.08, 0.1
"""What counts as alpha 0 and 1 before a plate: least error before four rooms."""

FADING = 0.9
"""What one picture leaves of a cell's pace: at 30 fps it comes to rest within 1.1 s, as the screen's memory does."""

STILL, STILL_MEDIANS, STILL_MOST = 2.5, 4.0, 6.0
"""Levels, and medians of all cells' moves, by which a cell at rest differs from what it was: what is left of a camera's
noise after a codec, and what its key frames redraw. More than the last is another picture, though all of it moves."""

MOVING = 2.0
"""So many times as much, and a cell's alpha follows at once."""


class Unmixer:
    """One look's alpha. The array it returns is written again by the next call, and by nobody else.

    Invariant: where nothing moved for a second alpha moves by a sixteenth of a level a picture, unless 48 levels wrong.
    """

    def __init__(self, picture: Picture, cells: Cells) -> None:
        width, height = picture.size
        count = cells.count
        self._alpha: NDArray[np.uint8] = np.zeros((height, width), np.uint8)
        self._held: NDArray[np.uint16] = np.zeros(width * height, np.uint16)
        self._pyramids = Pyramid.shared(cells.shape, channels=9)
        self._fields: Fields = np.zeros((6, count), np.float32)
        self._peaks, self._other, self._moved, self._pace = (np.zeros(count, np.float32) for _ in range(4))
        self._kinds, self._waits = (np.zeros(count, np.uint8) for _ in range(2))
        self._before: NDArray[np.uint8] = np.zeros(cells.luma.size, np.uint8)
        self._colors: Fields = np.zeros((2, count), np.float32)
        self._short: NDArray[np.uint16] = np.zeros(cells.width, np.uint16)
        self._lines: Fields = np.zeros((28, 2 * cells.width + 2 * cells.cell + 2), np.float32)
        self._is_first = True
        margins = (SCREEN_DEVIATIONS, PERSON_DEVIATIONS, SCREEN_MARGIN, PERSON_MARGIN, GROWTH)
        self._settings = np.array((LUMA_NOISE**2, CHROMA_NOISE**2, *margins), np.float32)
        self.alpha = self._alpha.view()
        self.alpha.flags.writeable = False

    def unmix(self, picture: Picture, cells: Cells, background: Fields, trimap: Trimap) -> NDArray[np.uint8]:
        """Alpha (H, W). `background`: float32 (3, cells), what lies behind, about 128; `cells` are this picture's."""
        affine = self._fields[:4]
        masks = (trimap.distances, trimap.veiled, trimap.idle, trimap.reach)
        with self._pyramids.lent() as person, self._pyramids.lent() as screen:
            self._gather(picture, cells, trimap, person)
            self._gather_screen(picture, cells, trimap, screen)
            solve(person.filled, screen.filled, background, *masks, self._settings, affine)
        self._sort(cells, affine, trimap)
        pace = (self._kinds, self._pace, self._lines, self._held, self._alpha.reshape(-1))
        draw(*_planes(picture), cells.cell, affine, trimap.near, *pace)
        return self.alpha

    def unmix_plate(
        self,
        picture: Picture,
        cells: Cells,
        background: Picture,
        trimap: Trimap,
        changed: NDArray[np.uint8],
        scatter: Fields | None = None,
    ) -> NDArray[np.uint8]:
        """Alpha (H, W) before a background known sample by sample, of the picture's size and in its light.

        Where person and background are alike the trimap's `rough` decides. `changed`: uint8 (cells), 1 where the trimap
        was decided otherwise than for the last picture; there alpha follows at once. `scatter`: float32 (3, cells), the
        variance of Y, Cb, Cr about the background where it is but guessed, 0 elsewhere.
        """
        with self._pyramids.lent() as person:
            self._gather(picture, cells, trimap, person)
            weigh(person.filled, trimap.distances, trimap.reach, *PLATE_NOISE, self._fields)
        if scatter is not None:
            weights = self._fields[:3]
            weights /= 1 + np.float32(0.5) * scatter * weights
        self._sort(cells, self._fields, trimap, changed)
        y, cb, cr = background.planes
        behind = (y.samples, y.stride, cb.samples, cr.samples, cb.stride, cells.cell, self._fields)
        near, pace, margins = trimap.near, self._pace, (BELIEF, *PLATE_MARGINS)
        out = (self._lines, self._held, self._alpha.reshape(-1))
        draw_before(*_planes(picture), *behind, near, trimap.rough, *margins, self._kinds, pace, *out)
        return self.alpha

    def forget(self) -> None:
        """Hold the next picture's alpha to none before it."""
        self._is_first = True

    def _gather(self, picture: Picture, cells: Cells, trimap: Trimap, person: Pyramid) -> None:
        cb = picture.cb
        samples = (cells.luma, cb.samples, picture.cr.samples, cb.stride, cells.width, cells.height, cells.cell)
        masks = (trimap.rough, trimap.wide, trimap.distances, trimap.bare, trimap.veiled, trimap.reach)
        scratch = (self._peaks, self._other, self._lines)
        gather_person(*samples, *masks, 1 / BLEND, cells.moments, *scratch, person.values, person.weights)
        person.fill(ENOUGH_PERSON)

    def _gather_screen(self, picture: Picture, cells: Cells, trimap: Trimap, screen: Pyramid) -> None:
        cb = picture.cb
        samples = (cells.luma, cb.samples, picture.cr.samples, cb.stride, cells.width, cells.height, cells.cell)
        masks = (trimap.near, trimap.marked, trimap.distances, trimap.bare, trimap.veiled, cells.moments)
        gather_screen(*samples, *masks, self._lines, screen.values, screen.weights)
        screen.fill(ENOUGH_SCREEN)

    def _sort(self, cells: Cells, fields: Fields, trimap: Trimap, changed: NDArray[np.uint8] | None = None) -> None:
        """Which cells are decided, and at what pace each may change."""
        self._find_pace(cells)
        if changed is not None:
            np.maximum(self._pace, changed, out=self._pace)
        rows, columns = cells.shape
        masks = (trimap.distances, trimap.bare, self._pace, columns, rows, trimap.reach)
        sort_cells(cells.moments, fields, *masks, self._waits, self._kinds)
        if self._is_first:
            self._kinds &= np.uint8(~KEPT)
        self._is_first = False

    def _find_pace(self, cells: Cells) -> None:
        """0 for the cells that, with all around them, did not move since the last picture, 1 for those that did."""
        rows, columns = cells.shape
        if self._is_first:
            self._pace[:] = 1
        known = (self._pace, self._short, self._before, self._colors, self._moved)
        compare(cells.luma, cells.moments, cells.width, cells.height, cells.cell, *known)
        if not self._is_first:
            still = min(max(STILL, STILL_MEDIANS * float(np.median(self._moved[::16]))), STILL_MOST)
            set_pace(self._moved, columns, rows, still, MOVING * still, FADING, self._other, self._pace)


def _planes(
    picture: Picture,
) -> tuple[NDArray[np.uint8], int, int, int, NDArray[np.uint8], NDArray[np.uint8], int]:
    """Luma, its stride and size, chroma and its stride, as the kernels take them."""
    y, cb, cr = picture.planes
    return y.samples, y.stride, y.width, y.height, cb.samples, cr.samples, cb.stride
