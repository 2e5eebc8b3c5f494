"""Chances gathered over time: what a network says of one picture, held against what it said of those before.

A network's mistakes about a room change from look to look: with the crop, with what stands beside, with left and right.
What it says of a person does not. So a place that looks as it looked before keeps a running mean of all that was said
of it, over a second; a place that looks different has forgotten, and only what is said now counts. Whoever sits still
does not blink, whoever moves leaves no trail, and what was surely the room while nobody was there is not swallowed when
somebody comes. What is in doubt after that is rather the room: a chance has to be above CENTRE.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.steady import compare_seen, gather_evidence, show_evidence, weigh
from transforms.person.sampling import Box, Sampler
from transforms.picture import Picture, Size

Levels = NDArray[np.float32]

LONGEST = 320
"""Cells along the picture's longer side: about what a network gives over a person."""

COARSE = 2
"""Cells along the side of those whose colours are compared."""

SAME, OTHER = 1.5, 4.0
"""Levels between what is noise and what is another thing."""

MOVED = 0.02
"""What is kept of what was known, below which a cell has moved."""

MEMORY = 3.0
"""Seconds that a look is remembered, on average."""

REMAINS = 0.2
"""Looks that are remembered even of what has changed: enough to damp an outline's flicker, too little for a trail."""

CENTRE, GAIN = 0.65, 3.0
"""The mean of all looks that is as much person as room, and how much steeper than the mean the chance is there."""

SLOWEST = 1 / 30
"""The least share of its way that the colour of a place follows, in each picture: light may wander."""


class Steadying:
    """What has been said of each place of one stream's pictures.

    Invariant: `evidence` is the weighted mean of the answers, `counts` the looks they amount to.
    """

    def __init__(self) -> None:
        self._time, self._fading = 0.0, 1.0
        self._begin(Size(2, 2))

    def watch(self, picture: Picture, time: float) -> NDArray[np.bool_]:
        """Which cells (rows, columns) over the picture look different from what was seen there; forget those.

        Comes before `add`, for each picture.
        """
        self._fit(picture.size)
        is_known = self._counts > 0
        self._compare(picture, time)
        columns, rows = self._coarse
        moved: NDArray[np.bool_] = (is_known & (self._kept < MOVED)).reshape(rows, columns)
        return moved

    def add(
        self, picture: Picture, answer: NDArray[np.float32], looked_at: Box, *, people: Box | None = None
    ) -> NDArray[np.uint8]:
        """The chances (rows, columns) over the whole picture, after `answer` (h, w), 0..1, about a box in it.

        `people`: the box that holds them all, where only a part of it was looked at: of the rest of it the chances are
        what was said before. Outside it nobody is. The next call overwrites what is given.
        """
        columns, rows = self._cells(looked_at, picture.size, Size(answer.shape[1], answer.shape[0]))
        self._weigh(columns, rows)
        width, height = self._shape
        gather_evidence(
            np.ascontiguousarray(answer).reshape(-1),
            answer.shape[1],
            rows.before,
            rows.past,
            columns.before,
            columns.past,
            columns.first,
            rows.first,
            width,
            self._shares,
            COARSE,
            np.empty((2, max(answer.shape[1] + 1, width)), np.float32),
            self._evidence,
        )
        if people is not None:
            columns, rows = self._cells(people, picture.size, Size(2, 2))
        show_evidence(
            width,
            height,
            columns.first,
            rows.first,
            columns.last,
            rows.last,
            COARSE,
            CENTRE,
            GAIN,
            self._counts,
            self._evidence,
            self._chance.reshape(-1),
        )
        return self._chance

    @property
    def chance(self) -> NDArray[np.uint8]:
        """What `add` gave last."""
        return self._chance

    def _cells(self, box: Box, size: Size, answers: Size) -> tuple[_Between, _Between]:
        """The columns and the rows of cells in a box of a picture, between answers about it."""
        return (
            _between(box.left, box.width, size.width, self._shape.width, answers=answers.width),
            _between(box.top, box.height, size.height, self._shape.height, answers=answers.height),
        )

    def forget(self) -> None:
        """Let nothing that was said count any more: nobody is anywhere."""
        self._counts[:] = 0
        self._chance[:] = 0

    def _compare(self, picture: Picture, time: float) -> None:
        """How much of what was known each cell keeps."""
        self._kept[:] = 1
        columns, rows = self._coarse
        settings = (columns, rows, SAME, OTHER, SLOWEST, self._lines, self._shares)
        with self._samplers.lent() as sampler:
            for seen, now in zip(self._seen, sampler.levels(picture, Box.whole(picture.size)), strict=True):
                compare_seen(now, *settings, seen, self._kept)
        self._fading = max(1 - (time - self._time) / MEMORY, 0.0)
        self._time = time

    def _weigh(self, columns: _Between, rows: _Between) -> None:
        """Count a look at these cells, on top of what is left of those before."""
        box = (
            columns.first // COARSE,
            rows.first // COARSE,
            -(-columns.last // COARSE),
            -(-rows.last // COARSE),
        )
        weigh(self._kept, *self._coarse, *box, self._fading, REMAINS, self._counts, self._shares)

    def _fit(self, size: Size) -> None:
        """Begin anew where the picture's shape is another."""
        scale = min(LONGEST / max(size), 1.0)
        shape = Size(max(round(size.width * scale), 2), max(round(size.height * scale), 2))
        if shape != self._shape:
            self._begin(shape)

    def _begin(self, shape: Size) -> None:
        """Know nothing of any of so many cells."""
        self._shape = shape
        coarse = Size(-(-shape.width // COARSE), -(-shape.height // COARSE))
        self._coarse, self._samplers = coarse, Sampler.shared(coarse)
        count = coarse.width * coarse.height
        self._seen: Levels = np.zeros((3, count), np.float32)
        self._kept, self._counts, self._shares = (np.zeros(count, np.float32) for _ in range(3))
        self._lines: Levels = np.zeros((2, coarse.width + 2), np.float32)
        self._evidence: Levels = np.zeros(shape.width * shape.height, np.float32)
        self._chance: NDArray[np.uint8] = np.zeros((shape.height, shape.width), np.uint8)


class _Between(NamedTuple):
    """For each cell from `first` on: the answer before it, and how far it is past that, 0..1."""

    before: NDArray[np.int32]
    past: Levels
    first: int

    @property
    def last(self) -> int:
        """The cell after the last."""
        return self.first + len(self.before)


@lru_cache(maxsize=16)
def _between(start: float, length: float, limit: int, cells: int, *, answers: int) -> _Between:
    """For the cells whose centres lie in a stretch of 0..limit that `answers` share; level beyond their centres.

    Not to be written to: it is given again.
    """
    centres = (np.arange(cells) + 0.5) * (limit / cells)
    within = np.flatnonzero((centres >= start) & (centres < start + length))
    places = np.clip((centres[within] - start) * (answers / length) - 0.5, 0, answers - 1)
    before = np.minimum(places.astype(np.int32), answers - 2)
    return _Between(before, (places - before).astype(np.float32), int(within[0]) if len(within) else 0)
