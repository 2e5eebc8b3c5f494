"""A file's composites as a track that gives each when its time has come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from gateway.file.conversion import Converted
from gateway.file.decoding import Carried
from gateway.worker import Worker


class PacedTrack(MediaStreamTrack):
    """Every composite of `items`, the first at once and each other as much later as it is in the file.

    Where the machine is too slow for that they come when they are done, and nothing is left out: as ffmpeg's `-re`.
    `items` is drawn from in `worker`. `on_frame` is told of each as its time has come, and by how many
    seconds it is late.
    """

    kind = "video"

    def __init__(
        self, items: Iterator[Converted | Carried], *, worker: Worker, on_frame: Callable[[av.VideoFrame, float], None]
    ) -> None:
        super().__init__()
        self._items = items
        self._worker = worker
        self._on_frame = on_frame
        self._start: float | None = None
        self._stopped = asyncio.Event()

    async def recv(self) -> av.VideoFrame:
        """The next frame, at its time.

        Raises:
            MediaStreamError: there is none any more, or the track was stopped.
            GatewayError: the file cannot be read.
        """
        frame = await self._worker.run(self._next)
        if frame is None:
            self.stop()
            raise MediaStreamError
        lateness = await self._until(float((frame.pts or 0) * (frame.time_base or 0)))
        if self._stopped.is_set():
            raise MediaStreamError
        self._on_frame(frame, lateness)
        return frame

    def stop(self) -> None:
        """End the track; a pending `recv` raises."""
        super().stop()
        self._stopped.set()

    def _next(self) -> av.VideoFrame | None:
        """In the worker's thread; what is carried over beside the pictures is not sent."""
        return next((item.frame for item in self._items if isinstance(item, Converted)), None)

    async def _until(self, time: float) -> float:
        """Wait until the stream has come to `time`, or the track is stopped; how late it is already."""
        now = asyncio.get_running_loop().time()
        if self._start is None:
            self._start = now - time
        wait = self._start + time - now
        if wait > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stopped.wait()
        return max(-wait, 0.0)
