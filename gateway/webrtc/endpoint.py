"""One core on a browser's connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from gateway.rtp.core import Address, Core, Datagram, Event
from gateway.rtp.sdp.negotiated import NegotiatedMedia
from gateway.rtp.wire import Wire

FAR_END: Final[Address] = ("0.0.0.0", 9)
"""What the cores are told as the browser's address, there and back (RTP and RTCP on one).

Its real one may change in mid-call, and only packets that DTLS-SRTP let through carry this one. It is the placeholder
of RFC 8840 §4.1.1.
"""


class Sent(NamedTuple):
    """What became of packets: `dropped` found no connection or no room, `failed` can never be sent."""

    sent: int = 0
    dropped: int = 0
    failed: int = 0


class Carrier(Protocol):
    """What encrypts and sends."""

    def send(self, packets: Sequence[bytes]) -> Sent:
        """Send RTP packets and RTCP compounds, now and in order."""


class PeerEndpoint(Wire):
    """A core on one of a peer's media. Made by `Peer.endpoint`; closed with its peer, or before."""

    def __init__(
        self,
        core: Core,
        media: NegotiatedMedia,
        on_event: Callable[[Event], None],
        *,
        carrier: Carrier,
        on_close: Callable[[PeerEndpoint], None],
    ) -> None:
        super().__init__(core, on_event)
        self.media = media
        self._carrier = carrier
        self._on_close = on_close

    def send(self, datagrams: Sequence[Datagram]) -> None:
        """Send what the core handed out, here or elsewhere. Without a connection it is dropped and counted."""
        if datagrams:
            outcome = self._carrier.send([datagram.data for datagram in datagrams])
            self._sent += outcome.sent
            self._dropped += outcome.dropped
            self._failed += outcome.failed

    def take(self, data: bytes, now: float, *, is_control: bool) -> None:
        """Hand the core a packet that came for it; `flush` once more have been."""
        self._received += 1
        self._guarded(self._hand_over, data, now, is_control)

    def _hand_over(self, data: bytes, now: float, is_control: bool) -> None:
        self._core.receive_datagram(data, FAR_END, now, is_rtcp=is_control)

    def _release(self) -> None:
        self._on_close(self)
