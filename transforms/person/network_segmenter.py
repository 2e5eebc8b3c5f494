"""People by a network, looked at well: close, from both sides, and again and again.

A network of this size makes a bed a blanket around the person who stands before it. Three things help, each measured:
it looks at people close, in their box; at every other picture mirrored, for its mistakes are other ones then; and what
it says is gathered (`transforms.person.steadying`). So that nobody who comes in beside the box is missed, and nothing
is taken for those who have gone, the whole picture is looked over a few times a second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.person.crop import FOUND, Crop, Extent, extent_of
from transforms.person.finding import Looking, Search
from transforms.person.sampling import Box
from transforms.person.segmenter import Segmentation
from transforms.person.steadying import Steadying
from transforms.picture import Picture
from transforms.runtime.network import InferenceFailed, Network

LOOKING_OVER = 0.25
"""Seconds after which the whole picture is looked over again, for those who have come in or gone."""

ANYBODY = 0.5
"""The chance from which a place seen in passing is somebody's."""

GONE = 3
"""Times on end that nobody is seen there until those who were are gone; once is enough where they have shrunk."""

SMALL = 0.05
"""The share of the picture of people who may be too small to be seen there."""

SHRUNK = 0.5
"""The share of their largest area since the picture was last looked over, below which people are looked for at once."""

FORGOTTEN = 1.0
"""Seconds without a picture after which people are looked for anew."""

DARK = 12.0
"""Levels above black; nobody is made out where not even a hundredth of the picture is brighter."""


class NetworkSegmenter:
    """People as a network sees them who are followed, and beside whom little else is taken for one.

    `network` looks at the people's box, `finder` at the whole picture; without one `network` does that too. Both are
    this segmenter's own from then on.
    """

    def __init__(self, network: Network, *, finder: Network | None = None) -> None:
        self._close = Looking(network)
        self._over = Looking(finder) if finder else self._close
        self._search = Search()
        self._crop = Crop(network.size)
        self._steadying = Steadying()
        self._people: Extent | None = None
        self._area = self._most = 0.0
        self._unseen = 0
        self._seen: NDArray[np.bool_] | None = None
        self._time = self._looked_over = -np.inf

    def segment(self, picture: Picture, time: float) -> Segmentation:
        """See `Segmenter.segment`."""
        if time - self._time > FORGOTTEN:
            self._forget()
        self._time = time
        if _is_dark(picture):
            self._forget()
            return _nobody("too dark to see anybody")
        try:
            return Segmentation(self._chance(picture, time))
        except InferenceFailed as error:
            return _nobody(str(error))

    def close(self) -> None:
        """Free the networks."""
        self._close.close()
        if self._over is not self._close:
            self._over.close()

    def _forget(self) -> None:
        """Know of nobody."""
        self._people, self._seen, self._area = None, None, 0.0
        self._steadying.forget()

    def _chance(self, picture: Picture, time: float) -> NDArray[np.uint8]:
        """As a segmentation's."""
        moved = self._steadying.watch(picture, time)
        if self._people is None or time - self._looked_over >= LOOKING_OVER:
            answer = self._look_over(picture, time)
            if self._people is None:
                return self._noted(self._steadying.add(picture, answer, Box.whole(picture.size)))
        box = self._crop.follow(self._people.reaching(moved), picture.size)
        parts = self._crop.parts(box, picture.size, self._steadying.chance)
        part, answer = self._close.in_turn(picture, *parts)
        chance = self._noted(self._steadying.add(picture, answer, part, people=box))
        if self._has_shrunk and self._looked_over != time:
            self._look_over(picture, time)  # wipes the chances where nobody is left
        return chance

    def _noted(self, chance: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The chances, after noting where people are; none where they are too few for anybody."""
        self._people = extent_of(chance)
        if self._people is None:
            chance[:] = 0
        self._area = float(np.mean(chance[::2, ::2] >= FOUND))
        self._most = max(self._most, self._area)
        return chance

    @property
    def _has_shrunk(self) -> bool:
        """Whether so much has gone of the people that it may be all."""
        return self._area < SHRUNK * self._most

    def _look_over(self, picture: Picture, time: float) -> NDArray[np.float32]:
        """Look over the whole picture for people, who are where they were, too, unless it seems that they have gone."""
        answer = self._over.at(picture, Box.whole(picture.size))
        seen = answer >= ANYBODY
        # Whoever comes in beside others must be seen from both sides: from one alone a poster is somebody, too.
        sure = seen if self._people is None or self._seen is None else seen & self._seen
        self._people = self._found(picture, _extent(seen), _extent(sure))
        self._looked_over, self._most, self._seen = time, self._area, seen
        return answer

    def _found(self, picture: Picture, seen: Extent | None, sure: Extent | None) -> Extent | None:
        """Where people are, after a look over the whole picture has `seen` some, or none; of whom some are `sure`."""
        people = self._people
        if people is None:
            self._unseen = 0
            return seen or self._search.look(self._over, picture)
        if seen:
            self._unseen = 0
            return people.around(sure)
        self._unseen += 1
        if self._has_shrunk or (self._unseen >= GONE and self._area > SMALL):
            self._forget()
        return self._people


def _extent(seen: NDArray[np.bool_]) -> Extent | None:
    return extent_of(seen.view(np.uint8) * np.uint8(255))


def _nobody(reason: str) -> Segmentation:
    """No chance, and no confidence in that."""
    return Segmentation(np.zeros((2, 2), np.uint8), 0.0, reason)


def _is_dark(picture: Picture) -> bool:
    """Whether hardly anything is brighter than black. A thousand samples tell."""
    black = 0 if picture.full_range else 16
    some = picture.y.rows[:: max(picture.y.height // 32, 1), :: max(picture.y.width // 32, 1)]
    return int(np.count_nonzero(some > black + DARK)) * 100 < some.size
