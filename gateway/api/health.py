"""`/healthz`: this process turns. `/readyz`: it could take a call now. `/metrics`: figures for Prometheus.

The first is for whoever restarts processes, the second for whoever spreads calls over them: a server at its limit, or
one that drains, is healthy and not ready.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final, Literal

from aiohttp import web
from pydantic import Field

from gateway.access.guard import caller_of, public
from gateway.api.answers import answer
from gateway.api.models import Given
from gateway.api.operation import TEXT, Answer, operation
from gateway.api.server import SERVER, server_of
from gateway.errors import Busy
from gateway.heartbeat import Heartbeat
from gateway.metrics import CONTENT_TYPE

HEARTBEAT: Final = web.AppKey("heartbeat", Heartbeat)

AGAIN = 1.0
"""Seconds after which whoever asked may ask again."""


class HealthModel(Given):
    """The process turns. `loop_lag_p99`: seconds the event loop was late, of the last minute's beats."""

    status: Literal["ok"] = "ok"
    loop_lag_p99: float | None = None


class ReadyModel(Given):
    """It could take a call."""

    status: Literal["ready"] = "ready"
    sessions: int = Field(description="how many there are")


def routes() -> list[web.RouteDef]:
    """What watches over the process."""
    return [web.get("/healthz", get_health), web.get("/readyz", get_ready), web.get("/metrics", get_metrics)]


async def beating(app: web.Application) -> AsyncIterator[None]:
    """A context of the application: the heart beats while it is served."""
    app[HEARTBEAT] = heartbeat = Heartbeat(on_lag=app[SERVER].metrics.lagged)
    task = asyncio.create_task(heartbeat.run(), name="heartbeat")
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@public
@operation(
    tag="operation",
    summary="Ask whether the process turns",
    scope=None,
    answers={200: Answer("it does", {"application/json": HealthModel})},
)
async def get_health(request: web.Request) -> web.Response:
    """An answer at all is the news: a loop that is stuck gives none."""
    lag = request.app[HEARTBEAT].percentile(0.99)
    return answer(HealthModel(loop_lag_p99=None if lag is None else round(lag, 4)))


@public
@operation(
    tag="operation",
    summary="Ask whether a call could be taken",
    scope=None,
    answers={200: Answer("one could", {"application/json": ReadyModel})},
    problems=(503,),
)
async def get_ready(request: web.Request) -> web.Response:
    """Warm, below its limits, not draining, no worker stuck; else 503, and why."""
    sessions = server_of(request).sessions
    if sessions.unready:
        raise Busy("; ".join(sessions.unready), retry_after=AGAIN)
    return answer(ReadyModel(sessions=len(sessions)))


@operation(
    tag="operation",
    summary="Get the figures for Prometheus",
    scope="watch",
    answers={200: Answer("text in Prometheus' format", {"text/plain": TEXT})},
)
async def get_metrics(request: web.Request) -> web.Response:
    """Of all sessions together; no label names a session."""
    caller_of(request).require("watch")
    exposition = await server_of(request).metrics.exposition()
    return web.Response(body=exposition, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})
