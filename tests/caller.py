"""Virtual time for the receiver: a caller who makes packets of drawn-up frames, and an ear that hears them.

The frames are H264 in form only: the right NAL unit types with counted octets inside, so that every one is different.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TypeVar

from gateway.rtp.core import AccessUnit, Address, Core, Datagram, Event
from gateway.rtp.packet import RtpPacket
from gateway.rtp.payload import PayloadFormat, payload_format
from gateway.rtp.receiver import ReceiverSettings, RtpReceiver
from gateway.rtp.rtcp import Goodbye, RtcpPacket, SenderReport, SourceDescription, parse_compound, serialize_compound

CALLER: Address = ("192.0.2.1", 5004)
STRANGER: Address = ("198.51.100.9", 4000)
FRAME = 3000
"""Ticks of a frame at 30 frames per second and 90 kHz."""
FRAME_TIME = 1 / 30
Taken = TypeVar("Taken")
_START_CODE = b"\0\0\0\1"


def coded_frame(number: int, *, is_keyframe: bool, size: int) -> bytes:
    """An access unit that looks like H264 from outside: a key frame opens with its parameter sets."""
    body = f"{number:08}".encode() + bytes(1 + i % 250 for i in range(size))
    if not is_keyframe:
        return _START_CODE + b"\x41\x9a" + body
    return b"".join(_START_CODE + unit for unit in (b"\x67\x42\xe0\x1f", b"\x68\xce\x3c\x80", b"\x65\x88" + body))


@dataclass
class Caller:
    """Sends frames from one address under one SSRC; remembers what it sent, by timestamp on the wire.

    Sequence numbers and timestamps begin shortly before they wrap.
    """

    ssrc: int = 0xCA11
    address: Address = CALLER
    sequence_number: int = 65500
    timestamp: int = 0x100000000 - 20 * FRAME
    payload_type: int = 96
    codec: PayloadFormat = field(default_factory=lambda: payload_format("H264"))
    sent: dict[int, bytes] = field(default_factory=dict)

    def frame(self, *, is_keyframe: bool = False, size: int = 2500) -> list[bytes]:
        """The datagrams of the next frame, in order; a key frame is three times the size."""
        data = coded_frame(len(self.sent), is_keyframe=is_keyframe, size=size * (3 if is_keyframe else 1))
        payloads = self.codec.packetize(data, max_payload=1000)
        self.sent[self.timestamp] = data
        datagrams = [self._packet(payload, marker=payload is payloads[-1]) for payload in payloads]
        self.timestamp = (self.timestamp + FRAME) & 0xFFFFFFFF
        return datagrams

    def _packet(self, payload: bytes, *, marker: bool) -> bytes:
        number, self.sequence_number = self.sequence_number, (self.sequence_number + 1) & 0xFFFF
        return RtpPacket(self.payload_type, marker, number, self.timestamp, self.ssrc, payload).serialize()

    def sender_report(self, *, ntp: int, timestamp: int | None = None, cname: str = "caller@example") -> bytes:
        """A report with the clock at the next frame's timestamp unless told otherwise."""
        at = self.timestamp if timestamp is None else timestamp
        report = SenderReport(self.ssrc, ntp, at, 0, 0)
        return serialize_compound((report, SourceDescription({self.ssrc: cname})))

    def goodbye(self) -> bytes:
        """BYE."""
        return serialize_compound((SenderReport(self.ssrc, 1, 0, 0, 0), Goodbye((self.ssrc,))))


@dataclass
class Ear:
    """Drives a receiver as the shell does, in virtual time."""

    receiver: RtpReceiver
    now: float = 1000.0
    events: list[tuple[float, Event]] = field(default_factory=list)
    outgoing: list[tuple[float, Datagram]] = field(default_factory=list)

    @classmethod
    def of(cls, *, seed: int = 1, **settings: object) -> Ear:
        """An ear with these settings, H264 as payload type 96 unless told otherwise."""
        defaults: dict[str, object] = {"codecs": {96: "H264"}, "cname": "ear@example"}
        made = ReceiverSettings(**(defaults | settings))  # type: ignore[arg-type]
        return cls(RtpReceiver(made, now=1000.0, random=random.Random(seed)))

    def hear(self, *datagrams: bytes, source: Address = CALLER, is_rtcp: bool = False) -> None:
        """Let datagrams come now."""
        for data in datagrams:
            self.receiver.receive_datagram(data, source, self.now, is_rtcp=is_rtcp)
            self._drain()

    def hear_rtcp(self, *compounds: bytes, source: Address = (CALLER[0], CALLER[1] + 1)) -> None:
        """Let compounds come now on the RTCP socket."""
        self.hear(*compounds, source=source, is_rtcp=True)

    def wait(self, seconds: float) -> None:
        """Let time pass; every timeout on the way is served when it is due."""
        end = self.now + seconds
        while (timeout := self.receiver.next_timeout()) is not None and timeout <= end:
            self.now = max(self.now, timeout)
            self.receiver.handle_timeout(self.now)
            self._drain()
            following = self.receiver.next_timeout()
            assert following is None or following > self.now, "a timeout that is served does not move on"
        self.now = end

    def play(self, caller: Caller, *frames: bool, every: float = FRAME_TIME) -> None:
        """Let whole frames come at this pace; True is a key frame."""
        for is_keyframe in frames:
            self.hear(*caller.frame(is_keyframe=is_keyframe), source=caller.address)
            self.wait(every)

    def took(self, kind: type[Taken]) -> list[Taken]:
        """The events of one kind so far."""
        return [event for _, event in self.events if isinstance(event, kind)]

    @property
    def units(self) -> list[AccessUnit]:
        """The access units so far."""
        return self.took(AccessUnit)

    @property
    def said(self) -> list[tuple[float, list[RtcpPacket]]]:
        """What the receiver said by RTCP so far, and when."""
        return [(at, parse_compound(datagram.data)) for at, datagram in self.outgoing]

    def said_of(self, kind: type[Taken]) -> list[tuple[float, Taken]]:
        """Of that, the packets of one kind."""
        return [(at, packet) for at, packets in self.said for packet in packets if isinstance(packet, kind)]

    def _drain(self) -> None:
        core: Core = self.receiver
        self.outgoing += [(self.now, datagram) for datagram in core.datagrams_to_send(self.now)]
        while (event := core.next_event()) is not None:
            self.events.append((self.now, event))
