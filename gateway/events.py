"""What happens to the sessions, as news for whoever listens: an operator's page, a log, another program.

One hub, many subscribers. `publish` never waits: a subscriber that is slower than the news loses the oldest of it and
is told how much, for news that is late is worth less than a call that goes on. The last of it is kept, so that a client
whose connection broke goes on where it was (`Last-Event-ID` of server-sent events). All of it belongs to the loop.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from gateway.errors import Busy

KEPT = 256
"""Happenings that are told again to a client that comes back, and that wait for a slow one: some minutes of a busy
server, 100 kB."""

MOST_SUBSCRIBERS = 64
"""Each a connection held open. Beyond it is no audience but a mistake in somebody's loop."""

HappeningType = Literal[
    "session.created",
    "session.live",
    "session.lost",
    "session.ended",
    "shown",
    "note",
    "pace",
    "background.failed",
    "effect.changed",
    "leg.added",
    "leg.removed",
]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a session. `data`: what JSON can say of it, small; `time`: unix seconds."""

    type: HappeningType
    session: str
    data: Mapping[str, object]
    time: float


@dataclass(frozen=True, slots=True)
class Told:
    """A happening and its place in the news; `id` is opaque, and given back as `after` by who goes on from here."""

    id: str
    happening: Happening


@dataclass(frozen=True, slots=True)
class Missed:
    """So many happenings were lost before the next: told too late to wait for, or too long ago to be kept.

    `count` is None where a client goes on from the news of another start of the server.
    """

    count: int | None


News = Told | Missed


class Events:
    """The hub of one server. Keeps: numbers rise by one from each happening to the next, ids never repeat."""

    def __init__(self) -> None:
        self._start = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[Told] = deque(maxlen=KEPT)
        self._subscriptions: set[Subscription] = set()
        self._is_closed = False

    def publish(self, happening: Happening) -> None:
        """Tell every subscriber that wants it. To be called on the loop; never waits, never raises."""
        self._number += 1
        told = Told(f"{self._start}-{self._number}", happening)
        self._kept.append(told)
        for subscription in self._subscriptions:
            subscription.put(told)

    def subscribe(self, *, session: str | None = None, after: str | None = None) -> Subscription:
        """News from now on, or from `after` (an id) on, of one session or of all. To be entered with `with`.

        Raises:
            Busy: enough listen already.
        """
        if len(self._subscriptions) >= MOST_SUBSCRIBERS:
            raise Busy(f"{MOST_SUBSCRIBERS} listen to the events already", retry_after=10.0)
        subscription = Subscription(self._subscriptions, session)
        for news in [] if after is None else self._since(after):
            subscription.put(news)
        if self._is_closed:
            subscription.end()
        return subscription

    def close(self) -> None:
        """End every subscription, and those to come, once what waits in them was taken."""
        self._is_closed = True
        for subscription in self._subscriptions:
            subscription.end()

    def _since(self, after: str) -> list[News]:
        start, _, digits = after.partition("-")
        if start != self._start or not (digits.isascii() and digits.isdigit() and len(digits) < 20):
            return [Missed(None), *self._kept]
        oldest = self._number - len(self._kept)
        number = min(int(digits), self._number)
        lost: list[News] = [Missed(oldest - number)] if number < oldest else []
        return [*lost, *list(self._kept)[max(0, number - oldest) :]]


class Subscription:
    """One listener's share of the news: `async for` gives it, until the hub closes."""

    def __init__(self, listed_in: set[Subscription], session: str | None) -> None:
        self._listed_in, self._session = listed_in, session
        self._waiting: deque[Told] = deque()
        self._missed: Missed | None = None
        self._changed = asyncio.Event()
        self._is_ended = False

    def __enter__(self) -> Self:
        self._listed_in.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listed_in.discard(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> News:
        """The next of the news; it may be cancelled while it waits, and nothing is lost."""
        while not (self._missed or self._waiting):
            if self._is_ended:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        if self._missed:
            missed, self._missed = self._missed, None
            return missed
        return self._waiting.popleft()

    def put(self, news: News) -> None:
        """Add to what waits; where that is too much, the oldest goes."""
        if isinstance(news, Missed):
            self._missed = news
        elif self._session in (None, news.happening.session):
            if len(self._waiting) >= KEPT:
                self._waiting.popleft()
                self._missed = _one_more(self._missed)
            self._waiting.append(news)
        self._changed.set()

    def end(self) -> None:
        """No more will come."""
        self._is_ended = True
        self._changed.set()


def _one_more(missed: Missed | None) -> Missed:
    if missed is None:
        return Missed(1)
    return Missed(None if missed.count is None else missed.count + 1)
