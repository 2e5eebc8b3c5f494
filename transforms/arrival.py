"""What became person at once: more of the picture than any person can take in the time is something else.

A cut to another scene, a bumped camera, a lamp switched on: for a picture or two the plate may still seem to fit, the
camera's shift not be known yet, and most of the room be taken for a person. No shape tells that from somebody who
leans in, but the pace does. Into an empty room anybody may come as fast as an edited file likes, though not along its
upper edges: there persons seldom are, and another room surely is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.cells import Cells

FASTEST = 5.4
"""Pictures a second: who runs in beside the lens takes 16 % of the picture from one of 30 a second to the next."""

LEAST = 0.18
"""The share of the picture that may always be new: speed is only an average."""

EMPTY, MOST_BORDER = 0.02, 0.4
"""The share of the picture under which nobody was there, and that of its border that who comes may then cover."""

DOUBT = 0.1
"""Seconds of doubt: what is really there is still there, and what tells another view of it has seen it."""

Mask = NDArray[np.uint8]


class Arrivals:
    """One look's. Invariant: `_seen` is the shape of the last picture that was trusted, None where there is none."""

    def __init__(self, cells: Cells) -> None:
        self._border = cells.border
        self._seen: Mask | None = None
        self._time = 0.0
        self._doubted_until: float | None = None

    def are_sudden(self, person: Mask, time: float) -> bool:
        """Whether this picture is doubted. `person`: uint8 (cells), 1 or 0; `time`: stream seconds."""
        if self._doubted_until is not None:
            if time < self._doubted_until:
                return True
            self._seen = self._doubted_until = None
        if self._seen is None or not self._is_too_much(person > self._seen, time - self._time):
            return False
        self._doubted_until = time + DOUBT
        return True

    def trust(self, person: Mask, time: float) -> None:
        """Take this picture for what is there."""
        if self._seen is None:
            self._seen = np.empty_like(person)
        self._seen[:] = person
        self._time = time

    def _is_too_much(self, new: NDArray[np.bool_], elapsed: float) -> bool:
        if self._seen is not None and _share(self._seen) < EMPTY:
            return _share(new[self._border]) > MOST_BORDER
        return _share(new) > max(LEAST, FASTEST * elapsed)


def _share(mask: NDArray[np.generic]) -> float:
    return np.count_nonzero(mask) / max(1, mask.size)
