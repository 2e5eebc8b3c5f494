"""[IO] A core on UDP sockets: RTP and RTCP on a pair, or both on one."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Final, Self

from gateway.rtp.core import Core, Datagram, Event
from gateway.rtp.sockets import open_sockets
from gateway.rtp.wire import Wire

MAX_DATAGRAM: Final = 65_536
"""Octets; UDP's own limit is lower."""
MAX_DATAGRAMS_PER_WAKE: Final = 64
"""Datagrams taken from one socket before others get their turn: a large key frame."""


class Endpoint(Wire):
    """One core on its sockets. When it is closed they are gone."""

    def __init__(self, core: Core, rtp: socket.socket, rtcp: socket.socket, on_event: Callable[[Event], None]) -> None:
        super().__init__(core, on_event)
        self._rtp = rtp
        self._rtcp = rtcp
        self._buffer = bytearray(MAX_DATAGRAM)
        self.port: int = rtp.getsockname()[1]
        self.rtcp_port: int = rtcp.getsockname()[1]
        for opened in {rtp, rtcp}:
            self._loop.add_reader(opened, self._guarded, self._drain, opened)

    @classmethod
    def open(
        cls,
        core: Core,
        *,
        bind: str,
        port: int,
        rtcp_port: int | None,
        on_event: Callable[[Event], None],
        group: str | None = None,
        ttl: int | None = None,
    ) -> Self:
        """Bind and listen at once; the addresses are as in `open_sockets`.

        Raises:
            GatewayError: a port is in use, the address is not ours, or the group cannot be joined.
        """
        rtp, rtcp = open_sockets(bind=bind, port=port, rtcp_port=rtcp_port, group=group, ttl=ttl)
        return cls(core, rtp, rtcp, on_event)

    def send(self, datagrams: Sequence[Datagram]) -> None:
        """Send what the core handed out, here or elsewhere: its goodbye."""
        for datagram in datagrams:
            opened = self._rtcp if datagram.is_rtcp else self._rtp
            try:
                opened.sendto(datagram.data, datagram.destination)
                self._sent += 1
            except BlockingIOError:
                self._dropped += 1
            except OSError:
                self._failed += 1

    def _drain(self, opened: socket.socket) -> None:
        """Hand over what has come in on one socket, then `_flush`."""
        now = self._loop.time()
        is_rtcp = opened is not self._rtp
        view = memoryview(self._buffer)
        for _ in range(MAX_DATAGRAMS_PER_WAKE):
            try:
                length, source = opened.recvfrom_into(self._buffer)
            except BlockingIOError:
                break
            except OSError:  # the network's answer to something sent earlier; reading has cleared it
                self._failed += 1
                continue
            self._received += 1
            self._core.receive_datagram(bytes(view[:length]), source[:2], now, is_rtcp=is_rtcp)
        self._flush()

    def _release(self) -> None:
        for opened in {self._rtp, self._rtcp}:
            if opened.fileno() >= 0:
                self._loop.remove_reader(opened)
                opened.close()
