"""The relay under test, as a user runs it: a process, its arguments, what it prints."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.peers.link import HOST
from tests.peers.process import ChildProcess

COMMAND = (sys.executable, "-m", "gateway.cli", "relay")
STARTING = 90.0
"""Seconds: kernels are compiled where there is no cache yet."""
SCREEN = "2a6a84"
_COUNTS = re.compile(r"(\d+) frames in, (\d+) out, (\d+) dropped, (\d+) held")
_LATENCY = re.compile(r"latency p50 ([\d.]+) ms, p95 ([\d.]+) ms")
_STAGE = re.compile(r"(\w+) ([\d.]+) ms(?=[,)])")


@dataclass(frozen=True, slots=True)
class Summary:
    """The relay's last line. `latency` p50 and p95, `stages` by name: milliseconds."""

    frames_in: int
    frames_out: int
    dropped: int
    held: int
    latency: tuple[float, float] | None
    stages: dict[str, float]


class Relay(ChildProcess):
    """`changebg relay`, from an SDP file to `port`; once entered, it listens and is warm."""

    def __init__(
        self,
        description: Path,
        port: int | str,
        *options: str,
        background: str | Path = "color:3f7f3f",
        color: str = SCREEN,
        payload_type: int = 96,
        cores: set[int] | None = None,
        environ: dict[str, str] | None = None,
    ) -> None:
        url = port if isinstance(port, str) else f"rtp://{HOST}:{port}"
        arguments = (str(description), str(background), color, url, str(payload_type), *options)
        super().__init__([*COMMAND, *arguments], cores=cores, environ=environ)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            await self.watch.until(self._is_started_or_over, "SDP on the relay's stdout", within=STARTING)
            assert self.output, f"the relay ended at once: {self.said}"
        except BaseException:
            await self.__aexit__()
            raise
        return self

    @property
    def description(self) -> str:
        """The SDP it printed."""
        return self.output.decode()

    @property
    def summary(self) -> Summary:
        """What it said last."""
        last = self.lines[-1] if self.lines else ""
        counts, latency = _COUNTS.search(last), _LATENCY.search(last)
        assert counts is not None, f"no summary: {self.said}"
        stages = {name: float(ms) for name, ms in _STAGE.findall(last[latency.end() :])} if latency else {}
        measured = (float(latency[1]), float(latency[2])) if latency else None
        frames_in, frames_out, dropped, held = map(int, counts.groups())
        return Summary(frames_in, frames_out, dropped, held, measured, stages)

    async def heard(self, words: str, *, within: float = 5.0) -> None:
        """Wait for a line with these words on stderr."""
        await self.watch.until(lambda: words in self.said, f"{words!r} on stderr", within=within)

    def _is_started_or_over(self) -> bool:
        return self.output.endswith(b"\n") or self.process.returncode is not None
