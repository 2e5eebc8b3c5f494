"""`/whep/{name}`: watch a session with WHEP, the WebRTC-HTTP Egress Protocol (draft-ietf-wish-whep-04).

The player offers and we answer; we never make a counter-offer.
"""

from __future__ import annotations

from aiohttp import web

from gateway.access.guard import admit, public
from gateway.api.connections import CREATED, SDP_TYPE, created, endpoint_options, offered
from gateway.api.operation import TEXT, operation
from gateway.api.server import Server, server_of


def routes() -> list[web.RouteDef]:
    """What this file answers."""
    path = "/whep/{name}"
    return [web.post(path, play), web.options(path, options_whep), web.get(path, get_whep)]


@operation(
    tag="whep",
    summary="Watch a session",
    scope="watch",
    body={SDP_TYPE: TEXT},
    answers={201: CREATED},
    problems=(400, 404, 406, 408, 409, 413, 415, 422, 429, 503),
)
async def play(request: web.Request) -> web.Response:
    """By its name, or by its id where it has none. Before its first composite: 409, and Retry-After says when."""
    server, name = server_of(request), request.match_info["name"]
    admit(request, "watch", session=_id_of(server, name))
    return created(request, await server.sessions.play(name, await offered(request)))


@public
async def options_whep(request: web.Request) -> web.Response:
    """What can be done here."""
    return endpoint_options()


async def get_whep(request: web.Request) -> web.Response:
    """It has no representation (draft-ietf-wish-whep-04 §4.1)."""
    return web.Response(status=204)


def _id_of(server: Server, name: str) -> str:
    """The session's id: the one session that a session's own token is good for."""
    return next((session.id for session in server.sessions if session.name == name), name)
