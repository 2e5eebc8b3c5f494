"""[IO] The asyncio shell around one sans-IO core: sockets, one timer, and no decisions (see `core`).

Each time something happens, a datagram, a timeout, or a call of the core from elsewhere followed by `flush`, the shell
sends what the core has to send, hands its events to `on_event`, and sets its timer anew. Nothing on the network ends
it: what cannot be sent now is dropped and counted, for media that waits is worse than media that is lost.

An exception of the core or of `on_event` is our own mistake. It stops the endpoint and rises from `run`, or where
nobody waits there, from the end of the `async with` block.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from gateway.rtp.core import Core, Datagram, Event
from gateway.rtp.sockets import open_sockets

MAX_DATAGRAM: Final = 65_536
"""Octets; UDP's own limit is lower."""
MAX_DATAGRAMS_PER_WAKE: Final = 64
"""Datagrams taken from one socket before others get their turn: a large key frame."""


@dataclass(frozen=True, slots=True)
class EndpointStats:
    """Datagrams taken in and sent; `dropped` found the send buffer full, `failed` an error such as no route."""

    received: int = 0
    sent: int = 0
    dropped: int = 0
    failed: int = 0


class Endpoint:
    """One core on its sockets: RTP and RTCP on a pair, or both on one.

    Use it as an `async with` block, with `run` awaited by a task of the same owner; when the block is left, sockets and
    timer are gone. `on_event` is called on the event loop and must not block. It may call the core: what the core then
    has to send leaves before the shell rests.
    """

    def __init__(self, core: Core, rtp: socket.socket, rtcp: socket.socket, on_event: Callable[[Event], None]) -> None:
        self._core = core
        self._rtp = rtp
        self._rtcp = rtcp
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._buffer = bytearray(MAX_DATAGRAM)
        self._is_flushing = False
        self._is_flush_wanted = False
        self._received = self._sent = self._dropped = self._failed = 0
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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close()
        if kind is None:
            self._ended.result()
        else:
            self._ended.exception()

    async def run(self) -> None:
        """Wait until the endpoint is closed.

        Raises:
            Exception: what the core or `on_event` raised.
        """
        await asyncio.shield(self._ended)

    @property
    def stats(self) -> EndpointStats:
        """The counters as they stand."""
        return EndpointStats(received=self._received, sent=self._sent, dropped=self._dropped, failed=self._failed)

    def flush(self) -> None:
        """Send, hand out events and set the timer. Call it after any call of the core that takes `now`."""
        self._guarded(self._flush)

    def send(self, datagrams: Sequence[Datagram]) -> None:
        """Send what the core handed out elsewhere: its goodbye."""
        for datagram in datagrams:
            opened = self._rtcp if datagram.is_rtcp else self._rtp
            try:
                opened.sendto(datagram.data, datagram.destination)
                self._sent += 1
            except BlockingIOError:
                self._dropped += 1
            except OSError:
                self._failed += 1

    def close(self) -> None:
        """Stop at once, without a word to the far end."""
        self._release()
        if not self._ended.done():
            self._ended.set_result(None)

    def _guarded(self, step: Callable[..., None], *arguments: object) -> None:
        """Take one step. An exception ends the endpoint: the event loop would log it and go on with a broken core."""
        if self._ended.done():
            return
        try:
            step(*arguments)
        except Exception as error:  # noqa: BLE001 - kept for `run`, which raises it
            self._release()
            if not self._ended.done():
                self._ended.set_exception(error)

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

    def _flush(self) -> None:
        """Send and hand out events until the core has neither. Within `on_event` that is left to the call above."""
        self._is_flush_wanted = True
        if self._is_flushing:
            return
        self._is_flushing = True
        try:
            while self._is_flush_wanted:
                self._is_flush_wanted = False
                self.send(self._core.datagrams_to_send(self._loop.time()))
                while (event := self._core.next_event()) is not None:
                    self._is_flush_wanted = True
                    self._on_event(event)
        finally:
            self._is_flushing = False
        self._arm()

    def _arm(self) -> None:
        timeout = self._core.next_timeout()
        if self._timer is not None and self._timer.when() != timeout:
            self._timer.cancel()
            self._timer = None
        if self._timer is None and timeout is not None and not self._ended.done():
            self._timer = self._loop.call_at(timeout, self._guarded, self._time_out)

    def _time_out(self) -> None:
        self._timer = None
        self._core.handle_timeout(self._loop.time())
        self._flush()

    def _release(self) -> None:
        for opened in {self._rtp, self._rtcp}:
            if opened.fileno() >= 0:
                self._loop.remove_reader(opened)
                opened.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
