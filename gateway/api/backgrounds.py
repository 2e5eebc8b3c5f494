"""Pictures for effects: listed, uploaded, shown, deleted."""

from __future__ import annotations

import asyncio
from pathlib import PurePath
from typing import Literal, get_args

from aiohttp import BodyPartReader, MultipartReader, web

from gateway.access.guard import admit, caller_of
from gateway.api.answers import answer
from gateway.api.bodies import BadBody, TooSlow, read_body
from gateway.api.models import Given
from gateway.api.operation import BINARY, Answer, Parameter, operation
from gateway.api.server import Server, server_of
from gateway.backgrounds import Asset
from gateway.backgrounds.intake import MEDIA_TYPES, MOST_OCTETS, format_of
from gateway.effect import AssetKind
from gateway.errors import ArgumentError, Conflict, TooLarge, UnsupportedMedia

PATIENCE = 60.0
"""Seconds for the whole of an upload: 16 MiB over 2 Mbit/s."""
MOST_PARTS = 8
"""Parts of a multipart body that are looked at for the file."""
LONGEST_NAME = 128

MULTIPART = "multipart/form-data"
FOREVER = "private, max-age=31536000, immutable"
"""A picture's id is of its content: what it names never changes."""


class BackgroundModel(Given):
    """A picture that effects may name by its `id`. `thumbnail`, `picture`: where it can be had."""

    id: str
    kind: AssetKind
    name: str
    width: int
    height: int
    octets: int
    created: float
    built_in: bool
    thumbnail: str
    picture: str


class BackgroundsModel(Given):
    """The pictures there are: those built in first, then the newest first."""

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
    summary="List the pictures that effects may name",
    scope=None,
    answers={200: Answer("the pictures", {"application/json": BackgroundsModel})},
)
async def list_backgrounds(request: web.Request) -> web.Response:
    """Backgrounds, clean plates and masks: those built in first, then the newest first."""
    return answer(BackgroundsModel(backgrounds=[_model(asset) for asset in server_of(request).backgrounds]))


@operation(
    tag="backgrounds",
    summary="Upload a background, a clean plate or a mask",
    scope="control",
    answers={
        201: Answer("it is kept", {"application/json": BackgroundModel}, {"Location": "the picture"}),
        200: Answer("it was there already", {"application/json": BackgroundModel}, {"Location": "the picture"}),
    },
    problems=(400, 408, 413, 415, 422, 429, 503, 507),
    body={
        **dict.fromkeys(MEDIA_TYPES.values(), BINARY),
        MULTIPART: {"type": "object", "properties": {"file": BINARY}, "required": ["file"]},
    },
    parameters=(
        Parameter("kind", "what it is for", {"type": "string", "enum": list(get_args(AssetKind))}),
        Parameter("name", "what people call it", {"type": "string", "maxLength": LONGEST_NAME}),
    ),
)
async def post_background(request: web.Request) -> web.Response:
    """It is decoded and written anew; nothing but its look is kept. Its id is of its content."""
    admit(request, "control")
    kind, name = _kind(request), _name(request.query.get("name", ""))
    if request.content_type == MULTIPART:
        content, given = await _file_of(request)
        name = name or _name(given)
    else:
        content = await read_body(
            request, types=("image/*", "application/octet-stream"), limit=MOST_OCTETS, patience=PATIENCE
        )
        _check_declared(request.content_type, content)
    asset, is_new = await _kept(server_of(request), content, kind, name)
    headers = {"Location": _url(asset)}
    return answer(_model(asset), status=201 if is_new else 200, headers=headers)


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
    summary="The picture as it is kept",
    scope=None,
    answers={200: Answer("the picture", {"image/jpeg": BINARY, "image/png": BINARY})},
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
    if asset.kind != "background":
        caller_of(request).require("snapshot-input")
    return asset


def _caching(asset: Asset) -> str:
    return "private, max-age=3600" if asset.is_built_in else FOREVER


def _kind(request: web.Request) -> AssetKind:
    kinds: dict[str, Literal["background", "plate", "mask"]] = {kind: kind for kind in get_args(AssetKind)}
    kind = request.query.get("kind", "background")
    if kind not in kinds:
        raise ArgumentError(f"kind {kind[:80]!r}: expected {', '.join(kinds)}")
    return kinds[kind]


def _name(given: str) -> str:
    """What people call it: a line of text.

    Raises:
        ArgumentError: it is none, or too long.
    """
    if len(given) > LONGEST_NAME or not given.isprintable():
        raise ArgumentError(f"name {given[:80]!r}: expected at most {LONGEST_NAME} printable characters")
    return given


def _check_declared(declared: str, content: bytes) -> None:
    """Refuse what is not what it says it is."""
    actual = MEDIA_TYPES[format_of(content)]
    if declared not in (actual, "application/octet-stream") and (declared, actual) != ("image/jpg", "image/jpeg"):
        raise UnsupportedMedia(f"the body's Content-Type is {declared[:80]!r}, but it is {actual}")


async def _kept(server: Server, content: bytes, kind: AssetKind, name: str) -> tuple[Asset, bool]:
    known = {asset.id for asset in server.backgrounds}
    asset = await server.backgrounds.add(content, kind=kind, name=name)
    return asset, asset.id not in known


async def _file_of(request: web.Request) -> tuple[bytes, str]:
    """The first file of a form, and its name without folders and ending."""
    try:
        async with asyncio.timeout(PATIENCE):
            part = await _file_part(await request.multipart())
            content = await _content_of(part)
    except TimeoutError as late:
        raise TooSlow(f"the body did not come within {PATIENCE:g} s") from late
    except (ValueError, ConnectionError, web.RequestPayloadError) as error:
        raise BadBody("the body is not multipart/form-data with a file in it") from error
    declared = part.headers.get("Content-Type", "application/octet-stream").partition(";")[0].strip().lower()
    _check_declared(declared, content)
    return content, PurePath((part.filename or "").replace("\\", "/")).stem[:LONGEST_NAME]


async def _file_part(form: MultipartReader) -> BodyPartReader:
    for _ in range(MOST_PARTS):
        part = await form.next()
        if part is None:
            break
        if isinstance(part, BodyPartReader) and part.filename is not None:
            return part
        await _drop(part)
    raise BadBody("the form has no file in it")


async def _drop(part: BodyPartReader | MultipartReader) -> None:
    """Pass over a part that is no file; a field of a form is short."""
    if not isinstance(part, BodyPartReader):
        raise BadBody("a form in a form is not read")
    await _content_of(part)


async def _content_of(part: BodyPartReader) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk():
        content += chunk
        if len(content) > MOST_OCTETS:
            raise TooLarge(f"the picture has more than {MOST_OCTETS >> 20} MiB")
    return bytes(content)


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
        created=asset.created,
        built_in=asset.is_built_in,
        thumbnail=f"{_url(asset)}/thumbnail",
        picture=f"{_url(asset)}/picture",
    )
