"""One core on a browser's connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.rtp.core import Address, Datagram
from gateway.rtp.wire import WireStats

FAR_END: Final[Address] = ("0.0.0.0", 9)
"""What the cores are told as the browser's address, there and back (RTP and RTCP on one): its real one may change in
mid-call, and only packets that DTLS-SRTP let through carry this one. The placeholder of RFC 8840 §4.1.1."""


class PeerEndpoint:
    """A `wire`: what `gateway.rtp.udp.Endpoint` is to sockets. Made by `Peer.endpoint`."""

    stats: WireStats

    def flush(self) -> None:
        """Send, hand out events and set the timer. Call it after any call of the core that takes `now`."""
        raise NotImplementedError

    def send(self, datagrams: Sequence[Datagram]) -> None:
        """Send what the core handed out elsewhere: its goodbye. What cannot leave now is dropped and counted."""
        raise NotImplementedError

    async def run(self) -> None:
        """Wait until the endpoint, or its peer, is closed. Raises what the core or `on_event` raised."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop at once; the peer goes on without it."""
        raise NotImplementedError
