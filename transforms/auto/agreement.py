"""How far two mattings agree on where the person is, and whether one shows what is nobody's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GRID = 64
"""Places along each axis that are compared: an area is known to a thousandth."""

SOMEBODY, NOBODY = 170, 85
"""Of 255: from the first on a place is a person's, up to the second nobody's; between them it is left open."""

FEW = 0.01
"""The share of the picture that must be a person's for there to be something to agree on."""


def agreement(alpha: NDArray[np.uint8], person: NDArray[np.uint8]) -> float | None:
    """The Jaccard index of a matte and the persons of another, 0..1; None where the latter shows nobody.

    Both (H, W), of any sizes, over the same picture. What the second leaves open counts for nothing.
    """
    matte, other = _sampled(alpha), _sampled(person)
    somebody, nobody = other >= SOMEBODY, other <= NOBODY
    if np.count_nonzero(somebody) < FEW * other.size:
        return None
    claimed = int(np.count_nonzero(somebody)) + int(matte[nobody].sum(dtype=np.int64)) / 255
    return float(matte[somebody].sum(dtype=np.int64) / 255 / claimed)


def is_nobodys(alpha: NDArray[np.uint8], person: NDArray[np.uint8]) -> bool:
    """Whether a matte shows more than FEW of the picture where another is sure that nobody is; as `agreement`."""
    matte, other = _sampled(alpha), _sampled(person)
    return int(matte[other <= NOBODY].sum(dtype=np.int64)) > FEW * 255 * other.size


def _sampled(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = (((np.arange(GRID) + 0.5) * length / GRID).astype(np.intp) for length in levels.shape)
    return np.asarray(levels[rows[:, None], columns], np.uint8)
