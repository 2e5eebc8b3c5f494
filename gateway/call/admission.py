"""Whether there is room for another call, and why not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from gateway.call.session import Session
from gateway.errors import Busy, Conflict, TooManyHalfOpen
from gateway.serving import ServerSettings


class Admission:
    """The limits of one server, counted over `sessions`, which it only looks at.

    A place is held from before the first await of a call's set-up on, so that many at once do not all see the last one.
    """

    def __init__(self, settings: ServerSettings, sessions: Collection[Session]) -> None:
        self.is_closed = False
        """Going down: no more calls are taken."""
        self._settings = settings
        self._sessions = sessions
        self._pending = 0
        self._names: set[str] = set()

    @property
    def full(self) -> tuple[str, ...]:
        """Why there is no room now, in a few words each; empty where there is."""
        settings = self._settings
        reasons = {
            "going down": self.is_closed,
            f"all {settings.max_sessions} sessions are in use": self._carrying >= settings.max_sessions,
            f"{settings.max_half_open} calls are being set up": self._half_open >= settings.max_half_open,
        }
        return tuple(reason for reason, holds in reasons.items() if holds)

    def check_open(self) -> None:
        """Refuse where the server is going down; it may have begun to while a call was set up.

        Raises:
            Busy: no more calls are taken.
        """
        if self.is_closed:
            raise Busy("the server is going down", retry_after=self._settings.drain)

    @asynccontextmanager
    async def setting_up(self, *, is_new: bool) -> AsyncIterator[None]:
        """Hold a place for a call that is being set up. `is_new`: it becomes a session of its own.

        Raises:
            Busy: no more calls are taken, or all sessions are in use.
            TooManyHalfOpen: enough are being set up.
        """
        settings = self._settings
        self.check_open()
        if is_new and self._carrying >= settings.max_sessions:
            raise Busy(f"all {settings.max_sessions} sessions are in use", retry_after=settings.keep_lost)
        if self._half_open >= settings.max_half_open:
            raise TooManyHalfOpen(
                f"{settings.max_half_open} calls are being set up already", retry_after=settings.setup_timeout
            )
        self._pending += 1
        try:
            yield
        finally:
            self._pending -= 1

    @asynccontextmanager
    async def publishing(self, name: str | None) -> AsyncIterator[None]:
        """Be the one who publishes under a name.

        Raises:
            Conflict: somebody else is about to.
        """
        if name is None:
            yield
            return
        if name in self._names:
            raise Conflict(f"somebody publishes under {name!r} already")
        self._names.add(name)
        try:
            yield
        finally:
            self._names.discard(name)

    @property
    def _carrying(self) -> int:
        """Sessions that carry media, or did a moment ago."""
        return sum(session.state != "new" for session in self._sessions)

    @property
    def _half_open(self) -> int:
        """Calls being set up, and watchers that were not reached yet."""
        legs = (leg for session in self._sessions for leg in session.legs)
        watchers = sum(leg.role == "watcher" and leg.is_half_open for leg in legs)
        return self._pending + watchers + sum(session.state == "new" for session in self._sessions)
