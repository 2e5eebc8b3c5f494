"""A browser's picture sent back as it came: our RTP cores on a `Peer`, with no codec and no picture between."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.rtp import sdp
from gateway.rtp.core import AccessUnit, Event, KeyframeRequested
from gateway.rtp.receiver import ReceiverSettings, RtpReceiver
from gateway.rtp.sdp.browser import BrowserOffer
from gateway.rtp.sender import RtpSender, SenderSettings
from gateway.serving import IceSettings
from gateway.webrtc.estimator import RemoteBitrate
from gateway.webrtc.peer import FAR_END, Peer, Wanted

BOTH_WAYS = Wanted(receive_video=True, send_video=True, receive_audio=True, send_audio=True)


class Echo:
    """One call. `units`: what came; `run` ends with the call."""

    def __init__(self, offer: str, settings: IceSettings) -> None:
        self.states: list[str] = []
        self.units: list[AccessUnit] = []
        self.peer = Peer(BrowserOffer.of(sdp.parse(offer)), settings, on_state=self.states.append)

    async def answer(self) -> str:
        text = await self.peer.answer(BOTH_WAYS)
        came, sent = self.peer.video_in, self.peer.video_out
        assert came is not None
        assert sent is not None
        now = asyncio.get_running_loop().time()
        self.receiver = RtpReceiver(
            ReceiverSettings(
                codecs=dict(came.payload_types),
                cname=self.peer.cname,
                nack=came.feedback.nack,
                pli=came.feedback.pli,
                fir=came.feedback.fir,
                avpf=True,
                rtcp_mux=True,
                abs_send_time=came.abs_send_time_id,
            ),
            now=now,
            random=random.Random(1),
            estimator=RemoteBitrate(most=2_500_000) if came.feedback.remb else None,
        )
        self.sender = RtpSender(
            SenderSettings(
                destination=FAR_END,
                rtcp_destination=FAR_END,
                payload_type=sent.payload_type,
                codec=sent.codec,
                cname=sent.cname,
                ssrc=sent.ssrc,
                nack=sent.feedback.nack,
                pli=sent.feedback.pli,
                fir=sent.feedback.fir,
                avpf=True,
                rtcp_mux=True,
                keeps_cname=True,
                mid=None if sent.mid_id is None else (sent.mid_id, sent.mid.encode()),
                abs_send_time=sent.abs_send_time_id,
            ),
            now=now,
            random=random.Random(2),
            unix_time=time.time(),
        )
        self.inward = self.peer.endpoint(self.receiver, came, self._on_received)
        self.outward = self.peer.endpoint(self.sender, sent, self._on_sent)
        return text

    def _on_received(self, event: Event) -> None:
        if isinstance(event, AccessUnit):
            self.units.append(event)
            self.sender.send(event, asyncio.get_running_loop().time())
            self.outward.flush()

    def _on_sent(self, event: Event) -> None:
        if isinstance(event, KeyframeRequested):
            self.receiver.request_keyframe(asyncio.get_running_loop().time())
            self.inward.flush()


@asynccontextmanager
async def echo_server(settings: IceSettings) -> AsyncIterator[tuple[str, list[Echo]]]:
    """The address of an empty page whose `/v1/offer` answers with an `Echo`, and the calls so far."""
    echoes: list[Echo] = []
    running: list[asyncio.Task[None]] = []

    async def offer(request: web.Request) -> web.Response:
        echo = Echo((await request.json())["sdp"], settings)
        answer = await echo.answer()
        echoes.append(echo)
        running.append(asyncio.create_task(echo.peer.run()))
        return web.json_response({"type": "answer", "sdp": answer}, status=201)

    async def page(_: web.Request) -> web.Response:
        return web.Response(text='<!doctype html><link rel="icon" href="data:,">', content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_post("/v1/offer", offer)
    async with TestServer(app) as server:
        yield str(server.make_url("/")), echoes
        for echo in echoes:
            await echo.peer.aclose()
        await asyncio.gather(*running)
