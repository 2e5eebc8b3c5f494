"""People by a network, looked at well: close, from both sides, and again and again.

A network of this size makes a bed a blanket around the person who stands before it. Three things help, each measured:
it looks at people close, in their box; at every other picture mirrored, for its mistakes are other ones then; and what
it says is gathered (`transforms.person.steadying`). So that nobody who comes in beside the box is missed, the whole
picture is looked over a few times a second.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from transforms.person.crop import Crop, Extent, extent_of
from transforms.person.sampling import Box, Sampler
from transforms.person.segmenter import Segmentation
from transforms.person.steadying import Steadying
from transforms.picture import Picture
from transforms.runtime.network import InferenceFailed, Network

LOOKING_OVER = 0.25
"""Seconds after which the whole picture is looked over again, for those who have come in."""

DARK: Final = 12.0
"""Levels above black; nobody is made out where not even a hundredth of the picture is brighter."""


class _Look:
    """One network's looks at parts of pictures, every other one mirrored."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._sampler = Sampler(network.size)
        self._mirrored = True

    def at(self, picture: Picture, box: Box) -> NDArray[np.float32]:
        """What the network says of the box, (h, w), 0..1."""
        self._mirrored = not self._mirrored
        found = self.network.run(self._sampler.rgb(picture, box, mirrored=self._mirrored))
        return np.ascontiguousarray(found[:, ::-1]) if self._mirrored else found


class NetworkSegmenter:
    """People as a network sees them who are followed, and before whom nothing else is taken for one.

    `network` looks at the people's box, `finder` at the whole picture; without one `network` does that too. Both are
    this segmenter's own from then on.
    """

    def __init__(self, network: Network, *, finder: Network | None = None) -> None:
        self._close = _Look(network)
        self._over = _Look(finder) if finder else self._close
        self._crop = Crop(network.size)
        self._steadying = Steadying()
        self._people: Extent | None = None
        self._looked_over = -np.inf

    def segment(self, picture: Picture, time: float) -> Segmentation:
        """See `Segmenter.segment`."""
        try:
            return self._segment(picture, time)
        except InferenceFailed as error:
            return _nobody(str(error))

    def _segment(self, picture: Picture, time: float) -> Segmentation:
        if _is_dark(picture):
            self._people = None
            return _nobody("too dark to see anybody")
        box, answer = self._answer(picture, time)
        chance = self._steadying.add(picture, time, answer, box)
        self._people = extent_of(chance)
        return Segmentation(chance)

    def _answer(self, picture: Picture, time: float) -> tuple[Box, NDArray[np.float32]]:
        """What is said of this picture, (h, w), 0..1, and of which part of it."""
        people = self._people
        if people is None or time - self._looked_over >= LOOKING_OVER:
            whole, self._looked_over = Box.whole(picture.size), time
            answer = self._over.at(picture, whole)
            found = extent_of((answer * 255).astype(np.uint8))
            people = found.around(people) if found else people
            if people is None:
                return whole, answer
        box = self._crop.follow(people, picture.size)
        return box, self._close.at(picture, box)

    def close(self) -> None:
        """Free the networks."""
        self._close.network.close()
        if self._over is not self._close:
            self._over.network.close()


def _nobody(reason: str) -> Segmentation:
    """No chance, and no confidence in that."""
    return Segmentation(np.zeros((2, 2), np.uint8), 0.0, reason)


def _is_dark(picture: Picture) -> bool:
    """Whether hardly anything is brighter than black. A few thousand samples tell."""
    black = 0 if picture.full_range else 16
    some = picture.y.rows[::16, ::16]
    return int(np.count_nonzero(some > black + DARK)) * 100 < some.size
