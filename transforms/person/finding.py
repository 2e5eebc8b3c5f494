"""Whether there is anybody in a picture, and where: looked for in the whole of it, and in its parts one by one.

Somebody far away is too small to be seen at a glance over the whole picture. While nobody is seen its parts are gone
through, one in each picture; but so close a look takes an empty room for somebody sooner, so that what it shows must
show mirrored too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.person.crop import Extent, extent_of
from transforms.person.sampling import Box, Sampler
from transforms.picture import Picture, Size
from transforms.runtime.network import Network

PART = 0.6
"""The length of a part against the picture's, where the picture is wide."""

PLACES = (0.5, 0.0, 1.0)
"""Where the parts lie in the picture's longer side: from its beginning, 0, to its end, 1."""

LEAST = 0.015
"""The share of a part that somebody seen in it takes: less is a lamp or a coat."""


class Looking:
    """One network's looks at parts of pictures, from both sides in turn: mirrored, its mistakes are other ones.

    Owns the network.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._samplers = Sampler.shared(network.size)
        self._looks = 0

    @property
    def shape(self) -> Size:
        """The size of what it sees."""
        return self._network.size

    def in_turn(self, picture: Picture, *parts: Box) -> tuple[Box, NDArray[np.float32]]:
        """Which of these parts has its turn, and what the network says of it, (h, w), 0..1.

        Raises:
            InferenceFailed: it says nothing.
        """
        part = parts[self._looks % len(parts)]
        is_mirrored = self._looks // len(parts) % 2 == 1
        self._looks += 1
        with self._samplers.lent() as sampler:
            found = self._network.run(sampler.rgb(picture, part, mirrored=is_mirrored))
        return part, np.ascontiguousarray(found[:, ::-1]) if is_mirrored else found.copy()

    def at(self, picture: Picture, box: Box) -> NDArray[np.float32]:
        """What the network says of a box, (h, w), 0..1; as `in_turn`."""
        return self.in_turn(picture, box)[1]

    def close(self) -> None:
        """Free the network."""
        self._network.close()


class Search:
    """Goes through the parts of a stream's pictures for somebody small."""

    def __init__(self) -> None:
        self._turn = 0

    def look(self, looking: Looking, picture: Picture) -> Extent | None:
        """Who is seen in the part whose turn it is.

        Raises:
            InferenceFailed: as `Looking.at`.
        """
        self._turn += 1
        part = _part(picture.size, PLACES[self._turn % len(PLACES)])
        first = _seen(looking.at(picture, part))
        if np.count_nonzero(first) < LEAST * first.size:
            return None
        both = first & _seen(looking.at(picture, part))
        extent = extent_of(both.view(np.uint8) * np.uint8(255))
        if extent is None or np.count_nonzero(both) < LEAST * both.size:
            return None
        return _in_picture(extent, part, picture.size)


def _seen(answer: NDArray[np.float32]) -> NDArray[np.bool_]:
    return answer >= 0.5


def _part(size: Size, place: float) -> Box:
    """The part at one of PLACES: at the foot of a wide picture, where people stand; as wide as a tall one."""
    if size.width >= size.height:
        width, height = PART * size.width, PART * size.height
        return Box(round(place * (size.width - width)), round(size.height - height), round(width), round(height))
    height = min(size.width * PART, size.height)
    return Box(0, round(place * (size.height - height)), size.width, round(height))


def _in_picture(extent: Extent, part: Box, size: Size) -> Extent:
    """An extent within a part as one within the picture."""
    return Extent(
        (part.left + extent.left * part.width) / size.width,
        (part.top + extent.top * part.height) / size.height,
        (part.left + extent.right * part.width) / size.width,
        (part.top + extent.bottom * part.height) / size.height,
    )
