"""What every matting is to the rest: pictures in, mattes out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from transforms.picture import Picture


class NotReady(Exception):  # noqa: N818  (a state of affairs, not a fault)
    """No matte can be given yet; the message says in a few words what is awaited."""


@dataclass(frozen=True, slots=True)
class ScreenColor:
    """What lies behind the person, as the camera would see it, on a coarse grid stretched over the picture.

    `grid`: float32 (3, rows, columns), the Y, Cb, Cr levels at the centres of equal cells; bilinear between the
    centres, constant beyond the outermost.
    """

    grid: NDArray[np.float32]


@cache
def hat(cells: int, samples: int) -> NDArray[np.float32]:
    """What each of `cells` adds to each of `samples` over the same length: bilinear between centres, level beyond."""
    places = np.clip((np.arange(samples) + 0.5) * (cells / samples) - 0.5, 0, cells - 1)
    weights: NDArray[np.float64] = np.clip(1 - np.abs(places - np.arange(cells)[:, None]), 0, 1)
    return weights.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Matte:
    """How much of each sample is the person.

    `alpha`: 0 background .. 255 foreground, C-contiguous, of the luma's shape or the chroma planes'. `screen`: where
    known, its share is taken out of the picture where alpha < 255; coarse, or a picture like the one matted. A
    `confidence` under `threshold` says that the matte is not to be used, and `reason` why, in a few words. `note`: what
    its matting has just found out, which a user may want to hear ("key colour 2b6a83 found, confidence 0.93"), in one
    matte only. `agreement`: 0..1, how far the mattings agree where several looked at the picture; None where one did.
    """

    alpha: NDArray[np.uint8]
    screen: ScreenColor | Picture | None = None
    confidence: float = 1.0
    threshold: float = 0.0
    reason: str | None = None
    note: str | None = None
    agreement: float | None = None

    @property
    def is_sure(self) -> bool:
        """Whether the matte may be used."""
        return self.confidence >= self.threshold


class Matting(Protocol):
    """One instance per stream, which may remember earlier pictures."""

    def matte(self, picture: Picture, time: float) -> Matte:
        """The matte of this picture. `time`: stream seconds, strictly increasing. The next call may overwrite it.

        Raises:
            NotReady: there is none yet.
        """
        ...

    def close(self) -> None:
        """Let go of everything; no call follows."""
        ...


@runtime_checkable
class Successor(Protocol):
    """A matting that can go on where another left off, so that a change of one parameter costs nothing learned."""

    def succeed(self, before: Matting) -> None:
        """Take over what `before`, of any kind, knows of the stream as far as it holds here too.

        Called before the first picture; `before` is closed afterwards.
        """
        ...


@runtime_checkable
class Compound(Protocol):
    """A matting made of several, any of which may know what a successor can use."""

    @property
    def parts(self) -> tuple[Matting, ...]:
        """Those it is made of."""
        ...


def hand_over(before: Matting, after: Matting) -> None:
    """Have `after`, if it is one that can, take over what `before` knows, and each of its parts."""
    if isinstance(after, Successor):
        for known in (before, *(before.parts if isinstance(before, Compound) else ())):
            after.succeed(known)


SLOWEST_PACE = 4
"""Pictures: a network looks at one in so many at the least. At 30 a second a hand has then moved by its own width."""


@runtime_checkable
class Paced(Protocol):
    """A matting, or a part of one, whose costly look at the picture may be taken at some pictures only.

    `every`: 1..SLOWEST_PACE; it looks at one picture in so many and carries what it saw along to those between. May be
    set between two pictures. One made of several passes it on to its parts (`set_pace`).
    """

    every: int


def set_pace(part: object, every: int) -> None:
    """Have `part` look at one picture in `every`, if it is one that can."""
    if isinstance(part, Paced):
        part.every = every


class Opaque:
    """The matting that takes everything for foreground: the picture passes through as it is."""

    def __init__(self) -> None:
        self._alpha = np.empty((0, 0), np.uint8)

    def matte(self, picture: Picture, time: float) -> Matte:
        """Alpha 255 everywhere."""
        if self._alpha.shape != picture.cb.rows.shape:
            self._alpha = np.full(picture.cb.rows.shape, 255, np.uint8)
        return Matte(self._alpha)

    def close(self) -> None:
        """Nothing is held."""
