"""What the tables of options are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

CallCommand = Literal["relay", "file", "serve", "demo", "keycolor"]
ModelsCommand = Literal["models list", "models describe", "models check", "models convert-keras"]
Command = CallCommand | ModelsCommand
RELAY: tuple[Command, ...] = ("relay",)
FILE: tuple[Command, ...] = ("file",)
SERVE: tuple[Command, ...] = ("serve",)
DEMO: tuple[Command, ...] = ("demo",)
RELAY_AND_FILE: tuple[Command, ...] = ("relay", "file")
RELAY_AND_SERVE: tuple[Command, ...] = ("relay", "serve")
RELAY_FILE_AND_SERVE: tuple[Command, ...] = ("relay", "file", "serve")
CALLS: tuple[Command, ...] = ("relay", "file", "demo")
ALL_CALLS: tuple[Command, ...] = ("relay", "file", "serve", "demo")
MODEL_CHECKS: tuple[Command, ...] = ("models describe", "models check")
EVERY: tuple[Command, ...] = (*get_args(CallCommand), *get_args(ModelsCommand))


@dataclass(frozen=True, slots=True)
class Option:
    """What the table knows of one option beside its name, type and default.

    `parse` raises ValueError with what would be right. No `metavar`: a switch, which takes no value. `is_list`: it may
    be given several times, or once with commas; `parse` gets all of it, with commas. `is_secret`: never shown again.
    `bare`: what the option means where it stands alone on the command line; None: it needs its value.
    """

    parse: Callable[[str], object]
    metavar: str
    help: str
    commands: tuple[Command, ...]
    is_list: bool = False
    is_secret: bool = False
    bare: str | None = None
