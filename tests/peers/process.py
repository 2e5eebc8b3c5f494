"""A process of a test: its output read as it comes, its processor time, its end."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.peers.watch import Watch

ENDING = 10.0
"""Seconds a process may take to end when told to."""


class ChildProcess:
    """Runs while its `async with` block does; then it gets the `farewell`, and is killed should it not end.

    `lines`: what it wrote on stderr so far. `output`: on stdout.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cores: set[int] | None = None,
        environ: dict[str, str] | None = None,
        farewell: signal.Signals = signal.SIGTERM,
    ) -> None:
        pinned = ["taskset", "-c", ",".join(map(str, cores))] if cores else []
        self.command = [*pinned, *command]
        self._environ = environ
        self._farewell = farewell
        self._process: Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self.lines: list[str] = []
        self.output = b""
        self.watch = Watch()

    async def __aenter__(self) -> Self:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CHANGEBG_")}
        self._process = await asyncio.create_subprocess_exec(
            *self.command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environ | (self._environ or {})
        )
        self._readers = [asyncio.create_task(self._read_output()), asyncio.create_task(self._read_lines())]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGCONT)  # a stopped process could not end
            self.process.send_signal(self._farewell)
        await self.ended()

    @property
    def process(self) -> Process:
        """The process itself."""
        assert self._process is not None, "not started"
        return self._process

    @property
    def pid(self) -> int:
        """Of the process."""
        return self.process.pid

    @property
    def said(self) -> str:
        """All it wrote on stderr."""
        return "\n".join(self.lines)

    @property
    def cpu_seconds(self) -> float:
        """Processor time so far, user and system, of all its threads and of children that have ended."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident(self) -> int:
        """Bytes of memory in use."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    @property
    def threads(self) -> int:
        """How many."""
        return len(os.listdir(f"/proc/{self.pid}/task"))  # noqa: PTH208

    @property
    def descriptors(self) -> int:
        """How many are open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))  # noqa: PTH208

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    async def ended(self, *, within: float = ENDING) -> int:
        """Wait until it has ended by itself; returns its exit status. One that does not is killed."""
        try:
            async with asyncio.timeout(within):
                status = await self.process.wait()
                await asyncio.gather(*self._readers)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(f"{self.command[:4]} did not end within {within:g} s: {self.said}") from None
        return status

    async def _read_output(self) -> None:
        assert self.process.stdout is not None
        while part := await self.process.stdout.read(1 << 16):
            self.output += part
            self.watch.notify()

    async def _read_lines(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(line.decode(errors="replace").rstrip())
            self.watch.notify()
        self.watch.notify()
