"""Where inputs and outputs lie, and outputs that appear only when they are whole."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.codec.inputs import PIPE, check_input, is_sequence, numbered
from gateway.errors import ArgumentError

PART = ".part"
"""What the name of an unfinished file, or of a folder of an unfinished sequence, ends in."""


def check_paths(source: Path, output: Path) -> None:
    """Refuse what would go wrong at the end, or would read what it writes.

    Raises:
        ArgumentError: with which path it is.
    """
    check_input(source)
    if output == PIPE:
        if sys.stdout.isatty():
            raise ArgumentError("OUTPUT -: standard output is a terminal, expected a pipe")
        return
    if output.is_dir():
        raise ArgumentError(f"OUTPUT {str(output)!r}: is a directory, expected a file name")
    folder = output.resolve().parent
    if not folder.is_dir():
        raise ArgumentError(f"OUTPUT {str(output)!r}: there is no directory {str(folder)!r}")
    if _are_same(source, output):
        raise ArgumentError(f"OUTPUT {str(output)!r}: is the input")


def _are_same(source: Path, output: Path) -> bool:
    if source == PIPE:
        return output.exists() and os.path.samestat(output.stat(), os.fstat(sys.stdin.fileno()))
    if source.exists():
        return output.exists() and output.samefile(source)
    if output.resolve().parent != source.resolve().parent:
        return False
    return output.name == source.name or numbered(source).fullmatch(output.name) is not None


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to: it takes the place of `path` when all went well, and is gone when not.

    A numbered sequence is written into a folder beside, out of which its pictures come. A pipe, and what is there and
    is no file (a device, a named pipe), is written to itself.
    """
    target = path if path == PIPE else path.resolve()
    if path == PIPE or (target.exists() and not target.is_file()):
        yield path
    elif is_sequence(target):
        with _sequence_aside(target) as part:
            yield part
    else:
        part = target.with_name(f"{target.name}{PART}")
        try:
            yield part
            if part.exists():
                part.replace(target)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def _sequence_aside(target: Path) -> Iterator[Path]:
    folder = target.with_name(f"{target.name}{PART}")
    try:
        folder.mkdir(exist_ok=True)
        yield folder / target.name
        for picture in sorted(folder.iterdir()):
            picture.replace(target.with_name(picture.name))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
