"""The application: every route, and what runs around each handler."""

from __future__ import annotations

from aiohttp import web

from gateway.api.problems import problems
from gateway.api.server import SERVER, Server

UPLOAD_LIMIT = 16 << 20
"""Octets of the largest body any handler takes; each has a smaller limit of its own."""


def make_app(server: Server) -> web.Application:
    """The application of a server that runs. The caller serves it, and ends the server after it."""
    app = web.Application(middlewares=[problems], client_max_size=UPLOAD_LIMIT)
    app[SERVER] = server
    return app
