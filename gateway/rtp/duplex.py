"""Two cores on one pair of ports: what is received and what is sent share them, as callers expect (RFC 4961)."""

from __future__ import annotations

from typing import Final

from gateway.rtp import packet as rtp
from gateway.rtp.core import Address, Core, Datagram, Event


class Duplex:
    """A receiver and a sender as one core: RTP goes to the receiver, RTCP to both, each takes what is its own."""

    def __init__(self, receiver: Core, sender: Core) -> None:
        self._receiver = receiver
        self._both: Final = (receiver, sender)

    def receive_datagram(self, data: bytes, source: Address, now: float, *, is_rtcp: bool) -> None:
        """Take one datagram."""
        for core in self._both if is_rtcp or rtp.is_rtcp(data) else (self._receiver,):
            core.receive_datagram(data, source, now, is_rtcp=is_rtcp)

    def handle_timeout(self, now: float) -> None:
        """Do what was due by `now`."""
        for core in self._both:
            core.handle_timeout(now)

    def datagrams_to_send(self, now: float) -> list[Datagram]:
        """What either has ready to leave."""
        return [datagram for core in self._both for datagram in core.datagrams_to_send(now)]

    def next_event(self) -> Event | None:
        """The oldest event of either, the receiver's first."""
        for core in self._both:
            if (event := core.next_event()) is not None:
                return event
        return None

    def next_timeout(self) -> float | None:
        """The sooner of the two."""
        times = (core.next_timeout() for core in self._both)
        return min((time for time in times if time is not None), default=None)
