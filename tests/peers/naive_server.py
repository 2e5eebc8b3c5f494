"""The server a newcomer writes: aiortc as it comes, OpenCV's HSV key on the event loop. Benchmarks measure against it.

    python -m tests.peers.naive_server PORT        # POST /offer {"sdp", "type", "matting": true} -> {"sdp", "type"}

With `matting` false it echoes the frames as they are. It prints its port when it listens. Needs opencv-python-headless.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from typing import Any

import av
import numpy as np
from aiohttp import web
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

GREEN = ((35, 60, 60), (95, 255, 255))
"""Hue, saturation and value of a screen, as OpenCV counts them."""


class NaiveKey(MediaStreamTrack):
    """Each frame to BGR, to HSV, in range, over a plain background, and back."""

    kind = "video"

    def __init__(self, source: MediaStreamTrack) -> None:
        super().__init__()
        self._source = source

    async def recv(self) -> av.VideoFrame:
        """The next frame, keyed."""
        cv2: Any = importlib.import_module("cv2")
        frame: Any = await self._source.recv()
        image = frame.to_ndarray(format="bgr24")
        mask = cv2.inRange(cv2.cvtColor(image, cv2.COLOR_BGR2HSV), *map(np.array, GREEN))
        background = np.full_like(image, 96)
        keyed = np.where(mask[..., None] > 0, background, image)
        out = av.VideoFrame.from_ndarray(keyed, format="bgr24")
        out.pts, out.time_base = frame.pts, frame.time_base
        return out


def make_app() -> web.Application:
    """The server, its peer connections closed with it."""
    peers: set[RTCPeerConnection] = set()

    async def offer(request: web.Request) -> web.Response:
        wanted = await request.json()
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peers.add(peer)

        @peer.on("track")
        def on_track(track: MediaStreamTrack) -> None:
            if track.kind == "video":
                peer.addTrack(NaiveKey(track) if wanted.get("matting", True) else track)

        await peer.setRemoteDescription(RTCSessionDescription(wanted["sdp"], wanted["type"]))
        await peer.setLocalDescription(await peer.createAnswer())
        description = peer.localDescription
        return web.json_response({"sdp": description.sdp, "type": description.type})

    async def close(_: web.Application) -> None:
        await asyncio.gather(*(peer.close() for peer in peers))

    app = web.Application()
    app.router.add_post("/offer", offer)
    app.on_shutdown.append(close)
    return app


if __name__ == "__main__":
    web.run_app(make_app(), host="127.0.0.1", port=int(sys.argv[1]), print=lambda _: print(sys.argv[1], flush=True))
