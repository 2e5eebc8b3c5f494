"""An empty page on a secure origin, for calls that need no page of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer


@asynccontextmanager
async def blank_page(markup: str = "", *, port: int | None = None) -> AsyncIterator[str]:
    """Its address, on 127.0.0.1 (a browser gives its camera there); `markup` is its body."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(
            text=f'<!doctype html><title>test</title><link rel="icon" href="data:,">{markup}', content_type="text/html"
        )

    app = web.Application()
    app.router.add_get("/", page)
    async with TestServer(app, port=port) as server:
        yield str(server.make_url("/"))
