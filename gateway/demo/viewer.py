"""The viewer: takes what the relay sends, measures it, decodes it."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final

import av

from gateway.codec.decoder import DecodeError, VideoDecoder
from gateway.demo.caller import PAYLOAD_TYPE
from gateway.demo.frame_clock import FrameClock
from gateway.latency import LatencyMeter
from gateway.rtp.core import AccessUnit, Event, SourceClock
from gateway.rtp.receiver import ReceiverSettings, RtpReceiver
from gateway.rtp.udp import Endpoint
from gateway.worker import Worker

MAX_WAITING: Final = 90
"""Frames received and not decoded: three seconds; a machine that slow shows nothing useful anyway."""
STILL: Final = 45
"""The frame of the stills, or the first after it that comes: the person is waving."""


class Viewer:
    """Listens on a free port of this machine. `on_unit` gets each frame as it came, coded, in the viewer's thread."""

    def __init__(self, clock: FrameClock, *, on_unit: Callable[[AccessUnit], None]) -> None:
        self._clock = clock
        self._on_unit = on_unit
        self._units: asyncio.Queue[AccessUnit] = asyncio.Queue(MAX_WAITING)
        self._worker = Worker("viewer")
        self._decoder = VideoDecoder("H264")
        self._recent: deque[float] = deque()
        settings = ReceiverSettings({PAYLOAD_TYPE: "H264"}, "viewer@demo")
        receiver = RtpReceiver(settings, now=monotonic(), random=random.Random())
        self._endpoint = Endpoint.open(receiver, bind="127.0.0.1", port=0, rtcp_port=0, on_event=self._take)
        self.latency = LatencyMeter()
        self.frames_received = 0
        self.frames_decoded = 0
        self.first_received: float | None = None
        self.still: tuple[int, av.VideoFrame] | None = None

    @property
    def port(self) -> int:
        """Where the relay is to send."""
        return self._endpoint.port

    @property
    def frame_rate(self) -> int:
        """Frames received during the last second."""
        while self._recent and self._recent[0] < monotonic() - 1:
            self._recent.popleft()
        return len(self._recent)

    def note_sent(self, number: int, now: float) -> None:
        """The caller's frame `number` has left."""
        self.latency.arrived(number, now)

    async def watch(self) -> None:
        """Decode what comes, until cancelled."""
        async with self._endpoint:
            while True:
                unit = await self._units.get()
                await self._decode(unit)

    async def aclose(self) -> None:
        """End the thread."""
        self._endpoint.close()
        await self._worker.aclose()

    def _take(self, event: Event) -> None:
        match event:
            case AccessUnit():
                self._receive(event)
            case SourceClock() if not self._clock.confirm(event):
                self.latency = LatencyMeter()  # it had paired the wrong frames

    def _receive(self, unit: AccessUnit) -> None:
        if self.first_received is None:
            self.first_received = unit.received
        self.frames_received += 1
        self._recent.append(unit.received)
        self.latency.left(self._clock.number(unit.timestamp), unit.received)
        if not self._units.full():
            self._units.put_nowait(unit)

    async def _decode(self, unit: AccessUnit) -> None:
        try:
            frames = await self._worker.run(self._keep_and_decode, unit)
        except DecodeError:
            return
        self.frames_decoded += len(frames)
        number = self._clock.number(unit.timestamp)
        if frames and (self.still is None or self.still[0] < STILL <= number):
            self.still = (number, frames[-1])

    def _keep_and_decode(self, unit: AccessUnit) -> list[av.VideoFrame]:
        self._on_unit(unit)
        return self._decoder.decode(unit)
