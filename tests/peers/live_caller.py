"""A caller that listens: codes its pictures live, sends them as RTP, repeats what is NACKed, answers PLI."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

import av

from gateway.codec.decoder import TIME_BASE
from gateway.codec.encoder import EncoderSettings, VideoEncoder
from gateway.rtp.core import Event, KeyframeRequested, SourceClock
from gateway.rtp.reports import NTP_SECOND, UNIX_EPOCH_NTP
from gateway.rtp.sdp import Feedback, H264Parameters, SentTo, SentVideo, describe_sender, write
from gateway.rtp.sender import RtpSender, SenderSettings
from gateway.rtp.udp import Endpoint
from tests.peers.clips import FRAME_RATE
from tests.peers.link import HOST

PAYLOAD_TYPE: Final = 96
BITRATE: Final = 1_500_000
CNAME: Final = "caller@test"
NACK_AND_PLI: Final = Feedback(nack=True, pli=True)


class LiveCaller:
    """Sends H264 at 30 frames per second. `gop`: seconds between key frames, None only on request.

    `paused` keeps it silent while time goes on, as a muted camera does. `frames_sent` and `asked`, the requests for
    key frames it heard, are counted.
    """

    def __init__(self, *, feedback: Feedback = NACK_AND_PLI, gop: float | None = None, seed: int = 1) -> None:
        self.paused = False
        self.frames_sent = 0
        self.asked = 0
        self._feedback = feedback
        self._encoder = VideoEncoder(EncoderSettings("H264", BITRATE, preset="ultrafast", gop=gop))
        self._random = random.Random(seed)
        self._is_keyframe_wanted = False

    def describe(self, port: int) -> str:
        """The SDP of this caller's stream to a port."""
        to, h264 = SentTo((HOST, port), port + 1), H264Parameters(packetization_mode=1)
        video = SentVideo(to, "H264", PAYLOAD_TYPE, h264=h264, bitrate=BITRATE, feedback=self._feedback)
        return write(describe_sender(video, name="caller"))

    @asynccontextmanager
    async def calling(self, port: int, frames: Iterable[av.VideoFrame]) -> AsyncIterator[asyncio.Task[None]]:
        """Send these frames to a port while the block lasts; the task ends when the last has left."""
        sender = RtpSender(self._settings(port), now=monotonic(), random=self._random, unix_time=time.time())
        endpoint = Endpoint.open(sender, bind=HOST, port=0, rtcp_port=0, on_event=self._take)
        async with endpoint, asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(self._send(frames, sender, endpoint), name="caller")
            yield sending
            sending.cancel()
            endpoint.send(sender.goodbye(monotonic()))

    def _settings(self, port: int) -> SenderSettings:
        return SenderSettings(
            destination=(HOST, port),
            rtcp_destination=(HOST, port + 1),
            payload_type=PAYLOAD_TYPE,
            codec="H264",
            cname=CNAME,
            nack=self._feedback.nack,
            pli=self._feedback.pli,
            fir=self._feedback.fir,
            bitrate=BITRATE,
        )

    async def _send(self, frames: Iterable[av.VideoFrame], sender: RtpSender, endpoint: Endpoint) -> None:
        """Each frame when it is due; none while paused, and time goes on."""
        started = monotonic()
        ntp = round((time.time() + UNIX_EPOCH_NTP) * NTP_SECOND)
        sender.set_source_clock(SourceClock(ntp, 0, CNAME, started), started)
        left = iter(frames)
        for tick in itertools.count():
            await asyncio.sleep(max(0.0, started + tick / FRAME_RATE - monotonic()))
            if self.paused:
                continue
            frame = next(left, None)
            if frame is None:
                return
            frame.pts, frame.time_base = tick * 90_000 // FRAME_RATE, TIME_BASE
            keyframe, self._is_keyframe_wanted = self._is_keyframe_wanted, False
            for unit in self._encoder.encode(frame, keyframe=keyframe):
                sender.send(unit, monotonic())
            endpoint.flush()
            self.frames_sent += 1

    def _take(self, event: Event) -> None:
        if isinstance(event, KeyframeRequested):
            self._is_keyframe_wanted = True
            self.asked += 1
