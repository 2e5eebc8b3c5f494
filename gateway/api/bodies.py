"""Request bodies, read with a limit of size and one of time, and only where they are what they should be.

A body is never decompressed: what is small on the wire stays small here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel
from pydantic_core import from_json

from gateway.errors import GatewayError, TooLarge, UnsupportedMedia
from gateway.rtp import sdp

M = TypeVar("M", bound=BaseModel)

SDP_LIMIT = sdp.MAX_SIZE
JSON_LIMIT = 256 << 10
"""Octets: an offer of 64 KiB in JSON's escapes, and an effect."""

PATIENCE = 10.0
"""Seconds for the whole of a body of SDP or JSON."""

JSON_TYPES = ("application/json", "application/merge-patch+json")


class BadBody(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """A body that cannot be read as what it says it is."""

    status = 400


class TooSlow(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """A body that does not come."""

    status = 408


async def read_body(request: web.Request, *, types: Sequence[str], limit: int, patience: float = PATIENCE) -> bytes:
    """The octets of the body, of one of these media types (`image/*` for any image).

    Raises:
        UnsupportedMedia: another type, or an encoding. TooLarge: more than `limit`. TooSlow: not within `patience`
            seconds. BadBody: it broke off.
    """
    check_type(request, types)
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError as late:
        raise TooSlow(f"the body did not come within {patience:g} s") from late
    except (web.RequestPayloadError, ConnectionError) as broken:
        raise BadBody("the body broke off") from broken
    return bytes(body)


async def read_text(request: web.Request, *, types: Sequence[str], limit: int = SDP_LIMIT) -> str:
    """The body as text in UTF-8.

    Raises:
        BadBody: it is none. And as `read_body`.
    """
    body = await read_body(request, types=types, limit=limit)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadBody(f"the body is not UTF-8: octet {error.start} is {body[error.start]:#04x}") from error


async def read_document(request: web.Request) -> Any:
    """The body as JSON says it.

    Raises:
        BadBody: it is not JSON. And as `read_body`.
    """
    body = await read_body(request, types=JSON_TYPES, limit=JSON_LIMIT)
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise BadBody(f"the body is not JSON: {error}") from error


async def read_json(request: web.Request, model: type[M]) -> M:
    """The body as a model.

    Raises:
        pydantic.ValidationError: it is JSON, but not of this form. And as `read_document`.
    """
    return model.model_validate(await read_document(request))


def check_type(request: web.Request, types: Sequence[str]) -> None:
    """Go on only with a body of one of these media types (`image/*` for any image), as it is.

    Raises:
        UnsupportedMedia: another type, or an encoding.
    """
    given = request.content_type.lower()
    if "Content-Type" not in request.headers or not (given in types or f"{given.partition('/')[0]}/*" in types):
        said = repr(given[:80]) if "Content-Type" in request.headers else "none"
        raise UnsupportedMedia(f"the body's Content-Type is {said}: expected {' or '.join(types)}")
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedMedia(f"the body's Content-Encoding is {encoding[:80]!r}: expected none")


def _too_large(limit: int) -> TooLarge:
    said = f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit >> 10} KiB"
    return TooLarge(f"the body is larger than {said}")
