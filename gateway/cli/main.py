"""The `changebg` command: which command is meant, and what its end looks like to the shell.

Exit status 0 is done (a signal included), 1 a failure at run time, 2 a wrong argument; a failure is one line on stderr.
Codecs and kernels are imported by the commands' own functions, never up here: help and refusals come at once.
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from gateway import log
from gateway.cli import convert_keras, demo, file, keycolor, models, relay, serve
from gateway.cli.events import tell
from gateway.cli.parser import Usage, Words, parse
from gateway.errors import ArgumentError, GatewayError
from gateway.options.configuration import nearest, shortened
from gateway.options.option import Command
from gateway.options.settings import Settings
from gateway.options.values import either, is_yes
from transforms.effect import EffectError

COMMANDS: dict[Command, tuple[Usage, Callable[[Words], int]]] = {
    "relay": (relay.USAGE, relay.run),
    "file": (file.USAGE, file.run),
    "serve": (serve.USAGE, serve.run),
    "demo": (demo.USAGE, demo.run),
    "keycolor": (keycolor.USAGE, keycolor.run),
    "models list": (models.LIST, models.list_models),
    "models describe": (models.DESCRIBE, models.describe),
    "models check": (models.CHECK, models.check),
    "models convert-keras": (convert_keras.USAGE, convert_keras.run),
}
MODELS = tuple(command.partition(" ")[2] for command in COMMANDS if command.startswith("models "))
"""The second words of `changebg models …`."""
NAMES = tuple(dict.fromkeys(command.partition(" ")[0] for command in COMMANDS))
"""The first words."""

HELP = f"""\
changebg: background replacement for live calls. Video in by SDP, its background replaced, out as RTP.

usage:
  changebg SDP BACKGROUND COLOR RTP_URL PAYLOAD_TYPE [options]        relay, in five words
  changebg relay SDP BACKGROUND COLOR RTP_URL PAYLOAD_TYPE [options]  {relay.USAGE.summary}
  changebg file INPUT OUTPUT --background B [options]                 {file.USAGE.summary}
  changebg serve [--host ADDR] [--port PORT] [options]                {serve.USAGE.summary}
  changebg demo [--seconds N] [--output FILE]                         {demo.USAGE.summary}
  changebg keycolor INPUT                                             {keycolor.USAGE.summary}
  changebg models list [--models-dir DIR]                             {models.LIST.summary}
  changebg models describe FILE                                       {models.DESCRIBE.summary}
  changebg models check FILE PICTURE [--output M.png]                 {models.CHECK.summary}
  changebg models convert-keras CHECKPOINT                            {convert_keras.USAGE.summary}

examples:
  changebg demo
  changebg call.sdp beach.jpg auto rtp://192.0.2.7:10020 96 --preset ultrafast
  changebg call.sdp blur - rtp://192.0.2.7:10020 96
  changebg call.sdp waves.mp4 - rtp://192.0.2.7:10020 96 --matting selfie --focus 0.5,0.2 --light-wrap
  changebg call.sdp beach.jpg - rtp://192.0.2.7:10020 96 --plate empty-room.jpg
  changebg file call.mp4 out.mp4 --background beach.jpg --color auto

`changebg COMMAND --help` lists a command's options. Each is also a key of --config FILE.toml and a variable CHANGEBG_…
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except KeyboardInterrupt:
        return 0
    except Exception as error:  # noqa: BLE001  (the last line: a traceback is for --debug)
        if "--debug" in words or is_yes(os.environ.get("CHANGEBG_DEBUG", "")):
            traceback.print_exc()
        sentence, status = _ending(error)
        tell(" ".join(sentence.split()))
        return status


def _dispatch(words: list[str]) -> int:
    if not words:
        raise ArgumentError("nothing to do: try changebg demo, or see changebg --help")
    if words[0] in ("-h", "--help") or words in (["models", "-h"], ["models", "--help"]):
        print(HELP, end="")
        return 0
    if words[0] == "--version":
        print(f"changebg {_version()}")
        return 0
    command, rest = _command(words)
    usage, run = COMMANDS[command]
    parsed = parse(usage, rest)
    if command == "serve":
        _set_up_servers_logging(parsed.settings)
    else:
        _set_up_logging(debug=parsed.settings.debug)
    return run(parsed)


def _version() -> str:
    try:
        return importlib.metadata.version("changebg")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


def _command(words: list[str]) -> tuple[Command, list[str]]:
    """The command meant and the words after it; the five-parameter form is relay's."""
    first = words[0]
    for command in COMMANDS:
        length = command.count(" ") + 1
        if " ".join(words[:length]) == command:
            return command, words[length:]
    if first == "models" and not Path(first).exists():
        second = f"{shortened(words[1])} is no command" if words[1:] else "a second word is missing"
        raise ArgumentError(f"models: {second}{nearest(''.join(words[1:2]), MODELS)}: expected {either(MODELS)}")
    if len(words) < 5 and not first.startswith("-") and not Path(first).exists():
        hint = nearest(first, NAMES) or f": expected {', '.join(NAMES)}, or an SDP file"
        raise ArgumentError(f"{shortened(first)} is no command and no file{hint}")
    return "relay", words


def _set_up_logging(*, debug: bool) -> None:
    """On stderr: what the commands tell of a call, everybody's warnings, and with `debug` all of our own."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("changebg").setLevel(logging.INFO)
    if debug:
        for package in ("gateway", "transforms"):
            logging.getLogger(package).setLevel(logging.DEBUG)


def _set_up_servers_logging(settings: Settings) -> None:
    """On stderr: a server's lines say when and of which session, in words or as JSON."""
    if not logging.getLogger().handlers:  # as basicConfig: whoever calls `main` may have their own
        log.configure(settings.log_format, level=logging.DEBUG if settings.debug else logging.INFO)


def _ending(error: Exception) -> tuple[str, int]:
    """What is said of an error, and the exit status."""
    match error:
        case GatewayError():
            return str(error), error.exit_status
        case EffectError():
            return str(error), ArgumentError.exit_status
        case _:
            return f"{type(error).__name__}: {error} (a fault of changebg itself; --debug shows where)", 1
