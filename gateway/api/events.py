"""The news of the sessions as server-sent events (WHATWG HTML §9.2)."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Final

from aiohttp import hdrs, web

from gateway.access.caller import Caller
from gateway.access.guard import caller_of, public
from gateway.api.answers import answer
from gateway.api.models import Given
from gateway.api.operation import TEXT, Answer, Parameter, operation
from gateway.api.server import server_of
from gateway.api.tickets import Tickets
from gateway.errors import NotAcceptable
from gateway.events import Missed, News, Subscription

EVENT_STREAM = "text/event-stream"

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent: proxies cut what is silent for a minute."""
RETRY = 2000
"""Milliseconds that a browser waits before it connects anew."""
PATIENCE = 30.0
"""Seconds for which a client may leave its events unread before its connection is given up."""

TICKETS: Final = web.AppKey("tickets", Tickets)


class TicketModel(Given):
    """A ticket for `/v1/events?ticket=`. `expires`: unix seconds."""

    ticket: str
    expires: float


def routes() -> list[web.RouteDef]:
    """What this file answers; it needs `TICKETS` in the application."""
    return [web.post("/v1/events/tickets", post_ticket), web.get("/v1/events", get_events, allow_head=False)]


@operation(
    tag="events",
    summary="Buy a ticket to listen once, for an EventSource",
    scope="watch",
    answers={201: Answer("the ticket, good for half a minute", {"application/json": TicketModel})},
)
async def post_ticket(request: web.Request) -> web.Response:
    """An EventSource cannot send a token; it shows this in its URL instead."""
    caller = caller_of(request)
    caller.require("watch", session=caller.session)
    ticket, expires = request.app[TICKETS].sell(caller)
    return answer(TicketModel(ticket=ticket, expires=expires), status=201)


@operation(
    tag="events",
    summary="Listen to what happens",
    scope="watch",
    answers={200: Answer("events, until either side leaves", {EVENT_STREAM: TEXT})},
    problems=(406, 503),
    parameters=(
        Parameter("session", "only this session's"),
        Parameter("ticket", "bought before, in place of a token"),
        Parameter("after", "go on from the event of this id, as Last-Event-ID does"),
        Parameter("Last-Event-ID", "go on from the event of this id", place="header"),
    ),
)
@public
async def get_events(request: web.Request) -> web.StreamResponse:
    """Each event: its id, its type, and as data an object of `type`, `session`, `time` (unix seconds) and `data`.

    The last 256 are told again to whoever comes back; `missed` says how many were lost to the listener before the next.
    """
    caller = _listener(request)
    session = request.query.get("session", caller.session)
    caller.require("watch", session=session)
    _check_accept(request)
    after = request.headers.get("Last-Event-ID") or request.query.get("after")
    with server_of(request).events.subscribe(session=session, after=after) as subscription:
        response = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        response.content_type, response.charset = EVENT_STREAM, "utf-8"
        await response.prepare(request)
        await _tell(response, subscription)
    return response


def _listener(request: web.Request) -> Caller:
    """Who listens: whoever bought the ticket, where one is shown."""
    ticket = request.query.get("ticket")
    return caller_of(request) if ticket is None else request.app[TICKETS].take(ticket)


def _check_accept(request: web.Request) -> None:
    accept = request.headers.get(hdrs.ACCEPT, "*/*")
    if not any(form in accept for form in (EVENT_STREAM, "text/*", "*/*")):
        raise NotAcceptable(f"the events are {EVENT_STREAM}: {accept[:80]!r} does not take them")


async def _tell(response: web.StreamResponse, subscription: Subscription) -> None:
    """Write the news until the hub closes or the listener is gone."""
    try:
        await _write(response, f"retry: {RETRY}\n\n")
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    text = _text(await anext(subscription))
            except TimeoutError:
                text = ":\n\n"
            await _write(response, text)
    except (StopAsyncIteration, ConnectionError, TimeoutError):
        return


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(PATIENCE):
        await response.write(text.encode())


def _text(news: News) -> str:
    if isinstance(news, Missed):
        return _event("missed", {"type": "missed", "time": time.time(), "data": {"count": news.count}})
    told = news.happening
    document = {"type": told.type, "session": told.session, "time": told.time, "data": dict(told.data)}
    return f"id: {news.id}\n{_event(told.type, document)}"


def _event(kind: str, document: dict[str, object]) -> str:
    return f"event: {kind}\ndata: {json.dumps(document, ensure_ascii=False)}\n\n"
