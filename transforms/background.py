"""What stands behind the person: one picture per frame, in the frame's own size, matrix and range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from transforms.effect import Color, Placement
from transforms.matting import Matte
from transforms.picture import Look, Picture

FITTINGS_KEPT = 4
"""Pictures. A call that switches between a few sizes (a phone turned, a browser short of bandwidth) waits for a fitting
once each."""


class BackgroundFailed(Exception):  # noqa: N818  (a state of affairs, not a fault)
    """There is no picture; the message says in a few words why, to whoever listens to the call's events."""


class Background(Protocol):
    """Makes what is shown where the matte is transparent. One instance per stream."""

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        """The background for `source` at stream second `time`; the caller only reads it.

        `matte`: the one that it will be seen through; None where all of it will be seen. Never waits for anything in a
        call. It stays as it is until the next call of this has returned, or raised.

        Raises:
            BackgroundFailed: there is none; the last one is shown on (`transforms.backdrop`). It is asked again for the
            next picture.
        """
        ...

    def close(self) -> None:
        """Let go of memory, files and threads."""
        ...


@runtime_checkable
class Relaid(Protocol):
    """A background out of a file that can be laid elsewhere under the pictures without reading it again."""

    def relaid(self, placement: Placement, color: Color) -> Background:
        """The same, laid like this, as one of its own; this one is closed afterwards."""
        ...


@runtime_checkable
class Prepared(Protocol):
    """A background that can be made ready for pictures of a look, in another thread."""

    def prepare(self, look: Look) -> Picture:
        """Have the picture of this look at hand; takes a while."""
        ...


class FixedBackground:
    """A background that does not move: made once per look, on the spot, kept for the last FITTINGS_KEPT.

    Kept pictures are replaced whole, so a reader in another thread sees the old or the new.
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


def color_background(color: Color) -> FixedBackground:
    """One plain colour."""
    return FixedBackground(lambda look: plain(look, color))


def plain(look: Look, color: Color) -> Picture:
    """A picture of that look and one colour, in memory of its own."""
    picture = Picture.blank(look.size, matrix=look.matrix, full_range=look.full_range)
    levels = look.matrix.to_ycbcr(color, full_range=look.full_range)
    for plane, level in zip(picture.planes, levels, strict=True):
        plane.samples.fill(level)
    return picture
