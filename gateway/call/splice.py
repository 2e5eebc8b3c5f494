"""One line out of several sources, one after another: a lost browser's, then the one it came back with.

What follows sees the seam as a gap and no more: the timestamps of the next source are carried on from the last one's by
the time that passed, as `gateway.rtp.timeline` does where one source takes over from another on the same socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import cast

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from gateway.codec.decoder import TIME_BASE
from gateway.rtp.core import SoundPacket, SourceClock


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


class SplicedSound:
    """The same for packets of sound: numbers follow each other, timestamps carry on by the time that passed.

    A receiver takes what steps back for late, and its SRTP for a replay.
    """

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._newest: tuple[int, int, float] | None = None
        self._number_offset = self._timestamp_offset = 0
        self._is_begun = False

    def begin_source(self) -> None:
        """What comes next is another source's."""
        self._is_begun = False

    def carried_on(self, packet: SoundPacket, clock_rate: int) -> SoundPacket:
        """The packet on our line. `clock_rate`: of its codec, in Hz."""
        if not self._is_begun:
            self._begin(packet, clock_rate)
        number, timestamp = packet.sequence_number + self._number_offset, packet.timestamp + self._timestamp_offset
        if self._newest is None or number >= self._newest[0]:
            self._newest = number, timestamp, self._clock()
        return replace(packet, sequence_number=number, timestamp=timestamp)

    def carried_on_clock(self, clock: SourceClock) -> SourceClock | None:
        """The source's clock on our line; None where nothing was heard of it yet."""
        return replace(clock, timestamp=clock.timestamp + self._timestamp_offset) if self._is_begun else None

    def _begin(self, packet: SoundPacket, clock_rate: int) -> None:
        self._is_begun = True
        if self._newest is None:
            return
        number, timestamp, at = self._newest
        elapsed = max(1, round((self._clock() - at) * clock_rate))
        self._number_offset = number + 1 - packet.sequence_number
        self._timestamp_offset = timestamp + elapsed - packet.timestamp
