"""A network's view of the picture, taken at one picture in a few and carried along with what moves between.

Where people are changes little in a thirtieth of a second, and mostly by moving: the chances of the last picture that
the network saw are moved as the blocks of the picture have moved since. What moving cannot explain, a hand that comes
in, another scene, lights that go out, is looked at at once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from transforms.kernels.motion import PITCH, block_motion, move_with, shrink
from transforms.person.segmenter import Segmentation, Segmenter
from transforms.picture import Picture, Size

LINES = 90
"""Lines of the small picture in which motion is sought. At 144 the chances come 2 % nearer to the network's own, at
twice the cost."""

REACH = 16
"""Small samples that a block is followed for: between pictures of 30 a second, faster than a waving hand."""

STRANGE = 24.0
"""Levels by which a sample is unlike the one it should have been, and is another thing: noise and turning heads stay
under 18."""

STRANGEST = 0.03
"""The share of strange blocks that is still carried along: a third of a hand."""

OLDEST = 0.5
"""Seconds for which chances are carried along: after a gap, somebody small and far away may stand elsewhere."""


class PacedSegmenter:
    """Another segmenter's view, at one picture in `every` its own. It owns that segmenter: `close` closes it.

    `every` may be set between two pictures; at 1 all is passed through. Only what the segmenter was sure of is carried
    along, and only to pictures of the same size, for OLDEST seconds.
    """

    def __init__(self, segmenter: Segmenter, *, every: int = 1) -> None:
        self.every = every
        self._segmenter = segmenter
        self._seen: Segmentation | None = None
        self._since, self._time = 0, -np.inf
        self._motion: _Motion | None = None

    def segment(self, picture: Picture, time: float) -> Segmentation:
        """Where people are, as seen in this picture or in the last that was looked at."""
        if self.every <= 1:
            self._seen = None
            return self._segmenter.segment(picture, time)
        motion = self._motion
        if motion is None or motion.size != picture.size:
            self._motion = motion = _Motion(picture.size)
            self._seen = None
        motion.take(picture)
        self._since += 1
        is_fresh = self._since < self.every and time - self._time <= OLDEST
        if self._seen is not None and is_fresh and motion.find():
            return replace(self._seen, chance=motion.moved(self._seen.chance))
        return self._look(motion, picture, time)

    def close(self) -> None:
        """Close the segmenter."""
        self._segmenter.close()

    def _look(self, motion: _Motion, picture: Picture, time: float) -> Segmentation:
        """The segmenter's own view, remembered: the next call may overwrite what it gave."""
        found = self._segmenter.segment(picture, time)
        motion.keep()
        self._since, self._time = 0, time
        is_sure = found.confidence >= 1 and min(found.chance.shape) >= 2
        self._seen = replace(found, chance=found.chance.copy()) if is_sure else None
        return found


class _Motion:
    """How pictures of one size have moved since the one that was kept."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self._factor = max(1, round(min(size) / LINES))
        self._columns, self._rows = max(1, size.width // self._factor), max(1, size.height // self._factor)
        self._across, self._down = (max(2, -(-side // PITCH)) for side in (self._columns, self._rows))
        count, blocks = self._columns * self._rows, self._across * self._down
        self._sums = np.zeros(self._columns * self._factor, np.uint32)
        self._now, self._then = np.zeros(count, np.uint8), np.zeros(count, np.uint8)
        self._whole = np.zeros(2 * blocks, np.int16)
        self._vectors = np.zeros(2 * blocks, np.float32)
        self._unlike = np.zeros(blocks, np.float32)

    def take(self, picture: Picture) -> None:
        """This is the picture now."""
        shrink(picture.y.samples, picture.y.stride, self._factor, self._columns, self._rows, self._sums, self._now)

    def keep(self) -> None:
        """From the picture of now on motion counts."""
        self._now, self._then = self._then, self._now
        self._whole[:] = 0

    def find(self) -> bool:
        """Whether the picture now is the one kept, moved."""
        shape = (self._columns, self._rows, self._across, self._down)
        block_motion(self._now, self._then, *shape, REACH, self._whole, self._vectors, self._unlike)
        return bool(np.count_nonzero(self._unlike > STRANGE) <= STRANGEST * self._unlike.size)

    def moved(self, chance: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The chances of the picture kept, as they lie in the picture now."""
        rows, columns = chance.shape
        out = np.empty(chance.shape, np.uint8)
        scale_x, scale_y = columns / self._columns, rows / self._rows
        grid = (self._vectors, self._across, self._down)
        move_with(chance.reshape(-1), columns, rows, *grid, scale_x, scale_y, out.reshape(-1))
        return out
