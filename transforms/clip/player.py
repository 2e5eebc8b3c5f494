"""What plays a clip, as those who show it see it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from transforms.clip.layout import Layout
from transforms.clip.shots import Shot
from transforms.picture import Picture


class Shown(NamedTuple):
    """The picture that stands just now. `picture`: laid out as it was asked for; None where that is not done yet."""

    shot: Shot
    picture: Picture | None


class Player(Protocol):
    """Plays one clip over and over for one stream."""

    def shown(self, layout: Layout, time: float) -> Shown:
        """What stands at stream second `time`.

        Raises:
            BackgroundFailed: the clip cannot be played on.
        """
        ...

    def close(self) -> None:
        """Let go of threads, files and memory."""
        ...
