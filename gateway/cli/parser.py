"""A command's words: its arguments in order, and the settings around them."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from gateway.errors import ArgumentError
from gateway.options.configuration import nearest, resolve, shortened
from gateway.options.option import Command, Option
from gateway.options.settings import HEADINGS, OPTIONS, Settings
from gateway.options.values import at_home

_NUMBER = re.compile(r"\+?(\d+\.?\d*|\.\d+)(e-?\d+)?")
_NEGATIVE = re.compile(r"-(\d|\.\d)")
"""How a number below zero begins, or several with commas."""


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
    namespace, rest = _parser(usage).parse_known_args(_joined(usage.command, words))
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


def _joined(command: Command, words: Sequence[str]) -> list[str]:
    """The same words, each value that argparse would misread joined to its option.

    One that begins with a minus is no option (`--offset -400,-1600`); an option that may stand alone takes the next
    word only if that is a number (`--light-wrap call.sdp …`).
    """
    joined: list[str] = []
    for word in words:
        option = _option(command, joined[-1]) if joined else None
        if option is not None and (_NEGATIVE.match(word) or (option.bare is not None and _NUMBER.fullmatch(word))):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    alone = ((word, _option(command, word)) for word in joined)
    return [word if option is None or option.bare is None else f"{word}={option.bare}" for word, option in alone]


def _option(command: Command, word: str) -> Option | None:
    """The option of `command` that `word` is, without its value; None where it is none, or takes none."""
    option = OPTIONS.get(word.removeprefix("--")) if word.startswith("--") else None
    return option if option is not None and option.metavar and command in option.commands else None


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
