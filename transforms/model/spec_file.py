"""Specs in TOML files: beside a model, named by whoever uses it, or among those that come with changebg."""

from __future__ import annotations

import tomllib
from pathlib import Path

from transforms.model.spec_words import SPECS, Words, laid_over, parse, spec_names
from transforms.runtime.network import ModelError

LARGEST = 64 << 10
"""Octets: no spec has a tenth."""


def words_for(model: Path, spec: Path | None) -> Words | None:
    """What is said of a model: in `spec`, a file or the name of a shipped one; else in the TOML file beside the model.

    Raises:
        ModelError: there is no such spec, or what it says makes no sense.
    """
    if spec is not None:
        return read(SPECS / f"{spec}.toml") if str(spec) in spec_names() else read(spec)
    beside = model.with_suffix(".toml")
    return read(beside) if beside.is_file() else None


def shipped(name: str) -> Words:
    """The words of one that comes with changebg."""
    return read(SPECS / f"{name}.toml")


def read(path: Path) -> Words:
    """The words of a TOML file, laid over those of its `base`.

    Raises:
        ModelError: it is not there, no TOML, or a key or value makes no sense; the sentence names it.
    """
    try:
        content = _content(path)
        document = tomllib.loads(content.decode())
    except OSError as error:
        raise ModelError(f"model spec {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ModelError(f"model spec {path} is no TOML: {error}") from error
    words = parse(document, name=f"model spec {path}")
    base = words.get("base")
    return laid_over(shipped(base), words) if base is not None else words


def _content(path: Path) -> bytes:
    if not path.is_file():
        known = ", ".join(spec_names())
        raise ModelError(f"model spec {path} is not there: expected a TOML file, or one of {known}")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ModelError(f"model spec {path} is too large: {LARGEST >> 10} KiB at most")
    return content
