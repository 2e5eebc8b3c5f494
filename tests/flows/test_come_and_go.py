"""Callers who come and go in every way, the unkind ones included: the server is afterwards what it was before."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass
from functools import partial

import aiohttp
import pytest

from tests.browser.serving import Served, changebg_serve
from tests.peers.process import ChildProcess

GROWTH = 24 << 20
"""Bytes of memory that do not count as growth: what the allocator keeps."""
SETTLED = 60.0
"""Seconds: half a minute is how long a call is kept whose caller vanished."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a server uses."""

    threads: int
    descriptors: int
    resident: int

    def is_like(self, before: Left) -> bool:
        """Whether nothing has come to what there was before."""
        has_more = self.threads > before.threads or self.descriptors > before.descriptors
        return not has_more and self.resident < before.resident + GROWTH


async def calls(served: Served) -> list[dict[str, str]]:
    """The sessions that the server has."""
    async with aiohttp.ClientSession(served.url) as http, http.get("v1/sessions") as response:
        listed: list[dict[str, str]] = (await response.json())["sessions"]
        return listed


async def end_what_is_lost(served: Served) -> None:
    """Spare a test half a minute: nobody comes back."""
    async with aiohttp.ClientSession(served.url) as http, asyncio.timeout(SETTLED):
        while listed := await calls(served):
            for one in listed:
                if one["state"] == "lost":
                    await http.delete(f"v1/sessions/{one['id']}")
            await asyncio.sleep(0.1)


def _stand_or_failed(callers: ChildProcess) -> bool:
    return b"standing" in callers.output or "Traceback" in callers.said


async def come_and_go(served: Served, cycles: int, *, killed: int, is_hurried: bool = True) -> None:
    """So many calls that end, and so many whose caller is killed; returns when the server has none."""
    command = [sys.executable, "-m", "tests.peers.come_and_go", served.url, str(cycles), str(killed)]
    async with ChildProcess(command, farewell=signal.SIGKILL) as callers:
        stand = partial(_stand_or_failed, callers)
        await callers.watch.until(stand, "callers that stand", within=10 + 3 * cycles)
        assert b"standing" in callers.output, callers.said
    if is_hurried:
        await end_what_is_lost(served)
    async with asyncio.timeout(SETTLED):
        while await calls(served):  # noqa: ASYNC110  (another process has no events)
            await asyncio.sleep(0.1)


async def left(served: Served, *, like: Left | None = None) -> Left:
    """What it uses, once that is `like` before or time is up."""
    process = served.process
    for _ in range(100):
        now = Left(process.threads, process.descriptors, process.resident)
        if like is None or now.is_like(like):
            return now
        await asyncio.sleep(0.1)
    return now


@pytest.mark.parametrize(
    ("rounds", "is_hurried"),
    [pytest.param(2, True, id="30"), pytest.param(13, False, id="200", marks=pytest.mark.slow)],
)
@pytest.mark.timeout(900)
async def test_callers_leave_nothing_however_they_leave(rounds: int, is_hurried: bool) -> None:
    async with changebg_serve("--drain", "0", "--setup-timeout", "1", "--preset", "ultrafast") as served:
        await come_and_go(served, 6, killed=1)
        before = await left(served)
        for _ in range(rounds):
            await come_and_go(served, 12, killed=3)
        if not is_hurried:
            await come_and_go(served, 3, killed=2, is_hurried=False)
        after = await left(served, like=before)
        print(before, after)
        assert after.is_like(before)
        assert not [line for line in served.process.lines if "Traceback" in line or " ERROR " in line]
