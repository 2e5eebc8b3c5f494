"""What is done to a stream's pictures before they are matted: cropped, turned, scaled, in this order.

It is the order in which people think of a camera that stands askew: which part of the picture, which way up, how large.
The crop is told in pixels of the picture as it comes, upright if the stream says how it is turned (a phone's file, RTP
with CVO), as ffmpeg's `crop` behind its automatic rotation is; the size is that of the pictures that come out.

A sender short of bandwidth sends smaller pictures of the same view. So the crop is in pixels of the largest picture of
that shape so far, and of a smaller one that share is taken: what was cut away stays away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from gateway.errors import ArgumentError

Rotation = Literal[0, 90, 180, 270]
"""Degrees clockwise."""

Pixels = tuple[int, int]
"""Width and height."""


class Window(NamedTuple):
    """A part of a picture: its top left corner and its extent, in pixels."""

    x: int
    y: int
    width: int
    height: int


class Crop(NamedTuple):
    """A part of the picture. `x` and `y`: of its top left corner; None centres it, to even numbers of pixels."""

    width: int
    height: int
    x: int | None = None
    y: int | None = None

    def __str__(self) -> str:
        """As it is typed: `720x1280+700+1550`."""
        corner = "" if self.x is None or self.y is None else f"+{self.x}+{self.y}"
        return f"{self.width}x{self.height}{corner}"

    def within(self, size: Pixels, *, of: Pixels | None = None) -> Window | None:
        """What of it a picture of that size has; None where that is nothing.

        `of`: the size of the picture that it was meant for, where this one is that one scaled.
        """
        across = _span(self.x, self.width, size[0], (of or size)[0])
        down = _span(self.y, self.height, size[1], (of or size)[1])
        if not across[1] or not down[1]:
            return None
        return Window(across[0], down[0], across[1], down[1])


@dataclass(frozen=True, slots=True)
class Geometry:
    """`rotate`: clockwise. `size`: what comes out, both even; None: as large as it is then. As it stands, nothing.

    A picture of another shape than `size` loses what is too much of it on both sides; nothing is ever stretched.
    """

    crop: Crop | None = None
    rotate: Rotation = 0
    size: Pixels | None = None

    def check(self, size: Pixels) -> None:
        """Refuse a crop that reaches beyond a picture of that size.

        Raises:
            ArgumentError: it does.
        """
        if self.crop is None:
            return
        window = self.crop.within(size)
        if window is None or window[2:] != self.crop[:2]:
            raise ArgumentError(f"--crop {self.crop}: reaches beyond the picture of {size[0]}x{size[1]}")

    def output(self, size: Pixels) -> Pixels:
        """The size of what comes out of a picture of that size."""
        if self.size is not None:
            return self.size
        window = self.crop.within(size) if self.crop else None
        width, height = window[2:] if window else self.crop[:2] if self.crop else size
        return (height, width) if self.rotate in (90, 270) else (width, height)


AS_IT_COMES = Geometry()


def _span(start: int | None, length: int, extent: int, of: int) -> tuple[int, int]:
    """Along one side: where it begins and how long it is, of an extent; scaled, to even numbers."""
    if start is None:
        start = max((of - length) // 2 & ~1, 0)
    end = start + length
    if of != extent:
        start, end = (2 * round(edge * extent / of / 2) for edge in (start, end))
    return min(start, extent), max(min(end, extent) - start, 0)
