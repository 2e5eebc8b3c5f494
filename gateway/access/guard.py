"""Before a handler runs: who asks, from which page, under which name of ours.

`guard` is a middleware. It puts a `Caller` into each request; a handler says what it needs:

    caller = caller_of(request)
    caller.require("control", session=id)

or, where it makes something, `admit(request, "publish")`, which also counts against the address's rate. What a handler
forgets stays shut: a request that shows no token reaches only handlers marked `@public`, which look for themselves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from gateway.access.access import Access
from gateway.access.caller import Caller, Scope
from gateway.errors import Forbidden, Unauthorized

CALLER: Final = web.RequestKey("caller", Caller)
ACCESS: Final = web.RequestKey("access", Access)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Callable[..., Any])

_PUBLIC: Final = "is_public"
_SHARED: Final = "is_shared"


def caller_of(request: web.Request) -> Caller:
    """Who asks."""
    return request[CALLER]


def admit(request: web.Request, scope: Scope, *, session: str | None = None) -> Caller:
    """Who asks, where they may, and not more often than they should: for what makes a session, a leg or a file.

    Raises:
        Unauthorized, Forbidden: they may not.
        TooOften: 429, with when to come back.
    """
    caller = caller_of(request)
    caller.require(scope, session=session)
    count(request)
    return caller


def count(request: web.Request) -> None:
    """Count one creation against the caller's address.

    Raises:
        TooOften: 429, with when to come back.
    """
    request[ACCESS].rates.take(caller_of(request).address)


def public(handler: H) -> H:
    """Let requests without a token reach `handler`, which decides by itself."""
    setattr(handler, _PUBLIC, True)
    return handler


def shared(handler: H) -> H:
    """Let every page in the world fetch what `handler` gives: a file that is public anyway. It is `public`, too."""
    setattr(handler, _SHARED, True)
    return public(handler)


def guard(access: Access) -> Middleware:
    """The middleware of `access`; what it raises is for the one around it to tell."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        meant = request.match_info.handler
        if not getattr(meant, _SHARED, False):
            access.check_page(
                host=request.headers.get(hdrs.HOST, ""),
                origin=request.headers.get(hdrs.ORIGIN),
                own=own_origin(request),
                is_hidden_page=_is_hidden_page(request),
            )
        request[ACCESS] = access
        request[CALLER] = await access.identify(
            authorization=request.headers.get(hdrs.AUTHORIZATION),
            path=request.path,
            query=request.query,
            address=request.remote or "",
        )
        if is_preflight(request):
            return await _preflight(request, handler, access)
        is_route = request.match_info.http_exception is None  # what is none says so by itself
        if is_route and not request[CALLER].is_known and not getattr(meant, _PUBLIC, False):
            raise Unauthorized("a token is needed: Authorization: Bearer …")
        return await handler(request)

    return guarded


def own_origin(request: web.BaseRequest) -> str:
    """The origin of a page of ours, as the caller knows us."""
    return f"{request.scheme}://{request.host}"


def is_preflight(request: web.BaseRequest) -> bool:
    """Whether a browser asks if it may ask (Fetch §4.8)."""
    return request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers


async def _preflight(request: web.Request, handler: Handler, access: Access) -> web.StreamResponse:
    """The route's own answer to OPTIONS where it has one; what is allowed, `headers` adds."""
    origin = request.headers.get(hdrs.ORIGIN, "")
    if not access.origins.allows(origin, own=own_origin(request)):
        raise Forbidden("a page from elsewhere may not call this server: --allow-origin names those that may")
    if request.match_info.http_exception is None:
        return await handler(request)
    return web.Response(status=204)


def _is_hidden_page(request: web.BaseRequest) -> bool:
    """A foreign page's request that carries no Origin: an image, a script; not somebody who follows a link."""
    is_foreign = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    is_link = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.method == hdrs.METH_GET
    return is_foreign and not is_link and hdrs.ORIGIN not in request.headers
