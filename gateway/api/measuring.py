"""What a session can measure of its own picture: a clean plate, and the colour of the screen."""

from __future__ import annotations

from aiohttp import web

from gateway.access.guard import admit, caller_of
from gateway.api.answers import answer, wanted_version
from gateway.api.bodies import JSON_TYPES, read_json
from gateway.api.models import AppliedModel, KeyColorModel, PlateBody
from gateway.api.operation import Answer, operation
from gateway.api.sessions import IF_MATCH, applied, session_of
from gateway.api.uploads import PICTURES, uploaded


def routes() -> list[web.RouteDef]:
    """The measurements' routes."""
    return [
        web.post("/v1/sessions/{id}/plate", make_plate),
        web.post("/v1/sessions/{id}/keycolor", measure_key_color),
    ]


@operation(
    tag="sessions",
    summary="Capture or upload a clean plate",
    scope="control",
    body={"application/json": PlateBody, **PICTURES},
    body_required=False,
    answers={200: Answer("the effect as it now is", {"application/json": AppliedModel}, {"ETag": "its version"})},
    problems=(404, 409, 412, 422, 429, 503),
    parameters=(IF_MATCH,),
)
async def make_plate(request: web.Request) -> web.Response:
    """Of the next frames, in which nobody should be, or the image in the body.

    The matting stays what it is where it may know a plate; a screen's becomes one by that plate.
    """
    session = session_of(request)
    admit(request, "control", session=session.id)
    version = wanted_version(request, session.version)
    if request.can_read_body and request.content_type.lower() not in JSON_TYPES:
        plate = await uploaded(request, kind="plate")
        return applied(session, await session.update(lambda effect: effect.with_plate(plate.id), if_match=version))
    frames = (await read_json(request, PlateBody) if request.can_read_body else PlateBody()).frames
    return applied(session, await session.capture_plate(frames, if_match=version))


@operation(
    tag="sessions",
    summary="Measure the key colour",
    scope="control",
    answers={200: Answer("what was found; the effect stays as it is", {"application/json": KeyColorModel})},
    problems=(404, 409),
)
async def measure_key_color(request: web.Request) -> web.Response:
    """By the next few pictures of the input, as `changebg keycolor` does by a file's."""
    session = session_of(request)
    caller_of(request).require("control", session=session.id)
    found = await session.measure_key_color()
    return answer(
        KeyColorModel(
            color=None if found.line is None else str(found.color),
            similarity=round(found.similarity, 4),
            confidence=round(found.confidence, 3),
            accepted=found.accepted,
            reasons=list(found.reasons),
        )
    )
