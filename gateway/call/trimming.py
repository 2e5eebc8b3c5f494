"""What ended calls have freed, given back to the system.

The C library keeps what is freed for the next call, apart for each thread that ever was: after some hundred calls that
is as much memory as is in use. glibc's `malloc_trim` gives it back; where there is no glibc, nothing is done.
"""

from __future__ import annotations

import asyncio
import ctypes

from gateway.worker import Worker

PAUSE = 3.0
"""Seconds from the first call that ended to trimming: one for many, and not in the middle of one's last words."""


class Trimming:
    """Asked to trim whenever something large has ended; `start` it, and `aclose` it at last."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Be there."""
        self._running = asyncio.create_task(self._run(), name="trimming")

    def ask(self) -> None:
        """There is something to give back."""
        self._asked.set()

    async def aclose(self) -> None:
        """Trim no more."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def _run(self) -> None:
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        while trim is not None:
            await self._asked.wait()
            await asyncio.sleep(PAUSE)
            self._asked.clear()
            worker = Worker("trimming")
            try:
                await worker.run(trim, 0)
                await worker.aclose()
            finally:
                worker.close()
