"""What lies behind the person: a picture of the place without them, how noisy it is and how well it is known.

A plate comes from a file, from a call's first pictures or from the call itself; see `CleanPlateSource`. However it came
it gets better while the call goes on: wherever a picture surely shows background it says what the plate looks like now,
once the exposure is undone. So slow changes of light are followed, and noise is what was seen and not a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells, Fields, Pyramid
from transforms.kernels.plate import count_looks, follow_noise, hold_back, learn, rate
from transforms.looks import scaled
from transforms.picture import Picture

if TYPE_CHECKING:
    from transforms.exposure import Exposure

LEAST_NOISE = 0.5
"""Levels: what rounding leaves, and a bound for those who divide by it."""

UNMEASURED_NOISE = 4.0
"""Levels assumed until measured: a webcam's by lamplight after H.264."""

SLOWEST = 1 / 8
"""The least share of what is known that one look replaces: with TURNS at 30 fps a time constant of 2 s."""

TURNS = 8
"""Pictures in which every row of cells has its turn to learn: an eighth each keeps the cost at 0.2 ms."""

PATIENCE = 12
"""Looks on end for which a cell and its neighbours must be background: half a second of somebody passing is none."""

SUDDEN = (3.0, 2.0, 2.0)
"""Levels of Y, Cb, Cr: light that wanders moves no cell further in 2 s, and somebody dark before a dark wall does."""

GUESSED, GUESSED_NOISE = 32, 10.0
"""How well a cell is known, of 255, that was guessed from its neighbourhood, and how many levels that may be off."""

REPLACED = 4
"""Looks that a plate which was laid elsewhere counts for: interpolated, it is a little soft."""

FIRST, STEP = 64, 16
"""How well a cell is known, of 255, that was seen once, and how much better with each look."""

Mask = NDArray[np.uint8]


class CleanPlate:
    """The background of one look (size, matrix, range) and what is known of it, by `Cells` of that look.

    `picture`: the expected background at unit exposure. `noise`: float32 (3, cells), the standard deviation of a sample
    of Y, Cb, Cr in levels, at least LEAST_NOISE. `known`: uint8 (cells), 0 never seen .. 255 sure. `confidence`: 0..1,
    and under 1 `reason` says in a few words what is wrong with the plate. Read-only to others; all of it changes in
    place.
    """

    def __init__(self, cells: Cells, picture: Picture) -> None:
        """Begin with nothing known. `picture` gives the look only."""
        self.picture = Picture.blank(picture.size, matrix=picture.matrix, full_range=picture.full_range)
        self.noise: Fields = np.full((3, cells.count), UNMEASURED_NOISE, np.float32)
        self.known: Mask = np.zeros(cells.count, np.uint8)
        self.confidence = 1.0
        self.reason: str | None = None
        self._counts: Fields = np.zeros(cells.count, np.float32)
        self._means = tuple(np.zeros(plane.width * plane.height, np.uint16) for plane in self.picture.planes)
        self._rates, self._shifts, self._deviations = (np.zeros(cells.count, np.float32) for _ in range(3))
        self._lines: Fields = np.zeros((3, picture.size.width), np.float32)
        self._shape, self._cell = cells.shape, cells.cell
        self._turn = 0
        self._streaks: Mask = np.zeros(cells.count, np.uint8)

    def set(self, picture: Picture, known: int, count: int) -> None:
        """Take a whole picture of this look for the plate, as if it had been seen `count` times."""
        self._put(picture)
        self.known[:], self._counts[:] = known, count

    def replace(self, picture: Picture) -> None:
        """Take this picture, which was made of the plate's own, for it; it is soon refined by what is seen."""
        self._put(picture)
        self._counts[:] = np.minimum(self._counts, REPLACED)

    def resized(self, picture: Picture, cells: Cells, before: Cells) -> CleanPlate:
        """The same plate at another size. `picture`: gives the new look, `cells` are of it, `before` of the old."""
        other, places = CleanPlate(cells, picture), cells.places_in(before)
        other._put(scaled(self.picture, picture.size))
        other.known[:], other.noise[:] = self.known[places], self.noise[:, places]
        other._counts[:] = np.minimum(self._counts[places], REPLACED)
        other.doubt(self.reason, self.confidence)
        return other

    def _put(self, picture: Picture) -> None:
        for plane, mean, shown in zip(self.picture.planes, self._means, picture.planes, strict=True):
            plane.rows[:] = shown.rows
            np.left_shift(plane.samples, 8, out=mean, dtype=np.uint16)

    def guess(self, unknown: NDArray[np.bool_]) -> None:
        """Fill cells that were never seen with what their neighbourhood's colours lead to expect.

        A wall goes on behind the person: whoever differs from it is seen to differ, and what does not is soon learned.
        """
        rows, columns = self._shape
        colors = Pyramid(self._shape, channels=3)
        colors.weights[: colors.cells] = ~unknown
        sides = (2 * self._cell, self._cell, self._cell)
        for channel, (plane, side) in enumerate(zip(self.picture.planes, sides, strict=True)):
            colors.values[channel, : colors.cells] = _means(plane.rows, side, self._shape) * ~unknown
        colors.fill(1.0)
        for channel, (plane, side, means) in enumerate(zip(self.picture.planes, sides, self._means, strict=True)):
            levels = colors.filled[channel, : colors.cells].reshape(rows, columns)
            spread, mask = (
                np.repeat(np.repeat(cells, side, 0), side, 1)[: plane.height, : plane.width]
                for cells in (levels, unknown.reshape(rows, columns))
            )
            np.copyto(means.reshape(plane.height, plane.width), (spread * 256).astype(np.uint16), where=mask)
            np.copyto(plane.rows, spread.astype(np.uint8), where=mask)
        self.known[unknown], self._counts[unknown] = GUESSED, 0
        self.noise[:, unknown] = GUESSED_NOISE

    def doubt(self, reason: str | None, confidence: float) -> None:
        """Say what is wrong with the plate, or that nothing is."""
        self.reason = reason
        self.confidence = confidence if reason else 1.0

    def learn(self, picture: Picture, cells: Cells, background: Mask, exposure: Exposure) -> None:
        """Take in what this picture shows. `background`: uint8 (cells), 1 where it is surely background.

        `exposure`: this picture's, beside the plate. The rows of cells take turns, TURNS pictures for all. Nothing is
        learned beside what is not background, nor soon after, nor what has changed at once: that may be the person.
        """
        self._turn = (self._turn + 1) % TURNS
        self._learn(picture, cells, background, exposure, turn=self._turn, turns=TURNS, patience=PATIENCE)

    def average(self, picture: Picture, cells: Cells, chosen: NDArray[np.bool_], exposure: Exposure) -> None:
        """Take in what this picture shows of these cells, all at once and whatever it is."""
        self._learn(picture, cells, chosen.view(np.uint8), exposure, turn=0, turns=1, patience=0)

    def take(self, picture: Picture, cells: Cells, chosen: NDArray[np.bool_], exposure: Exposure) -> None:
        """Forget what was known of these cells and take what this picture shows for their background."""
        self._counts[chosen] = 0
        self.average(picture, cells, chosen, exposure)

    def _learn(
        self,
        picture: Picture,
        cells: Cells,
        background: Mask,
        exposure: Exposure,
        *,
        turn: int,
        turns: int,
        patience: int,
    ) -> None:
        columns = cells.shape[1]
        rate(background, columns, turn, turns, patience, SLOWEST, self._counts, self._streaks, self._rates)
        if patience:
            self._hold_back(picture, cells, exposure, turn, turns)
        for channel, plane in enumerate(picture.planes):
            side = cells.cell if channel else 2 * cells.cell
            shifts, scale = self._undone(cells, exposure, channel)
            places = (plane.samples, plane.stride, plane.width, plane.height, side, self._rates, shifts, scale)
            out = (self._means[channel], self.picture.planes[channel].samples, self._deviations)
            learn(*places, turn, turns, self._lines, *out)
            follow_noise(self._rates, self._deviations, self._counts, SLOWEST, LEAST_NOISE, self.noise[channel])
        count_looks(self._rates, FIRST, STEP, self._counts, self.known)

    def _hold_back(self, picture: Picture, cells: Cells, exposure: Exposure, turn: int, turns: int) -> None:
        """Leave out the cells that one of the planes shows to have changed at once."""
        for channel, (plane, most) in enumerate(zip(picture.planes, SUDDEN, strict=True)):
            side = cells.cell if channel else 2 * cells.cell
            shifts, scale = self._undone(cells, exposure, channel)
            places = (plane.samples, plane.stride, plane.width, plane.height, side, shifts, scale, most, turn, turns)
            hold_back(*places, self._means[channel], self._lines, self._counts, self._rates)

    def _undone(self, cells: Cells, exposure: Exposure, channel: int) -> tuple[Fields, float]:
        """What undoes an exposure of one plane: what to add, by cell, to its levels, and by what to multiply before."""
        gain, offset = exposure.gain[channel], exposure.offset[channel]
        if channel == 0:
            self._shifts[:] = -offset / gain
            return self._shifts, 1 / float(gain)
        luma = (cells.moments[0] + np.float32(128) - exposure.offset[0]) / exposure.gain[0]
        self._shifts[:] = -(offset + exposure.tint[channel - 1] * luma) / gain
        return self._shifts, 1 / float(gain)


def _means(rows: NDArray[np.uint8], side: int, shape: tuple[int, int]) -> Fields:
    """A plane's mean by cell of `side` samples, flat; cells cut off at the edge count what they have."""
    down, across = (np.arange(count) * side for count in shape)
    total = np.add.reduceat(np.add.reduceat(rows, down, axis=0, dtype=np.float32), across, axis=1)
    height, width = (np.diff(np.append(starts, end)) for starts, end in zip((down, across), rows.shape, strict=True))
    return np.asarray(total / np.outer(height, width), np.float32).reshape(-1)


class CleanPlateSource(Protocol):
    """Where one stream's plate comes from. One instance per stream."""

    def observe(self, picture: Picture, cells: Cells, time: float) -> CleanPlate:
        """Look at the next picture, which `cells` have measured; the plate, always the same while the look is.

        Raises:
            NotReady: there is none yet, and how far it is; or none fits, and why.
        """
        ...

    def moved(self) -> None:
        """The camera shows another view: what was learned of the old one from the stream itself is of no more use."""
        ...


class PersonPrior(Protocol):
    """Something that tells people from rooms, by their shape: a segmentation model."""

    def person(self, picture: Picture, time: float) -> Mask:
        """How likely each cell (`transforms.cells.Cells`) shows a person: uint8 (cells), 0 surely not .. 255 surely."""
        ...
