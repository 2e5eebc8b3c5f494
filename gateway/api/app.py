"""The application: every route, and what runs around each handler."""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import Awaitable, Callable
from time import monotonic

from aiohttp import web

from gateway.access.guard import guard
from gateway.access.headers import prepare
from gateway.api import (
    backgrounds,
    catalog,
    connections,
    events,
    health,
    ice_servers,
    measuring,
    model_files,
    offer,
    openapi,
    page,
    profiles,
    sessions,
    snapshot,
    stats,
    whep,
    whip,
)
from gateway.api.problems import problems
from gateway.api.server import SERVER, Server, server_of
from gateway.api.tickets import Tickets

UPLOAD_LIMIT = 16 << 20
"""Octets of the largest body any handler takes; each has a smaller limit of its own."""

RESOURCES = (
    offer,
    sessions,
    stats,
    snapshot,
    measuring,
    whip,
    whep,
    connections,
    events,
    ice_servers,
    backgrounds,
    profiles,
    model_files,
    catalog,
    health,
    openapi,
    page,
)
"""The modules whose `routes()` make the API, in the order in which they are described."""


def _version() -> str:
    """This distribution's; `0` where it runs from a checkout that is not installed."""
    try:
        return importlib.metadata.version("changebg")
    except importlib.metadata.PackageNotFoundError:
        return "0"


VERSION = _version()
"""Looked up once, as it is read from a file."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(server: Server) -> web.Application:
    """The application of a server. Whoever calls it enters the server's parts before it is served, and leaves them."""
    app = web.Application(middlewares=[measured, problems, guard(server.access)], client_max_size=UPLOAD_LIMIT)
    app[SERVER] = server
    app[events.TICKETS] = Tickets()
    app[snapshot.CODING] = asyncio.Semaphore(snapshot.AT_ONCE)
    app.cleanup_ctx.append(health.beating)
    app.on_response_prepare.append(prepare(server.access))
    for resource in RESOURCES:
        app.add_routes(resource.routes())
    catalog.catalog(server.settings.quality, has_models=server.models.are_allowed)
    app[openapi.DOCUMENT] = openapi.described(app, version=VERSION)
    return app


@web.middleware
async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count every answer by its route's template, never by its path."""
    began = monotonic()
    response = await handler(request)
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "none"
    server_of(request).metrics.answered(request.method, route, response.status, monotonic() - began)
    return response
