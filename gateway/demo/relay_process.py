"""The relay of the demonstration: the real command, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gateway.errors import GatewayError

STARTING: Final = 300.0
"""Seconds a start may take: on a slow machine without a cache, compiling every kernel takes a minute."""
ENDING: Final = 5.0
"""Seconds between SIGTERM and SIGKILL."""
IDLE_TIMEOUT: Final = "60"
"""Seconds of silence after which the relay ends by itself, should this process be killed; longer than it is drawn."""


class RelayProcess:
    """`changebg relay` with the caller's SDP on its standard input. Whoever calls `start` calls `stop`."""

    def __init__(self, description: str, arguments: Sequence[str]) -> None:
        """`arguments`: what follows the SDP on the command line."""
        self._description = description
        options = ["--idle-timeout", IDLE_TIMEOUT]
        self._command = [sys.executable, "-P", "-m", "gateway.cli", "relay", "-", *arguments, *options]
        self._process: Process | None = None
        self._said: deque[str] = deque(maxlen=20)
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, and wait until it listens.

        Raises:
            GatewayError: it does not start.
        """
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment(), start_new_session=True
        )
        self._listening = asyncio.create_task(self._listen(self._process), name="what the relay says")
        await self._wait_until_started(self._process)

    @property
    def cpu_seconds(self) -> float | None:
        """CPU time it has used so far, where the system tells (Linux's /proc)."""
        if self._process is None:
            return None
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def stop(self) -> tuple[str, ...]:
        """End it; returns the last lines it said, the very last its summary, or one empty line."""
        process, listening = self._process, self._listening
        if process is None or listening is None:
            return ("",)
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(ENDING):
                await process.wait()
                await listening
        except TimeoutError:
            process.kill()
            await process.wait()
        return tuple(self._said) or ("",)

    async def _wait_until_started(self, process: Process) -> None:
        """Hand over the description and wait for the relay's own, which it prints once it listens."""
        if process.stdin is None or process.stdout is None:
            raise TypeError("the relay has no pipes")
        process.stdin.write(self._description.encode())
        process.stdin.close()
        try:
            async with asyncio.timeout(STARTING):
                printed = await process.stdout.readline()
        except TimeoutError as late:
            raise GatewayError(f"the relay did not start within {STARTING:g} s") from late
        if not printed:
            await process.wait()
            raise GatewayError(f"the relay did not start: {(await self.stop())[-1]}")

    async def _listen(self, process: Process) -> None:
        """Keep the last lines of its log, so that it never waits for a reader."""
        if process.stderr is None:
            raise TypeError("the relay has no pipes")
        async for line in process.stderr:
            self._said.append(line.decode(errors="replace").rstrip())


def environment() -> dict[str, str]:
    """Ours, without the settings made for other relays, and with the code that runs here, wherever it lies."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHANGEBG_")}
    here = str(Path(__file__).parents[2])
    return environ | {"PYTHONPATH": os.pathsep.join(filter(None, (here, environ.get("PYTHONPATH"))))}
