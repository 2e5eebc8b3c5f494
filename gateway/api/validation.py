"""What pydantic found wrong, in our words: where (a JSON pointer), what, and what would be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from gateway.configuration import shortened
from gateway.errors import ArgumentError

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

MOST = 20
"""Errors told of one body: who mends these finds out about the others."""

OF_SEVERAL_KINDS = ("matting", "background", "input", "output")
"""Names of objects whose `kind` decides what is in them."""

LATER = frozenset(
    {
        *("selfie", "mediapipe", "model", "auto", "blur", "video", "foreground", "contain", "fill"),
        *("light_wrap", "color_match", "offset", "scale", "model_spec"),
    }
)
"""Words of the public contract that this version does not have yet: refused by name."""


class FieldError(BaseModel):
    """One thing that is wrong. `pointer`: where, RFC 6901; empty for the whole body."""

    model_config = ConfigDict(frozen=True)

    pointer: str
    detail: str


class InvalidBody(ArgumentError):  # noqa: N818  (a state of affairs, not a fault)
    """A body that is not of the form it should have; `errors` says where, and why."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        first = errors[0]
        super().__init__(f"{first.pointer}: {first.detail}" if first.pointer else first.detail)
        self.errors = errors


def invalid_body(error: ValidationError, *, within: str = "") -> InvalidBody:
    """Our error for pydantic's. `within`: the pointer of the object that was validated, in the body."""
    details = error.errors(include_url=False, include_context=True)[:MOST]
    return InvalidBody(tuple(FieldError(pointer=within + _pointer(each), detail=_sentence(each)) for each in details))


def _pointer(detail: ErrorDetails) -> str:
    """Where, without the kinds that pydantic puts behind an object of several kinds."""
    parts = [str(part) for part in detail["loc"]]
    kept = [part for before, part in zip(["", *parts], parts, strict=False) if before not in OF_SEVERAL_KINDS]
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        kept.append("kind")
    return "".join("/" + part.replace("~", "~0").replace("/", "~1")[:80] for part in kept)


def _sentence(detail: ErrorDetails) -> str:
    """One sentence without pydantic's own jargon, the offending value in it."""
    given = detail["input"]
    if detail["type"] == "extra_forbidden":
        name = str(detail["loc"][-1])
        return f"{shortened(name)}: " + ("not built yet in this version" if name in LATER else "there is no such name")
    if detail["type"] == "union_tag_not_found":
        return "is missing"
    if detail["type"] == "union_tag_invalid":
        context = detail["ctx"]
        later = "not built yet in this version, " if context["tag"] in LATER else ""
        return f"kind {shortened(str(context['tag']))}: {later}expected {context['expected_tags']}"
    if isinstance(given, str) and given in LATER:
        return f"{shortened(given)}: not built yet in this version"
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    said = f"{shortened(str(given))}: " if isinstance(given, str | int | float) else ""
    return f"{said}{message}"
