"""`changebg serve` as a process of its own, for a browser to call."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.peers.process import ChildProcess

READY = "changebg serves "


@dataclass(frozen=True, slots=True)
class Served:
    """`url` ends in a slash. `process`: to look at its memory and time, or to end it."""

    url: str
    process: ChildProcess


@asynccontextmanager
async def changebg_serve(*options: str, within: float = 60.0) -> AsyncIterator[Served]:
    """A server on a free port of 127.0.0.1, warm; kernels that were never compiled before take the most of `within`."""
    command = [sys.executable, "-m", "gateway.cli", "serve", "--port", "0", *options]
    async with ChildProcess(command) as process:
        await process.watch.until(lambda: READY.encode() in process.output, "the server to be ready", within=within)
        line = next(line for line in process.output.decode().splitlines() if line.startswith(READY))
        yield Served(line.removeprefix(READY).split("#")[0], process)
