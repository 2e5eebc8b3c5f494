"""What `transforms.kernels.memory` computes, in plain numpy and double precision."""

from __future__ import annotations

import numpy as np

from tests.twins.composite import Floats

RATE = 0.3


def remembered(seen: Floats, colors: Floats, trust: Floats) -> tuple[Floats, Floats]:
    """(colours, trust) after a picture; a cell is replaced as far as it is seen more plainly, or by RATE."""
    weight = seen[0]
    plainness = (weight / weight.max()) ** 2
    kept = np.maximum(trust, plainness)
    share = np.maximum(RATE * plainness, kept - trust) / np.where(kept > 0, kept, 1)
    means = np.divide(seen[1:], weight, out=colors.copy(), where=weight > 0)
    return colors + share * (means - colors), kept


def spread(colors: Floats, trust: Floats, down: Floats, across: Floats) -> Floats:
    """The means of all cells' colours, by trust and nearness, at each cell."""
    means: Floats = (down @ (colors * trust) @ across.T) / (down @ trust @ across.T)
    return means
