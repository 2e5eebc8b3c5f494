"""coturn's turnserver on loopback, with credentials made of a secret as `--turn-secret` makes them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.peers.programs import require_program

SECRET = "a secret of the test's"


@asynccontextmanager
async def turn_server(directory: Path, *, address: str = "127.0.0.1") -> AsyncIterator[int]:
    """Its port, UDP and TCP."""
    program = require_program("turnserver", package="coturn")
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        program, "-n", "--no-cli", "--no-tls", "--no-dtls", "--allow-loopback-peers", "--use-auth-secret",
        f"--static-auth-secret={SECRET}", "--realm=test", f"--listening-ip={address}", f"--relay-ip={address}",
        f"--listening-port={port}", f"--pidfile={directory}/pid", f"--userdb={directory}/db", "--log-file=stdout",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=directory,
    )  # fmt: skip
    try:
        await _listens(address, port)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def _listens(address: str, port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection(address, port)
            except OSError:
                await asyncio.sleep(0.02)  # there is nothing to wait for but the next try
                continue
            writer.close()
            await writer.wait_closed()
            return
