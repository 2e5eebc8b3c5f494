"""A command's words: its arguments in order, and the settings around them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from gateway.errors import ArgumentError
from gateway.options.configuration import nearest, not_built, resolve, shortened
from gateway.options.option import Command
from gateway.options.settings import HEADINGS, LATER, OPTIONS, Settings
from gateway.options.values import at_home


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command's help says: one sentence, its arguments (name and meaning), and lines that can be copied."""

    command: Command
    summary: str
    arguments: tuple[tuple[str, str], ...]
    examples: str


@dataclass(frozen=True, slots=True)
class Words:
    """A parsed command line: `arguments` by their name in the usage (`RTP_URL`)."""

    arguments: Mapping[str, str]
    settings: Settings


def parse(usage: Usage, words: Sequence[str]) -> Words:
    """Split `words`, and add what the environment and `--config` say.

    Raises:
        ArgumentError: an unknown option, a missing or superfluous argument, a wrong value.
    """
    namespace, rest = _parser(usage).parse_known_args(words)
    if rest:
        raise ArgumentError(_not_understood(usage, rest[0]))
    given: dict[str, Any] = {name: _as_text(value) for name, value in vars(namespace).items() if value is not None}
    arguments = {name: given.pop(name) for name, _ in usage.arguments}
    config = given.pop("config", None) or os.environ.get("CHANGEBG_CONFIG") or None
    settings = resolve(usage.command, given, environ=os.environ, config=at_home(config) if config else None)
    return Words(arguments, settings)


class _Parser(argparse.ArgumentParser):
    """argparse, refusing in one line of ours."""

    def error(self, message: str) -> NoReturn:
        raise ArgumentError(f"{message}; see {self.prog} --help")


class _NotBuilt(argparse.Action):
    """An option of the public contract that is still to come."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        raise ArgumentError(not_built(option_string or self.dest))


def _parser(usage: Usage) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"changebg {usage.command}",
        description=usage.summary,
        epilog=usage.examples,
        formatter_class=_Layout,
        allow_abbrev=False,
        add_help=False,
        usage=" ".join(["changebg", usage.command, *(name for name, _ in usage.arguments), "[options]"]),
    )
    if usage.arguments:
        arguments = parser.add_argument_group("arguments")
        for name, meaning in usage.arguments:
            arguments.add_argument(name, help=meaning)
    for name in LATER:
        parser.add_argument(f"--{name}", action=_NotBuilt, nargs="?", help=argparse.SUPPRESS)
    last = _add_options(parser, usage.command)
    last.add_argument("--config", metavar="FILE", help="take options from a TOML file, keys as here without the dashes")
    last.add_argument("-h", "--help", action="help", help="show this")
    return parser


def _add_options(parser: argparse.ArgumentParser, command: Command) -> argparse._ArgumentGroup:
    """Add the options of `command` under their headings; the last group is returned."""
    group = parser.add_argument_group("options")
    for name, option in OPTIONS.items():
        if name in HEADINGS:
            group = parser.add_argument_group(HEADINGS[name])
        if command in option.commands and option.is_list:
            group.add_argument(f"--{name}", dest=name, metavar=option.metavar, action="append", help=option.help)
        elif command in option.commands and option.metavar:
            group.add_argument(f"--{name}", dest=name, metavar=option.metavar, help=option.help)
        elif command in option.commands:
            group.add_argument(f"--{name}", dest=name, action="store_const", const="true", help=option.help)
    return group


def _as_text(value: str | list[str]) -> str:
    """What was typed; an option given several times is a list."""
    return ",".join(value) if isinstance(value, list) else value


class _Layout(argparse.RawDescriptionHelpFormatter):
    """Option and meaning on one line wherever they fit."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26, width=120)


def _not_understood(usage: Usage, word: str) -> str:
    if not word.startswith("--"):
        return f"unexpected argument {shortened(word)}; see changebg {usage.command} --help"
    typed = word.split("=")[0]
    name = typed.removeprefix("--")
    if name in OPTIONS:
        others = " and ".join(OPTIONS[name].commands)
        return f"--{name}: an option of changebg {others}, not of {usage.command}"
    return f"unknown option {shortened(typed)}{nearest(typed, OPTIONS)}; see changebg {usage.command} --help"
