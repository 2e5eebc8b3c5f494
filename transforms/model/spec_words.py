"""What a spec may say: sections of words, each checked by itself, of which every one may be left out.

docs/models.md has them all, with what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from transforms.model.spec import EACH_QUALITY
from transforms.runtime.network import ModelError

Words = Mapping[str, Any]
"""A checked spec as far as it goes: values by section and key, top-level ones by key; lists are tuples."""

LONGEST_SIDE = 4096
"""Pixels, of any side of what a model takes: more than any picture here has."""

SPECS = Path(__file__).parent / "specs"
"""Those that come with changebg."""

Check = Callable[[object], Any]


class _Unfit(Exception):  # noqa: N818  (what is wrong with it)
    """A value that is not what its key wants; the message says what that is."""


def spec_names() -> tuple[str, ...]:
    """The specs that come with changebg, by name."""
    return tuple(sorted(path.stem for path in SPECS.glob("*.toml")))


def parse(document: Mapping[str, object], *, name: str) -> Words:
    """Check a spec's words; `name` is what refusals call it.

    Raises:
        ModelError: a key or a value makes no sense.
    """
    words: dict[str, Any] = {}
    for key, value in document.items():
        if key in TOP:
            words[key] = _checked(TOP[key], value, name, key)
        elif key == "state":
            words[key] = tuple(_section(each, STATE, name, key) for each in _sections(value, name))
        elif key == "constants":
            words[key] = {
                str(each): _checked(_number, of, name, f"constants.{each}") for each, of in _table(value, name, key)
            }
        elif key in SECTIONS:
            words[key] = _section(value, SECTIONS[key], name, key)
        else:
            raise ModelError(f"{name}: {key!r} is none of {', '.join((*TOP, *SECTIONS, 'state', 'constants'))}")
    return words


def laid_over(base: Words, words: Words) -> Words:
    """`words` where they say something, else what `base` says; section by section, key by key."""
    both = dict(base)
    for key, value in words.items():
        below = base.get(key)
        both[key] = {**below, **value} if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return both


def _section(value: object, checks: Mapping[str, Check], name: str, section: str) -> dict[str, Any]:
    words = {}
    for key, each in _table(value, name, section):
        if key not in checks:
            raise ModelError(f"{name}: [{section}] {key!r} is none of {', '.join(checks)}")
        words[key] = _checked(checks[key], each, name, f"{section}.{key}")
    return words


def _table(value: object, name: str, section: str) -> list[tuple[str, object]]:
    if not isinstance(value, Mapping):
        raise ModelError(f"{name}: {section} = {value!r}: expected a section [{section}]")
    return list(value.items())


def _sections(value: object, name: str) -> list[object]:
    if not isinstance(value, list | tuple):
        raise ModelError(f"{name}: state = {value!r}: expected sections [[state]]")
    return list(value)


def _checked(check: Check, value: object, name: str, key: str) -> Any:
    try:
        return check(value)
    except _Unfit as unfit:
        raise ModelError(f"{name}: {key} = {str(value)[:80]!r}: expected {unfit}") from unfit


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise _Unfit("a line of text")
    return value


def _shipped_name(value: object) -> str:
    if value not in spec_names():
        raise _Unfit(f"one of {', '.join(spec_names())}")
    return str(value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        raise _Unfit("a number")
    return float(value)


def _divisor(value: object) -> float:
    number = _number(value)
    if abs(number) < 1e-9:
        raise _Unfit("a number that is not 0")
    return number


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Unfit("true or false")
    return value


def _one_of(*choices: str) -> Check:
    def check(value: object) -> str:
        if value not in choices:
            raise _Unfit(" or ".join(choices))
        return str(value)

    return check


def _whole(least: int, most: int) -> Check:
    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise _Unfit(f"a whole number of {least} to {most}")
        return value

    return check


def _seconds(value: object) -> float:
    number = _number(value)
    if not 0 < number <= 3600:
        raise _Unfit("seconds, above 0 and 3600 at most")
    return number


_side = _whole(1, LONGEST_SIDE)
_class_number = _whole(0, 9999)


def _list(check: Check, least: int, most: int, what: str) -> Check:
    def checked(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            raise _Unfit(what)
        return tuple(check(each) for each in value)

    return checked


_pair = _list(_side, 2, 2, "[width, height]")
_names = _list(_text, 0, 64, "a list of names")


def _size(value: object) -> Any:
    return "any" if value == "any" else _pair(value)


def _class(value: object) -> Any:
    if isinstance(value, str):
        return _text(value)
    return _class_number(value)


def _classes(value: object) -> Any:
    return _list(_class, 1, 1000, "a class's number or name, or a list of them")(
        value if isinstance(value, list | tuple) else [value]
    )


def _longest(value: object) -> dict[str, int]:
    if not isinstance(value, Mapping):
        return dict.fromkeys((str(quality) for quality in EACH_QUALITY), int(_side(value)))
    if set(value) != set(EACH_QUALITY):
        raise _Unfit(f"pixels, or a table of {', '.join(EACH_QUALITY)}")
    return {str(quality): int(_side(value[quality])) for quality in EACH_QUALITY}


TOP: dict[str, Check] = {"title": _text, "license": _text, "source": _text, "base": _shipped_name}

STATE: dict[str, Check] = {
    "input": _text,
    "output": _text,
    "shape": _list(_side, 0, 6, "a list of sides"),
}

SECTIONS: dict[str, dict[str, Check]] = {
    "input": {
        "name": _text,
        "layout": _one_of("nchw", "nhwc"),
        "size": _size,
        "longest": _longest,
        "multiple": _whole(1, 512),
        "color": _one_of("rgb", "bgr"),
        "scale": _divisor,
        "mean": _list(_number, 3, 3, "three numbers"),
        "std": _list(_divisor, 3, 3, "three numbers that are not 0"),
        "fit": _one_of("stretch", "letterbox", "crop"),
        "close": _flag,
    },
    "output": {
        "name": _text,
        "kind": _one_of("alpha", "probability", "logits", "labels"),
        "layout": _one_of("nchw", "nhwc", "flat"),
        "size": _pair,
        "class": _classes,
        "labels": _list(_text, 1, 1000, "a list of names"),
        "scale": _divisor,
        "refine": _flag,
    },
    "foreground": {"name": _text, "scale": _divisor},
    "plate": {"input": _text},
    "ratio": {"input": _text, "longest": _longest},
    "run": {"warm_up": _whole(0, 4), "gap": _seconds},
    "match": {"inputs": _names, "outputs": _names},
}
