"""One slot between a producer that must not wait and a consumer that may be slow."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

from aiortc.mediastreams import MediaStreamError

T = TypeVar("T")


class LatestFrame(Generic[T]):
    """Holds the newest item put in; one that is overtaken before it was taken is dropped and counted.

    The end is kept apart from the items: what was put in before it is still taken. For one consumer at a time.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._item: T | None = None
        self._end: Exception | None = None
        self._changed = asyncio.Event()

    def put(self, item: T) -> None:
        """Replace whatever waits. After `end` it is ignored."""
        if self._end is not None:
            return
        self.dropped += self._item is not None
        self._item = item
        self._changed.set()

    def end(self, error: Exception | None = None) -> None:
        """No more will come; `error` is what `get` raises then, `MediaStreamError` if not given."""
        if self._end is None:
            self._end = error or MediaStreamError()
            self._changed.set()

    async def get(self) -> T:
        """The newest item, waiting for one that was not taken yet.

        Raises:
            MediaStreamError: the end was reached; or the error that `end` was given.
        """
        while self._item is None:
            if self._end is not None:
                raise self._end
            self._changed.clear()
            await self._changed.wait()
        item, self._item = self._item, None
        return item
