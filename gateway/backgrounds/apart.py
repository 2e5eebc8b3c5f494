"""Uploads are decoded in a process of their own.

Image decoders are native code that reads what strangers send, takes a gigabyte at times, and holds the interpreter's
lock while it copies: none of that belongs into a process that carries calls. So each upload gets a child that reads it
from stdin, has limits on time and memory and none of our secrets in its environment, gives way to the calls, and leaves
two files in a folder; what it tells is two numbers or a refusal. What kills it is a damaged picture like any other.
Nothing of a picture's size passes through the event loop.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import cast

from gateway.backgrounds.intake import take_in
from gateway.effect import AssetKind
from gateway.errors import ArgumentError, GatewayError, TooLarge, UnsupportedMedia

PICTURE, THUMBNAIL = "picture", "thumbnail.jpg"
"""The names of the files that the child leaves."""

PATIENCE = 60.0
"""Seconds for one picture: one of 64 megapixels takes 5 on an idle core, and cores are not idle here."""
PROCESSOR_SECONDS = 30
MEMORY = 4 << 30
"""Octets of address space, most of which is never touched."""
LARGEST_FILE = 64 << 20
"""Octets: a plate of 4096x4096 without loss has 50 MiB at most."""
NICENESS = 10

_REFUSALS: dict[str, type[GatewayError]] = {
    error.__name__: error for error in (ArgumentError, TooLarge, UnsupportedMedia)
}


async def take_in_apart(upload: Path, kind: AssetKind, folder: Path) -> tuple[int, int]:
    """Decode an upload and write it anew as `PICTURE` and `THUMBNAIL` in `folder`; returns its width and height.

    Raises:
        UnsupportedMedia: no picture of a kind we take. TooLarge: too many bytes or pixels. ArgumentError: it is
        damaged, or too small, or takes too long.
    """
    process = await asyncio.to_thread(_started, upload, kind, folder)
    ending = asyncio.ensure_future(asyncio.to_thread(process.communicate))
    try:
        async with asyncio.timeout(PATIENCE):
            told, _ = await asyncio.shield(ending)
    except TimeoutError as late:
        raise ArgumentError(f"the {kind} takes too long to read") from late
    finally:
        process.kill()  # has no effect on one that has ended
        await asyncio.wait([ending])
    return _size(told, kind)


def _started(upload: Path, kind: AssetKind, folder: Path) -> Popen[bytes]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHANGEBG_")}
    environ |= {"PYTHONPATH": str(Path(__file__).parents[2]), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-m", __name__, kind, str(folder)]
    with upload.open("rb") as content:
        return Popen(command, stdin=content, stdout=PIPE, stderr=DEVNULL, env=environ, start_new_session=True)


def _size(told: bytes, kind: AssetKind) -> tuple[int, int]:
    """What the child wrote.

    Raises:
        ArgumentError, TooLarge, UnsupportedMedia: its refusal, or it was killed.
    """
    try:
        document = json.loads(told)
        if "refused" in document:
            raise _REFUSALS[document["refused"]](str(document["detail"]))
        return int(document["width"]), int(document["height"])
    except (ValueError, KeyError, TypeError) as error:
        raise ArgumentError(f"the {kind} cannot be read") from error


def _main(kind: AssetKind, folder: Path) -> None:
    """The child: one picture from stdin to two files."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        taken = take_in(sys.stdin.buffer.read(), kind)
    except GatewayError as error:
        print(json.dumps({"refused": type(error).__name__, "detail": str(error)}))
        return
    (folder / PICTURE).write_bytes(taken.picture)
    (folder / THUMBNAIL).write_bytes(taken.thumbnail)
    print(json.dumps({"width": taken.width, "height": taken.height}))


if __name__ == "__main__":
    _main(cast("AssetKind", sys.argv[1]), Path(sys.argv[2]))
