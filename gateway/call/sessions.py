"""All calls of one server: made, found, counted, ended. One that fails never touches another.

Whatever a caller asks for is read and checked first, then there is a place for it or not, then its pipeline is built;
only what can be answered becomes a session, and whatever fails on the way leaves nothing.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Self

from gateway.call.admission import Admission
from gateway.call.building import built, pipeline_of
from gateway.call.connection import Connection, Connections
from gateway.call.file_input import media_file
from gateway.call.file_leg import FileLeg
from gateway.call.joining import Offer, join_browser, join_plain, read_browser_offer, read_offer
from gateway.call.leg import Leg, Role
from gateway.call.offering import NO_LABELS, Answered, OfferWanted
from gateway.call.registry import Registry
from gateway.call.rtp_ends import Sink, Source, listen, read_apart, send, send_sound
from gateway.call.session import Session
from gateway.call.session_parts import SessionParts
from gateway.call.trimming import Trimming
from gateway.effect import Assets, EffectModel
from gateway.errors import Busy, Conflict, Forbidden, NotFound
from gateway.events import Events, Happening
from gateway.legs import (
    FileInput,
    Input,
    OffererInput,
    OffererOutput,
    Output,
    RtpOutput,
    SdpInput,
    WhepOutput,
    WhipInput,
)
from gateway.rtp.sdp.browser import BrowserOffer
from gateway.serving import ServerSettings
from gateway.worker import Worker
from transforms import catalog

__all__ = ["NO_LABELS", "Answered", "OfferWanted", "Session", "Sessions"]

WARM_UP_PATIENCE = 300.0
"""Seconds: on a slow machine without a cache, compiling every kernel takes a minute."""

GOING_DOWN = "the server is going down"

COMPOSITE_SOON = 1.0
"""Seconds after which to ask again for a session that has no composite yet."""


class Sessions:
    """Use it as an `async with` block: entered, everything a call may use is loaded; left, nothing of any call is left.

    Every refusal is a `GatewayError` with HTTP's `status`. `on_ended` is called with each session that has ended; its
    `stats` still work.
    """

    def __init__(self, settings: ServerSettings, *, events: Events, assets: Assets) -> None:
        self.settings = settings
        self.on_ended: Callable[[Session], None] | None = None
        self._events, self._assets = events, assets
        self._running = Registry(on_ended=self._ended)
        self._connections = Connections()
        self._admission = Admission(settings, self._running)
        self._trimming = Trimming()
        self._is_warm = False

    async def __aenter__(self) -> Self:
        warmer = Worker("warm-up", patience=WARM_UP_PATIENCE)
        try:
            await warmer.run(catalog.warm_up)
            await warmer.aclose()
        finally:
            warmer.close()
        self._is_warm = True
        self._trimming.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._admission.is_closed = True
        await self._running.end_all(GOING_DOWN)
        await self._trimming.aclose()

    @property
    def ready(self) -> bool:
        """Whether a call could be taken now: warm, not draining, below the limits, no worker stuck."""
        return not self.unready

    @property
    def unready(self) -> tuple[str, ...]:
        """Why no call could be taken now, in a few words each; empty where one could."""
        reasons = {"not everything is loaded yet": not self._is_warm, "a worker is stuck": self._running.has_stuck}
        return (*(reason for reason, holds in reasons.items() if holds), *self._admission.full)

    async def offer(self, wanted: OfferWanted) -> Answered:
        """Answer an offer, a browser's or one of plain RTP.

        Raises:
            SdpError: an SDP that cannot be used.
            ArgumentError: the effect cannot be made.
            NotFound: no such session to watch or to come back to.
            Forbidden: the token is not that session's, or the destination is not allowed.
            Busy, TooManyHalfOpen: beyond a limit.
        """
        if wanted.watch is not None:
            session = self.get(wanted.watch)
            return await self._watch(session, await read_offer(wanted.sdp, self.settings, replies=True))
        is_looped = isinstance(wanted.output, OffererOutput)
        offer = await read_offer(wanted.sdp, self.settings, replies=is_looped)
        if wanted.session is not None:
            return await self._come_back(wanted, offer)
        sink = await Sink.of(wanted.output, self.settings) if isinstance(wanted.output, RtpOutput) else None
        async with self._setting_up(OffererInput(), wanted.output, wanted.effect, wanted.labels) as (session, token):
            answered = await self._join(session, offer, role="offerer", sends=is_looped, token=token)
            if sink is not None:
                await send(session, sink, self.settings)
        return answered

    async def create(
        self,
        source: SdpInput | FileInput | WhipInput,
        output: RtpOutput | WhepOutput,
        effect: EffectModel | None = None,
        labels: Mapping[str, str] = NO_LABELS,
    ) -> tuple[Session, str]:
        """A session without an offer, and its token (told this once).

        Raises:
            GatewayError: as `offer`; Conflict where the WHIP name or a port is taken.
        """
        sink = await Sink.of(output, self.settings) if isinstance(output, RtpOutput) else None
        name = source.name if isinstance(source, WhipInput) else None
        described = await read_apart(Source.of, source.sdp, self.settings) if isinstance(source, SdpInput) else None
        path = (
            await built(media_file, self.settings.media_dir, source.source) if isinstance(source, FileInput) else None
        )
        async with self._setting_up(source, output, effect, labels, name=name) as (session, token):
            if described is not None:
                await listen(session, described, self.settings)
            if path is not None:
                session.add(FileLeg(path, session.board))
            if sink is not None:
                await send(session, sink, self.settings)
        return session, token

    async def publish(self, name: str, sdp: str, effect: EffectModel | None = None) -> Answered:
        """WHIP: a browser or encoder publishes under `name`; makes the session of that name where there is none.

        Raises:
            GatewayError: as `offer`; Conflict where another publisher holds it.
        """
        offer = await read_browser_offer(sdp)
        session = self._running.named(name)
        if session is None:
            async with self._setting_up(WhipInput(name), WhepOutput(), effect, NO_LABELS, name=name) as (made, token):
                return await self._join(made, offer, role="publisher", sends=False, token=token)
        if any(_holds(leg) for leg in session.legs):
            raise Conflict(f"somebody publishes under {name!r} already")
        output = session.output
        async with self._admission.publishing(name), self._admission.setting_up(is_new=False):
            answered = await self._join(session, offer, role="publisher", sends=False, token=None)
            if isinstance(output, RtpOutput):
                await send_sound(session, await Sink.of(output, self.settings), self.settings)
        return answered

    async def play(self, name_or_id: str, sdp: str) -> Answered:
        """WHEP: watch the session of this name or id.

        Raises:
            NotFound: there is none.
            GatewayError: as `offer`; Conflict where it has no composite yet.
        """
        session = next((one for one in self if one.id == name_or_id), None)  # no name passes for another's id
        session = session or self._running.named(name_or_id) or self.get(name_or_id)
        if not session.has_composite:
            raise Conflict(f"{name_or_id!r} shows nothing yet", retry_after=COMPOSITE_SOON)
        return await self._watch(session, await read_browser_offer(sdp))

    def connection(self, resource: str) -> Connection:
        """Of whoever made an offer, by its unguessable name.

        Raises:
            NotFound: there is none, or no more.
        """
        return self._connections.get(resource)

    def get(self, session_id: str) -> Session:
        """A session by its id.

        Raises:
            NotFound: there is none, or no more.
        """
        return self._running.get(session_id)

    def session_of(self, token: str) -> str | None:
        """The id of the session this token was given for."""
        return self._running.session_of(token)

    def __iter__(self) -> Iterator[Session]:
        """The sessions there are, oldest first."""
        return iter(self._running)

    def __len__(self) -> int:
        return len(self._running)

    async def close(self, session_id: str) -> None:
        """End a session; returns when nothing of it is left.

        Raises:
            NotFound: there is none, or no more.
        """
        await self._running.end(self.get(session_id), "it was closed")

    async def drain(self, seconds: float) -> None:
        """Take no more calls; those that carry media may go on for so long, then are ended, all others at once."""
        self._admission.is_closed = True
        await self._running.end_all(GOING_DOWN, within=seconds)

    @asynccontextmanager
    async def _setting_up(
        self,
        source: Input,
        output: Output,
        effect: EffectModel | None,
        labels: Mapping[str, str],
        *,
        name: str | None = None,
    ) -> AsyncIterator[tuple[Session, str]]:
        """A new session and its token; it runs when the block has given it its legs, and is let go where that fails."""
        if name is not None and self._running.named(name) is not None:
            raise Conflict(f"there is a session named {name!r} already")
        async with self._admission.publishing(name), self._admission.setting_up(is_new=True):
            told = self.settings
            wanted = (effect or EffectModel()).at(quality=told.quality, fade=told.fade, geometry=told.geometry)
            session = await self._made(source, output, wanted, labels, name)
            try:
                yield session, (token := secrets.token_urlsafe(24))
                self._admission.check_open()
            except BaseException:
                await session.abandon()
                self._connections.clear(session)
                raise
            self._begin(session, token)

    async def _made(
        self, source: Input, output: Output, effect: EffectModel, labels: Mapping[str, str], name: str | None
    ) -> Session:
        pipeline = await built(pipeline_of, effect, self._assets, readers=self.settings.max_watchers + 2)
        return Session(
            SessionParts(
                id=secrets.token_hex(12),
                settings=self.settings,
                events=self._events,
                assets=self._assets,
                input=source,
                output=output,
                effect=effect,
                pipeline=pipeline,
                name=name,
                labels=MappingProxyType(dict(labels)),
                on_left=self._connections.leg_left,
            )
        )

    def _begin(self, session: Session, token: str) -> None:
        self._running.begin(session, token)
        data = {"name": session.name, "labels": dict(session.labels)}
        self._events.publish(Happening("session.created", session.id, data, time.time()))

    def _ended(self, session: Session) -> None:
        self._connections.clear(session)
        self._trimming.ask()
        if self.on_ended is not None:
            self.on_ended(session)

    async def _watch(self, session: Session, offer: Offer) -> Answered:
        """Add a watcher.

        Raises:
            Conflict: enough watch it.
        """
        watchers = sum(leg.role == "watcher" for leg in session.legs)
        if watchers >= self.settings.max_watchers:
            raise Busy(f"{watchers} watch the session {session.id} already", retry_after=self.settings.setup_timeout)
        async with self._admission.setting_up(is_new=False):
            return await self._join(session, offer, role="watcher", sends=True, token=None)

    async def _come_back(self, wanted: OfferWanted, offer: Offer) -> Answered:
        """Another peer for a session that lost its own; it replaces the old one when it brings pictures."""
        session = self.get(wanted.session or "")
        if wanted.token is None or self.session_of(wanted.token) != session.id:
            raise Forbidden(f"the token is not that of the session {session.id}")
        async with self._admission.setting_up(is_new=False):
            if wanted.effect is not None and wanted.effect != session.effect:
                await session.update(wanted.effect)
            sends = isinstance(session.output, OffererOutput)
            return await self._join(session, offer, role="offerer", sends=sends, token=wanted.token)

    async def _join(self, session: Session, offer: Offer, *, role: Role, sends: bool, token: str | None) -> Answered:
        """Add the offer's other end, and list its connection."""
        if session.is_stopping:
            raise NotFound(f"there is no session {session.id!r} any more")
        leg: Leg
        if isinstance(offer, BrowserOffer):
            leg, text = await join_browser(session, offer, self.settings, role=role, sends=sends)
        else:
            leg, text = await join_plain(session, offer, self.settings, role=role, sends=sends)
        connection = self._connections.add(session, leg)
        return Answered(text, session, token, connection.resource, connection.etag)


def _holds(leg: Leg) -> bool:
    """Whether it is a publisher who is there, or about to be."""
    return leg.role == "publisher" and not leg.is_stopping and leg.state in ("new", "connected")
