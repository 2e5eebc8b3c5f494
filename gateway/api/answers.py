"""Answers of models as JSON, and what goes with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from aiohttp import web
from pydantic import BaseModel

from gateway.api.conditions import matches
from gateway.errors import NotAcceptable, PreconditionFailed


def answer(model: BaseModel, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A model as JSON; what is None is left out. Nothing of it may be kept by caches: it is of this moment."""
    body = model.model_dump_json(by_alias=True, exclude_none=True).encode()
    fresh = {"Cache-Control": "no-store"} | dict(headers or {})
    return web.Response(body=body, status=status, content_type="application/json", headers=fresh)


def etag_of(version: int) -> str:
    """An effect's version as a strong entity tag (RFC 9110 §8.8.3)."""
    return f'"{version}"'


def wanted_version(request: web.Request, present: int) -> int | None:
    """The version of the effect that `If-Match` names; None where any will do.

    Raises:
        PreconditionFailed: it names others than the `present` one, or nothing that can be read (RFC 9110 §13.1.1).
    """
    if request.headers.get("If-Match", "").strip() in ("", "*"):
        return None
    if not matches(request, etag_of(present)):
        raise PreconditionFailed(f"the effect is at version {etag_of(present)} by now")
    return present


def acceptable(request: web.Request, offered: tuple[str, ...]) -> str:
    """The media type that `Accept` likes best (RFC 9110 §12.5.1), of those offered in our order of preference.

    Raises:
        NotAcceptable: none of them.
    """
    ranges = dict(_ranges(request.headers.get("Accept") or "*/*"))
    weights = {
        media_type: ranges.get(media_type, ranges.get(f"{media_type.partition('/')[0]}/*", ranges.get("*/*", 0.0)))
        for media_type in offered
    }
    best = max(offered, key=lambda media_type: weights[media_type])
    if weights[best] <= 0:
        raise NotAcceptable(f"Accept: expected {' or '.join(offered)}")
    return best


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Media ranges and their weights; a weight that cannot be read is 1."""
    for item in accept.split(",")[:32]:
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        yield name, float(weight) if re.fullmatch(r"[01](\.[0-9]{0,3})?", weight) else 1.0
