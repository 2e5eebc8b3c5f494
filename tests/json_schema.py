"""As much of JSON Schema 2020-12 as `/openapi.json` uses, to hold answers against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
KNOWN = frozenset(
    {
        *(
            "$ref",
            "type",
            "enum",
            "const",
            "anyOf",
            "oneOf",
            "allOf",
            "properties",
            "patternProperties",
            "required",
            "additionalProperties",
        ),
        *("items", "prefixItems", "minItems", "maxItems", "maxProperties", "propertyNames", "minLength", "maxLength"),
        *("pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("title", "description", "default", "format", "discriminator", "x-unit", "examples"),
    }
)


def faults(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """What of `value` does not fit `schema`, whose references are into `document`."""
    assert set(schema) <= KNOWN, f"at {at or '/'}: the test does not know {set(schema) - KNOWN}"
    if "$ref" in schema:
        yield from faults(value, resolve(schema["$ref"], document), document, at)
    if "type" in schema and not _is_of_type(value, schema["type"]):
        yield f"{at or '/'}: {value!r} is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at or '/'}: {value!r} is none of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{at or '/'}: {value!r} is not {schema['const']!r}"
    for kind in ("anyOf", "oneOf"):
        if kind in schema and all(any(faults(value, each, document, at)) for each in schema[kind]):
            yield f"{at or '/'}: {value!r} fits none of the {len(schema[kind])} schemas"
    if isinstance(value, dict):
        yield from _of_object(value, schema, document, at)
    elif isinstance(value, list):
        yield from _of_array(value, schema, document, at)
    elif isinstance(value, str):
        yield from _of_text(value, schema, at)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _of_number(value, schema, at)


def resolve(reference: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a local reference points to."""
    assert reference.startswith("#/"), reference
    found: Any = document
    for part in reference[2:].split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    assert isinstance(found, dict)
    return found


def references(node: Any) -> Iterator[str]:
    """Every reference in a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def _is_of_type(value: Any, name: str) -> bool:
    is_number = name in ("integer", "number")
    return isinstance(value, _TYPES[name]) and not (is_number and isinstance(value, bool))


def _of_object(value: dict[str, Any], schema: Mapping[str, Any], document: Mapping[str, Any], at: str) -> Iterator[str]:
    properties, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    patterns = schema.get("patternProperties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}/{name}: is missing"
    for name, child in value.items():
        if name in properties:
            yield from faults(child, properties[name], document, f"{at}/{name}")
        elif matching := [patterns[each] for each in patterns if re.search(each, name)]:
            yield from (fault for each in matching for fault in faults(child, each, document, f"{at}/{name}"))
        elif rest is False:
            yield f"{at}/{name}: is not known"
        elif isinstance(rest, dict):
            yield from faults(child, rest, document, f"{at}/{name}")


def _of_array(value: list[Any], schema: Mapping[str, Any], document: Mapping[str, Any], at: str) -> Iterator[str]:
    first = schema.get("prefixItems", ())
    for number, child in enumerate(value):
        if number < len(first):
            yield from faults(child, first[number], document, f"{at}/{number}")
        elif "items" in schema:
            yield from faults(child, schema["items"], document, f"{at}/{number}")
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{at or '/'}: {len(value)} items"


def _of_text(value: str, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at or '/'}: {value!r} is not of the form {schema['pattern']}"
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{at or '/'}: {len(value)} characters"


def _of_number(value: float, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{at or '/'}: {value} is outside"
