"""Effects by name."""

from __future__ import annotations

from aiohttp import web

from gateway.access.guard import caller_of
from gateway.api.answers import answer
from gateway.api.bodies import read_json
from gateway.api.conditions import matches, matches_none
from gateway.api.models import Given
from gateway.api.operation import Answer, Parameter, operation
from gateway.api.server import server_of
from gateway.effect import EffectModel
from gateway.profiles import IfMatch, Profile

_ETAG = {"ETag": "of its content"}
_IF_MATCH = Parameter("If-Match", "only where it still is that one", place="header")


class ProfileModel(Given):
    """An effect by name."""

    name: str
    effect: EffectModel
    etag: str


class ProfilesModel(Given):
    """The profiles there are, by name."""

    profiles: list[ProfileModel]


def routes() -> list[web.RouteDef]:
    """What this file answers."""
    return [
        web.get("/v1/profiles", list_profiles),
        web.get("/v1/profiles/{name}", get_profile),
        web.put("/v1/profiles/{name}", put_profile),
        web.delete("/v1/profiles/{name}", delete_profile),
    ]


@operation(
    tag="profiles",
    summary="List the effects that have a name",
    scope=None,
    answers={200: Answer("the profiles", {"application/json": ProfilesModel})},
)
async def list_profiles(request: web.Request) -> web.Response:
    """By name."""
    return answer(ProfilesModel(profiles=[_model(profile) for profile in server_of(request).profiles]))


@operation(
    tag="profiles",
    summary="The effect of a name",
    scope=None,
    answers={200: Answer("the profile", {"application/json": ProfileModel}, _ETAG), 304: Answer("it has not changed")},
    problems=(404,),
    parameters=(Parameter("If-None-Match", "only where it is another by now", place="header"),),
)
async def get_profile(request: web.Request) -> web.Response:
    """Sessions take it as it is when they begin; a later change does not touch them."""
    profile = server_of(request).profiles.get(request.match_info["name"])
    if "If-None-Match" in request.headers and not matches_none(request, profile.etag):
        return web.Response(status=304, headers={"ETag": profile.etag})
    return answer(_model(profile), headers={"ETag": profile.etag})


@operation(
    tag="profiles",
    summary="Give an effect a name",
    scope="control",
    answers={
        200: Answer("it replaces what had that name", {"application/json": ProfileModel}, _ETAG),
        201: Answer("it is new", {"application/json": ProfileModel}, _ETAG),
    },
    problems=(400, 408, 412, 413, 415, 422, 507),
    body={"application/json": EffectModel},
    parameters=(_IF_MATCH, Parameter("If-None-Match", "`*`: only where there is none yet", place="header")),
)
async def put_profile(request: web.Request) -> web.Response:
    """`/whip/{name}` begins with the profile of its name, or the one that `?profile=` says."""
    caller_of(request).require("control")
    server, name = server_of(request), request.match_info["name"]
    effect = await read_json(request, EffectModel)
    effect.resolved(server.assets)
    is_new = all(profile.name != name for profile in server.profiles)
    profile = await server.profiles.put(name, effect, if_match=_condition(request))
    return answer(_model(profile), status=201 if is_new else 200, headers={"ETag": profile.etag})


@operation(
    tag="profiles",
    summary="Forget an effect's name",
    scope="control",
    answers={204: Answer("it is gone")},
    problems=(400, 404, 412),
    parameters=(_IF_MATCH,),
)
async def delete_profile(request: web.Request) -> web.Response:
    """Sessions that began with it go on."""
    caller_of(request).require("control")
    await server_of(request).profiles.delete(request.match_info["name"], if_match=_condition(request))
    return web.Response(status=204)


def _condition(request: web.Request) -> IfMatch:
    """What `If-Match` or `If-None-Match` asks of the profile as it stands."""
    if "If-Match" in request.headers:
        return lambda etag: matches(request, etag)
    if "If-None-Match" in request.headers:
        return lambda etag: matches_none(request, etag)
    return None


def _model(profile: Profile) -> ProfileModel:
    return ProfileModel(name=profile.name, effect=profile.effect, etag=profile.etag)
