"""Uploads are decoded in a process of their own.

Decoders are native code that reads what strangers send, takes a gigabyte at times, and holds the interpreter's
lock while it copies: none of that belongs into a process that carries calls. So each upload gets a child that reads it
from stdin, has limits on time and memory and none of our secrets in its environment, gives way to the calls, and leaves
two files in a folder; what it tells is two or three numbers or a refusal. What kills it is a damaged picture like any
other. Nothing of a picture's size passes through the event loop.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import cast

from gateway.backgrounds.asset import PICTURE, THUMBNAIL, Shape
from gateway.effect import AssetKind
from gateway.errors import ArgumentError, GatewayError, TooLarge, UnsupportedMedia


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use: `patience` and `processor` in seconds, `largest_file` in octets."""

    patience: float
    processor: int
    largest_file: int


OF_PICTURES = Limits(patience=60.0, processor=30, largest_file=64 << 20)
"""One of 64 megapixels takes 5 s on an idle core, and cores are not idle here. A plate of 4096x4096 without loss has
50 MiB at most."""
OF_VIDEOS = Limits(patience=300.0, processor=240, largest_file=128 << 20)
"""Two minutes of 1080p take one to transcode on an idle core."""

MEMORY = 4 << 30
"""Octets of address space, most of which is never touched."""
NICENESS = 10

_REFUSALS: dict[str, type[GatewayError]] = {
    error.__name__: error for error in (ArgumentError, TooLarge, UnsupportedMedia)
}


async def take_in_apart(upload: Path, kind: AssetKind, folder: Path) -> Shape:
    """Decode an upload and write it anew as `PICTURE` and `THUMBNAIL` in `folder`.

    Raises:
        UnsupportedMedia: nothing of a kind we take. TooLarge: too many pixels, or too long. ArgumentError: it is
        damaged, or too small, or takes too long.
    """
    process = await asyncio.to_thread(_started, upload, kind, folder)
    ending = asyncio.ensure_future(asyncio.to_thread(process.communicate))
    try:
        async with asyncio.timeout(limits_of(kind).patience):
            told, _ = await asyncio.shield(ending)
    except TimeoutError as late:
        raise ArgumentError(f"the {kind} takes too long to read") from late
    finally:
        process.kill()  # has no effect on one that has ended
        await asyncio.wait([ending])
    return _shape(told, kind)


def limits_of(kind: AssetKind) -> Limits:
    """What reading an upload for that may take."""
    return OF_VIDEOS if kind == "video" else OF_PICTURES


def _started(upload: Path, kind: AssetKind, folder: Path) -> Popen[bytes]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHANGEBG_")}
    environ |= {"PYTHONPATH": str(Path(__file__).parents[2]), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-m", __name__, kind, str(folder)]
    with upload.open("rb") as content:
        return Popen(command, stdin=content, stdout=PIPE, stderr=DEVNULL, env=environ, start_new_session=True)


def _shape(told: bytes, kind: AssetKind) -> Shape:
    """What the child wrote.

    Raises:
        ArgumentError, TooLarge, UnsupportedMedia: its refusal, or it was killed.
    """
    try:
        document = json.loads(told)
        if "refused" in document:
            raise _REFUSALS[document["refused"]](str(document["detail"]))
        seconds = document["seconds"]
        return Shape(int(document["width"]), int(document["height"]), None if seconds is None else float(seconds))
    except (ValueError, KeyError, TypeError) as error:
        raise ArgumentError(f"the {kind} cannot be read") from error


def _main(kind: AssetKind, folder: Path) -> None:
    """The child: one upload from stdin to two files."""
    limits = limits_of(kind)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.processor, limits.processor))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.largest_file, limits.largest_file))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        shape = _video(folder) if kind == "video" else _picture(kind, folder)
    except GatewayError as error:
        print(json.dumps({"refused": type(error).__name__, "detail": str(error)}))
        return
    print(json.dumps(asdict(shape)))


def _picture(kind: AssetKind, folder: Path) -> Shape:
    from gateway.backgrounds.intake import take_in

    taken = take_in(sys.stdin.buffer.read(), kind)
    (folder / PICTURE).write_bytes(taken.picture)
    (folder / THUMBNAIL).write_bytes(taken.thumbnail)
    return Shape(taken.width, taken.height)


def _video(folder: Path) -> Shape:
    from gateway.backgrounds.clips import take_in_clip

    clip = take_in_clip(sys.stdin.buffer, folder)
    return Shape(clip.width, clip.height, clip.seconds)


if __name__ == "__main__":
    _main(cast("AssetKind", sys.argv[1]), Path(sys.argv[2]))
