"""A video track's frames, coded and handed to the RTP sender."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Protocol, cast

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from gateway.codec.decoder import TIME_BASE
from gateway.codec.encoder import EncodedUnit, EncodeError, VideoEncoder
from gateway.rtp.core import BitrateLimited, KeyframeRequested
from gateway.rtp.payload import PayloadTooLarge
from gateway.worker import Worker

logger = logging.getLogger(__name__)

ANSWER_WITHIN = 0.1
"""Seconds a request for a key frame waits for a frame of the source: three intervals of a usual call."""

REPEAT_MARGIN = 0.2
"""Seconds by which a repeated picture's timestamp stays behind the stream's clock: it must not overtake a frame that is
still held up by the jitter buffer."""


@dataclass(frozen=True, slots=True)
class SinkStats:
    """Counters since the start. `repeated`: last pictures sent again; `refused`: frames nobody can code or send."""

    sent: int
    keyframes: int
    repeated: int
    refused: int


class Sender(Protocol):
    """What takes the coded frames: `gateway.rtp.sender.RtpSender`."""

    def send(self, frame: EncodedUnit, now: float) -> None:
        """Take one coded frame; PayloadTooLarge where a piece of it that may not be split fits no packet."""
        ...


class RtpVideoSink:
    """Pulls `track`, encodes in the worker, sends. `on_sent` is called after each coded frame: flush the socket then.

    A request for a key frame is answered by the next frame; by the last one once more where none comes, be it that the
    source is silent or that its picture is broken. It owns neither the track nor the worker.
    """

    def __init__(
        self,
        track: MediaStreamTrack,
        encoder: VideoEncoder,
        sender: Sender,
        *,
        worker: Worker,
        on_sent: Callable[[EncodedUnit], None],
    ) -> None:
        self._track = track
        self._encoder = encoder
        self._sender = sender
        self._worker = worker
        self._on_sent = on_sent
        self._requested = asyncio.Event()
        self._bitrate = encoder.bitrate
        self._last: _Last | None = None
        self._counts: Counter[str] = Counter()

    @property
    def stats(self) -> SinkStats:
        """The counters now."""
        counts = self._counts
        return SinkStats(counts["sent"], counts["keyframes"], counts["repeated"], counts["refused"])

    def deliver(self, event: KeyframeRequested | BitrateLimited) -> None:
        """Take what the far end asked for."""
        match event:
            case KeyframeRequested():
                self._requested.set()
            case BitrateLimited(bits_per_second):
                self._bitrate = bits_per_second

    async def run(self) -> None:
        """Send until the track ends."""
        async with asyncio.TaskGroup() as tasks:
            answering = tasks.create_task(self._answer_in_silence(), name="key frames in silence")
            await self._forward()
            answering.cancel()

    async def _forward(self) -> None:
        while True:
            try:
                frame = cast(av.VideoFrame, await self._track.recv())
            except MediaStreamError:
                return
            for unit in await self._send(frame):
                self._last = _Last(frame, unit.timestamp, unit.timestamp, monotonic())

    async def _answer_in_silence(self) -> None:
        while True:
            await self._requested.wait()
            await asyncio.sleep(ANSWER_WITHIN)
            if self._last is None:
                self._requested.clear()  # the first frame is a key frame anyway
            elif self._requested.is_set():
                await self._repeat(self._last)

    async def _repeat(self, last: _Last) -> None:
        """Send the last frame again, at the time the stream must have come to since."""
        since = int((monotonic() - last.at - REPEAT_MARGIN) / TIME_BASE)
        timestamp = max(last.sent + 1, last.timestamp + since)
        self._counts["repeated"] += 1
        await self._send(last.frame, at=timestamp)
        if self._last is last:
            self._last = replace(last, sent=timestamp)

    async def _send(self, frame: av.VideoFrame, *, at: int | None = None) -> list[EncodedUnit]:
        """Encode and send a frame, a key frame if one is asked for; `at`: with this timestamp in place of its own."""
        keyframe = self._requested.is_set()
        self._requested.clear()
        try:
            units = await self._worker.run(self._encode, frame, at, keyframe)
            for unit in units:
                self._hand_over(unit)
        except (EncodeError, PayloadTooLarge) as error:
            self._refuse(error)
            if keyframe or isinstance(error, PayloadTooLarge):
                self._requested.set()  # it is still owed, or what comes next refers to what was never sent
            return []
        return units

    def _hand_over(self, unit: EncodedUnit) -> None:
        self._sender.send(unit, monotonic())
        self._counts["sent"] += 1
        self._counts["keyframes"] += unit.is_keyframe
        self._on_sent(unit)

    def _refuse(self, error: Exception) -> None:
        if not self._counts["refused"]:
            logger.warning("a frame was dropped: %s", error)
        self._counts["refused"] += 1

    def _encode(self, frame: av.VideoFrame, at: int | None, keyframe: bool) -> list[EncodedUnit]:
        """In the worker's thread."""
        self._encoder.bitrate = self._bitrate
        return self._encoder.encode(frame, keyframe=keyframe, timestamp=at)


@dataclass(frozen=True, slots=True)
class _Last:
    """The last frame of the track: its timestamp, the last one it was sent with, and when it was sent first."""

    frame: av.VideoFrame
    timestamp: int
    sent: int
    at: float
