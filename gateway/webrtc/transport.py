"""ICE, then DTLS, then SRTP: one browser's packets, decrypted and encrypted, and nothing of what they mean."""

from __future__ import annotations

import asyncio
import logging
import secrets
import string
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pylibsrtp
from aioice import Candidate
from aiortc import RTCDtlsTransport, RTCIceTransport
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceParameters

from gateway.errors import Busy
from gateway.rtp.packet import is_rtcp
from gateway.rtp.sdp.browser import BrowserOffer
from gateway.rtp.sdp.browser_answer import LocalTransport
from gateway.rtp.sdp.ice import Fingerprint, IceCandidate, IceCredentials
from gateway.serving import IceSettings
from gateway.turn import credentials
from gateway.webrtc.endpoint import Sent
from gateway.webrtc.gathering import host_addresses, ice_server
from gateway.webrtc.tuning import Certificate, Gatherer, MediaConnection, srtp_sessions, stop_dtls

MAX_PACKET: Final = 1356
"""Octets that libsrtp's buffer takes, its own trailer aside."""
CLOSE_TIMEOUT: Final = 1.0
"""Seconds to say goodbye to DTLS and to TURN servers."""
PORTS_RETURN: Final = 10.0
"""Seconds until it is worth asking for a port again: half-open calls are reaped by then."""
_LETTERS: Final = string.ascii_letters + string.digits

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TransportCounts:
    """Packets and octets of SRTP and SRTCP, headers included; `undecryptable` came in and failed authentication."""

    packets_received: int = 0
    bytes_received: int = 0
    packets_sent: int = 0
    bytes_sent: int = 0
    undecryptable: int = 0


class Transport:
    """One transport. `gather`, `connect`, at last `aclose`.

    `on_packet` is given each RTP packet (False) and RTCP compound (True) that was decrypted, `on_idle` is called when
    no more has come in; both on the event loop. `closed` is set when the far end says goodbye.
    """

    def __init__(
        self,
        offer: BrowserOffer,
        settings: IceSettings,
        *,
        on_packet: Callable[[bytes, bool], None],
        on_idle: Callable[[], None],
    ) -> None:
        self._offer = offer
        self._settings = settings
        self._on_packet = on_packet
        self.ice = IceCredentials(_random_text(8), _random_text(24))
        self._connection = MediaConnection(
            addresses=host_addresses(settings.interfaces, loopback=settings.loopback),
            ports=settings.ports,
            servers=_servers(settings),
            username=self.ice.ufrag,
            password=self.ice.password,
            is_controlling=offer.is_lite,
        )
        self._connection.remote_username = offer.ice.ufrag
        self._connection.remote_password = offer.ice.password
        self._connection.on_idle = on_idle
        self._ice = RTCIceTransport(Gatherer(self._connection))
        self._dtls = RTCDtlsTransport(self._ice, [Certificate.generateCertificate()])
        self._dtls._set_role("server" if offer.setup == "active" else "client")
        self._dtls.on("statechange", self._on_dtls_state)
        self._inbound: pylibsrtp.Session | None = None
        self._outbound: pylibsrtp.Session | None = None
        self._packets_received = self._bytes_received = self._packets_sent = self._bytes_sent = self._undecryptable = 0
        self._heard = 0.0
        self._is_closing = False
        self._gone = asyncio.Event()
        self.closed = asyncio.Event()

    async def gather(self) -> LocalTransport:
        """Open sockets, ask servers: our end as the answer tells it.

        Raises:
            Busy: there is no candidate: every port is in use, or there is no address.
        """
        await self._connection.gather_candidates()
        candidates = tuple(self._announced(candidate) for candidate in self._connection.local_candidates)
        if not candidates:
            raise Busy("no UDP port is free for another browser", retry_after=PORTS_RETURN)
        for candidate in self._offer.candidates:
            await self.add_candidate(candidate)
        digest = self._dtls.getLocalParameters().fingerprints[0]
        return LocalTransport(self.ice, Fingerprint(digest.algorithm, digest.value), candidates)

    async def add_candidate(self, candidate: IceCandidate) -> None:
        """One more of the far end's. One that cannot be used is left out."""
        if candidate.is_usable and not self._is_closing:
            await self._connection.add_remote_candidate(_remote(candidate))

    async def connect(self) -> None:
        """Check, shake hands; then packets flow.

        Raises:
            ConnectionError: closed, or the far end's certificate is not the one its offer names.
        """
        theirs = self._offer.ice
        if self._is_closing:
            raise ConnectionError("closed")
        await self._ice.start(RTCIceParameters(theirs.ufrag, theirs.password, self._offer.is_lite))
        if self._ice.state != "completed":
            raise ConnectionError("ICE did not complete")
        fingerprints = [RTCDtlsFingerprint(item.algorithm, item.value) for item in self._offer.fingerprints]
        await self._dtls.start(RTCDtlsParameters(fingerprints))
        if self._dtls.state != "connected":
            raise ConnectionError("DTLS failed")
        self._inbound, self._outbound = srtp_sessions(self._dtls)
        self._heard = asyncio.get_running_loop().time()
        self._connection.hand_over(self._receive)
        self._connection.on_idle()

    def send(self, packets: Sequence[bytes]) -> Sent:
        """Encrypt and send RTP packets and RTCP compounds, now and in order."""
        session = self._outbound
        if session is None or self._is_closing:
            return Sent(dropped=len(packets))
        sealed = [data for packet in packets if (data := _sealed(session, packet)) is not None]
        sent = self._connection.send_now(sealed)
        self._packets_sent += sent
        self._bytes_sent += sum(map(len, sealed[:sent]))
        return Sent(sent=sent, dropped=len(sealed) - sent, failed=len(packets) - len(sealed))

    @property
    def last_heard(self) -> float:
        """Loop time of the last packet that was surely the far end's, or of its last consent."""
        return max(self._heard, self._connection.consented)

    @property
    def round_trip_time(self) -> float | None:
        """Seconds, of the last question about consent."""
        return self._connection.round_trip_time

    @property
    def dtls_state(self) -> str:
        """As in RTCDtlsTransportState."""
        return self._dtls.state

    @property
    def counts(self) -> TransportCounts:
        """The counters as they stand."""
        return TransportCounts(
            packets_received=self._packets_received,
            bytes_received=self._bytes_received,
            packets_sent=self._packets_sent,
            bytes_sent=self._bytes_sent,
            undecryptable=self._undecryptable,
        )

    @property
    def selected_pair(self) -> tuple[IceCandidate, IceCandidate] | None:
        """Our candidate and theirs, of the pair that carries media."""
        pair = self._connection.selected_pair
        return None if pair is None else (_candidate(pair.local_candidate), _candidate(pair.remote_candidate))

    async def aclose(self) -> None:
        """Say goodbye and let go of everything, within `CLOSE_TIMEOUT`."""
        if self._is_closing:
            await self._gone.wait()
            return
        self._is_closing = True
        self._connection.on_media = None
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await stop_dtls(self._dtls)
                await self._ice.stop()
        except TimeoutError:
            logger.info("a browser's connection was closed without a word: a TURN server does not answer")
        finally:
            self._connection.abandon()
            self._dtls.remove_all_listeners()
            self.closed.set()
            self._gone.set()

    def _receive(self, data: bytes) -> None:
        session = self._inbound
        if session is None or self._is_closing:
            return
        is_control = is_rtcp(data)
        try:
            packet = session.unprotect_rtcp(data) if is_control else session.unprotect(data)
        except (pylibsrtp.Error, ValueError):
            self._undecryptable += 1
            return
        self._heard = asyncio.get_running_loop().time()
        self._packets_received += 1
        self._bytes_received += len(data)
        self._on_packet(packet, is_control)

    def _announced(self, candidate: Candidate) -> IceCandidate:
        """As the answer tells it: with the public address in place of the host's own, where there is one."""
        ours = _candidate(candidate)
        public = self._settings.public_address
        is_replaced = public is not None and ours.kind == "host" and not (ours.ip and ours.ip.is_loopback)
        if public is None or not is_replaced or (":" in public) != (":" in ours.address):
            return ours
        return replace(ours, address=public)

    def _on_dtls_state(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self.closed.set()


def _sealed(session: pylibsrtp.Session, packet: bytes) -> bytes | None:
    """The packet encrypted; None where it is too large, or is none."""
    if len(packet) > MAX_PACKET:
        return None
    try:
        return session.protect_rtcp(packet) if is_rtcp(packet) else session.protect(packet)
    except pylibsrtp.Error:
        return None


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _servers(settings: IceSettings) -> list[dict[str, Any]]:
    found = []
    for server in settings.servers:
        known = credentials(server, now=time.time())
        login = {"username": known and known.username, "credential": known and known.password}
        found.append({**ice_server(server.url), **login})
    return found


def _remote(candidate: IceCandidate) -> Candidate:
    return Candidate(
        foundation=candidate.foundation,
        component=candidate.component,
        transport=candidate.transport,
        priority=candidate.priority,
        host=candidate.address,
        port=candidate.port,
        type="srflx" if candidate.kind == "prflx" else candidate.kind,
        related_address=candidate.related_address,
        related_port=candidate.related_port,
    )


def _candidate(candidate: Candidate) -> IceCandidate:
    return IceCandidate(
        foundation=candidate.foundation,
        component=candidate.component,
        transport=candidate.transport,
        priority=candidate.priority,
        address=candidate.host,
        port=candidate.port,
        kind=candidate.type,
        related_address=candidate.related_address,
        related_port=candidate.related_port,
    )
