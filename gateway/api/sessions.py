"""`/v1/sessions`: make one without an offer, list them, look at one, change its effect, end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import ValidationError

from gateway.access.guard import admit, caller_of
from gateway.api.answers import answer, etag_of, wanted_version
from gateway.api.bodies import read_json
from gateway.api.models import (
    AppliedModel,
    PatchBody,
    SessionBody,
    SessionModel,
    SessionsModel,
    leg_model,
)
from gateway.api.operation import Answer, Parameter, operation
from gateway.api.server import Server, server_of
from gateway.api.validation import invalid_body
from gateway.errors import ArgumentError, NotFound
from gateway.legs import WhepOutput, WhipInput

if TYPE_CHECKING:
    from gateway.call.session import Session
    from gateway.effect import EffectModel

WHIP_URL_LIFE = 24 * 3600.0
"""Seconds that an encoder's signed URL is good for: set up today, on air tomorrow."""

IF_MATCH = Parameter("If-Match", "the version of the effect that is to be changed, as its ETag says it", place="header")


def routes() -> list[web.RouteDef]:
    """The sessions' routes."""
    return [
        web.post("/v1/sessions", create_session),
        web.get("/v1/sessions", list_sessions, allow_head=True),
        web.get("/v1/sessions/{id}", get_session),
        web.patch("/v1/sessions/{id}", patch_session),
        web.delete("/v1/sessions/{id}", delete_session),
    ]


@operation(
    tag="sessions",
    summary="Make a session without an offer",
    scope="publish",
    body={"application/json": SessionBody},
    answers={201: Answer("the session, and its token", {"application/json": SessionModel}, {"Location": "its path"})},
    problems=(404, 409, 422, 429, 503),
)
async def create_session(request: web.Request) -> web.Response:
    """From RTP, a file or a WHIP publisher, to RTP or WHEP players."""
    admit(request, "publish")
    wanted, server = await read_json(request, SessionBody), server_of(request)
    session, token = await server.sessions.create(
        wanted.input.leg(), wanted.output.leg(), wanted_effect(server, wanted.effect, wanted.profile), wanted.labels
    )
    told = session_model(request, session).model_copy(update={"token": token})
    return answer(told, status=201, headers={"Location": f"/v1/sessions/{session.id}", "ETag": etag_of(told.version)})


@operation(
    tag="sessions",
    summary="List the sessions",
    scope="watch",
    answers={200: Answer("the sessions that the caller may watch", {"application/json": SessionsModel})},
)
async def list_sessions(request: web.Request) -> web.Response:
    """All that run, RTP calls and half-open ones included, oldest first."""
    caller = caller_of(request)
    if caller.session is None:
        caller.require("watch")
    seen = [each for each in server_of(request).sessions if caller.may("watch", session=each.id)]
    return answer(SessionsModel(sessions=[session_model(request, session) for session in seen]))


@operation(
    tag="sessions",
    summary="Look at a session",
    scope="watch",
    answers={200: Answer("the session", {"application/json": SessionModel}, {"ETag": "the effect's version"})},
    problems=(404,),
)
async def get_session(request: web.Request) -> web.Response:
    """Its state, its ends and its effect."""
    session = session_of(request)
    caller_of(request).require("watch", session=session.id)
    return answer(session_model(request, session), headers={"ETag": etag_of(session.version)})


@operation(
    tag="sessions",
    summary="Change a session's effect",
    scope="control",
    body={"application/json": PatchBody, "application/merge-patch+json": PatchBody},
    answers={200: Answer("the effect as it now is", {"application/json": AppliedModel}, {"ETag": "its version"})},
    problems=(404, 409, 412, 422),
    parameters=(IF_MATCH,),
)
async def patch_session(request: web.Request) -> web.Response:
    """Applied whole between two frames: no key frame, no renegotiation, and what is unchanged keeps what it learned."""
    session = session_of(request)
    caller_of(request).require("control", session=session.id)
    patch = (await read_json(request, PatchBody)).effect
    try:
        applied_at = await session.update(
            lambda effect: effect.merged(patch), if_match=wanted_version(request, session.version)
        )
    except ValidationError as error:
        raise invalid_body(error, within="/effect") from error
    return applied(session, applied_at)


@operation(
    tag="sessions",
    summary="End a session",
    scope="control",
    answers={204: Answer("it ended: BYE was said, and nothing of it is left")},
    problems=(404,),
)
async def delete_session(request: web.Request) -> web.Response:
    """Hang up on everybody in it."""
    session = session_of(request)
    caller_of(request).require("control", session=session.id)
    await server_of(request).sessions.close(session.id)
    return web.Response(status=204)


def session_of(request: web.Request) -> Session:
    """The session in the path.

    Raises:
        NotFound: there is none.
    """
    return server_of(request).sessions.get(request.match_info["id"])


def applied(session: Session, applied_at: float) -> web.Response:
    """The answer to a change of its effect."""
    told = AppliedModel(effect=session.effect, version=session.version, applied_at=applied_at)
    return answer(told, headers={"ETag": etag_of(told.version)})


def wanted_effect(server: Server, effect: EffectModel | None, profile: str | None) -> EffectModel | None:
    """The effect that is asked for, in full or by the name of its profile; None: the default one.

    Raises:
        ArgumentError: there is no such profile.
    """
    if profile is None:
        return effect
    try:
        return server.profiles.get(profile).effect
    except NotFound as error:
        raise ArgumentError(f"profile {profile!r}: there is none of this name") from error


def session_model(request: web.Request, session: Session) -> SessionModel:
    """A session as its caller sees it."""
    return SessionModel(
        id=session.id,
        name=session.name,
        state=session.state,
        created=session.created,
        expires=session.expires,
        version=session.version,
        labels=dict(session.labels),
        input=leg_model(session.input),
        output=leg_model(session.output),
        effect=session.effect,
        whip=_whip_url(request, session),
        whep=_whep_url(request, session),
    )


def _whip_url(request: web.Request, session: Session) -> str | None:
    """Where to publish; signed for those who may publish, so that an encoder needs no token."""
    if not isinstance(session.input, WhipInput):
        return None
    path = f"/whip/{session.input.name}"
    if caller_of(request).may("publish", session=session.id):
        path = server_of(request).access.urls.sign(path, seconds=WHIP_URL_LIFE)
    return f"{request.scheme}://{request.host}{path}"


def _whep_url(request: web.Request, session: Session) -> str | None:
    if not isinstance(session.output, WhepOutput):
        return None
    return f"{request.scheme}://{request.host}/whep/{session.name or session.id}"
