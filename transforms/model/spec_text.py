"""A spec as the TOML that would say all of it, to be saved beside the model and changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from transforms.model.spec import ModelSpec, PictureInput


def as_toml(spec: ModelSpec) -> str:
    """The whole spec; what cannot be said of this model is left out."""
    sections = [("", _told(spec)), ("input", _picture(spec.inputs.picture)), ("output", _matte(spec))]
    if spec.foreground is not None:
        sections.append(("foreground", {"name": spec.foreground.name, "scale": spec.foreground.scale}))
    if spec.inputs.plate is not None:
        sections.append(("plate", {"input": spec.inputs.plate}))
    sections.extend(
        ("[state]", {"input": state.input, "output": state.output, "shape": state.shape})
        for state in spec.inputs.states
    )
    if spec.inputs.ratio is not None:
        sections.append(("ratio", {"input": spec.inputs.ratio.input, "longest": spec.inputs.ratio.longest}))
    if spec.inputs.constants:
        sections.append(("constants", dict(spec.inputs.constants)))
    if spec.inputs.states:
        sections.append(("run", {"warm_up": spec.warm_up, "gap": spec.gap}))
    return "\n".join("\n".join(_lines(name, words)) for name, words in sections if words) + "\n"


def _told(spec: ModelSpec) -> dict[str, Any]:
    said = {"title": spec.title, "license": spec.license, "source": spec.source}
    return {key: value for key, value in said.items() if value}


def _picture(picture: PictureInput) -> dict[str, Any]:
    size: dict[str, Any] = {"size": picture.size}
    if picture.size is None:
        size = {"size": "any", "longest": picture.longest, "multiple": picture.multiple}
    levels = {"scale": picture.scale, "mean": picture.mean, "std": picture.std}
    return {
        "name": picture.name,
        "layout": picture.layout,
        **size,
        "color": picture.color,
        **levels,
        "fit": picture.fit,
        "close": picture.close,
    }


def _matte(spec: ModelSpec) -> dict[str, Any]:
    matte = spec.matte
    words: dict[str, Any] = {"name": matte.name, "kind": matte.kind, "layout": matte.layout, "size": matte.size}
    if matte.classes:
        words["class"] = matte.classes[0] if len(matte.classes) == 1 else matte.classes
    words |= {"scale": matte.scale, "refine": matte.refine}
    return {key: value for key, value in words.items() if value is not None}


def _lines(name: str, words: Mapping[str, Any]) -> Iterator[str]:
    if name:
        yield f"[{name}]"
    for key, value in words.items():
        yield f"{_key(key)} = {_value(value)}"
    yield ""


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else _value(key)


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case Mapping():
            return "{ " + ", ".join(f"{_key(str(key))} = {_value(each)}" for key, each in value.items()) + " }"
        case tuple() | list():
            return "[" + ", ".join(_value(each) for each in value) + "]"
        case _:
            return repr(value)
