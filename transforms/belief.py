"""Where the person is, cell by cell: what the difference to the plate says, made one shape.

Beside the difference three things are known of a person: their colours, as seen where they surely are; that they were
about here a moment ago; and that they are few large shapes without holes, which go on below the picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells, Fields
from transforms.kernels.belief import part, shape, smooth, tie
from transforms.kernels.difference import COLOR_TABLE, find_chances, learn_colors, weigh
from transforms.kernels.lay import BACKGROUND, CORE
from transforms.laid_plate import LaidPlate
from transforms.patches import Cellwise, Patches

INERTIA = 1.5
"""Nats: what the last picture says of this one."""

PRIOR = 4.0
"""Nats: what a person prior (`transforms.clean_plate`) that is sure says."""

RATE = 0.2
"""How much of the person's colours one picture replaces."""

MINOR, SMALLEST = 0.06, 6
"""Of the strongest part's evidence, and in cells: what another part must have not to be a speck."""

OPEN = -4.0
"""Nats a cell under which a hole in the person is one."""

CONTRARY = -3.0
"""Nats under which a cell in the midst of the person is looked at sample by sample: a gap between arm and body."""

SURE = -4.0
"""Nats under which a cell by itself is the plate."""

CLAIM = 3
"""Cells of which a model must say that they are somebody's for a part to be: fewer are specks of its own."""

Mask = NDArray[np.uint8]


class Belief:
    """One look's. `evidence`: float32 (cells), nats, over 0 for the person. `ratio`: the light a shadow leaves, else 1.

    `person`: uint8 (cells), 1 or 0. `soft`: float32 (cells), the same, softened, 0..1; `chances`: up to which share
    what is like the plate is the plate. `states`: what each cell is (`transforms.kernels.lay`); `changed`: 1 where it
    was another before; `wanted`: 1 in the band and beside it.
    """

    def __init__(self, cells: Cells) -> None:
        count = cells.count
        self.evidence, self.ratio, self.soft, self.chances = (np.zeros(count, np.float32) for _ in range(4))
        self._belief: Fields = np.zeros(count, np.float32)
        self.person, self.states, self.changed, self.wanted = (np.zeros(count, np.uint8) for _ in range(4))
        self._solid, self._visited = (np.zeros(count, np.uint8) for _ in range(2))
        self._colors: Fields = np.zeros(COLOR_TABLE + 1, np.float32)
        self._ties: Fields = np.zeros((2, count), np.float32)
        self._patches = Patches(cells.shape)
        self._queue: NDArray[np.int64] = np.zeros(count, np.int64)
        self._is_first = True

    @property
    def is_bare(self) -> NDArray[np.bool_]:
        """The cells that are surely background, seen."""
        bare: NDArray[np.bool_] = (self.states == BACKGROUND) & (self.evidence < 0)
        return bare

    @property
    def is_seen(self) -> NDArray[np.bool_]:
        """The cells that plainly show the plate, as near to the person as may be."""
        seen: NDArray[np.bool_] = (self.soft == 0) & (self.evidence < CONTRARY)
        return seen

    def forget(self) -> None:
        """Hold the next picture to none before it."""
        self._is_first = True
        self._colors[:] = 0

    def weigh(self, cells: Cells, laid: LaidPlate, noise: Fields, known: Mask) -> None:
        """Weigh a picture that `laid` was fitted to: `evidence` and `ratio`, what each cell says by itself."""
        measured = (cells.moments, laid.plate.moments, laid.crossed, laid.expected, laid.shade, noise)
        light = (laid.exposure.gain, laid.deviations, known, cells.lift, laid.white)
        weigh(*measured, *light, self._colors, self.evidence, self.ratio)

    def form(
        self,
        cells: Cells,
        laid: LaidPlate,
        known: Mask,
        prior: Mask | None,
        claimed: Cellwise | None = None,
    ) -> None:
        """Make of what was weighed shape and states.

        `claimed`: the cells of which a model says, or has just said, that they are somebody's: then a part of the shape
        with hardly any of them is a thing, and none of the person's.
        """
        rows, columns = cells.shape
        heard, against = self.evidence, self.evidence
        if prior is not None:
            heard = self.evidence + np.float32(PRIOR) * (prior * np.float32(2 / 255) - np.float32(1))
            against = np.minimum(self.evidence, heard)  # either may know of a gap
        if not self._is_first:
            heard = heard + np.float32(INERTIA) * self._belief
        tie(cells.moments, laid.expected, columns, rows, self._ties)
        smooth(heard, self._ties, columns, rows, self._queue, self._belief)
        bounds = (MINOR, SMALLEST, OPEN)
        shape(against, self._ties, self._belief, columns, rows, *bounds, self._queue, self._visited, self.person)
        if claimed is not None:
            self._drop_unclaimed(claimed)
        found = (self._solid, self._visited, self.states, self.changed, self.wanted, self.soft)
        part(self.person, against, CONTRARY, columns, rows, *found)
        self._decide_unknown(known)
        learn_colors(cells.moments, (self.states == CORE).view(np.uint8), self.evidence, RATE, self._colors)
        find_chances(laid.expected, self._colors, self.wanted, self.chances)
        self._is_first = False

    def _drop_unclaimed(self, claimed: Cellwise) -> None:
        numbers = self._patches.numbered(self.person.view(np.bool_))
        votes = np.bincount(numbers, weights=claimed)
        foreign = (votes < CLAIM)[numbers] & (numbers > 0)
        self.person[foreign] = 0
        self._belief[foreign] = np.minimum(self._belief[foreign], 0)

    def _decide_unknown(self, known: Mask) -> None:
        """Cells of which no plate is known are all the person or all not: there is nothing to unmix them against."""
        if known.all():
            return
        unknown = known == 0
        decided = np.where(self.person[unknown] != 0, CORE, BACKGROUND)
        self.changed[unknown] = self.states[unknown] != decided
        self.states[unknown] = decided
