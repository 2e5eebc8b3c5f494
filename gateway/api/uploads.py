"""A picture in the body of a request: alone, or as a file in a form; received within limits, and kept."""

from __future__ import annotations

import asyncio
from pathlib import PurePath

from aiohttp import BodyPartReader, MultipartReader, web

from gateway.api.bodies import BadBody, TooSlow, read_body
from gateway.api.operation import BINARY, Content
from gateway.api.server import server_of
from gateway.backgrounds import Asset
from gateway.backgrounds.intake import MEDIA_TYPES, MOST_OCTETS, format_of
from gateway.effect import AssetKind
from gateway.errors import ArgumentError, TooLarge, UnsupportedMedia

PATIENCE = 60.0
"""Seconds for the whole of an upload: 16 MiB over 2 Mbit/s."""
MOST_PARTS = 8
"""Parts of a form that are looked at for the file."""
LONGEST_NAME = 128

MULTIPART = "multipart/form-data"
ANY_IMAGE = ("image/*", "application/octet-stream")

UPLOAD: Content = {
    **dict.fromkeys(MEDIA_TYPES.values(), BINARY),
    MULTIPART: {"type": "object", "properties": {"file": BINARY}, "required": ["file"]},
}
"""What `uploaded` reads, for an operation's description."""


async def uploaded(request: web.Request, *, kind: AssetKind, name: str = "") -> Asset:
    """The picture in the body, kept. `name`: what people call it; else its file's in the form.

    Raises:
        UnsupportedMedia: no picture of a kind we take, or another than it says. TooLarge: too many bytes or pixels.
        TooSlow, BadBody: it did not arrive whole. ArgumentError: it is damaged, too small, or called nonsense.
        Busy: too many arrive at once. StoreFull: there is no room.
    """
    backgrounds = server_of(request).backgrounds
    _check_name(name)
    with backgrounds.upload():
        if request.content_type == MULTIPART:
            content, file_name = await _file_of(request)
            _check_name(name := name or file_name)
        else:
            content = await read_body(request, types=ANY_IMAGE, limit=MOST_OCTETS, patience=PATIENCE)
            _check_declared(request.content_type, content)
        return await backgrounds.add(content, kind=kind, name=name)


def _check_name(given: str) -> None:
    """Go on only with a line of text.

    Raises:
        ArgumentError: it is none, or too long.
    """
    if len(given) > LONGEST_NAME or not given.isprintable():
        raise ArgumentError(f"name {given[:80]!r}: expected at most {LONGEST_NAME} printable characters")


def _check_declared(declared: str, content: bytes) -> None:
    """Refuse what is not what it says it is."""
    actual = MEDIA_TYPES[format_of(content)]
    if declared not in (actual, "application/octet-stream") and (declared, actual) != ("image/jpg", "image/jpeg"):
        raise UnsupportedMedia(f"the body's Content-Type is {declared[:80]!r}, but it is {actual}")


async def _file_of(request: web.Request) -> tuple[bytes, str]:
    """The first file of a form, and its name without folders and ending."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("the form is compressed: expected it as it is")
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
