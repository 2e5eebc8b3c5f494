"""One composite to many readers, none of whom waits for another.

The track is pulled as fast as it gives. Each reader has a short queue of its own: what a busy moment kept waiting
leaves in order while it is fresh, beyond that only the newest counts. A reader that stands still holds one frame of the
pool, and no other reader up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import cast

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

MAX_WAIT = 0.05
"""Seconds a composite may wait for its reader where there is a newer one: what a burst of three takes to encode."""

MAX_FRAMES = 6
"""Composites that wait for one reader: what a retransmission releases at a stroke, at 60 a second."""


class Fanout:
    """Pulls `track` while `run` is at work. The frames are shared: a reader that writes on one copies it first."""

    def __init__(self, track: MediaStreamTrack, *, clock: Callable[[], float] = monotonic) -> None:
        self._track = track
        self._clock = clock
        self._readers: set[FanoutReader] = set()
        self._last: av.VideoFrame | None = None
        self._has_ended = False

    @property
    def last(self) -> av.VideoFrame | None:
        """The newest composite, None before the first."""
        return self._last

    def reader(self) -> FanoutReader:
        """A track of the composites from now on, the newest there is first. `stop` it to leave."""
        reader = FanoutReader(self._readers.discard, self._clock)
        if self._has_ended:
            reader.end()
            return reader
        self._readers.add(reader)
        if self._last is not None:
            reader.put(self._last)
        return reader

    async def run(self) -> None:
        """Pull until the track ends; then every reader's ends, too, once it has taken what waits for it."""
        try:
            while True:
                self._last = cast(av.VideoFrame, await self._track.recv())
                for reader in self._readers:
                    reader.put(self._last)
        except MediaStreamError:
            return
        finally:
            self._has_ended = True
            for reader in tuple(self._readers):
                reader.end()


class FanoutReader(MediaStreamTrack):
    """One reader's view. `dropped`: composites that came and were not taken in time."""

    kind = "video"

    def __init__(self, leave: Callable[[FanoutReader], None], clock: Callable[[], float]) -> None:
        super().__init__()
        self.dropped = 0
        self._leave = leave
        self._clock = clock
        self._frames: deque[tuple[av.VideoFrame, float]] = deque()
        self._changed = asyncio.Event()

    def put(self, frame: av.VideoFrame) -> None:
        """Take a composite; whatever is stale by now goes."""
        now = self._clock()
        self._frames.append((frame, now))
        while len(self._frames) > 1 and (self._frames[0][1] < now - MAX_WAIT or len(self._frames) > MAX_FRAMES):
            self._frames.popleft()
            self.dropped += 1
        self._changed.set()

    async def recv(self) -> av.VideoFrame:
        """The oldest composite that is still fresh, or the newest.

        Raises:
            MediaStreamError: the track ended, or the reader left.
        """
        while not self._frames:
            if self.readyState != "live":
                raise MediaStreamError
            self._changed.clear()
            await self._changed.wait()
        return self._frames.popleft()[0]

    def end(self) -> None:
        """No more will come; what waits is still taken."""
        super().stop()
        self._changed.set()

    def stop(self) -> None:
        """Leave; a pending `recv` raises."""
        super().stop()
        self._frames.clear()
        self._leave(self)
        self._changed.set()
