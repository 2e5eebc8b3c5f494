"""A clip played over and over, on one line of seconds that goes on where a pass ends."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import NamedTuple

from transforms.clip.shots import Reel, Shot, Stopping
from transforms.effect import EffectError

KEPT_SHOTS = 8
"""A clip of no more pictures is decoded once: to open its file several times a second would cost more than it."""


class Due(NamedTuple):
    """A picture, and the seconds of the line at which it begins to stand and ends."""

    start: float
    end: float
    shot: Shot


class Line:
    """One clip without an end, used by one thread at a time.

    It begins a pass by opening the file anew: every container can be opened, not every one can be wound back, and
    whoever plays decodes further ahead of what is shown than that takes.
    """

    def __init__(self, reel: Reel, *, stopping: Stopping = lambda: False) -> None:
        self.reel, self._stopping = reel, stopping
        self._base = self._position = 0.0
        self._shots: Generator[Shot, None, None] | Iterator[Shot] | None = None
        self._pass: list[Shot] | None = []
        self._kept: tuple[Shot, ...] = ()

    def next(self) -> Due:
        """The next picture. The only one of a clip stands for ever.

        Raises:
            EffectError: not one picture came in a whole pass; to ask again may help.
        """
        for _ in range(2):
            shot = next(self._going(), None)
            if shot is not None:
                return self._due(shot)
            self._wrap()
        raise EffectError(f"{self.reel.source.name}: no picture in it can be decoded any more")

    def switch(self, reel: Reel) -> None:
        """Play another reel of the same clip, from where this one is."""
        self.close()
        self.reel, self._kept, self._pass = reel, (), None
        self._shots = reel.shots(at=self._position, stopping=self._stopping)

    def close(self) -> None:
        """Let go of the file; `next` would open it again."""
        if isinstance(self._shots, Generator):
            self._shots.close()
        self._shots = None

    def _going(self) -> Iterator[Shot]:
        if self._shots is None:
            self._shots = iter(self._kept) if self._kept else self.reel.shots(stopping=self._stopping)
        return self._shots

    def _due(self, shot: Shot) -> Due:
        if self._pass is not None and not self._kept:
            self._pass = [*self._pass, shot] if len(self._pass) < KEPT_SHOTS else None
        self._position = shot.start + shot.length
        end = float("inf") if len(self._kept) == 1 else self._base + self._position
        return Due(self._base + shot.start, end, shot)

    def _wrap(self) -> None:
        """Begin anew where the pass ended; what was seen of it whole and is short is kept."""
        self._kept = self._kept or tuple(self._pass or ())
        self._base += self._position
        self._position, self._shots, self._pass = 0.0, None, []
