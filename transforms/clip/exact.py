"""A clip played when it is asked: for a file, whose pictures come faster or slower than the clock, each exactly due."""

from __future__ import annotations

from av.error import FFmpegError

from transforms.background import BackgroundFailed
from transforms.clip.clock import NEAR
from transforms.clip.layout import Layout
from transforms.clip.line import Due, Line
from transforms.clip.player import Shown
from transforms.clip.shots import Reel
from transforms.effect import EffectError


class Exact:
    """One clip for one file. The same for the same times, whenever it is asked; it waits for the decoder."""

    def __init__(self, reel: Reel) -> None:
        self._line = Line(reel)
        self._begun: float | None = None
        self._due: Due | None = None

    def shown(self, layout: Layout, time: float) -> Shown:
        """The picture of the clip at `time`, which begins with the first.

        Raises:
            BackgroundFailed: the clip cannot be read any further.
        """
        if self._begun is None:
            self._begun = time
        now = time - self._begun + NEAR
        try:
            while self._due is None or self._due.end <= now:
                self._due = self._line.next()
        except (EffectError, FFmpegError) as error:
            raise BackgroundFailed("the clip cannot be read any further") from error
        return Shown(self._due.shot, None)

    def close(self) -> None:
        """Close the file."""
        self._line.close()
        self._line.reel.close()
