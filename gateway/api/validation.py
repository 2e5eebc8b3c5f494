"""What pydantic found wrong, in our words: where (a JSON pointer), what, and what would be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from gateway.configuration import shortened

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

MOST = 20
"""Errors told of one body: who mends these finds out about the others."""

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


def field_errors(error: ValidationError) -> list[FieldError]:
    """What is wrong, the first twenty."""
    details = error.errors(include_url=False, include_context=True)[:MOST]
    return [FieldError(pointer=_pointer(detail), detail=_sentence(detail)) for detail in details]


def _pointer(detail: ErrorDetails) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1")[:80] for part in detail["loc"])


def _sentence(detail: ErrorDetails) -> str:
    """One sentence without pydantic's own jargon, the offending value in it."""
    given = detail["input"]
    if detail["type"] == "extra_forbidden":
        name = str(detail["loc"][-1])
        return f"{shortened(name)}: " + ("not built yet in this version" if name in LATER else "there is no such name")
    if detail["type"] == "union_tag_invalid":
        context = detail["ctx"]
        later = "not built yet in this version, " if context["tag"] in LATER else ""
        return f"kind {shortened(str(context['tag']))}: {later}expected {context['expected_tags']}"
    if isinstance(given, str) and given in LATER:
        return f"{shortened(given)}: not built yet in this version"
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    said = f"{shortened(str(given))}: " if isinstance(given, str | int | float) else ""
    return f"{said}{message}"
