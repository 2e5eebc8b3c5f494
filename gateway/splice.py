"""One line of frames out of several sources, one after another: a lost browser's, then the one it came back with.

What follows sees the seam as a gap and no more: the timestamps of the next source are carried on from the last one's by
the time that passed, as `gateway.rtp.timeline` does where one source takes over from another on the same socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import cast

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from gateway.decoder import TIME_BASE


class SplicedTrack(MediaStreamTrack):
    """The frames of whatever `follow` was last told to follow. For one reader.

    `offset` is added to every timestamp of the source: here to a frame's `pts`, by others to its packets' and clock's.
    Invariant: timestamps never step back over a seam. Sources are stopped when another is followed, and by `stop`.
    """

    kind = "video"

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self.offset = 0
        self._clock = clock
        self._source: MediaStreamTrack | None = None
        self._newest: tuple[int, float] | None = None
        self._changed = asyncio.Event()

    def follow(self, source: MediaStreamTrack | None, *, timestamp: int = 0) -> None:
        """Give the frames of `source` from now on, the first at `timestamp` (1/90000 s, its own); None: wait."""
        old, self._source = self._source, source
        if old is not None:
            old.stop()
        if source is not None:
            self.offset = self._next_timestamp(timestamp) - timestamp
        self._changed.set()

    async def recv(self) -> av.VideoFrame:
        """The next frame, of this source or of the next.

        Raises:
            MediaStreamError: this track was stopped.
        """
        while self.readyState == "live":
            source = self._source
            if source is None:
                self._changed.clear()
                await self._changed.wait()
                continue
            try:
                frame = cast(av.VideoFrame, await source.recv())
            except MediaStreamError:
                if self._source is source:
                    self._source = None
                continue
            if self._source is source:
                return self._carried_on(frame)
        raise MediaStreamError

    def stop(self) -> None:
        """End the track and its source; a pending `recv` raises."""
        super().stop()
        self.follow(None)

    def _carried_on(self, frame: av.VideoFrame) -> av.VideoFrame:
        frame.pts = (frame.pts or 0) + self.offset
        newest = frame.pts if self._newest is None else max(frame.pts, self._newest[0])
        self._newest = newest, self._clock()
        return frame

    def _next_timestamp(self, own: int) -> int:
        """Where the line has come to by now; a source's own timestamps where it is the first."""
        if self._newest is None:
            return own
        timestamp, at = self._newest
        return timestamp + max(1, round((self._clock() - at) / TIME_BASE))
