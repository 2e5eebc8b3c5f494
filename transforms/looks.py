"""What is known of a view, carried along while its pictures change their size.

A sender short of bandwidth sends smaller pictures, and larger ones again, every few seconds if it must; the room stays
the same. So what was learned at one size is laid out anew for the next, and what is known of the last few sizes is kept
as it was, for a picture enlarged is never again as sharp. A picture of another shape shows another view (a phone was
turned): nothing is known of it, until the phone is turned back.
"""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import numpy as np
from PIL import Image

from transforms.cells import Cells, look
from transforms.geometry import is_same_shape
from transforms.matting import NotReady
from transforms.picture import Look, Picture, Plane, Size

LOOKS_KEPT = 4
"""As many as a browser steps between (720, 540, 360 and 180 lines), each some 10 MB at 1280x720."""


def is_same_view(look: Look, other: Look) -> bool:
    """Whether the same levels at the same place mean the same."""
    is_read_alike = (look.matrix, look.full_range) == (other.matrix, other.full_range)
    return is_read_alike and is_same_shape(look.size, other.size)


def scaled(picture: Picture, size: Size) -> Picture:
    """The picture at another size, in memory of its own: 1 to 10 ms. Widened where it shrinks, so nothing flickers."""
    planes = zip(picture.planes, (size, size.chroma, size.chroma), strict=True)
    y, cb, cr = (_scaled(plane, part) for plane, part in planes)
    return Picture(y, cb, cr, picture.matrix, picture.full_range)


def _scaled(plane: Plane, size: Size) -> Plane:
    sharp = Image.Resampling.HAMMING if size.width < plane.width else Image.Resampling.BICUBIC
    samples = np.asarray(Image.fromarray(np.ascontiguousarray(plane.rows)).resize(size, sharp))
    return Plane(samples.reshape(-1), size.width, *size)


class OtherShape(NotReady):
    """What is known is of pictures of another shape; it is of use again when they are."""


class Known(Protocol):
    """What is known of a view at one size."""

    @property
    def picture(self) -> Picture:
        """A picture of that look."""
        ...

    @property
    def is_ready(self) -> bool:
        """Whether it is of use already, or still to be learned."""
        ...

    def resized(self: K, picture: Picture, cells: Cells) -> K:
        """The same for pictures of another size, as far as it can be told. `cells`: of the new look."""
        ...


K = TypeVar("K", bound=Known)


class Looks(Generic[K]):
    """What is known of the last few looks of one stream, the present one first."""

    def __init__(self) -> None:
        self._kept: list[K] = []

    @property
    def ready(self) -> K | None:
        """The newest that is of use; None where none is."""
        return next((known for known in self._kept if known.is_ready), None)

    def at(self, picture: Picture, cells: Cells) -> K | None:
        """What is known of pictures like this: of old, or as of another size; None where it is a new view.

        What is of use goes before what is still to be learned, and the largest before the others.
        """
        if self._kept and look(self._kept[0].picture) == look(picture):
            return self._kept[0]
        alike = [known for known in self._kept if is_same_view(look(known.picture), look(picture))]
        if not alike:
            return None
        best = max(alike, key=lambda known: (known.is_ready, look(known.picture) == look(picture), _samples(known)))
        return self.keep(best if look(best.picture) == look(picture) else best.resized(picture, cells))

    def keep(self, known: K) -> K:
        """Take it for what is known of its look, and go on from it."""
        others = [other for other in self._kept if look(other.picture) != look(known.picture)]
        self._kept = [known, *others][:LOOKS_KEPT]
        return known

    def forget(self) -> None:
        """Know nothing."""
        self._kept = []


def _samples(known: Known) -> int:
    return known.picture.size.width * known.picture.size.height
