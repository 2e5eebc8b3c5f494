"""One call of the server, and all that works for it.

```
input leg -> SplicedTrack -> MattingTrack(pipeline) -> Fanout -> output leg
             one line of     one worker                       `-> output leg, each with a worker of its own
             frames
```
Legs come and go while the call runs: a watcher joins, a lost browser comes back with another peer, and pipeline, key
and plate stay. A leg that fails takes nothing with it but itself; what fails in the middle ends the session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import av

    from gateway.effect import EffectModel
    from gateway.legs import Input, Output
    from gateway.session_stats import SessionStats
    from transforms.key_color import KeyColor

SessionState = Literal["new", "live", "lost", "ended"]
"""`new`: half-open, carries no media yet. `lost`: its browser or publisher is gone and may come back."""

ChangeEffect = Callable[["EffectModel"], "EffectModel"]

View = Literal["composite", "alpha", "input"]


class Session:
    """One call. Made by `Sessions`; every method is called on the event loop.

    `id`: unguessable, but public. `created`: unix seconds. `version` counts the effects it had: it is the effect's
    ETag. `expires`: unix seconds when it ends unless it carries media by then; None while it does.
    """

    id: str
    name: str | None
    labels: Mapping[str, str]
    created: float
    expires: float | None
    input: Input
    output: Output
    state: SessionState
    effect: EffectModel
    version: int

    @property
    def has_composite(self) -> bool:
        """Whether a first picture has left the pipeline: a watcher would see something."""
        raise NotImplementedError

    async def update(self, effect: EffectModel | ChangeEffect, *, if_match: int | None = None) -> float:
        """Apply `effect`, whole, between two frames; returns the unix time from which on it holds.

        A function is called with the effect as it is when its turn comes. Parts whose
        parameters are unchanged stay as they are, with key, plate and what was learned.

        Raises:
            PreconditionFailed: `if_match` is not the present version.
            ArgumentError: the effect cannot be made; the present one stays.
            Conflict: the session has ended.
        """
        raise NotImplementedError

    def stats(self) -> SessionStats:
        """The counters now."""
        raise NotImplementedError

    async def snapshot(self, view: View = "composite") -> av.VideoFrame:
        """A private copy of a picture as it is now.

        Raises:
            Conflict: there is no picture yet.
        """
        raise NotImplementedError

    async def measure_key_color(self) -> KeyColor:
        """The key colour of the input's screen, by its next few pictures.

        Raises:
            Conflict: no picture came in time, or there is no screen in it.
        """
        raise NotImplementedError

    async def capture_plate(self, frames: int = 30, *, if_match: int | None = None) -> float:
        """Take the next `frames` pictures for a clean plate, from now on: the effect's matting becomes that plate.

        Raises:
            PreconditionFailed, ArgumentError, Conflict: as `update`.
        """
        raise NotImplementedError

    async def close(self, reason: str) -> None:
        """End it: the last frame leaves, BYE is said on every leg; returns when nothing of it is left."""
        raise NotImplementedError
