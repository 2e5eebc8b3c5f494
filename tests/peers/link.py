"""A stretch of network that is ours: it passes datagrams on, remembers them with their times, and loses some if told.

```
sender -> link.port (RTP), link.port + 1 (RTCP) -> destination, and what comes from there back to the sender
```
An arrival's time is the kernel's own, so that a busy test process does not add to what it measures.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from dataclasses import dataclass
from typing import Final, Self

from gateway.rtp.core import Address
from tests.peers.impairment import Impairment
from tests.peers.watch import Watch

HOST: Final = "127.0.0.1"
SO_TIMESTAMPNS: Final = 35
"""Linux: the kernel's time of arrival, CLOCK_REALTIME, comes with each datagram."""
RECEIVE_BUFFER: Final = 8 << 20
_TIMESPEC: Final = struct.Struct("qq")


@dataclass(frozen=True, slots=True)
class Passed:
    """One datagram; `at` in nanoseconds of the wall clock."""

    at: int
    data: bytes


def free_port() -> int:
    """An even port that was free a moment ago, and the odd one after it."""
    rtp, rtcp = _bound_pair()
    with rtp, rtcp:
        port: int = rtp.getsockname()[1]
        return port


class Link:
    """Passes on what it gets; without a destination it is where the stream ends. Use it as a `with` block.

    `arrived` and `arrived_rtcp` came in, `left` went on after the impairment, `back` is the RTCP that came back.
    """

    def __init__(
        self,
        destination: int | None = None,
        *,
        forward: Impairment | None = None,
        backward: Impairment | None = None,
    ) -> None:
        self._destination = destination
        self._forward = forward
        self._backward = backward
        self._sockets: tuple[socket.socket, ...] = ()
        self._upstream: dict[bool, Address] = {}
        self.port = 0
        self.arrived: list[Passed] = []
        self.arrived_rtcp: list[Passed] = []
        self.left: list[Passed] = []
        self.back: list[Passed] = []
        self.watch = Watch()

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._sockets = _bound_pair()
        self.port = self._sockets[0].getsockname()[1]
        for is_rtcp, opened in enumerate(self._sockets):
            opened.setblocking(False)
            opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            self._loop.add_reader(opened, self._drain, opened, bool(is_rtcp))
        return self

    def __exit__(self, *_: object) -> None:
        for opened in self._sockets:
            self._loop.remove_reader(opened)
            opened.close()

    def connect(self, destination: int | None) -> None:
        """Pass everything on to another port from now on, or nowhere."""
        self._destination = destination

    @property
    def upstream_port(self) -> int:
        """Where the stream comes from."""
        return self._upstream[False][1]

    def say(self, data: bytes) -> int:
        """Send RTCP to where the stream comes from, as its receiver would; returns when, as `Passed.at`."""
        host, port = self._upstream[False]
        self._send(data, self._upstream.get(True, (host, port + 1)), is_rtcp=True)
        return time.time_ns()

    def _drain(self, opened: socket.socket, is_rtcp: bool) -> None:
        while True:
            try:
                data, ancillary, _, source = opened.recvmsg(65_536, 64)
            except BlockingIOError:
                return
            except ConnectionRefusedError:  # nobody listens where the last datagram went
                continue
            seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2])
            self._take(Passed(seconds * 1_000_000_000 + nanoseconds, data), source, is_rtcp)
            self.watch.notify()

    def _take(self, passed: Passed, source: Address, is_rtcp: bool) -> None:
        downstream = self._downstream(is_rtcp)
        if source == downstream:
            self.back.append(passed)
            if self._upstream:
                host, port = self._upstream[False]
                upstream = self._upstream.get(is_rtcp, (host, port + is_rtcp))
                self._pass_on(passed.data, upstream, is_rtcp, self._backward)
            return
        self._upstream[is_rtcp] = source
        (self.arrived_rtcp if is_rtcp else self.arrived).append(passed)
        if downstream is not None:
            self._pass_on(passed.data, downstream, is_rtcp, self._forward, record=not is_rtcp)

    def _downstream(self, is_rtcp: bool) -> Address | None:
        return None if self._destination is None else (HOST, self._destination + is_rtcp)

    def _pass_on(
        self, data: bytes, to: Address, is_rtcp: bool, impairment: Impairment | None, *, record: bool = False
    ) -> None:
        for delay in impairment.delays() if impairment else (0.0,):
            if delay:
                self._loop.call_later(delay, self._send, data, to, is_rtcp, record)
            else:
                self._send(data, to, is_rtcp, record)

    def _send(self, data: bytes, to: Address, is_rtcp: bool, record: bool = False) -> None:
        opened = self._sockets[is_rtcp]
        if opened.fileno() < 0:  # the link was left with datagrams on their way
            return
        try:
            opened.sendto(data, to)
        except (BlockingIOError, ConnectionRefusedError):
            return
        if record:
            self.left.append(Passed(time.time_ns(), data))


def _bound_pair() -> tuple[socket.socket, socket.socket]:
    """Two sockets on an even port and the next."""
    while True:
        rtp, rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        rtp.bind((HOST, 0))
        port = rtp.getsockname()[1]
        try:
            if port % 2 == 0:
                rtcp.bind((HOST, port + 1))
                return rtp, rtcp
        except OSError:
            pass
        rtp.close()
        rtcp.close()
