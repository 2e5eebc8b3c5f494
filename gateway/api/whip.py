"""`/whip/{name}`: publish under a name with WHIP, the WebRTC-HTTP Ingestion Protocol (RFC 9725)."""

from __future__ import annotations

from aiohttp import web

from gateway.access.guard import admit, public
from gateway.api.connections import CREATED, SDP_TYPE, created, endpoint_options, offered
from gateway.api.operation import TEXT, Parameter, operation
from gateway.api.server import Server, server_of
from gateway.effect import EffectModel
from gateway.errors import NotFound
from gateway.profiles import check_name


def routes() -> list[web.RouteDef]:
    """What this file answers."""
    path = "/whip/{name}"
    return [web.post(path, publish), web.options(path, options_whip), web.get(path, get_whip)]


@operation(
    tag="whip",
    summary="Publish under a name",
    scope="publish",
    body={SDP_TYPE: TEXT},
    answers={201: CREATED},
    problems=(400, 404, 406, 408, 409, 413, 415, 422, 429, 503),
    parameters=(
        Parameter("profile", "the effect's name; else the profile of the session's own name, if there is one"),
    ),
)
async def publish(request: web.Request) -> web.Response:
    """Makes the session of that name, or takes its place in one that waits for its publisher.

    Whoever else publishes under the name keeps it (409).
    """
    admit(request, "publish")
    server, name = server_of(request), check_name(request.match_info["name"])
    effect = _effect(server, name, request.query.get("profile"))
    answered = await server.sessions.publish(name, await offered(request), effect)
    return created(request, answered)


@public
async def options_whip(request: web.Request) -> web.Response:
    """What can be done here (RFC 9725 §4.2)."""
    return endpoint_options()


async def get_whip(request: web.Request) -> web.Response:
    """It has no representation (RFC 9725 §4.1)."""
    return web.Response(status=204)


def _effect(server: Server, name: str, profile: str | None) -> EffectModel | None:
    """The effect of the profile asked for, or of the one that is called as the session; None where there is none."""
    if profile is not None:
        return server.profiles.get(profile).effect
    try:
        return server.profiles.get(name).effect
    except NotFound:
        return None
