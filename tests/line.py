"""Virtual time for the sender: the frames it is given, and what then lies on the wire."""

from __future__ import annotations

import random
from dataclasses import dataclass

from gateway.rtp import packet as rtp
from gateway.rtp.core import Address, Datagram, Event, FrameLeft
from gateway.rtp.rtcp import (
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    parse_compound,
    serialize_compound,
)
from gateway.rtp.sender import RtpSender, SenderSettings

FAR_END = ("192.0.2.7", 5004)
FAR_RTCP = ("192.0.2.7", 5005)
STRANGER = ("192.0.2.8", 5005)
SETTINGS = SenderSettings(
    destination=FAR_END, rtcp_destination=FAR_RTCP, payload_type=96, codec="VP8", cname="us@here", nack=True
)


@dataclass(frozen=True, slots=True)
class Frame:
    data: bytes
    timestamp: int
    is_keyframe: bool = False


class Line:
    """A sender and the wire behind it, in virtual time."""

    def __init__(self, settings: SenderSettings = SETTINGS, *, seed: int = 1) -> None:
        self.sender = RtpSender(settings, now=100.0, random=random.Random(seed), unix_time=1_700_000_000.0)
        self.now = 100.0
        self.rtp: list[rtp.RtpPacket] = []
        self.rtcp: list[tuple[float, list[RtcpPacket]]] = []
        self.wire: list[Datagram] = []
        self.events: list[tuple[float, Event]] = []
        self.left: list[tuple[float, FrameLeft]] = []

    def send(self, size: int = 1000, *, timestamp: int | None = None, is_keyframe: bool = False) -> None:
        timestamp = round((self.now - 100) * 90000) if timestamp is None else timestamp
        self.sender.send(Frame(bytes(range(1, 201)) * (size // 200), timestamp, is_keyframe), self.now)
        self.settle()

    def hear(self, *packets: RtcpPacket, source: Address = FAR_RTCP) -> None:
        self.take(serialize_compound((ReceiverReport(77), *packets)), source=source, is_rtcp=True)

    def take(self, data: bytes, *, source: Address, is_rtcp: bool) -> None:
        self.sender.receive_datagram(data, source, self.now, is_rtcp=is_rtcp)
        self.settle()

    def run(self, until: float) -> None:
        """Let time pass, asking the sender exactly when it wants to be asked."""
        while (timeout := self.sender.next_timeout()) is not None and timeout <= until:
            assert timeout > self.now
            self.now = timeout
            self.sender.handle_timeout(self.now)
            self.settle()
        self.now = until

    def settle(self) -> None:
        self.note(self.sender.datagrams_to_send(self.now))
        while (event := self.sender.next_event()) is not None:
            if isinstance(event, FrameLeft):
                self.left.append((self.now, event))
            else:
                self.events.append((self.now, event))

    def note(self, datagrams: list[Datagram]) -> None:
        self.wire += datagrams
        for datagram in datagrams:
            if rtp.is_rtcp(datagram.data):
                self.rtcp.append((self.now, parse_compound(datagram.data)))
            else:
                self.rtp.append(rtp.RtpPacket.parse(datagram.data))

    def sender_reports(self) -> list[tuple[float, SenderReport]]:
        return [(at, compound[0]) for at, compound in self.rtcp if isinstance(compound[0], SenderReport)]


def block(ssrc: int, *, last_sr: int = 0, delay: float = 0.0) -> ReportBlock:
    return ReportBlock(ssrc, 64, 12, 1000, 450, last_sr, round(delay * 65536))
