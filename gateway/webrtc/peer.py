"""One browser: its offer answered, its media to and from our cores.

`Transport` carries packets and knows nothing of media; `Demultiplexer` tells whose a packet is; each core sits on a
`PeerEndpoint`. We never offer, and take no ICE restart: a browser that wants one makes a new offer.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final, Literal

from gateway.errors import GatewayError
from gateway.rtp.core import Core, Event
from gateway.rtp.sdp.browser import BrowserOffer
from gateway.rtp.sdp.browser_answer import answer_browser, negotiate
from gateway.rtp.sdp.ice import IceFragment
from gateway.rtp.sdp.negotiated import Kind, NegotiatedMedia, Wanted
from gateway.rtp.sdp.writer import write
from gateway.serving import IceSettings
from gateway.webrtc.demultiplexer import Demultiplexer
from gateway.webrtc.endpoint import FAR_END, PeerEndpoint
from gateway.webrtc.liveness import judge
from gateway.webrtc.peer_stats import describe
from gateway.webrtc.transport import Transport

__all__ = ["FAR_END", "NegotiatedMedia", "Peer", "PeerState", "Restart", "Wanted"]

PeerState = Literal["new", "connecting", "connected", "disconnected", "failed", "closed"]
CONNECT_TIMEOUT: Final = 30.0
"""Seconds for ICE and DTLS; whoever counts half-open calls closes them much sooner."""
MAX_TRICKLED: Final = 128
"""Candidates taken by PATCH in one connection's life."""

logger = logging.getLogger(__name__)


class Restart(GatewayError):  # noqa: N818  (a state of affairs, not a fault)
    """The far end wants to restart ICE: we take a new offer instead."""

    status = 422


class Peer:
    """One browser's connection. `answer` once, then `run` in a task of the same owner, at last `aclose`.

    `on_state` is told each new state, on the event loop. `disconnected`: nothing came for 3 s; it may come back.
    `failed` and `closed` are the end. `foreign` packets belonged to no medium of ours.
    """

    def __init__(self, offer: BrowserOffer, settings: IceSettings, *, on_state: Callable[[PeerState], None]) -> None:
        self._offer = offer
        self._settings = settings
        self._on_state = on_state
        self._transport: Transport | None = None
        self._demultiplexer = Demultiplexer(())
        self._endpoints: list[PeerEndpoint] = []
        self._touched: dict[PeerEndpoint, None] = {}
        self._trickled = 0
        self.state: PeerState = "new"
        self.foreign = 0
        self.cname = secrets.token_hex(8)
        self.video_in: NegotiatedMedia | None = None
        self.video_out: NegotiatedMedia | None = None
        self.audio_in: NegotiatedMedia | None = None
        self.audio_out: NegotiatedMedia | None = None

    async def answer(self, wanted: Wanted) -> str:
        """The answer's text, all our candidates in it; sets `video_in` and so on.

        Raises:
            SdpError: nothing of what is wanted can be agreed on.
            GatewayError: no candidate could be gathered.
        """
        if self.state != "new" or self._transport is not None:
            raise RuntimeError("this peer was answered before")
        ssrcs: dict[Kind, int] = {"video": secrets.randbits(32), "audio": secrets.randbits(32)}
        agreed = negotiate(self._offer, wanted, cname=self.cname, ssrcs=ssrcs)
        transport = Transport(self._offer, self._settings, on_packet=self._receive, on_idle=self._flush)
        self._transport = transport
        try:
            local = await transport.gather()
        except BaseException:
            await self.aclose()
            raise
        for item in agreed:
            for media in (item.inbound, item.outbound):
                if media is not None:
                    setattr(self, f"{media.kind}_{media.direction}", media)
        self._demultiplexer = Demultiplexer(item.inbound for item in agreed if item.inbound)
        return write(answer_browser(self._offer, agreed, local, session_id=secrets.randbits(62)))

    @property
    def ice_session(self) -> str:
        """Names the ICE session, as an entity tag does; it never changes, for we do not restart."""
        ours = self._transport.ice.ufrag if self._transport else ""
        return sha256(f"{ours}:{self._offer.ice.ufrag}".encode()).hexdigest()[:16]

    def endpoint(self, core: Core, media: NegotiatedMedia, on_event: Callable[[Event], None]) -> PeerEndpoint:
        """Put a core on one of this peer's media: packets of an `in` medium go to it, RTCP compounds to every core.

        The core sends to and hears from `FAR_END`, RTP and RTCP on one.
        """
        if self._transport is None:
            raise RuntimeError("a peer that was not answered has no media")
        endpoint = PeerEndpoint(core, media, on_event, carrier=self._transport, on_close=self._forget)
        self._endpoints.append(endpoint)
        return endpoint

    async def add_candidates(self, fragment: str) -> None:
        """Take more of the browser's candidates (`application/trickle-ice-sdpfrag`, RFC 8840).

        Raises:
            SdpError: not such a fragment.
            Restart: its ice-ufrag is another.
        """
        parsed = IceFragment.parse(fragment)
        theirs = self._offer.ice
        if parsed.credentials and parsed.credentials not in ((theirs.ufrag, theirs.password), (theirs.ufrag, None)):
            raise Restart("an ICE restart is not supported: make a new offer")
        for candidate in parsed.candidates:
            self._trickled += 1
            if self._transport is not None and self._trickled <= MAX_TRICKLED:
                await self._transport.add_candidate(candidate)

    async def run(self) -> None:
        """Connect and carry media until the far end closes, is lost for good, or `aclose` is called."""
        if self._transport is None:
            raise RuntimeError("a peer must be answered before it runs")
        try:
            self._enter("connecting")
            if await self._connect(self._transport):
                await self._watch(self._transport)
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Close. Nothing is left, and it never takes long."""
        self._enter("closed")
        for endpoint in tuple(self._endpoints):
            endpoint.close()
        if self._transport is not None:
            await self._transport.aclose()

    def stats(self) -> tuple[Mapping[str, object], ...]:
        """`transport`, `candidate-pair`, `local-candidate` and `remote-candidate` as W3C webrtc-stats names them."""
        return describe(self._transport) if self._transport is not None else ()

    async def _connect(self, transport: Transport) -> bool:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await transport.connect()
        except (ConnectionError, TimeoutError) as error:
            logger.info("a browser was not reached: %s", error or "no answer")
            self._enter("failed")
            return False
        self._enter("connected")
        return True

    async def _watch(self, transport: Transport) -> None:
        """Judge silences until the connection is over."""
        loop = asyncio.get_running_loop()
        while not transport.closed.is_set():
            state, wait = judge(loop.time() - transport.last_heard)
            self._enter(state)
            if state == "failed":
                return
            try:
                async with asyncio.timeout(wait):
                    await transport.closed.wait()
            except TimeoutError:
                continue

    def _enter(self, state: PeerState) -> None:
        if state != self.state and self.state not in ("failed", "closed"):
            self.state = state
            self._on_state(state)

    def _receive(self, data: bytes, is_control: bool) -> None:
        now = asyncio.get_running_loop().time()
        if is_control:
            for endpoint in tuple(self._endpoints):
                endpoint.take(data, now, is_control=True)
                self._touched[endpoint] = None
            return
        media = self._demultiplexer.find(data)
        self.foreign += media is None
        for endpoint in tuple(self._endpoints):
            if endpoint.media is media:
                endpoint.take(data, now, is_control=False)
                self._touched[endpoint] = None

    def _flush(self) -> None:
        while self._touched:
            endpoint, _ = self._touched.popitem()
            endpoint.flush()

    def _forget(self, endpoint: PeerEndpoint) -> None:
        if endpoint in self._endpoints:
            self._endpoints.remove(endpoint)
        self._touched.pop(endpoint, None)
