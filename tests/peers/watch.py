"""Waiting for something observed, never for a length of time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Watch:
    """Whoever observes calls `notify`; whoever waits gives a condition, looked at after each observation."""

    def __init__(self) -> None:
        self._observed = asyncio.Event()

    def notify(self) -> None:
        """Something was observed."""
        self._observed.set()

    async def until(self, condition: Callable[[], bool], what: str, *, within: float) -> None:
        """Return once the condition holds.

        Raises:
            AssertionError: it did not hold `within` so many seconds; `what` says what was waited for.
        """
        try:
            async with asyncio.timeout(within):
                while not condition():
                    self._observed.clear()
                    await self._observed.wait()
        except TimeoutError:
            raise AssertionError(f"within {within:g} s there was no {what}") from None
