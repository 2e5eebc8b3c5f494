"""Which models lie in a folder, without running any: by the spec beside each file and by what the file says itself."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from transforms.model.inference import known_as
from transforms.model.labels import labels_of
from transforms.model.model_file import runtime_of
from transforms.model.onnx_file import outline_of
from transforms.model.spec_file import words_for
from transforms.model.spec_words import Words
from transforms.runtime.network import ModelError

MOST = 1000
"""Files: more than anybody would choose from."""
DEEPEST = 3
"""Folders below the one named."""

ModelFormat = Literal["onnx", "tflite", "task"]
FORMATS: dict[str, ModelFormat] = {".onnx": "onnx", ".tflite": "tflite", ".task": "task"}


@dataclass(frozen=True, slots=True)
class ModelListing:
    """One file. `name`: its path below the folder, with slashes. `title`: what it is, in one line. `octets`: its size.

    `licence`: as its spec or the one that its tensors' names lead to says, None where neither does. `categories`: what
    a model of several classes tells apart, by number. `problem`: why it cannot be used, None where nothing is known
    against it.
    """

    name: str
    format: ModelFormat
    octets: int
    title: str
    licence: str | None = None
    categories: tuple[str, ...] = ()
    problem: str | None = None


def models_in(folder: Path) -> tuple[ModelListing, ...]:
    """The models in `folder` and three folders deep below it, by name; a thousand at most. No link leads out of it."""
    root = folder.resolve()
    paths = islice((path for path in _files(root, DEEPEST) if path.suffix.lower() in FORMATS), MOST)
    return tuple(_listing(path, path.relative_to(root).as_posix()) for path in paths)


def _files(folder: Path, depth: int) -> Iterator[Path]:
    """By name; what is hidden, linked from elsewhere or not to be read is passed over."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir() and depth > 0:
            yield from _files(folder / entry.name, depth - 1)
        elif entry.is_file():
            yield folder / entry.name


def _listing(path: Path, name: str) -> ModelListing:
    kind = FORMATS[path.suffix.lower()]
    words: Words = {}
    problem = None
    try:
        words = _words(path, kind)
    except ModelError as error:
        problem = str(error).replace(str(path.parent) + os.sep, "")
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    said: dict[str, Any] = {key: words.get(key) or None for key in ("title", "license")}
    octets = path.stat().st_size if path.exists() else 0
    said_labels: tuple[str, ...] = words.get("output", {}).get("labels", ())
    categories = said_labels or (() if kind == "onnx" else labels_of(path))
    return ModelListing(name, kind, octets, said["title"] or path.stem, said["license"], categories, problem)


def _words(path: Path, kind: ModelFormat) -> Words:
    """What is said of a model, whose file is looked into.

    Raises:
        ModelError: the file or its spec cannot be used. OSError: it cannot be read.
    """
    if kind == "task":
        if not zipfile.is_zipfile(path):
            raise ModelError(f"model {path} is no bundle of MediaPipe's")
        return {}
    words = words_for(path, None)
    if runtime_of(path) == "onnx" and words is None:
        outline = outline_of(path)
        words = known_as(outline.inputs, outline.outputs)
    return words or {}
