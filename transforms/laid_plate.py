"""The clean plate as it would show in this picture: under this exposure, with this picture's soft shades on it.

What one exposure for all leaves over is smooth: a vignette that came with the zoom, the glow of a lit shirt on a wall,
a cast shadow. So much of it as is seen beside the person is carried under them, cell by cell.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells, Fields, Pyramid
from transforms.exposure import Exposure, fit_means
from transforms.kernels.difference import PATTERN_SHARE, cross_moments
from transforms.kernels.lay import CORE, darken, find_light, lay_chroma, lay_luma
from transforms.kernels.trimap import dilate
from transforms.picture import Picture

ENOUGH = 6.0
"""Cells from which a shade is taken as it is: 2 by 3. A single cell's word is mostly its neighbours'."""

AGAIN = 8
"""Pictures after which a plate that improves is measured again."""

THINNED = 5
"""Every so many'th cell is fitted, along each row and down each column."""

FEWEST = 60
"""Cells: an exposure fitted on fewer would follow noise; then all cells are asked, whoever stands there."""

LEAST_SHARE = 0.3
"""Of the cells asked, how many must fit: else others are asked, too."""

CLIPPING = 10.0
"""Levels of luma under white from which nobody knows how bright a thing was."""

LEAST_SHADOW = 0.03
"""The share of the light whose loss is none, for exposures are off by as much; twice as much is a shadow."""

LEAST_VARIANCE = 10.0
"""Squared levels: what a sample is off at least, its codec's part."""

Mask = NDArray[np.uint8]


class LaidPlate:
    """One look's plate beside its pictures.

    `expected`: float32 (3, cells), the means it promises of the last picture fitted, about 128. `crossed`: float32
    (3, cells), the mean products of picture and plate. `deviations`: float32 (3,), how far cell means are off, in
    levels; `share`: 0..1, how many are not off by more. `contrast`: levels of luma that there are to tell the plate by.
    `scatter`: float32 (3, cells), standard deviation of a sample about the plate. `shade`: float32 (3, cells), by how
    much, of itself, the light is more by cell, and what is added to Cb and Cr. `screen`: the plate as this picture
    would show it, where it was laid.
    """

    def __init__(self, picture: Picture, cells: Cells) -> None:
        self.plate = Cells(picture)
        self.exposure = Exposure.unit()
        self.expected, self.crossed, self.scatter = (np.zeros((3, cells.count), np.float32) for _ in range(3))
        self.deviations: Fields = np.ones(3, np.float32)
        self.share, self.contrast = 1.0, 0.0
        self.screen = Picture.blank(picture.size, matrix=picture.matrix, full_range=picture.full_range)
        self.shade: Fields = np.zeros((3, cells.count), np.float32)
        self.white = (255.0 if picture.full_range else 235.0) - 128.0
        self._pyramids = Pyramid.shared(cells.shape, channels=3)
        self._thinned: NDArray[np.bool_] = _thinned(cells.shape)
        self._chosen: NDArray[np.intp] = np.arange(cells.count)
        self._means: Fields = np.zeros((3, cells.count), np.float32)
        self._lines: Fields = np.zeros((16, 2 * (cells.width + cells.cell)), np.float32)
        self._trust: Fields = np.ones((3, cells.count), np.float32)
        self._chroma = np.zeros(cells.width * cells.height, np.uint8), np.zeros(cells.width * cells.height, np.uint8)
        self._row, self._fallen = np.zeros(cells.shape[1] + 2, np.uint8), np.zeros(cells.count, np.uint8)
        self._none: Fields = np.zeros(cells.count, np.float32)
        self._aside: Mask = np.zeros(cells.width * cells.height, np.uint8)
        self._of: Picture | None = None
        self._count = 0
        self._is_fitted = False

    def take(self, plate: Picture, noise: Fields, known: Mask, *, is_still: bool) -> None:
        """Measure the plate where it may have changed. `noise`: (3, cells); `known`: (cells), 0..255.

        `is_still`: whether it is the last picture's, but for what it learned.
        """
        self._count = self._count + 1 if is_still and plate is self._of else 0
        if self._count % AGAIN:
            return
        self._of = plate
        self.plate.measure(plate)
        for copy, chroma in zip(self._chroma, (plate.cb, plate.cr), strict=True):
            copy.reshape(chroma.rows.shape)[:] = chroma.rows
        moments = self.plate.moments
        variance = np.maximum(moments[(3, 6, 8), :] - moments[:3] ** 2, 0)
        self.scatter[:] = np.sqrt(noise**2 + PATTERN_SHARE * variance)
        is_clipped = moments[0] + np.sqrt(variance[0]) > self.white - CLIPPING
        usable = (known > 0) & ~is_clipped
        if np.count_nonzero(usable) < FEWEST:
            usable = known > 0
        self._chosen = np.flatnonzero(usable & self._thinned)
        self._means = np.ascontiguousarray(moments[:3, self._chosen])

    def fit(self, picture: Picture, cells: Cells, background: NDArray[np.bool_] | None) -> None:
        """Find this picture's exposure and what the plate promises of it. `background`: cells last seen bare."""
        start = self.exposure if self._is_fitted else None
        means, chosen = np.ascontiguousarray(cells.moments[:3, self._chosen]), self._chosen
        everybody = np.ones(len(chosen), np.float32)
        weights = everybody if background is None else background[chosen].astype(np.float32)
        if np.count_nonzero(weights) < FEWEST // THINNED:
            weights = everybody
        fitted = fit_means(self._means, means, weights, cells.lift, start)
        if fitted.share < LEAST_SHARE and weights is not everybody:
            fitted = fit_means(self._means, means, everybody, cells.lift, start)
        self.exposure, self.deviations, self.share = fitted.exposure, fitted.deviations, fitted.share
        self._is_fitted = True
        self.expected[:] = self.exposure.expose(self.plate.moments)
        self.contrast = float(np.std(self.expected[0, ::7]))
        self._cross(picture, cells)

    def forget(self) -> None:
        """Hold the next picture's light to none before it."""
        self._is_fitted = False
        self.shade[:] = 0

    def find_shades(self, cells: Cells, bare: NDArray[np.bool_]) -> None:
        """Carry the light that is seen on the bare cells to all others, into `shade`."""
        seen = bare.view(np.uint8)
        with self._pyramids.lent() as pyramid:
            find_light(cells.moments, self.expected, seen, cells.lift, pyramid.values, pyramid.weights)
            pyramid.fill(ENOUGH)
            self.shade[:] = pyramid.filled[:, : cells.count]

    def lay(
        self,
        picture: Picture,
        cells: Cells,
        states: Mask,
        wanted: Mask,
        shares: tuple[Fields, Fields],
        near: Mask,
        rough: Mask,
    ) -> None:
        """Write `screen` where cells are `wanted`, and the masks `near` and `rough` of a trimap.

        `states`: what each cell is (`transforms.kernels.lay`). `shares`: float32 (cells) each, the person's share,
        0..1, and up to which one what is like the plate is the plate.
        """
        plate = self._of
        assert plate is not None  # `take` came before
        out, gain, offset, tint = self.screen, self.exposure.gain, self.exposure.offset, self.exposure.tint
        y = plate.y
        side = 2 * cells.cell
        luma = (y.samples, y.stride, y.width, y.height, side, float(gain[0]), float(offset[0]))
        black = 128 - cells.lift
        lay_luma(*luma, black, self.shade[0], wanted, self._lines, out.y.samples, out.y.stride)
        light = np.array(
            (gain[0], offset[0], gain[1], tint[0], offset[1], gain[2], tint[1], offset[2], black), np.float32
        )
        np.reciprocal(np.float32(LEAST_VARIANCE) + self.scatter**2, out=self._trust)
        seen, size = _flat(cells.luma, picture), (cells.width, cells.height, cells.cell)
        lay_chroma(
            *seen,
            *_flat(self.plate.luma, plate),
            *size,
            light,
            self.shade,
            self._trust,
            *shares,
            states,
            wanted,
            self._lines,
            out.cb.samples,
            out.cr.samples,
            out.cb.stride,
            near,
            rough,
        )

    def keep_shadow(
        self, alpha: Mask, picture: Picture, cells: Cells, states: Mask, wanted: Mask, out: NDArray[np.uint8]
    ) -> None:
        """Write `alpha` into `out` with the shadow left on what shows through, and `screen` without it.

        `states` and `wanted` as in `lay`; where the shadow falls the screen is wanted, too.
        """
        rows, columns = cells.shape
        whole, least = self.shade[0].copy(), np.float32(LEAST_SHADOW)
        shadow = np.minimum(whole, 0) * np.clip(-whole / least - 1, 0, 1) * (states != CORE)
        fallen = (shadow < 0).view(np.uint8)
        dilate(fallen, columns, rows, self._row, self._fallen)
        self._fallen |= wanted
        self.shade[0] = (1 + whole) / (1 + shadow) - 1
        self.lay(picture, cells, states, self._fallen, (self._none, self._none), self._aside, self._aside)
        self.shade[0] = whole
        height, width = alpha.shape
        darken(alpha.reshape(-1), width, height, 2 * cells.cell, shadow, self._lines[0], out.reshape(-1))

    def _cross(self, picture: Picture, cells: Cells) -> None:
        """With the plate as it was measured: of one that has learned since, the moments are not known."""
        seen, size = _flat(cells.luma, picture), (cells.width, cells.height, cells.cell)
        cross_moments(*seen, self.plate.luma, *self._chroma, cells.width, *size, self._lines, self.crossed)


def _thinned(shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The cells that an exposure is fitted on."""
    row, column = np.indices(shape)
    thinned: NDArray[np.bool_] = ((row + column) % THINNED == 0).reshape(-1)
    return thinned


def _flat(luma: Mask, picture: Picture) -> tuple[Mask, Mask, Mask, int]:
    """As the kernels take them: luma of chroma's size, both chroma planes and their stride."""
    return luma, picture.cb.samples, picture.cr.samples, picture.cb.stride
