"""[IO] One UDP socket of a browser's connection, as aioice wants its transports.

Not asyncio's own, for four reasons: it empties the socket in one go, so that the cores above are asked once for what
they have to send and not after every packet; it drops what cannot leave now, where asyncio would queue it without end;
it may have a port of a given range; and it hands the kernel a frame's packets in one call where it can (UDP_SEGMENT,
Linux 4.18). Each call gives up the interpreter, which a worker may not give back for a millisecond.
"""

from __future__ import annotations

import asyncio
import errno
import random
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from gateway.errors import GatewayError
from gateway.rtp.sockets import RECEIVE_BUFFER, SEND_BUFFER

MAX_DATAGRAM: Final = 2048
"""Octets: no packet of a browser's is longer than a path's MTU; what is cut off fails authentication."""
MAX_DATAGRAMS_PER_WAKE: Final = 64
"""Taken before others get their turn: a large key frame."""
MAX_SEGMENTS: Final = 40
"""Packets handed over in one call: with 1356 octets each, what fits the 64 KiB of a UDP datagram."""
_UDP_SEGMENT: Final = 103
"""linux/udp.h; Python names it from 3.14 on."""
_SEGMENT_SIZE: Final = struct.Struct("=H")


def open_socket(address: str, ports: tuple[int, int] | None) -> socket.socket:
    """A non-blocking socket on a numeric address, on a free port within `ports` (first and last).

    Raises:
        OSError: the address is not ours.
        GatewayError: every port of the range is in use.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        _bind(opened, address, ports)
    except BaseException:
        opened.close()
        raise
    return opened


def _bind(opened: socket.socket, address: str, ports: tuple[int, int] | None) -> None:
    if ports is None:
        opened.bind((address, 0))
        return
    first, last = ports
    count = last - first + 1
    start = random.randrange(count)
    for step in range(count):
        try:
            opened.bind((address, first + (start + step) % count))
        except OSError as error:
            if error.errno not in _IN_USE:
                raise
        else:
            return
    raise GatewayError(f"every UDP port from {first} to {last} on {address} is in use")


_IN_USE: Final = (errno.EADDRINUSE, errno.EACCES)
"""Somebody else has it, or only root may."""


class HostSocket(asyncio.DatagramTransport):
    """Hands datagrams to `protocol`, then calls `on_idle`. `dropped` found the send buffer full, `failed` an error."""

    def __init__(self, opened: socket.socket, protocol: asyncio.DatagramProtocol, on_idle: Callable[[], None]) -> None:
        super().__init__()
        self._socket = opened
        self._protocol = protocol
        self._on_idle = on_idle
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray(MAX_DATAGRAM)
        self.dropped = self.failed = 0
        self._may_segment = sys.platform == "linux"
        protocol.connection_made(self)
        self._loop.add_reader(opened, self._drain)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """`sockname` and `socket`, as asyncio's transports have them."""
        match name:
            case "sockname":
                return self._socket.getsockname()
            case "socket":
                return self._socket
            case _:
                return default

    def sendto(self, data: Any, addr: Any = None) -> None:
        """Send now, or drop and count."""
        try:
            self._socket.sendto(data, addr)
        except BlockingIOError:
            self.dropped += 1
        except OSError:
            self.failed += 1

    def send_all(self, packets: Sequence[bytes], address: tuple[str, int]) -> int:
        """Send now, in order, or drop and count; returns how many were sent."""
        before = self.dropped + self.failed
        for run in _runs(packets):
            if len(run) == 1 or not self._send_segments(run, address):
                for packet in run:
                    self.sendto(packet, address)
        return len(packets) - (self.dropped + self.failed - before)

    def _send_segments(self, run: Sequence[bytes], address: tuple[str, int]) -> bool:
        """Send packets of one size in one call; False where the way there cannot, which is not tried again."""
        if not self._may_segment:
            return False
        size = _SEGMENT_SIZE.pack(len(run[0]))
        try:
            self._socket.sendmsg(run, [(socket.IPPROTO_UDP, _UDP_SEGMENT, size)], 0, address)
        except BlockingIOError:
            self.dropped += len(run)
        except OSError:
            self._may_segment = False
        return self._may_segment

    def is_closing(self) -> bool:
        """Whether `close` was called."""
        return self._socket.fileno() < 0

    def close(self) -> None:
        """Close at once; `connection_lost` is called soon, as asyncio promises."""
        if not self.is_closing():
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        """The same: nothing is held back that could be thrown away."""
        self.close()

    def _drain(self) -> None:
        view = memoryview(self._buffer)
        for _ in range(MAX_DATAGRAMS_PER_WAKE):
            if self.is_closing():
                return
            try:
                length, source = self._socket.recvfrom_into(self._buffer)
            except BlockingIOError:
                break
            except OSError:  # the network's answer to something sent earlier; reading has cleared it
                self.failed += 1
                continue
            self._protocol.datagram_received(bytes(view[:length]), source)
        self._on_idle()


def _runs(packets: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Neighbours that may leave in one call: all of one size, but for the last, which may be smaller."""
    start = 0
    for index, packet in enumerate(packets):
        is_last = index + 1 == len(packets) or index + 1 - start == MAX_SEGMENTS
        if is_last or len(packet) != len(packets[start]) or len(packets[index + 1]) > len(packet):
            yield packets[start : index + 1]
            start = index + 1
