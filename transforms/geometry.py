"""Where one picture lies in another.

Windows are in pixels of the source and may fall between pixels: the scaler takes fractions, and rounding here would
shift or stretch the picture by up to a pixel.
"""

from __future__ import annotations

from typing import NamedTuple

from transforms.picture import Size


class Rect(NamedTuple):
    """A window: its top left corner and its extent, in pixels."""

    x: float
    y: float
    width: float
    height: float


def cover(source: Size, target: Size) -> Rect:
    """The largest centred window of `source` in the shape of `target`: scaled, it fills it unstretched."""
    scale = max(target.width / source.width, target.height / source.height)
    width = min(target.width / scale, source.width)
    height = min(target.height / scale, source.height)
    return Rect((source.width - width) / 2, (source.height - height) / 2, width, height)
