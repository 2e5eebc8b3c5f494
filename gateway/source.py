"""RTP's access units as a video track.

Whoever pulls from the track sets the pace. A live picture is worth most when it is fresh, but the frames that a
retransmission releases all at once, or a hiccup of ours keeps waiting, are not stale yet: they leave in order as long
as they have waited less than `MAX_WAIT`. Beyond that only the newest counts, so the latency stays what it was.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic, perf_counter

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from gateway.codec.cadence import FrameRateLimit
from gateway.codec.decoder import DecodeError, VideoDecoder, coded_as
from gateway.codec.upright import Upright
from gateway.rtp.core import AccessUnit, SourceChanged
from gateway.worker import Worker

MAX_WAIT = 0.1
"""Seconds a decoded picture may have been waiting where there is a newer one: three frames at 30 a second. It is the
most that a machine too slow for the call adds to its latency; a busy moment of a fast one costs no frame."""

MAX_PICTURES = 8
"""Decoded pictures that wait: what `MAX_WAIT` is good for at 60 frames a second and more, and 11 MB at 720x1280."""

CATCH_UP = 0.25
"""Seconds of decoding that a backlog may cost before a key frame is the quicker way. Bursts after a standstill of some
seconds stay below it."""

PRESUMED_DECODING = 0.003
"""Seconds to decode one access unit, until that is measured: 720x1280 H264 at its slowest. What came while the effect
was loading is a backlog as well."""

MAX_UNITS = 1024
"""Access units that wait while nobody pulls: half a minute at 30 a second."""

MAX_REORDERED = 32
"""Pictures that a decoder holds back: twice what H264 allows (ITU-T H.264 §A.3.1)."""

MakeDecoder = Callable[[str], VideoDecoder]
"""A fresh decoder of a codec, by its RTP encoding name."""


@dataclass(frozen=True, slots=True)
class SourceStats:
    """Counters since the start: access units taken in, pictures decoded, and those not passed on."""

    units: int
    pictures: int
    dropped: int
    skipped_units: int
    decode_errors: int
    reorder_delay: int


class RtpVideoTrack(MediaStreamTrack):
    """Decodes what `deliver` is given in the worker, when `recv` asks for it. For one reader.

    A decoder that cannot go on, or is too far behind, waits for a key frame and has `request_keyframe` ask for one.
    Invariant: unless the decoder shows damage, no picture leaves whose references were not decoded whole.
    """

    kind = "video"

    def __init__(
        self,
        make_decoder: MakeDecoder,
        *,
        worker: Worker,
        request_keyframe: Callable[[], None],
        limit: FrameRateLimit | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__()
        self._worker = worker
        self._request_keyframe = request_keyframe
        self._clock = clock
        self._decoding = _Decoding(make_decoder, limit)
        self._queue: deque[_Delivery] = deque()
        self._pictures: deque[_Ready] = deque()
        self._arrived = asyncio.Event()
        self._units = self._passed_on = self._skipped_units = 0

    @property
    def stats(self) -> SourceStats:
        """The counters now."""
        done = self._decoding
        return SourceStats(
            units=self._units,
            pictures=done.pictures,
            dropped=done.pictures - self._passed_on - len(self._pictures),
            skipped_units=self._skipped_units + done.skipped,
            decode_errors=done.errors,
            reorder_delay=done.decoder.reorder_delay if done.decoder else 0,
        )

    def deliver(self, event: AccessUnit | SourceChanged) -> None:
        """Take what the receiver put out. Never waits."""
        self._units += isinstance(event, AccessUnit)
        self._queue.append(_Delivery(event, self._clock()))
        if len(self._queue) > MAX_UNITS:
            self._skip_to_keyframe()
        self._arrived.set()

    async def recv(self) -> av.VideoFrame:
        """The next picture, planar 4:2:0; `pts` is its access unit's timestamp.

        Raises:
            MediaStreamError: the track was stopped.
        """
        while True:
            if self.readyState != "live":
                raise MediaStreamError
            if self._queue:
                await self._decode_queued()
            self._drop_stale()
            if self._pictures:
                self._passed_on += 1
                return self._pictures.popleft().frame
            # `stop` may have come while the worker decoded.
            if not self._queue and self.readyState == "live":
                self._arrived.clear()
                await self._arrived.wait()

    def stop(self) -> None:
        """End the track; a pending `recv` raises."""
        super().stop()
        self._queue.clear()
        self._pictures.clear()
        self._arrived.set()

    async def _decode_queued(self) -> None:
        if len(self._queue) * self._decoding.seconds_per_unit > CATCH_UP:
            self._skip_to_keyframe()
        batch, self._queue = self._queue, deque()
        errors = self._decoding.errors
        self._pictures += await self._worker.run(self._decoding.decode, batch)
        if self._decoding.errors > errors:
            self._request_keyframe()

    def _drop_stale(self) -> None:
        """Keep the newest picture and those before it that are neither too old nor too many."""
        oldest = self._clock() - MAX_WAIT
        while len(self._pictures) > 1 and (self._pictures[0].since < oldest or len(self._pictures) > MAX_PICTURES):
            self._pictures.popleft()

    def _skip_to_keyframe(self) -> None:
        """Leave out all that comes before the newest waiting key frame; ask for one where none waits."""
        behind = list(self._queue)
        newest = max((index for index, delivery in enumerate(behind) if delivery.is_keyframe), default=len(behind))
        kept = behind[newest:]
        if len(kept) * self._decoding.seconds_per_unit > CATCH_UP or len(kept) > MAX_UNITS // 2:
            kept = []
        # A change of source among what is left out still has to be heard of.
        changes = [delivery for delivery in behind[: len(behind) - len(kept)] if not delivery.is_unit]
        self._skipped_units += len(behind) - len(changes) - len(kept)
        self._queue = deque([*changes[-1:], _Delivery(None, self._clock()), *kept])
        if not kept:
            self._request_keyframe()


@dataclass(frozen=True, slots=True)
class _Delivery:
    """What waits for the decoder and since when; None stands for access units left out."""

    event: AccessUnit | SourceChanged | None
    since: float

    @property
    def is_unit(self) -> bool:
        return isinstance(self.event, AccessUnit)

    @property
    def is_keyframe(self) -> bool:
        return isinstance(self.event, AccessUnit) and self.event.is_keyframe


@dataclass(frozen=True, slots=True)
class _Ready:
    """A decoded picture, and when what completed it was delivered."""

    frame: av.VideoFrame
    since: float


class _Decoding:
    """The half that lives in the worker's thread; the other reads its counters only."""

    def __init__(self, make_decoder: MakeDecoder, limit: FrameRateLimit | None) -> None:
        self._make_decoder = make_decoder
        self._limit = limit
        self._awaits_keyframe = True
        self._codec = ""
        self._upright = Upright()
        self._rotations: dict[int, int] = {}
        """Of what is being decoded, by timestamp: B-frames come out later than they went in."""
        self.decoder: VideoDecoder | None = None
        self.seconds_per_unit = PRESUMED_DECODING
        self.pictures = self.errors = self.skipped = 0

    def decode(self, batch: Iterable[_Delivery]) -> list[_Ready]:
        """The last few pictures of these, in order."""
        ready: deque[_Ready] = deque(maxlen=MAX_PICTURES)
        for delivery in batch:
            match delivery.event:
                case AccessUnit() as unit:
                    ready += (_Ready(frame, delivery.since) for frame in self._decode(unit))
                case SourceChanged():
                    self.decoder, self._awaits_keyframe = None, True
                case None:
                    self._awaits_keyframe = True
        return list(ready)

    def _decode(self, unit: AccessUnit) -> list[av.VideoFrame]:
        if self._awaits_keyframe and not unit.is_keyframe:
            self.skipped += 1
            return []
        begun = perf_counter()
        try:
            frames = self._decoder_for(unit).decode(unit)
        except DecodeError:
            self.errors += 1
            self._awaits_keyframe = unit.intact  # damage is shown where it is let through: what follows is no worse
            return []
        self._awaits_keyframe = False
        frames = self._turned(frames, unit)
        self.seconds_per_unit += ((perf_counter() - begun) - self.seconds_per_unit) / 16
        return self._within_rate(frames)

    def _turned(self, frames: list[av.VideoFrame], unit: AccessUnit) -> list[av.VideoFrame]:
        """The frames upright, each by what its own unit says."""
        self._rotations[unit.timestamp] = unit.rotation
        while len(self._rotations) > MAX_REORDERED:
            del self._rotations[next(iter(self._rotations))]
        return [self._upright.turned(frame, self._rotations.pop(frame.pts or 0, unit.rotation)) for frame in frames]

    def _decoder_for(self, unit: AccessUnit) -> VideoDecoder:
        """The decoder at work, or a fresh one where the source or its codec is another."""
        codec = coded_as(unit.data) if unit.is_keyframe else self._codec
        if self.decoder is None or codec != self._codec:
            self._codec, self.decoder = codec, self._make_decoder(codec)
        return self.decoder

    def _within_rate(self, frames: list[av.VideoFrame]) -> list[av.VideoFrame]:
        self.pictures += len(frames)
        if self._limit is None:
            return frames
        return [frame for frame in frames if self._limit.admits(frame.pts or 0)]
