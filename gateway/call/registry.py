"""The sessions that run, each in a task of its own that is supervised; found by id, name or token."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from hashlib import sha256

from gateway.call.session import Session
from gateway.errors import NotFound


class Registry:
    """All of one server. `on_ended` is called with each that has ended, when it is listed no more.

    `has_stuck`: native code of one of them, gone or not, never came back.
    """

    def __init__(self, *, on_ended: Callable[[Session], None]) -> None:
        self._on_ended = on_ended
        self._sessions: dict[str, Session] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._tokens: dict[str, str] = {}
        self._was_stuck = False

    def __iter__(self) -> Iterator[Session]:
        """Oldest first."""
        return iter(tuple(self._sessions.values()))

    def __len__(self) -> int:
        return len(self._sessions)

    def __contains__(self, session: object) -> bool:
        return session in self._sessions.values()

    @property
    def has_stuck(self) -> bool:
        """Whether a thread is lost."""
        return self._was_stuck or any(session.is_stuck for session in self)

    def begin(self, session: Session, token: str) -> None:
        """List it, and run it until it ends. `token`: what its owner shows; only its hash is kept."""
        session.begin()
        self._sessions[session.id] = session
        self._tokens[_hashed(token)] = session.id
        running = self._run(session, _hashed(token))
        self._tasks[session.id] = asyncio.create_task(running, name=f"session {session.id}")

    def get(self, session_id: str) -> Session:
        """A session by its id.

        Raises:
            NotFound: there is none, or no more.
        """
        session = self._sessions.get(session_id)
        if session is None:
            raise NotFound(f"there is no session {session_id!r}, or no more")
        return session

    def named(self, name: str) -> Session | None:
        """The session somebody publishes to under this name."""
        return next((session for session in self if session.name == name and not session.is_stopping), None)

    def session_of(self, token: str) -> str | None:
        """The id of the session this token was given for."""
        return self._tokens.get(_hashed(token))

    async def end(self, session: Session, reason: str) -> None:
        """End one; returns when nothing of it is left."""
        session.stop(reason)
        if session.id in self._tasks:
            await asyncio.wait([self._tasks[session.id]])

    async def end_all(self, reason: str, *, within: float = 0.0) -> None:
        """End all: those that carry media when so many seconds have passed, the others at once."""
        for session in self:
            if session.state != "live":
                session.stop(reason)
        if self._tasks and within:
            await asyncio.wait(self._tasks.values(), timeout=within)
        await asyncio.gather(*(self.end(session, reason) for session in self))

    async def _run(self, session: Session, token: str) -> None:
        """A session's supervisor: it runs, and is forgotten."""
        try:
            await session.run()
        finally:
            self._was_stuck = self._was_stuck or session.is_stuck
            del self._sessions[session.id], self._tokens[token], self._tasks[session.id]
            self._on_ended(session)


def _hashed(token: str) -> str:
    """A token as it is kept: it is random and long, so that a plain hash cannot be turned back."""
    return sha256(token.encode()).hexdigest()
