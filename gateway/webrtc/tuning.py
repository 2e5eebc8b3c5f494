"""The one file that reaches into aiortc and aioice, and so the one that is written for exact versions (`versions`).

Their ICE and DTLS are used as they are. What is changed, and why:

- Decrypted packets reach us where the socket is read, in order and at once; aiortc would pass each through two tasks
  and a queue without end to a router of its own.
- What is sent leaves in the same call, or is dropped; nothing is awaited for a packet.
- UDP ports out of a range, chosen interfaces; several STUN and TURN servers, asked for 2 s at most and not 5.
- A `.local` candidate (mDNS) is not looked up: no start of ours sends multicast. Its owner reaches us.
- Checks go on as long as the far end may still show up; when that ends is decided above. The list of pairs is bounded.
- Consent (RFC 7675) is asked for every second and not every five: somebody lost is noticed in three.
- What DTLS says and hears no answer to is said again after 0.1 s; OpenSSL waits for one second.
- Nothing that comes in can raise: malformed STUN and an empty datagram do, in aioice and aiortc.
- Other stacks' certificates may be of RSA.
"""

from __future__ import annotations

import asyncio
import logging
import random
import struct
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import pylibsrtp
from aioice import Candidate, Connection
from aioice.ice import ICE_COMPLETED, ICE_FAILED, CandidatePair, ConnectionClosed, StunProtocol
from aioice.stun import Message, TransactionError
from aioice.turn import TurnTransport
from aiortc import RTCCertificate, RTCIceGatherer
from aiortc.rtcdtlstransport import RTCDtlsTransport, SRTPProtectionProfile
from OpenSSL import SSL

from gateway.errors import GatewayError
from gateway.webrtc.gathering import ask_servers, host_candidate
from gateway.webrtc.host_socket import HostSocket, open_socket

CHECK_INTERVAL: Final = 0.02
"""Seconds between two connectivity checks (Ta of RFC 8445 §14.2 is at most 50 ms)."""
IDLE_INTERVAL: Final = 0.5
"""Seconds between two looks for one, where all pairs were checked."""
_LOOK_AGAIN: Final = -1
"""No outcome: there is another pair."""
MAX_PAIRS: Final = 100
"""Of candidates that are checked (RFC 8445 §6.1.2.5)."""
MAX_REMOTE: Final = 64
"""Remote candidates, the ones learned from checks included."""
MAX_WAITING: Final = 64
"""Datagrams that wait for DTLS: a handshake has a dozen. Beyond, they are dropped."""
REPEAT_INTERVAL: Final = 0.1
"""Seconds without an answer in a handshake before it is asked again, then twice that, and so on."""
MAX_RELAY_BACKLOG: Final = 256 * 1024
"""Octets that may wait for a TURN server on TCP; beyond, packets are dropped."""
CONSENT_INTERVAL: Final = 1.0
"""Seconds, give or take a fifth (RFC 7675 §5.1)."""

logger = logging.getLogger(__name__)

_CIPHERS: Final = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:"
    b"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA"
)


class Certificate(RTCCertificate):
    """Ours, of P-256; the far end's may be of RSA as well."""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(_CIPHERS)
        return context


class MediaProtocol(StunProtocol):
    """One socket's, or one TURN allocation's, datagrams, told apart by their first byte (RFC 7983 §7)."""

    receiver: MediaConnection

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """STUN to aioice, DTLS to aiortc, SRTP to us; nothing else to anybody."""
        data = cast(bytes, data)
        connection = self.receiver
        if not data:
            return
        if data[0] < 4:
            try:
                super().datagram_received(data, addr)
            except (ValueError, LookupError, struct.error):
                connection.malformed += 1
        elif 20 <= data[0] <= 63 or 128 <= data[0] <= 191:
            connection.data_received(data, 1)
        if not isinstance(self.transport, HostSocket):
            connection.on_idle()


class MediaConnection(Connection):
    """aioice's connection, changed as told above.

    `on_media` is given SRTP packets once it is set; `on_idle` is called when what has come in was handed over.
    `round_trip_time` (seconds) and `consented` (loop time) are those of the last answer about consent.
    """

    def __init__(
        self,
        *,
        addresses: Sequence[str],
        ports: tuple[int, int] | None,
        servers: Sequence[dict[str, Any]],
        username: str,
        password: str,
        is_controlling: bool,
    ) -> None:
        super().__init__(is_controlling, local_username=username, local_password=password)
        self._addresses = addresses
        self._ports = ports
        self._servers = servers
        self.on_media: Callable[[bytes], None] | None = None
        self.on_idle: Callable[[], None] = lambda: None
        self.round_trip_time: float | None = None
        self.consented = 0.0
        self._unanswered: bytes | None = None
        self.malformed = self.overflown = self.backlogged = 0

    async def gather_candidates(self) -> None:
        """Open our sockets, and ask the servers what they know of us."""
        self._local_candidates_start = True
        hosts = self._open_hosts()
        self._local_candidates += [protocol.local_candidate for protocol in hosts]
        self._local_candidates += await ask_servers(
            self._servers, hosts, make_relay=lambda: MediaProtocol(self), keep_relay=self._protocols.append
        )
        self._local_candidates_end = True

    def _open_hosts(self) -> list[MediaProtocol]:
        for index, address in enumerate(self._addresses):
            try:
                opened = open_socket(address, self._ports)
            except (OSError, GatewayError) as error:
                logger.debug("no candidate on %s: %s", address, error)
                continue
            protocol = MediaProtocol(self)
            HostSocket(opened, protocol, lambda: self.on_idle())
            protocol.local_candidate = host_candidate(address, opened.getsockname()[1], rank=index)
            self._protocols.append(protocol)
        return [protocol for protocol in self._protocols if isinstance(protocol, MediaProtocol)]

    async def connect(self) -> None:
        """Check until a pair is nominated. Only `close` ends it otherwise.

        Raises:
            ConnectionError: closed meanwhile.
        """
        for candidate in self._remote_candidates:
            self._pair_remote_candidate(candidate)
        self.sort_check_list()
        self._unfreeze_initial()
        for message, address, protocol in self._early_checks:
            self.check_incoming(message, address, protocol)
        self._early_checks.clear()
        self._early_checks_done = True
        if await self._completed() != ICE_COMPLETED:
            raise ConnectionError("closed before a pair was nominated")
        for pair in self._check_list:
            if pair.task is not None:
                pair.task.cancel()
        self.consented = asyncio.get_running_loop().time()
        self._query_consent_task = asyncio.create_task(self.query_consent())

    async def _completed(self) -> int:
        """Start a check every `CHECK_INTERVAL` while there is one to start, and wait for the outcome."""
        while True:
            self._check_periodic()
            try:
                async with asyncio.timeout(CHECK_INTERVAL if self._has_unchecked() else IDLE_INTERVAL):
                    outcome = await self._check_list_state.get()
            except TimeoutError:
                continue
            if outcome != _LOOK_AGAIN:
                return outcome

    def _has_unchecked(self) -> bool:
        unchecked = (CandidatePair.State.WAITING, CandidatePair.State.FROZEN)
        return any(pair.state in unchecked for pair in self._check_list)

    def _remote_candidates_expected(self) -> bool:
        """Always: a far end behind a NAT shows its address by its checks alone."""
        return True

    def _pair_remote_candidate(self, remote_candidate: Candidate) -> None:
        if len(self._check_list) < MAX_PAIRS:
            super()._pair_remote_candidate(remote_candidate)
            self._check_list_state.put_nowait(_LOOK_AGAIN)

    def request_received(self, message: Message, addr: tuple[str, int], protocol: StunProtocol) -> None:
        """Leave out what would grow our lists beyond their bounds, or lacks what a check must have."""
        is_known = any(item.port == addr[1] and item._network_host == addr[0] for item in self._remote_candidates)
        has_room = len(self._remote_candidates) < MAX_REMOTE and len(self._check_list) < MAX_PAIRS
        if "PRIORITY" in message.attributes and (is_known or has_room):
            super().request_received(message, addr, protocol)

    async def query_consent(self) -> None:
        """Ask on and on whether the far end still agrees to hear us; who watches `consented` decides."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(CONSENT_INTERVAL * random.uniform(0.8, 1.2))
            pair = self.selected_pair
            if pair is None or self.remote_password is None:
                return
            asked = loop.time()
            try:
                await pair.protocol.request(
                    self.build_request(pair, nominate=False),
                    pair.remote_addr,
                    integrity_key=self.remote_password.encode(),
                    retransmissions=1,
                )
            except TransactionError:
                continue
            self.consented = loop.time()
            self.round_trip_time = self.consented - asked

    @property
    def selected_pair(self) -> CandidatePair | None:
        """The pair that carries media, if there is one."""
        return self._nominated.get(1)

    async def send(self, data: bytes) -> None:
        """Send DTLS; what belongs to the handshake is remembered."""
        if self.on_media is None:
            self._unanswered = data
        await super().send(data)

    async def recv(self) -> bytes:
        """What has come in for aiortc. While the handshake waits, what was said last is said again and again.

        A repeated record is no news to a far end that had it.
        """
        wait = REPEAT_INTERVAL
        while self._unanswered is not None:
            try:
                async with asyncio.timeout(wait):
                    return await super().recv()
            except TimeoutError:
                wait *= 2
            if self._unanswered is not None:
                await super().send(self._unanswered)
        return await super().recv()

    def data_received(self, data: bytes, component: int) -> None:
        """SRTP to `on_media` once it is set; before that, and DTLS always, to where aiortc reads."""
        if self.on_media is not None and data[0] >= 128:
            self.on_media(data)
        elif self._queue.qsize() < MAX_WAITING:
            self._queue.put_nowait((data, component))
        else:
            self.overflown += 1

    def hand_over(self, on_media: Callable[[bytes], None]) -> None:
        """From now on SRTP goes to `on_media`, what has come during the handshake first."""
        waiting = []
        while not self._queue.empty():
            waiting.append(self._queue.get_nowait())
        self.on_media = on_media
        self._unanswered = None
        for item in waiting:
            if item is None:
                self._queue.put_nowait(item)
            else:
                self.data_received(*item)

    def send_now(self, packets: Sequence[bytes]) -> int:
        """Send on the selected pair; how many were, none where there is no pair or its TURN server cannot keep up."""
        pair = self._nominated.get(1)
        if pair is None:
            return 0
        transport = pair.protocol.transport
        if isinstance(transport, HostSocket):
            return transport.send_all(packets, pair.remote_addr)
        if isinstance(transport, TurnTransport) and _backlog(transport) > MAX_RELAY_BACKLOG:
            self.backlogged += len(packets)
            return 0
        for packet in packets:
            transport.sendto(packet, pair.remote_addr)
        return len(packets)

    def abandon(self) -> None:
        """What `close` does, at once: where its politeness takes too long, or whoever awaits it is cancelled."""
        self._closing = True
        tasks = [self._query_consent_task, *(pair.task for pair in self._check_list)]
        for task in tasks:
            if task is not None:
                task.cancel()
        for protocol in self._protocols:
            _cut(protocol.transport)
        self._protocols.clear()
        self._nominated.clear()
        self._check_list_state.put_nowait(ICE_FAILED)
        self._queue.put_nowait(None)
        if not self._closed:
            self._closed = True
            self._emit_event(ConnectionClosed())


def _cut(transport: Any) -> None:
    """Close a transport without a word, a TURN server's too."""
    if not isinstance(transport, TurnTransport):
        transport.close()
        return
    inner: Any = transport
    if inner._TurnTransport__close_task is not None:
        inner._TurnTransport__close_task.cancel()
    if inner._TurnTransport__inner_protocol.refresh_task is not None:
        inner._TurnTransport__inner_protocol.refresh_task.cancel()
    inner._TurnTransport__inner_protocol.transport.abort()


def _backlog(transport: TurnTransport) -> int:
    """Octets that wait to leave for a TURN server."""
    inner = cast(Any, transport)._TurnTransport__inner_protocol.transport
    return int(inner.get_write_buffer_size())


class Gatherer(RTCIceGatherer):
    """aiortc's gatherer around our connection."""

    def __init__(self, connection: MediaConnection) -> None:
        super().__init__(iceServers=[])
        self._connection = connection


def srtp_sessions(dtls: RTCDtlsTransport) -> tuple[pylibsrtp.Session, pylibsrtp.Session]:
    """What decrypts the far end's packets, and what encrypts ours, of a transport that is connected."""
    return dtls._rx_srtp, dtls._tx_srtp


async def stop_dtls(dtls: RTCDtlsTransport) -> None:
    """Say close_notify, and wait for the transport's own task."""
    pump = dtls._task
    await dtls.stop()
    if pump is not None:
        await asyncio.wait([pump])
        if not pump.cancelled():
            pump.exception()
