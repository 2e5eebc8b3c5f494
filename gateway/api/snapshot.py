"""`/v1/sessions/{id}/snapshot`: a picture of a session as it is now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, get_args

from aiohttp import web

from gateway.access.guard import caller_of
from gateway.api.answers import acceptable
from gateway.api.operation import BINARY, Answer, Parameter, operation
from gateway.api.sessions import session_of
from gateway.codec.still import ImageFormat, coded_still
from gateway.errors import ArgumentError
from gateway.rendering import SnapshotView
from gateway.worker import Worker

if TYPE_CHECKING:
    import av

VIEWS: tuple[SnapshotView, ...] = get_args(SnapshotView)
TYPES: dict[str, ImageFormat] = {"image/png": "png", "image/jpeg": "jpeg"}
"""In order of preference."""
FORMATS: tuple[ImageFormat, ...] = tuple(TYPES.values())

CODING: Final = web.AppKey("coding", asyncio.Semaphore)
"""Whoever codes a snapshot holds it: pictures are copied, and threads begun, for so many at a time."""

AT_ONCE = 2
"""Snapshots: calls come first, and a picture of 3840x2160 takes half a second of a core."""


def routes() -> list[web.RouteDef]:
    """The snapshot's route; it needs `CODING` in the application."""
    return [web.get("/v1/sessions/{id}/snapshot", get_snapshot)]


@operation(
    tag="sessions",
    summary="Take a snapshot",
    scope="watch",
    answers={200: Answer("the picture", {"image/png": BINARY, "image/jpeg": BINARY})},
    problems=(404, 406, 409, 422),
    parameters=(
        Parameter(
            "view",
            "composite; alpha; foreground, the person over black; or input: the room itself, which needs the scope"
            " snapshot-input",
            {"enum": VIEWS},
        ),
        Parameter("format", "png or jpeg; without it what Accept likes best", {"enum": FORMATS}),
        Parameter("Accept", "image/png or image/jpeg", place="header"),
    ),
)
async def get_snapshot(request: web.Request) -> web.Response:
    """What leaves, the matte, the person, or what comes in; the latter only for those who have that permission by name.

    What was held or covered is so in each view but the last.
    """
    session, view = session_of(request), _view(request)
    caller_of(request).require("snapshot-input" if view == "input" else "watch", session=session.id)
    media_type = _media_type(request)
    async with request.app[CODING]:
        body = await _coded(await session.snapshot(view), TYPES[media_type], is_grey=view == "alpha")
    return web.Response(body=body, content_type=media_type, headers={"Cache-Control": "no-store"})


def _view(request: web.Request) -> SnapshotView:
    asked = request.query.get("view", "composite")
    for view in VIEWS:
        if view == asked:
            return view
    raise ArgumentError(f"view {asked[:80]!r}: expected {', '.join(VIEWS)}")


def _media_type(request: web.Request) -> str:
    asked = request.query.get("format")
    if asked is None:
        return acceptable(request, tuple(TYPES))
    for media_type, image_format in TYPES.items():
        if image_format == asked:
            return media_type
    raise ArgumentError(f"format {asked[:80]!r}: expected {' or '.join(FORMATS)}")


async def _coded(frame: av.VideoFrame, image_format: ImageFormat, *, is_grey: bool) -> bytes:
    worker = Worker("snapshot")
    try:
        coded = await worker.run(coded_still, frame, image_format, is_grey=is_grey)
        await worker.aclose()
        return coded
    finally:
        worker.close()
