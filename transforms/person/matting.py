"""The person matting: who a network says is a person, drawn at full resolution.

The network answers on a coarse grid, which is stretched over the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from transforms.matting import Matte

if TYPE_CHECKING:
    from transforms.clean_plate import CleanPlateSource
    from transforms.effect import Quality
    from transforms.person.segmenter import Segmenter
    from transforms.picture import Picture

THRESHOLD = 0.5


class PersonKeyer:
    """Follows one stream's persons. `plate`: what lies behind them, as far as it is known. Owns the segmenter."""

    def __init__(self, segmenter: Segmenter, plate: CleanPlateSource, *, quality: Quality = "balanced") -> None:
        self.segmenter = segmenter
        self.plate = plate
        self.quality = quality

    def matte(self, picture: Picture, time: float) -> Matte:
        """Alpha of luma's size."""
        found = self.segmenter.segment(picture, time)
        alpha = np.asarray(Image.fromarray(found.chance).resize(picture.size, Image.Resampling.BILINEAR))
        return Matte(np.ascontiguousarray(alpha), None, found.confidence, THRESHOLD, found.reason)

    def close(self) -> None:
        """Free the network."""
        self.segmenter.close()
