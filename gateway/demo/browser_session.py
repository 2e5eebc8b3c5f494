"""The same call in a browser: `changebg serve` on this machine, in a process of its own, given the caller's packets.

It is there to be looked at, not measured: it waits for the processor behind the relay, and where it cannot be had the
demonstration goes on without it.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp

from gateway.demo.relay_process import environment
from gateway.errors import GatewayError
from gateway.options.background_files import is_video
from gateway.options.picture_values import blur_strength
from gateway.options.values import at_home

STARTING: Final = 60.0
"""Seconds until it is given up; the relay before it has compiled what it needs."""
ANSWERING: Final = 10.0
"""Seconds for a request."""
ENDING: Final = 3.0
"""Seconds between SIGTERM and SIGKILL."""
NICENESS: Final = 10
"""Behind the relay, whose figures are the demonstration's."""

OPTIONS: Final = ("--port", "0", "--rtp-ports", "1024-65535", "--setup-timeout", "600", "--drain", "0")
"""Any port, as the system chose it; and the caller may take its time to be drawn."""

UNTIL_ORPHANED: Final = """\
import os, signal, sys, threading
watch = lambda: (sys.stdin.buffer.read(), os.kill(os.getpid(), signal.SIGTERM))
threading.Thread(target=watch, daemon=True).start()
from gateway.cli.__main__ import run
run()
"""
"""The command, ended by the end of its standard input: by this process's end, however it comes."""


class BrowserSession:
    """A server with one session. Whoever calls `start` calls `stop`."""

    def __init__(self, options: Sequence[str]) -> None:
        """`options`: of `changebg serve`."""
        self._command = [sys.executable, "-P", "-c", UNTIL_ORPHANED, "serve", *OPTIONS, *options]
        self._process: Process | None = None

    async def start(self, description: str, background: str, matting: Mapping[str, object]) -> str:
        """Start it and its session; returns the page's URL.

        Args:
            description: the SDP of what will be sent to it.
            background: as a command line says it.
            matting: as the API takes it.

        Raises:
            GatewayError: it does not start, or takes no such session.
        """
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment(), start_new_session=True
        )
        os.setpriority(os.PRIO_PROCESS, self._process.pid, NICENESS)
        url = await self._started(self._process)
        timeout = aiohttp.ClientTimeout(total=ANSWERING)
        try:
            async with aiohttp.ClientSession(url, timeout=timeout, raise_for_status=True) as client:
                effect = {"matting": matting, "background": await _background(client, background)}
                body = {
                    "input": {"kind": "sdp", "sdp": description},
                    "output": {"kind": "whep"},
                    "effect": effect,
                    "labels": {"name": "demo"},
                }
                await client.post("/v1/sessions", json=body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise GatewayError(f"the server took no session: {error}") from error
        return url

    async def stop(self) -> None:
        """End it, whether it was started or not."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(ENDING):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _started(self, process: Process) -> str:
        if process.stdout is None:
            raise TypeError("the server has no pipes")
        try:
            async with asyncio.timeout(STARTING):
                line = (await process.stdout.readline()).decode(errors="replace")
        except TimeoutError as late:
            raise GatewayError(f"the server did not start within {STARTING:g} s") from late
        match = re.search(r"http://\S+", line)
        if match is None:
            raise GatewayError("the server did not start")
        return match[0]


async def _background(client: aiohttp.ClientSession, background: str) -> dict[str, Any]:
    """The background as the API takes it, uploaded where it is an image.

    A video is not: to take it in lasts longer than the demonstration. A background of the server's stands for it.
    """
    kind, _, value = background.partition(":")
    if kind == "color":
        return {"kind": "color", "color": value}
    if kind == "blur":
        return {"kind": "blur"} | ({"strength": blur_strength(value)} if value else {})
    if await asyncio.to_thread(is_video, at_home(background)):
        return {"kind": "image"}
    content = await asyncio.to_thread(at_home(background).read_bytes)
    headers = {"Content-Type": "application/octet-stream"}
    async with client.post("/v1/backgrounds", data=content, headers=headers) as answer:
        return {"kind": "image", "source": (await answer.json())["id"]}
