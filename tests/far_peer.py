"""A browser's stand-in: aiortc's own RTCPeerConnection, with a camera that draws and a queue of what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack, VideoStreamTrack

from tests.frames import SMALL, drawn_frame
from transforms.picture import Size


class Camera(VideoStreamTrack):
    """Drawn frames at 30 a second; `brighter` is added to their number."""

    def __init__(self, size: Size = SMALL) -> None:
        super().__init__()
        self._size = size
        self._number = 0

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = drawn_frame(self._number, self._size)
        self._number += 1
        frame.pts, frame.time_base = pts, time_base
        return frame


class FarPeer:
    """What a page does: an offer, its answer, and the media both ways. `frames` and `sounds`: what came."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.frames: asyncio.Queue[av.VideoFrame] = asyncio.Queue()
        self.sounds: asyncio.Queue[av.AudioFrame] = asyncio.Queue()
        self._pulling: list[asyncio.Task[None]] = []
        self.connection.on("track", self._pull)

    async def offer(
        self, codec: str | None = None, *, sends: bool = True, sound: bool = False, size: Size = SMALL
    ) -> str:
        """An offer's text. `sends`: with a camera, else it watches only."""
        kinds = ("video", "audio") if sound else ("video",)
        for kind in kinds:
            if not sends:
                self.connection.addTransceiver(kind, direction="recvonly")
            else:
                self.connection.addTrack(Camera(size) if kind == "video" else AudioStreamTrack())
        if codec is not None:
            codecs = [known for known in RTCRtpSender.getCapabilities("video").codecs if codec in known.mimeType]
            for transceiver in self.connection.getTransceivers():
                if transceiver.kind == "video":
                    transceiver.setCodecPreferences(codecs)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def take(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def received(self, count: int = 1, *, seconds: float = 10) -> list[av.VideoFrame]:
        """The next frames."""
        async with asyncio.timeout(seconds):
            return [await self.frames.get() for _ in range(count)]

    async def heard(self, count: int = 1) -> list[av.AudioFrame]:
        async with asyncio.timeout(10):
            return [await self.sounds.get() for _ in range(count)]

    async def close(self) -> None:
        await self.connection.close()
        for task in self._pulling:
            task.cancel()
        await asyncio.gather(*self._pulling, return_exceptions=True)

    def _pull(self, track: MediaStreamTrack) -> None:
        self._pulling.append(asyncio.create_task(self._take_from(track)))

    async def _take_from(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if track.kind == "video":
                self.frames.put_nowait(cast("av.VideoFrame", frame))
            else:
                self.sounds.put_nowait(cast("av.AudioFrame", frame))


@asynccontextmanager
async def far_peer() -> AsyncIterator[FarPeer]:
    peer = FarPeer()
    try:
        yield peer
    finally:
        await peer.close()
