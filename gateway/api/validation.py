"""What pydantic found wrong, in our words: where (a JSON pointer), what, and what would be right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from gateway.errors import ArgumentError
from gateway.options.configuration import shortened

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

MOST = 20
"""Errors told of one body: who mends these finds out about the others."""

OF_SEVERAL_KINDS = ("matting", "background", "input", "output")
"""Names of objects whose `kind` decides what is in them."""

LATER = frozenset({"session"})
"""Kinds of the public contract that this version does not have yet: refused by name."""

NOT_BUILT = "not built yet in this version"

EXPECTED = {
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "expected an object"),
    **dict.fromkeys(("list_type", "tuple_type"), "expected an array"),
    **dict.fromkeys(("missing", "union_tag_not_found"), "is missing"),
    **dict.fromkeys(("float_type", "finite_number"), "expected a number"),
    "int_type": "expected a whole number",
    "bool_type": "expected true or false",
    "string_type": "expected text",
    "string_too_long": "expected {max_length} characters at most",
    "string_too_short": "expected {min_length} characters at least",
    "string_pattern_mismatch": "expected text of the form {pattern}",
    "greater_than_equal": "expected {ge:g} or more",
    "less_than_equal": "expected {le:g} or less",
    "literal_error": "expected {expected}",
}
"""What would be right, by pydantic's word for what is wrong; for others its own sentence is told."""


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
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        name = str(detail["loc"][-1])
        return f"{shortened(name)}: there is no such name"
    if kind == "union_tag_invalid":
        later = f"{NOT_BUILT}, " if context["tag"] in LATER else ""
        return f"{shortened(str(context['tag']))}: {later}expected {context['expected_tags']}"
    if kind in EXPECTED:
        return _given(given, kind) + EXPECTED[kind].format(**context)
    return _given(given, kind) + detail["msg"].removeprefix("Value error, ").removeprefix("Input ")


def _given(given: object, kind: str) -> str:
    """What stood there, where that is a word or a number."""
    if kind == "missing" or not isinstance(given, str | int | float):
        return ""
    return f"{shortened(given)}: " if isinstance(given, str) else f"{json.dumps(given)[:80]}: "
