"""Pictures for effects: listed, uploaded, shown, deleted."""

from __future__ import annotations

from typing import get_args

from aiohttp import web
from pydantic import Field

from gateway.access.guard import admit, caller_of
from gateway.api.answers import answer
from gateway.api.models import Given
from gateway.api.operation import BINARY, Answer, Parameter, operation
from gateway.api.server import Server, server_of
from gateway.api.uploads import LONGEST_NAME, UPLOAD, uploaded
from gateway.backgrounds import Asset
from gateway.effect import AssetKind
from gateway.errors import ArgumentError, Conflict

FOREVER = "private, max-age=31536000, immutable"
"""A picture's id is of its content: what it names never changes."""


class BackgroundModel(Given):
    """A picture or a video that effects may name by its `id`. `thumbnail`, `picture`: where it can be had.

    `media_type`: of what is kept; `seconds`: how long a video lasts.
    """

    id: str
    kind: AssetKind = Field(description="background: a still one; video: one that moves; plate; mask")
    name: str
    width: int
    height: int
    octets: int
    media_type: str
    seconds: float | None = None
    created: float
    built_in: bool
    thumbnail: str
    picture: str


class BackgroundsModel(Given):
    """The pictures and videos there are: those built in first, then the newest first."""

    backgrounds: list[BackgroundModel]


def routes() -> list[web.RouteDef]:
    """What this file answers."""
    return [
        web.get("/v1/backgrounds", list_backgrounds),
        web.post("/v1/backgrounds", post_background),
        web.get("/v1/backgrounds/{id}", get_background),
        web.delete("/v1/backgrounds/{id}", delete_background),
        web.get("/v1/backgrounds/{id}/thumbnail", get_thumbnail),
        web.get("/v1/backgrounds/{id}/picture", get_picture),
    ]


@operation(
    tag="backgrounds",
    summary="List the pictures and videos that effects may name",
    scope=None,
    answers={200: Answer("the pictures", {"application/json": BackgroundsModel})},
)
async def list_backgrounds(request: web.Request) -> web.Response:
    """Backgrounds, still and moving, clean plates and masks: those built in first, then the newest first."""
    return answer(BackgroundsModel(backgrounds=[_model(asset) for asset in server_of(request).backgrounds]))


@operation(
    tag="backgrounds",
    summary="Upload a background, still or moving, a clean plate or a mask",
    scope="control",
    answers={
        201: Answer("it is kept", {"application/json": BackgroundModel}, {"Location": "the picture"}),
        200: Answer("it was there already", {"application/json": BackgroundModel}, {"Location": "the picture"}),
    },
    problems=(400, 408, 413, 415, 422, 429, 503, 507),
    body=UPLOAD,
    parameters=(
        Parameter(
            "kind",
            "what it is for; without it a background, which moves if it is a video",
            {"type": "string", "enum": list(get_args(AssetKind))},
        ),
        Parameter("name", "what people call it", {"type": "string", "maxLength": LONGEST_NAME}),
    ),
)
async def post_background(request: web.Request) -> web.Response:
    """It is decoded and written anew; nothing but its look is kept. Its id is of its content.

    A picture has 16 MiB at most. A video has 128 MiB and two minutes, loses its sound, and becomes one of 1080p at 30
    frames a second at most, which takes a while.
    """
    admit(request, "control")
    known = {asset.id for asset in server_of(request).backgrounds}
    asset = await uploaded(request, kind=_kind(request), name=request.query.get("name", ""))
    return answer(_model(asset), status=200 if asset.id in known else 201, headers={"Location": _url(asset)})


@operation(
    tag="backgrounds",
    summary="What is known of a picture",
    scope=None,
    answers={200: Answer("the picture", {"application/json": BackgroundModel})},
    problems=(404,),
)
async def get_background(request: web.Request) -> web.Response:
    """Its size, its kind and its name; not the picture itself."""
    return answer(_model(server_of(request).backgrounds.get(request.match_info["id"])))


@operation(
    tag="backgrounds",
    summary="Delete a picture",
    scope="control",
    answers={204: Answer("it is gone")},
    problems=(404, 409),
)
async def delete_background(request: web.Request) -> web.Response:
    """Refused while a session or a profile shows it."""
    caller_of(request).require("control")
    server, asset_id = server_of(request), request.match_info["id"]
    server.backgrounds.get(asset_id)
    if user := _user_of(server, asset_id):
        raise Conflict(f"{asset_id!r} is in use: {user}")
    await server.backgrounds.delete(asset_id)
    return web.Response(status=204)


@operation(
    tag="backgrounds",
    summary="A small picture of it",
    scope=None,
    answers={200: Answer("320x180 at most", {"image/jpeg": BINARY})},
    problems=(404,),
)
async def get_thumbnail(request: web.Request) -> web.StreamResponse:
    """Of clean plates and masks only for those who may see the room itself: they show it."""
    server, asset = server_of(request), _visible(request)
    headers = {"Content-Type": "image/jpeg", "Cache-Control": _caching(asset)}
    return web.FileResponse(server.backgrounds.thumbnail(asset.id), headers=headers)


@operation(
    tag="backgrounds",
    summary="The picture or the video as it is kept",
    scope=None,
    answers={200: Answer("the picture", {"image/jpeg": BINARY, "image/png": BINARY, "video/mp4": BINARY})},
    problems=(404,),
)
async def get_picture(request: web.Request) -> web.StreamResponse:
    """Of clean plates and masks only for those who may see the room itself: they show it."""
    server, asset = server_of(request), _visible(request)
    headers = {"Content-Type": asset.media_type, "Cache-Control": _caching(asset)}
    return web.FileResponse(server.backgrounds.path(asset.id, asset.kind), headers=headers)


def _visible(request: web.Request) -> Asset:
    """The picture the URL names, where the caller may look at it."""
    asset = server_of(request).backgrounds.get(request.match_info["id"])
    if asset.kind not in ("background", "video"):
        caller_of(request).require("snapshot-input")
    return asset


def _caching(asset: Asset) -> str:
    return "private, max-age=3600" if asset.is_built_in else FOREVER


def _kind(request: web.Request) -> AssetKind | None:
    kinds: dict[str, AssetKind] = {kind: kind for kind in get_args(AssetKind)}
    kind = request.query.get("kind")
    if kind is not None and kind not in kinds:
        raise ArgumentError(f"kind {kind[:80]!r}: expected {', '.join(kinds)}")
    return None if kind is None else kinds[kind]


def _user_of(server: Server, asset_id: str) -> str | None:
    """Who shows the picture, in a few words."""
    for session in server.sessions:
        if asset_id in session.effect.assets():
            return f"session {session.id}"
    for profile in server.profiles:
        if asset_id in profile.effect.assets():
            return f"profile {profile.name}"
    return None


def _url(asset: Asset) -> str:
    return f"/v1/backgrounds/{asset.id}"


def _model(asset: Asset) -> BackgroundModel:
    return BackgroundModel(
        id=asset.id,
        kind=asset.kind,
        name=asset.name,
        width=asset.width,
        height=asset.height,
        octets=asset.octets,
        media_type=asset.media_type,
        seconds=asset.seconds,
        created=asset.created,
        built_in=asset.is_built_in,
        thumbnail=f"{_url(asset)}/thumbnail",
        picture=f"{_url(asset)}/picture",
    )
