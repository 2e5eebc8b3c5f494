"""A picture or a video in the body of a request: alone, or as a file in a form; received within limits, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import PurePath

from aiohttp import BodyPartReader, MultipartReader, web

from gateway.api.bodies import BadBody, TooSlow, check_type
from gateway.api.operation import BINARY, Content
from gateway.api.server import server_of
from gateway.backgrounds import Asset
from gateway.backgrounds.formats import MEDIA_TYPES, VIDEO_TYPES, check_declared
from gateway.backgrounds.upload import MOST_OCTETS, MOST_VIDEO_OCTETS, Upload
from gateway.effect import AssetKind
from gateway.errors import ArgumentError, TooLarge

PATIENCE = 60.0
"""Seconds for a stretch of an upload, and the first of them for all that comes before it."""
STRETCH = 16 << 20
"""Octets: 2 Mbit/s."""
MOST_PARTS = 8
"""Parts of a form that are looked at for the file."""
LONGEST_FIELD = 64 << 10
"""Octets of one that is no file."""
LONGEST_NAME = 128

MULTIPART = "multipart/form-data"
TAKEN = ("image/*", "video/*", "application/octet-stream")

PICTURES: Content = {
    **dict.fromkeys(MEDIA_TYPES.values(), BINARY),
    MULTIPART: {"type": "object", "properties": {"file": BINARY}, "required": ["file"]},
}
"""What `uploaded` reads of pictures, for an operation's description."""
UPLOAD: Content = {**dict.fromkeys(VIDEO_TYPES, BINARY), **PICTURES}
"""What it reads of all kinds."""


async def uploaded(request: web.Request, *, kind: AssetKind | None = None, name: str = "") -> Asset:
    """What is in the body, kept. `kind`: None for a background, still or moving; `name`: else its file's in the form.

    Raises:
        UnsupportedMedia: nothing of a kind we take, or another than it says. TooLarge: too many bytes or pixels.
        TooSlow, BadBody: it did not arrive whole. ArgumentError: it is damaged, too small, or called nonsense.
        Busy: too many arrive at once. StoreFull: there is no room.
    """
    _check_name(name)
    check_type(request, (MULTIPART,) if request.content_type == MULTIPART else TAKEN)
    backgrounds = server_of(request).backgrounds
    async with backgrounds.upload() as upload:
        declared, file_name = await _received(request, upload)
        _check_name(name := name or file_name)
        check_declared(declared, upload.head)
        return await backgrounds.keep(upload, kind=kind, name=name)


def _check_name(given: str) -> None:
    """Go on only with a line of text.

    Raises:
        ArgumentError: it is none, or too long.
    """
    if len(given) > LONGEST_NAME or not given.isprintable():
        raise ArgumentError(f"name {given[:80]!r}: expected at most {LONGEST_NAME} printable characters")


async def _received(request: web.Request, upload: Upload) -> tuple[str, str]:
    """Fill the upload; returns what it is declared to be, and a file's name without folders and ending."""
    try:
        async with asyncio.timeout(PATIENCE) as limit:
            if request.content_type == MULTIPART:
                part = await _file_part(await request.multipart())
                declared = part.headers.get("Content-Type", "application/octet-stream").partition(";")[0]
                name = PurePath((part.filename or "").replace("\\", "/")).stem[:LONGEST_NAME]
                await _fill(upload, _chunks(part), limit)
                return declared.strip().lower(), name
            most = MOST_OCTETS if request.content_type.startswith("image/") else MOST_VIDEO_OCTETS
            if (request.content_length or 0) > most:
                raise TooLarge(f"the body is larger than {most >> 20} MiB")
            await _fill(upload, request.content.iter_any(), limit)
            return request.content_type.lower(), ""
    except TimeoutError as late:
        raise TooSlow(f"the body does not come: {STRETCH >> 20} MiB of it within {PATIENCE:g} s") from late
    except (ValueError, ConnectionError, web.RequestPayloadError) as error:
        is_form = request.content_type == MULTIPART
        what = "is not multipart/form-data with a file in it" if is_form else "broke off"
        raise BadBody(f"the body {what}") from error


async def _fill(upload: Upload, chunks: AsyncIterator[bytes], limit: asyncio.Timeout) -> None:
    """Write the chunks; each stretch of them has its time."""
    stretch = 1
    async for chunk in chunks:
        await upload.write(chunk)
        if upload.octets >= stretch * STRETCH:
            stretch = upload.octets // STRETCH + 1
            limit.reschedule(asyncio.get_running_loop().time() + PATIENCE)


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk():
        yield chunk


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
    octets = 0
    async for chunk in _chunks(part):
        octets += len(chunk)
        if octets > LONGEST_FIELD:
            raise BadBody("a field of the form is no file, and too long")
