"""How a clip is to lie under a call's pictures: what of it shows, and on which part of them."""

from __future__ import annotations

from dataclasses import dataclass

from transforms.clip.fitting import Fitter
from transforms.clip.shots import Shot
from transforms.effect import Color, Placement
from transforms.geometry import Placed, Rect, placed
from transforms.picture import Look, Picture, Size

HALF = 0.5
"""Pixels of the clip by which a part of it may miss what is to be seen: nobody sees that."""

SHARP = 0.8
"""The least share of the wanted pixels that a part made for another size must have to be taken for good."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The call's look, and what was asked for. `color`: what shows where the clip does not."""

    look: Look
    placement: Placement
    color: Color

    def placed(self, clip: Size) -> Placed:
        """Where a clip of this size, as it is shown, lies under the pictures."""
        return placed(clip, self.look.size, self.placement)

    def laid(self, shot: Shot, fitter: Fitter) -> Picture:
        """A shot as it lies in the pictures of this layout."""
        return fitter(shot, self.placed(shot.clip), self.look, self.color)

    def is_whole_in(self, window: Rect, clip: Size) -> bool:
        """Whether all of the clip that shows is in that window of it."""
        seen = self.placed(clip)
        return seen.is_empty or _is_within(seen.source, window)


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a clip, scaled: what a reel of our own making holds. `size`: its pixels, both even.

    `color`: what it was laid over, where the clip is transparent.
    """

    clip: Size
    window: Rect
    size: Size
    color: Color

    @classmethod
    def of(cls, layout: Layout, clip: Size) -> Cut | None:
        """What of a clip shows in a layout, pixel for pixel; None where nothing does."""
        seen = layout.placed(clip)
        if seen.is_empty:
            return None
        size = Size(_even(seen.target.width), _even(seen.target.height))
        return cls(clip, seen.source, size, layout.color)

    def holds(self, layout: Layout) -> bool:
        """Whether all of the clip that shows in the layout is in here."""
        return layout.is_whole_in(self.window, self.clip) and layout.color == self.color

    def is_sharp_for(self, layout: Layout) -> bool:
        """Whether it has about as many pixels as the layout shows."""
        seen = layout.placed(self.clip)
        wanted = seen.target.width / max(seen.source.width, 1)
        return self.size.width / self.window.width >= SHARP * wanted


def _even(pixels: float) -> int:
    return max(2, 2 * round(pixels / 2))


def _is_within(inner: Rect, outer: Rect) -> bool:
    return (
        inner.x >= outer.x - HALF
        and inner.y >= outer.y - HALF
        and inner.x + inner.width <= outer.x + outer.width + HALF
        and inner.y + inner.height <= outer.y + outer.height + HALF
    )
