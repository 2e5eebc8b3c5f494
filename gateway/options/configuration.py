"""Where settings come from: the command line over the environment over a TOML file over the defaults."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.errors import ArgumentError
from gateway.options.option import Command
from gateway.options.settings import OPTIONS, Settings

CONFIG_LIMIT = 1 << 20
"""Bytes: a configuration is a page of text; what is larger is another file."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value as somebody wrote it, and where: `--buffer`, `CHANGEBG_BUFFER` or `call.toml: buffer`."""

    text: str
    origin: str


def resolve(
    command: Command, typed: Mapping[str, str], *, environ: Mapping[str, str], config: Path | None = None
) -> Settings:
    """The settings of `command`: `typed` on the command line over `environ` over the file `config`.

    Keys of `typed` are spelled as in `OPTIONS`. The file and the environment are shared by all commands: what only
    another command has may stand there, is checked, and plays no part here.

    Raises:
        ArgumentError: a wrong value, an unknown key, a file that cannot be read.
    """
    given = from_file(config) if config else {}
    given |= from_environment(environ)
    given |= {name: Given(text, f"--{name}") for name, text in typed.items()}
    parsed: dict[str, Any] = {name: _parse(name, value) for name, value in given.items()}
    return Settings(**{_field(name): value for name, value in parsed.items() if command in OPTIONS[name].commands})


def from_file(path: Path) -> dict[str, Given]:
    """The values in a TOML file whose keys are option names; `_` may stand for `-`.

    Raises:
        ArgumentError: unreadable, not TOML, or a key that is no option.
    """
    try:
        with path.open("rb") as file:
            content = file.read(CONFIG_LIMIT + 1)
        if len(content) > CONFIG_LIMIT:
            raise ArgumentError(
                f"--config {str(path)!r}: larger than {CONFIG_LIMIT >> 20} MiB, expected a page of TOML"
            )
        table = tomllib.loads(content.decode())
    except OSError as error:
        raise ArgumentError(f"--config {str(path)!r}: {error.strerror or error}") from error
    except ValueError as error:
        raise ArgumentError(f"--config {str(path)!r}: not TOML: {error}") from error
    names = {key: _known(key, path) for key in table}
    return {names[key]: _as_typed(names[key], value, f"{path}: {key}") for key, value in table.items()}


def from_environment(environ: Mapping[str, str]) -> dict[str, Given]:
    """The values in `CHANGEBG_…` variables. An empty one is unset; a name that is no option is somebody else's."""
    given = {}
    for variable, text in environ.items():
        name = variable.removeprefix("CHANGEBG_").lower().replace("_", "-")
        if not variable.startswith("CHANGEBG_") or not text:
            continue
        if name in OPTIONS:
            given[name] = Given(text, variable)
    return given


def not_built(what: str) -> str:
    """The sentence that refuses a part of the public contract that is still to come."""
    return f"{what}: not built yet in this version"


def nearest(word: str, known: Iterable[str]) -> str:
    """`, did you mean …?` where something known is spelled alike, else nothing. Dashes in front do not count."""
    close = difflib.get_close_matches(word.lstrip("-"), list(known), n=1)
    dashes = "--" if word.startswith("--") else ""
    return f", did you mean {dashes}{close[0]}?" if close else ""


def shortened(text: str) -> str:
    """`text` in quotes, on one line, cut in its middle where it is long: what an error may repeat of what was typed.

    Both ends stay: a path's last name says more than its folders.
    """
    return repr(text if len(text) <= 80 else f"{text[:37]}...{text[-40:]}")


def _known(key: str, path: Path) -> str:
    name = key.replace("_", "-")
    if name not in OPTIONS:
        raise ArgumentError(f"{path}: unknown key {shortened(key)}{nearest(name, OPTIONS)}")
    return name


def _field(name: str) -> str:
    return name.replace("-", "_")


def _as_typed(name: str, value: object, origin: str) -> Given:
    """A TOML value as it would stand on the command line, where a list of words or numbers has commas."""
    has_commas = OPTIONS[name].is_list or "," in OPTIONS[name].metavar
    if has_commas and isinstance(value, list) and all(isinstance(word, str | int | float) for word in value):
        value = ",".join(map(str, value))
    if not isinstance(value, str | int | float):
        raise ArgumentError(f"{origin} {shortened(str(value))}: expected text or a number")
    return Given(str(value).lower() if isinstance(value, bool) else str(value), origin)


def _parse(name: str, given: Given) -> object:
    try:
        return OPTIONS[name].parse(given.text)
    except ValueError as error:
        text = "" if OPTIONS[name].is_secret else f" {shortened(given.text)}"
        raise ArgumentError(f"{given.origin}{text}: {error}") from error
