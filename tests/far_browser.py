"""aiortc's own RTCPeerConnection in the browser's place: it offers, and its packets can be had and sent raw."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport


class FarBrowser:
    """Offers one video and one sound, both ways. `packets` are those it decrypted, RTP and RTCP, once `keep` is on."""

    def __init__(self, certificate: RTCCertificate | None = None) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        if certificate is not None:
            self.pc._RTCPeerConnection__certificates = [certificate]  # type: ignore[attr-defined]
        self.packets: asyncio.Queue[bytes] = asyncio.Queue()

    async def offer(self, *tracks: MediaStreamTrack) -> str:
        """Its offer, gathered. Without tracks it sends nothing by itself."""
        for kind in ("video", "audio"):
            track = next((track for track in tracks if track.kind == kind), None)
            self.pc.addTransceiver(track or kind, direction="sendrecv")
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def take(self, answer: str) -> None:
        """Our answer; the connection begins."""
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    @property
    def dtls(self) -> RTCDtlsTransport:
        """The one transport."""
        transport: RTCDtlsTransport = self.pc.getTransceivers()[0].sender.transport
        return transport

    async def connected(self) -> None:
        """Wait until packets flow."""
        while self.pc.connectionState != "connected":
            changed = asyncio.Event()
            self.pc.once("connectionstatechange", changed.set)
            await changed.wait()

    def keep_packets(self) -> None:
        """From now on decrypted packets go to `packets` and nowhere else."""

        async def rtp(data: bytes, arrival_time_ms: int) -> None:
            self.packets.put_nowait(data)

        async def rtcp(data: bytes) -> None:
            self.packets.put_nowait(data)

        transport: Any = self.dtls
        transport._handle_rtp_data, transport._handle_rtcp_data = rtp, rtcp

    async def send(self, data: bytes) -> None:
        """Encrypt and send one packet."""
        await self.dtls._send_rtp(data)

    async def vanish(self) -> None:
        """Be gone without a word: the sockets close, nothing is said."""
        connection: Any = self.dtls.transport._connection
        for protocol in connection._protocols:
            protocol.transport.abort()


@asynccontextmanager
async def far_browser(certificate: RTCCertificate | None = None) -> AsyncIterator[FarBrowser]:
    """One for as long as the block lasts."""
    far = FarBrowser(certificate)
    try:
        yield far
    finally:
        async with asyncio.timeout(5):
            await far.pc.close()
