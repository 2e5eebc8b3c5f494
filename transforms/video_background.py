"""A video as a background: looped without an end, in the stream's own time.

In a call it is played ahead by a thread of its own (`transforms.clip.ahead`), so that a picture costs the call a
lookup; for a file each picture is decoded when it is due (`transforms.clip.exact`).
"""

from __future__ import annotations

import threading
import weakref
from pathlib import Path
from typing import NamedTuple

from transforms.clip.ahead import Ahead
from transforms.clip.exact import Exact
from transforms.clip.fitting import Fitter
from transforms.clip.layout import Layout
from transforms.clip.player import Player
from transforms.clip.reels import Reels
from transforms.clip.shots import Reel, Shot
from transforms.clip.source import ClipSource
from transforms.effect import BLACK, Color, EffectError, Placement
from transforms.matting import Matte
from transforms.picture import Look, Picture

_AS_IT_COMES = Placement()


def video_background(
    path: Path, placement: Placement = _AS_IT_COMES, color: Color = BLACK, *, live: bool = True
) -> VideoBackground:
    """The clip in a file; its first picture is decoded here, which takes some 50 ms.

    Raises:
        EffectError: there is none, or none that can be played.
    """
    source = ClipSource.of(path)
    try:
        reel = Reel(source)
    except EffectError:
        source.close()
        raise
    player: Player = Ahead(Reels(reel)) if live else Exact(reel)
    return VideoBackground(_Shared(player, reel.first), placement, color)


class VideoBackground:
    """One layout of a clip, for one stream; others of the same clip may share its player.

    The last one that was asked for a picture leads: those before it show what they showed last.
    """

    def __init__(self, shared: _Shared, placement: Placement, color: Color) -> None:
        self._shared = shared
        self._place = shared.enter()
        self._leave = weakref.finalize(self, shared.leave)
        self._placement, self._color = placement, color
        self._fitter = Fitter()
        self._last: _Laid | None = None

    def prepare(self, look: Look) -> Picture:
        """What is shown before the clip plays like this."""
        last = self._last
        return self._laid(self._shared.shot if last is None else last.shot, self._layout(look))

    def picture(self, source: Picture, matte: Matte | None, time: float) -> Picture:
        """The clip's picture for stream second `time`; where it is not there yet, the last one, laid out in its place.

        Raises:
            BackgroundFailed: the clip cannot be played on.
        """
        layout = self._layout(Look.of(source))
        if self._last is not None and not self._shared.leads(self._place):
            return self._laid(self._last.shot, layout)
        shown = self._shared.player.shown(layout, time)
        self._shared.shot = shown.shot
        if shown.picture is None:
            return self._laid(shown.shot, layout)
        self._last = _Laid(shown.shot, layout, shown.picture)
        return shown.picture

    def relaid(self, placement: Placement, color: Color) -> VideoBackground:
        """The same clip, laid like this from its first picture on; it goes on from where it is."""
        return VideoBackground(self._shared, placement, color)

    def close(self) -> None:
        """Let go of the clip; the last who does so closes it."""
        self._last = None
        self._leave()

    def _layout(self, look: Look) -> Layout:
        return Layout(look, self._placement, self._color)

    def _laid(self, shot: Shot, layout: Layout) -> Picture:
        """A shot, laid out here unless it is already; the clip's first one where not all that shows is in it."""
        whole = shot if layout.is_whole_in(shot.window, shot.clip) else self._shared.first
        last = self._last
        if last is None or last.shot not in (shot, whole) or last.layout != layout:
            last = self._last = _Laid(whole, layout, layout.laid(whole, self._fitter))
        return last.picture


class _Laid(NamedTuple):
    """A shot as it lies in a layout."""

    shot: Shot
    layout: Layout
    picture: Picture


class _Shared:
    """A player and those who show what it plays. `shot`: what it showed last."""

    def __init__(self, player: Player, first: Shot) -> None:
        self.player = player
        self.first = self.shot = first
        self._counting = threading.RLock()  # who is let go of leaves in whichever thread finds it
        self._entered = self._left = 0
        self._leader = 0

    def enter(self) -> int:
        """One more; the number of its place."""
        with self._counting:
            self._entered += 1
            return self._entered

    def leads(self, place: int) -> bool:
        """Whether nobody who came later has been asked yet."""
        with self._counting:
            self._leader = max(self._leader, place)
            return self._leader == place

    def leave(self) -> None:
        """One less."""
        with self._counting:
            self._left += 1
            if self._left == self._entered:
                self.player.close()
