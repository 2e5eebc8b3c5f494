"""Where one picture lies in another.

Windows are in pixels and may fall between them: the scaler takes fractions, and rounding here would shift or stretch
the picture by up to a pixel.
"""

from __future__ import annotations

from typing import NamedTuple

from transforms.effect import Placement
from transforms.picture import Size

SAME_ASPECT = 0.01
"""How far the aspects of two pictures of one view are apart at most: sizes are rounded to even numbers of samples."""


class Rect(NamedTuple):
    """A window: its top left corner and its extent, in pixels."""

    x: float
    y: float
    width: float
    height: float


class Placed(NamedTuple):
    """The window of a source that shows, and the window of the target on which it lands; both empty where none does."""

    source: Rect
    target: Rect

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the source shows."""
        return self.target.width <= 0 or self.target.height <= 0


NOWHERE = Placed(Rect(0, 0, 0, 0), Rect(0, 0, 0, 0))


def is_same_shape(size: Size, other: Size) -> bool:
    """Whether one can be the other scaled."""
    return abs(size.width * other.height / (size.height * other.width) - 1) <= SAME_ASPECT


def cover(source: Size, target: Size) -> Rect:
    """The largest centred window of `source` in the shape of `target`: scaled, it fills it unstretched."""
    scale = max(target.width / source.width, target.height / source.height)
    width = min(target.width / scale, source.width)
    height = min(target.height / scale, source.height)
    return Rect((source.width - width) / 2, (source.height - height) / 2, width, height)


def placed(source: Size, target: Size, placement: Placement) -> Placed:
    """What of a background of size `source` shows in pictures of size `target`, and where.

    The room that is left over, or what sticks out, is shared by `focus` as CSS's object-position does it: the point at
    that share of the background lies at that share of the picture, whichever the scale. Then `offset` moves it.
    """
    across, down = _scales(source, target, placement)
    focus, offset = placement.focus, placement.offset
    x, left, width = _along(source.width, target.width, across, focus[0], offset[0])
    y, top, height = _along(source.height, target.height, down, focus[1], offset[1])
    if width <= 0 or height <= 0:
        return NOWHERE
    return Placed(Rect(x, y, width / across, height / down), Rect(left, top, width, height))


def _scales(source: Size, target: Size, placement: Placement) -> tuple[float, float]:
    """Pixels of the target for one of the source, across and down."""
    across, down = target.width / source.width, target.height / source.height
    match placement.fit:
        case "cover":
            across = down = max(across, down)
        case "contain":
            across = down = min(across, down)
        case "none":
            across = down = 1.0
        case "fill":
            pass
    return across * placement.scale, down * placement.scale


def _along(source: int, target: int, scale: float, focus: float, offset: float) -> tuple[float, float, float]:
    """On one axis: where what shows begins in the source and in the target, and its extent in the target."""
    start = (target - source * scale) * focus + offset
    left, right = max(start, 0.0), min(start + source * scale, float(target))
    return (left - start) / scale, left, right - left
