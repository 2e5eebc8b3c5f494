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

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from aiortc.mediastreams import MediaStreamError

from gateway import log
from gateway.call.building import built, change_of
from gateway.call.fanout import Fanout
from gateway.call.lifetime import Lifetime, SessionState
from gateway.call.session_parts import SessionParts
from gateway.call.session_stats import LegStats, SessionStats, leg_stats
from gateway.call.splice import SplicedTrack
from gateway.call.switchboard import Switchboard
from gateway.errors import Conflict, GatewayError, PreconditionFailed
from gateway.events import Happening, HappeningType
from gateway.failures import leaves, told
from gateway.rendering import SnapshotView
from gateway.shown import BackgroundLost, PaceChanged, ShownChanged, ShownEvent
from gateway.track import MattingTrack
from gateway.weakly import weakly
from gateway.worker import Worker, WorkerStuck
from transforms.picture import Matrix

if TYPE_CHECKING:
    import av

    from gateway.call.leg import Leg
    from gateway.effect import EffectModel
    from transforms.key_color import KeyColor

logger = logging.getLogger(__name__)

MAX_DEPARTED = 256
"""Legs that are gone whose counters are kept: a session of some watchers who come and go for hours."""

ChangeEffect = Callable[["EffectModel"], "EffectModel"]


class Session:
    """One call. Made and run by `Sessions`; every method is called on the event loop.

    `id`: unguessable, but public. `created`: unix seconds. `version` counts the effects it had: it is the effect's
    ETag. `reason`: why it ended. `is_stuck`: native code of it never came back.
    """

    def __init__(self, parts: SessionParts) -> None:
        self.id = parts.id
        self.name = parts.name
        self.labels = parts.labels
        self.input = parts.input
        self.output = parts.output
        self.effect = parts.effect
        self.created = time.time()
        self.version = 1
        self.reason: str | None = None
        self.is_stuck = False
        self._parts = parts
        self._setup_timeout = parts.settings.setup_timeout
        self._worker = Worker("session")
        self._splice = SplicedTrack()
        self._matting = MattingTrack(
            self._splice,
            parts.pipeline,
            worker=self._worker,
            matrix=Matrix(parts.effect.matrix) if parts.effect.matrix else None,
            geometry=parts.effect.geometry.resolved(),
            pump=False,
            on_event=weakly(self._tell_shown),
        )
        self._fanout = Fanout(self._matting)
        self.board = Switchboard(
            worker=self._worker,
            splice=self._splice,
            fanout=self._fanout,
            on_picture=weakly(self._picture),
            on_changed=weakly(self._leg_changed),
        )
        self._lifetime = Lifetime(
            setup_timeout=parts.settings.setup_timeout,
            keep_lost=parts.settings.keep_lost,
            on_change=weakly(self._tell_state),
            on_expire=weakly(self.stop),
        )
        self._departed: deque[LegStats] = deque(maxlen=MAX_DEPARTED)
        self._tasks: asyncio.TaskGroup | None = None
        self._updating = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def state(self) -> SessionState:
        """What becomes of it."""
        return self._lifetime.state

    @property
    def expires(self) -> float | None:
        """Unix seconds when it ends unless it carries media by then; None while it does."""
        return self._lifetime.expires

    @property
    def is_stopping(self) -> bool:
        """Whether it is about to end, or has."""
        return self._stopping.is_set()

    @property
    def has_composite(self) -> bool:
        """Whether a first picture has left the pipeline: a watcher would see something."""
        return self._fanout.last is not None

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Those there are now, oldest first."""
        return self.board.legs

    def begin(self) -> None:
        """It is set up: media is awaited. `run` follows."""
        self._lifetime.begin()

    async def run(self) -> None:
        """Carry the call until it is closed, expires, or fails; nothing of it is left then. Called once."""
        with log.session(self.id, self.labels):
            logger.info("session starts")
            try:
                await self._run()
            except* GatewayError as group:
                self._note_failure(group)
                self.reason = str(told(group))
                logger.warning("session fails: %s", self.reason)
            except* Exception:
                self.reason = "internal error"
                logger.exception("session fails")
            finally:
                self._stopping.set()
                self._lifetime.end()
                self._ended.set()
                logger.info("session ends: %s", self.reason)

    def stop(self, reason: str) -> None:
        """End it without waiting."""
        self.reason = self.reason or reason
        self._stopping.set()

    async def close(self, reason: str) -> None:
        """End it: the last frame leaves, BYE is said on every leg; returns when nothing of it is left."""
        self.stop(reason)
        await self._ended.wait()

    async def abandon(self) -> None:
        """Let go of a session that was never run."""
        self.stop("it could not be set up")
        for leg in self.legs:
            await leg.abandon()
        await self._matting.aclose()
        await self._worker.aclose()
        self._ended.set()

    def add(self, leg: Leg) -> None:
        """Take a leg in; it runs as soon as the session does."""
        self.board.add(leg)
        if self._tasks is not None:
            self._tasks.create_task(self._run_leg(leg), name=f"leg {leg.id}")
        self._lifetime.expect()

    async def update(self, effect: EffectModel | ChangeEffect, *, if_match: int | None = None) -> float:
        """Apply `effect`, whole, between two frames; returns the unix time from which on it holds.

        A function is called with the effect as it is when its turn comes. Parts whose parameters are unchanged stay as
        they are, with key, plate and what was learned.

        Raises:
            PreconditionFailed: `if_match` is not the present version.
            ArgumentError: the effect cannot be made; the present one stays.
            Conflict: the session has ended.
        """
        async with self._updating:
            self._check(if_match)
            return await self._change(effect(self.effect) if callable(effect) else effect)

    async def capture_plate(self, frames: int = 30, *, if_match: int | None = None) -> float:
        """Take the next `frames` pictures for a clean plate, from now on: the effect's matting gets that plate.

        Raises:
            PreconditionFailed, ArgumentError, Conflict: as `update`.
        """
        async with self._updating:
            self._check(if_match)
            return await self._change(self.effect.with_plate(f"first:{frames}"), fresh_plate=True)

    def stats(self) -> SessionStats:
        """The counters now."""
        matting, codec = self._matting.stats, self.board.sound_codec
        legs = tuple(leg_stats(leg, matting.size, codec) for leg in self.legs)
        departed = tuple(self._departed)
        return SessionStats(time=time.time(), state=self.state, matting=matting, legs=legs, departed=departed)

    async def snapshot(self, view: SnapshotView = "composite") -> av.VideoFrame:
        """A private copy of the last picture.

        Raises:
            Conflict: there is no picture yet, or no more.
        """
        try:
            return await self._matting.snapshot(view)
        except MediaStreamError as ended:
            raise Conflict(f"the session {self.id} has ended") from ended

    async def measure_key_color(self) -> KeyColor:
        """The key colour of the input's screen, by its next few pictures.

        Raises:
            Conflict: no picture came in time.
        """
        return await self._matting.key_color()

    async def _run(self) -> None:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._worker.aclose)
            stack.push_async_callback(self._matting.aclose)
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                pulling = tasks.create_task(self._fanout.run(), name="fanout")
                for leg in self.legs:
                    tasks.create_task(self._run_leg(leg), name=f"leg {leg.id}")
                await self._stopping.wait()
                self._tasks = None
                self._splice.stop()
                await asyncio.wait([pulling])
                for leg in self.legs:
                    leg.stop()

    async def _run_leg(self, leg: Leg) -> None:
        """A leg's supervisor: what fails in it ends it, and no other. One that reaches nobody is given up."""
        self._publish("leg.added", leg=leg.id, kind=leg.kind, role=leg.role)
        reaping = asyncio.get_running_loop().call_later(self._setup_timeout, _stop_half_open, leg)
        try:
            await leg.run()
        except* GatewayError as group:
            self._note_failure(group)
            logger.warning("leg %s fails: %s", leg.id, told(group))
        except* Exception:
            logger.exception("leg %s fails", leg.id)
        finally:
            reaping.cancel()
            self._left(leg)

    def _left(self, leg: Leg) -> None:
        was_source = leg is self.board.source
        self._departed.append(leg_stats(leg, None, self.board.sound_codec))
        self.board.remove(leg)
        self._parts.on_left(leg)
        self._publish("leg.removed", leg=leg.id, kind=leg.kind, role=leg.role)
        if self._stopping.is_set():
            return
        if was_source and leg.kind == "file":
            self.stop("the file cannot be played")
        elif was_source:
            self._lifetime.lose(has_hung_up=leg.has_hung_up)
        elif self.state == "new" and leg.track is not None:
            self.stop("its far end went before it sent a picture")

    def _picture(self, leg: Leg) -> None:
        self._lifetime.picture(is_rtp=leg.kind == "rtp")

    def _leg_changed(self, leg: Leg) -> None:
        if leg is self.board.source and leg.state == "disconnected" and not self._stopping.is_set():
            self._lifetime.lose()

    def _note_failure(self, group: BaseExceptionGroup[BaseException]) -> None:
        self.is_stuck = self.is_stuck or any(isinstance(error, WorkerStuck) for error in leaves(group))

    def _check(self, if_match: int | None) -> None:
        if self._stopping.is_set():
            raise Conflict(f"the session {self.id} has ended")
        if if_match is not None and if_match != self.version:
            raise PreconditionFailed(f"the effect is version {self.version} by now, not {if_match}")

    async def _change(self, wanted: EffectModel, *, fresh_plate: bool = False) -> float:
        """Have the pipeline do this; called by one at a time."""
        parts = self._parts
        change = await built(change_of, parts.pipeline, wanted, parts.assets, fresh_plate=fresh_plate)
        try:
            applied_at = await self._matting.change_pipeline(change, geometry=wanted.geometry.resolved())
        except MediaStreamError as ended:
            raise Conflict(f"the session {self.id} has ended") from ended
        self.effect, self.version = wanted, self.version + 1
        self._publish("effect.changed", version=self.version, effect=wanted.document(), applied_at=applied_at)
        return applied_at

    def _tell_state(self, state: SessionState) -> None:
        match state:
            case "live":
                self._publish("session.live")
            case "lost":
                self._publish("session.lost", expires=self.expires)
            case "ended":
                self._publish("session.ended", reason=self.reason)
            case "new":
                pass

    def _tell_shown(self, event: ShownEvent) -> None:
        match event:
            case ShownChanged(shown, reason, at):
                self._publish("shown", shown=shown, reason=reason, time=at)
            case BackgroundLost(reason, at):
                self._publish("background.failed", reason=reason, time=at)
            case PaceChanged(every, at):
                self._publish("pace", every=every, time=at)
            case _:
                self._publish("note", note=event.note, time=event.time)

    def _publish(self, happening: HappeningType, /, **data: object) -> None:
        self._parts.events.publish(Happening(happening, self.id, data, time.time()))


def _stop_half_open(leg: Leg) -> None:
    if leg.is_half_open:
        leg.stop()
