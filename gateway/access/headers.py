"""What every answer says beside its body: what browsers must not do with it, and which pages may read it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web

from gateway.access.access import Access
from gateway.access.guard import is_preflight

SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""Unless the handler says otherwise: an answer of the API is data, never a page, and nobody's but the caller's."""

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""The page's own: its files and its server, nothing inline, nothing from elsewhere (CSP 3)."""

METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
ASKED: Final = "Accept, Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID"
TOLD: Final = "Accept-Patch, Accept-Post, ETag, Link, Location, Retry-After, WWW-Authenticate"
"""Headers of an answer that a page from elsewhere may read: all that a client of WHIP, WHEP or the API needs."""
REMEMBERED: Final = "600"
"""Seconds a browser need not ask again."""

Signal = Callable[[web.Request, web.StreamResponse], Awaitable[None]]


def prepare(access: Access) -> Signal:
    """The `on_response_prepare` signal of `access`."""

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        response.headers[hdrs.SERVER] = "changebg"
        if response.status == 401:
            response.headers.setdefault(hdrs.WWW_AUTHENTICATE, 'Bearer realm="changebg"')
        _let_pages_read(access, request, response)

    return add


def _let_pages_read(access: Access, request: web.Request, response: web.StreamResponse) -> None:
    """CORS (Fetch §3.2), for the pages allowed."""
    origin = request.headers.get(hdrs.ORIGIN)
    response.headers.add(hdrs.VARY, hdrs.ORIGIN)
    if origin is None or not access.origins.is_listed(origin):
        return
    response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
    response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = TOLD
    if not is_preflight(request):
        return
    response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = METHODS
    response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = ASKED
    response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = REMEMBERED
    if request.headers.get("Access-Control-Request-Private-Network") == "true":
        response.headers["Access-Control-Allow-Private-Network"] = "true"
