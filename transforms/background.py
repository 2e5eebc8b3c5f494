"""What stands behind the person: one picture per frame, in the frame's own size, matrix and range."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from transforms.effect import Color
from transforms.matting import Matte
from transforms.picture import Look, Picture
from transforms.still import fit, load_image

FITTINGS_KEPT = 4
"""Pictures. A call that switches between a few sizes (a phone turned, a browser short of bandwidth) waits for a fitting
once each."""


class Background(Protocol):
    """Makes what is shown where the matte is transparent. One instance per stream."""

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        """The background for `source` at stream second `time`; the caller only reads it. Never waits for anything."""
        ...

    def close(self) -> None:
        """Let go of memory, files and threads."""
        ...


class FixedBackground:
    """A background that does not move: made once per look, kept for the last FITTINGS_KEPT.

    The first picture of a new look is made on the spot (see `transforms.still.fit`); call `prepare` from another
    thread to have it ready. Kept pictures are replaced whole, so a reader in another thread sees the old or the new.
    """

    def __init__(self, make: Callable[[Look], Picture]) -> None:
        self._make = make
        self._kept: tuple[tuple[Look, Picture], ...] = ()

    def prepare(self, look: Look) -> Picture:
        """Make the picture of this look unless it is kept, and keep it."""
        for kept_look, picture in self._kept:
            if kept_look == look:
                return picture
        made = self._make(look)
        self._kept = ((look, made), *self._kept)[:FITTINGS_KEPT]
        return made

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        """The same picture each time, in the look of `source`."""
        return self.prepare(Look.of(source))

    def close(self) -> None:
        """Let go of the kept pictures."""
        self._kept = ()


def image_background(path: Path) -> FixedBackground:
    """A still image, scaled and cropped about its centre to cover the picture.

    Raises:
        EffectError: the file cannot be used; see `transforms.still.load_image`.
    """
    image = load_image(path)
    return FixedBackground(lambda look: fit(image, look.size, matrix=look.matrix, full_range=look.full_range))


def color_background(color: Color) -> FixedBackground:
    """One plain colour."""

    def make(look: Look) -> Picture:
        picture = Picture.blank(look.size, matrix=look.matrix, full_range=look.full_range)
        levels = look.matrix.to_ycbcr(color, full_range=look.full_range)
        for plane, level in zip(picture.planes, levels, strict=True):
            plane.samples.fill(level)
        return picture

    return FixedBackground(make)
