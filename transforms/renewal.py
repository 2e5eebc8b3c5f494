"""What has changed in the room for good: a plate that shows somebody who has left, a chair that was pushed.

Where the picture keeps differing from the plate and keeps perfectly still, one of the two shows something that the
other does not. Whose is it? Its outline tells: an edge in the plate that the picture lacks belongs to something that is
gone, and the picture shows the wall behind it; an edge in the picture alone to something that has come. What is gone is
soon taken out of the plate. What has come is taken in only if it is small, has kept still for long, and so has all
around it, for what lies in a lap or leans on a shoulder moves with every breath; and never from the lower edge up,
where persons come from.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells, Fields
from transforms.clean_plate import CleanPlate, Mask
from transforms.exposure import Exposure, fit_exposure
from transforms.patches import Cellwise, Patches
from transforms.picture import Picture
from transforms.stillness import Stillness, thinned

LOOKED = 4
"""Pictures from one look to the next: eight looks a second see every breath, at a quarter of the cost."""

JUDGED = 0.25
"""Seconds from one judgement to the next."""

GONE, COME = 6.0, 45.0
"""Seconds of stillness after which what is gone is forgotten and what has come is taken in: a breath takes 4."""

SUSPECTED = 1.0
"""Seconds of stillness after which a small patch makes the plate suspected of showing what is gone."""

AT_ONCE, TOO_LARGE = 0.05, 0.7
"""Shares of the picture: so large a patch makes it suspected at once; if more differs it is another light or place."""

MOST_MOVES = 0.5
"""The share of the picture that somebody moves plainly at a time: more is another view, and no word on the plate."""

CLEARED = 3
"""Judgements in a row that must find a suspected cell to look like the plate."""

LARGEST = 0.03
"""The share of the picture that may be taken in at once: a chair's back, no person's bust."""

AROUND = 3
"""Cells about a patch that must be as still."""

DIFFERS, DIFFERS_CHROMA = 7.0, 4.5
"""Levels by which a cell's mean differs from the plate beyond noise and soft shade."""

DEVIATIONS = 4.0
FAINTER, FAINT = 0.5, 0.85
"""An outline in the picture under this share of the plate's is none: what made the plate's is gone. Under the second it
likely is; of whom the picture shows and the plate does not, it is 1.5 and more."""

MOST = 0.7
"""The share of an outline that must be fainter."""

CONFIRMED = 0.5
"""The share of a patch that was seen to look like the plate, from which nothing is suspected at once: somebody came."""

OUTLINE = 6.0
"""Levels: the contrast of an outline that says anything."""

SHOWING = 0.015
"""The share of the picture from which a plate that shows what is gone is not to be trusted."""

DOUBTED = 0.3
"""The confidence of such a plate."""

PERSON = 48
"""The prior, of 255, from which nothing of a patch is taken."""


class Renewal:
    """Follows one plate.

    `still`: what it watches by, every LOOKED'th picture. `is_seen`: whether the plate was taken from this stream, so
    that whatever differs at once has come. `exposure`: the last judged picture's beside the plate.
    """

    def __init__(self, picture: Picture, cells: Cells, still: Stillness | None = None, *, is_seen: bool = True) -> None:
        self.still = still or Stillness(cells)
        self.patches = Patches(cells.shape)
        self.exposure = Exposure.unit()
        self._plate = Cells(picture)
        self._thinned = thinned(cells.shape)
        self._expected: Fields = np.zeros((3, cells.count), np.float32)
        self._lower: Cellwise = np.zeros(cells.count, np.bool_)
        self._lower[-cells.shape[1] :] = True
        self._suspected: NDArray[np.uint8] = np.zeros(cells.count, np.uint8)
        self._confirmed: Cellwise = np.full(cells.count, is_seen, np.bool_)
        self._count = 0
        self._judged: float | None = None

    def is_due(self, time: float) -> bool:
        """Whether the next picture looked at, at `time`, will be judged.

        Not the one in which stillness is looked at, but for the first: neither takes a millisecond, and both would.
        """
        if self._judged is None:
            return True
        return (self._count + 1) % LOOKED == 0 and time - self._judged >= JUDGED

    def look(self, picture: Picture, cells: Cells, plate: CleanPlate, time: float, person: Mask | None = None) -> bool:
        """Take into the plate what has changed for good, and say of it whether it shows what is gone.

        Returns whether the picture was judged: one in JUDGED seconds is.
        """
        is_due = self.is_due(time)
        if self._count % LOOKED == 0:
            self.still.look(cells, time, frozen_is_still=False)
        self._count += 1
        if not is_due:
            return False
        self._judged = time
        self._judge(picture, cells, plate, person)
        return True

    def _judge(self, picture: Picture, cells: Cells, plate: CleanPlate, person: Mask | None) -> None:
        self._plate.measure(plate.picture)
        differing = self._differing(cells, plate)
        has_changed = np.count_nonzero(self.still.strong < SUSPECTED) > MOST_MOVES * cells.count
        is_here = np.count_nonzero(differing) < TOO_LARGE * cells.count and not has_changed
        numbers = self.patches.numbered(differing)
        chosen: Cellwise = np.zeros(cells.count, np.bool_)
        for number in _large(numbers):
            patch = _Patch(self.patches, numbers == number, cells, self._expected, self.still)
            is_person = person is not None and bool((person[patch.cells] >= PERSON).any())
            if self._is_settled(patch) and not is_person:
                chosen |= patch.cells
            elif is_here and patch.is_suspect(self._confirmed):
                self._suspected[patch.cells] = CLEARED
        if chosen.any():
            plate.take(picture, cells, chosen, self.exposure)
        if is_here:
            self._confirmed |= ~differing
        self._suspected[chosen] = 0
        self._suspected[~differing & (self._suspected > 0)] -= 1
        showing = np.count_nonzero(self._suspected) > SHOWING * cells.count
        plate.doubt("the plate shows a person" if showing else None, DOUBTED)

    def _differing(self, cells: Cells, plate: CleanPlate) -> Cellwise:
        weights = np.where(self.still.quiet > SUSPECTED, self._thinned, np.float32(0.3) * self._thinned)
        weights[plate.known == 0] = 0
        means = self._plate.moments[:3]
        self.exposure = fit_exposure(means, cells, weights, self.exposure).exposure
        self._expected = self.exposure.expose(means)
        off = np.abs(cells.moments[:3] - self._expected)
        noise = DEVIATIONS * plate.noise / (2 * cells.cell)
        luma = off[0] > np.maximum(DIFFERS, noise[0])
        chroma = np.maximum(off[1], off[2]) > np.maximum(DIFFERS_CHROMA, np.maximum(noise[1], noise[2]))
        return self.patches.without_specks((luma | chroma) & (plate.known > 0))

    def _is_settled(self, patch: _Patch) -> bool:
        if patch.is_gone:
            return patch.quiet >= GONE
        is_small = patch.size <= LARGEST * len(patch.cells) and not (patch.cells & self._lower).any()
        return is_small and patch.quiet >= COME


class _Patch:
    """One patch of differing cells. `quiet`: seconds for which all of it and about it kept still.

    `is_gone`: the plate shows something there that is gone.
    """

    def __init__(self, patches: Patches, cells: Cellwise, seen: Cells, expected: Fields, still: Stillness) -> None:
        self.cells = cells
        self.size = int(np.count_nonzero(cells))
        inner, outer = patches.widened(cells, 1), patches.widened(cells, AROUND)
        # A speck or two of noise in a hundred cells is no motion.
        self.quiet = float(np.quantile(still.quiet[outer], 0.01))
        left, share = _outline(patches.shape, cells, inner, seen.moments[:3], expected)
        self.is_gone = left < FAINTER and share > MOST
        self._is_fainter = self.size > AT_ONCE * len(cells) and left < FAINT and share > MOST

    def is_suspect(self, confirmed: Cellwise) -> bool:
        """Whether the plate seems to show what is gone. `confirmed`: the cells that have looked like the plate."""
        if self.is_gone and self.quiet >= SUSPECTED:
            return True
        return self._is_fainter and bool(np.count_nonzero(self.cells & confirmed) < CONFIRMED * self.size)


def _outline(
    shape: tuple[int, int], cells: Cellwise, wide: Cellwise, seen: Fields, expected: Fields
) -> tuple[float, float]:
    """How much contrast a patch's outline has in the picture beside the plate, and the share of it that has less.

    Where the plate has none, infinitely much.
    """
    inside, near = cells.reshape(shape), wide.reshape(shape)
    picture, plate = seen.reshape(3, *shape), expected.reshape(3, *shape)
    mine, theirs = _contrasts(inside, near, picture), _contrasts(inside, near, plate)
    if not len(theirs) or float(theirs.mean()) < OUTLINE:
        return np.inf, 0.0
    return float(mine.mean() / theirs.mean()), float(np.mean(mine < theirs))


def _contrasts(inside: NDArray[np.bool_], near: NDArray[np.bool_], levels: Fields) -> Fields:
    """How much levels change over the outline, pair by pair of cells two apart, one inside and one out."""
    out = []
    for axis in (0, 1):
        first, second = (slice(None, -2), slice(2, None))
        a = (first, slice(None)) if axis == 0 else (slice(None), first)
        b = (second, slice(None)) if axis == 0 else (slice(None), second)
        over = (inside[a] ^ inside[b]) & (near[a] | near[b])
        out.append(np.abs(levels[(slice(None), *a)] - levels[(slice(None), *b)])[:, over].sum(axis=0))
    return np.concatenate(out)


def _large(numbers: NDArray[np.int32]) -> list[int]:
    """The numbers of patches of more than a few cells, the largest eight: of more there is time for none."""
    sizes = np.bincount(numbers)
    sizes[0] = 0
    order = np.argsort(sizes)[::-1][:8]
    return [int(number) for number in order if sizes[number] >= 6]
