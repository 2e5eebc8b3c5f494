"""`If-Match` and `If-None-Match` (RFC 9110 §13.1): whether a thing is still, or not yet, the one a caller means."""

from __future__ import annotations

from aiohttp import ETag, web

ANY = "*"


def matches(request: web.Request, etag: str | None) -> bool:
    """Whether `If-Match` names the thing as it is; `etag`: as it is, quotes included, None where there is none.

    By the strong comparison: a weak tag names nothing.
    """
    if etag is None:
        return False
    tags = request.if_match or ()
    return any(not tag.is_weak and _names(tag, etag) for tag in tags)


def matches_none(request: web.Request, etag: str | None) -> bool:
    """Whether `If-None-Match` names something else than the thing as it is. By the weak comparison."""
    return etag is None or not any(_names(tag, etag) for tag in request.if_none_match or ())


def _names(tag: ETag, etag: str) -> bool:
    return tag.value == ANY or f'"{tag.value}"' == etag
