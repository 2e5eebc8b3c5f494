"""`POST /v1/offer`: an SDP offer in, the answer out; the one request a browser or an RTP device needs for a call."""

from __future__ import annotations

from aiohttp import web

from gateway.access.guard import admit, count, public
from gateway.api.answers import answer
from gateway.api.bodies import read_json
from gateway.api.connections import connection_path
from gateway.api.models import AnswerModel, OfferBody, SessionInputModel
from gateway.api.operation import Answer, operation
from gateway.api.server import Server, server_of
from gateway.api.sessions import wanted_effect
from gateway.call.sessions import OfferWanted


def routes() -> list[web.RouteDef]:
    """The offer's route."""
    return [web.post("/v1/offer", offer)]


@public
@operation(
    tag="calls",
    summary="Offer a call",
    scope="publish",
    body={"application/json": OfferBody},
    answers={201: Answer("the answer", {"application/json": AnswerModel}, {"Location": "what to DELETE to hang up"})},
    problems=(403, 404, 409, 422, 429, 503),
)
async def offer(request: web.Request) -> web.Response:
    """A browser's offer, or one of plain RTP. Its media comes back composited, or goes to `output`.

    With `input` of kind `session` it watches that session instead; with `session` and `token` it comes back to a call
    that was lost, whose key and plate were kept.
    """
    body, server = await read_json(request, OfferBody), server_of(request)
    _admit(request, body)
    answered = await server.sessions.offer(_wanted(server, body))
    connection = connection_path(answered.resource)
    # One's own call is the session; a watcher's is no more than a connection to it.
    location = connection if answered.token is None else f"/v1/sessions/{answered.session.id}"
    told = AnswerModel(
        sdp=answered.sdp,
        session=answered.session.id,
        location=location,
        token=answered.token,
        connection=connection,
    )
    return answer(told, status=201, headers={"Location": location})


def _admit(request: web.Request, body: OfferBody) -> None:
    """Look at who asks; the token of those who come back to a call is in the body, and `Sessions` looks at it."""
    if body.token is not None:
        count(request)
    elif isinstance(body.input, SessionInputModel):
        admit(request, "watch", session=body.input.id)
    else:
        admit(request, "publish")


def _wanted(server: Server, body: OfferBody) -> OfferWanted:
    return OfferWanted(
        sdp=body.sdp,
        effect=wanted_effect(server, body.effect, body.profile),
        output=body.output.leg(),
        labels=body.labels,
        watch=body.input.id if isinstance(body.input, SessionInputModel) else None,
        session=body.session,
        token=body.token,
    )
