"""RTCP packets: a compound's bytes to its members and back (RFC 3550 §6).

Parsing is lenient. A member that cannot be read is left out and the rest kept; profile extensions of reports and
unknown packet types are passed over; a compound need not begin with a report (RFC 5506).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from gateway.rtp.feedback import (
    BitrateEstimate,
    BitrateLimit,
    Feedback,
    FullIntraRequest,
    GenericNack,
    PictureLossIndication,
    TemporaryMaxBitrate,
    TemporaryMaxBitrateNotification,
)
from gateway.rtp.packet import VERSION, MalformedPacket

__all__ = [
    "BitrateEstimate",
    "BitrateLimit",
    "FullIntraRequest",
    "GenericNack",
    "Goodbye",
    "PictureLossIndication",
    "ReceiverReport",
    "ReportBlock",
    "RtcpPacket",
    "SenderReport",
    "SourceDescription",
    "TemporaryMaxBitrate",
    "TemporaryMaxBitrateNotification",
    "parse_compound",
    "serialize_compound",
]

MAX_COMPOUND_OCTETS: Final = 1500
"""What is read of one datagram: a compound fits an MTU (RFC 3550 §6.1), and a flood of 64 kB ones costs no more."""
MAX_COUNT: Final = 31
"""The count field has five bits."""

_HEADER = struct.Struct("!BBH")
_SENDER_INFO = struct.Struct("!IQIII")
_REPORT_BLOCK = struct.Struct("!IIIIII")
_CNAME = 1


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """How one source is received (RFC 3550 §6.4.1).

    `fraction_lost` is in 1/256 since the last report, `packets_lost` all that are missing (negative where duplicates
    outnumber losses), `highest_sequence` extended by its cycles, `jitter` in RTP clock units. `last_sr` is the middle
    32 bits of the last sender report's NTP time, `delay_since_last_sr` in 1/65536 s; both are 0 where there was none.
    """

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    last_sr: int
    delay_since_last_sr: int

    @classmethod
    def unpack(cls, body: bytes, offset: int) -> ReportBlock:
        """From 24 octets at `offset`."""
        ssrc, lost, highest_sequence, jitter, last_sr, delay = _REPORT_BLOCK.unpack_from(body, offset)
        packets_lost = (lost & 0xFFFFFF) - (1 << 24 if lost & 0x800000 else 0)
        return cls(ssrc, lost >> 24, packets_lost, highest_sequence, jitter, last_sr, delay)

    def pack(self) -> bytes:
        """Its 24 octets; a cumulative loss beyond 24 bits stays at the limit."""
        packets_lost = min(max(self.packets_lost, -0x800000), 0x7FFFFF) & 0xFFFFFF
        lost = self.fraction_lost << 24 | packets_lost
        return _REPORT_BLOCK.pack(
            self.ssrc, lost, self.highest_sequence, self.jitter, self.last_sr, self.delay_since_last_sr
        )


@dataclass(frozen=True, slots=True)
class SenderReport:
    """At NTP time `ntp` (64-bit, RFC 3550 §4) the sender's RTP clock stood at `timestamp`; all else is 32 bits."""

    packet_type: ClassVar[int] = 200

    ssrc: int
    ntp: int
    timestamp: int
    packet_count: int
    octet_count: int
    blocks: tuple[ReportBlock, ...] = ()

    @classmethod
    def unpack(cls, count: int, body: bytes) -> SenderReport:
        """From the bytes after the header."""
        ssrc, ntp, timestamp, packet_count, octet_count = _SENDER_INFO.unpack_from(body)
        blocks = _unpack_blocks(body, _SENDER_INFO.size, count)
        return cls(ssrc, ntp, timestamp, packet_count, octet_count, blocks)

    def pack(self) -> tuple[int, bytes]:
        """The count field and the bytes after the header."""
        info = _SENDER_INFO.pack(self.ssrc, self.ntp, self.timestamp, self.packet_count, self.octet_count)
        return len(self.blocks), info + b"".join(block.pack() for block in self.blocks)


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """The report of one who sends no media; without blocks it only opens a compound."""

    packet_type: ClassVar[int] = 201

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()

    @classmethod
    def unpack(cls, count: int, body: bytes) -> ReceiverReport:
        """From the bytes after the header."""
        return cls(_unpack_ssrcs(body, 1)[0], _unpack_blocks(body, 4, count))

    def pack(self) -> tuple[int, bytes]:
        """The count field and the bytes after the header."""
        return len(self.blocks), self.ssrc.to_bytes(4) + b"".join(block.pack() for block in self.blocks)


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """The canonical name of each SSRC (RFC 3550 §6.5.1); other items are passed over."""

    packet_type: ClassVar[int] = 202

    cnames: Mapping[int, str] = field(hash=False)

    @classmethod
    def unpack(cls, count: int, body: bytes) -> SourceDescription:
        """From the bytes after the header."""
        cnames: dict[int, str] = {}
        position = 0
        for _ in range(count):
            (ssrc,) = struct.unpack_from("!I", body, position)
            position = _unpack_items(body, position + 4, ssrc, cnames)
        return cls(cnames)

    def pack(self) -> tuple[int, bytes]:
        """The count field and the bytes after the header. A name is cut at 255 octets."""
        return len(self.cnames), b"".join(_pack_chunk(ssrc, cname) for ssrc, cname in self.cnames.items())


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Sources that leave (RFC 3550 §6.6)."""

    packet_type: ClassVar[int] = 203

    ssrcs: tuple[int, ...]
    reason: str = ""

    @classmethod
    def unpack(cls, count: int, body: bytes) -> Goodbye:
        """From the bytes after the header."""
        ssrcs, rest = _unpack_ssrcs(body, count), body[4 * count :]
        return cls(ssrcs, rest[1 : 1 + rest[0]].decode(errors="replace") if rest else "")

    def pack(self) -> tuple[int, bytes]:
        """The count field and the bytes after the header. The reason is cut at 255 octets."""
        ssrcs = b"".join(ssrc.to_bytes(4) for ssrc in self.ssrcs)
        reason = _text(self.reason)
        return len(self.ssrcs), ssrcs + (_padded(bytes([len(reason)]) + reason) if reason else b"")


RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye | Feedback

_UNPACK: Mapping[int, Callable[[int, bytes], RtcpPacket]] = {
    packet.packet_type: packet.unpack for packet in (SenderReport, ReceiverReport, SourceDescription, Goodbye)
}
_UNPACK_FEEDBACK: Mapping[tuple[int, int], Callable[[int, bytes], RtcpPacket]] = {
    (packet.packet_type, packet.message_type): packet.unpack
    for packet in (
        GenericNack,
        PictureLossIndication,
        FullIntraRequest,
        BitrateEstimate,
        TemporaryMaxBitrate,
        TemporaryMaxBitrateNotification,
    )
}


def parse_compound(data: bytes) -> list[RtcpPacket]:
    """The members of one RTCP datagram that can be read, in order; at most `MAX_COMPOUND_OCTETS` of it are looked at.

    Raises:
        MalformedPacket: nothing in it is RTCP.
    """
    packets: list[RtcpPacket] = []
    members = 0
    for packet_type, count, body in _members(data[:MAX_COMPOUND_OCTETS]):
        members += 1
        unpack = _UNPACK.get(packet_type) or _UNPACK_FEEDBACK.get((packet_type, count))
        if unpack is not None:
            try:
                packets.append(unpack(count, body))
            except (struct.error, ValueError, IndexError):
                continue
    if not members:
        raise MalformedPacket(f"{len(data)} bytes hold no RTCP packet")
    return packets


def serialize_compound(packets: Iterable[RtcpPacket]) -> bytes:
    """The datagram. RFC 3550 §6.1 wants a report first and a CNAME in each.

    Raises:
        MalformedPacket: a field that does not fit its bits.
    """
    parts: list[bytes] = []
    try:
        for packet in packets:
            count, body = packet.pack()
            if count > MAX_COUNT:
                raise MalformedPacket(f"{count} items in one RTCP packet, {MAX_COUNT} fit")
            parts += (_HEADER.pack(VERSION << 6 | count, packet.packet_type, len(body) // 4), body)
    except (struct.error, OverflowError) as error:
        raise MalformedPacket(f"a field does not fit: {error}") from error
    return b"".join(parts)


def _members(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Packet type, count and body without padding of each member, up to the first that does not follow the framing."""
    position = 0
    while position + _HEADER.size <= len(data):
        first, packet_type, words = _HEADER.unpack_from(data, position)
        start, position = position + _HEADER.size, position + _HEADER.size + 4 * words
        if first >> 6 != VERSION or not 192 <= packet_type <= 223 or position > len(data):
            return
        body = data[start:position]
        if first & 0x20 and body and 0 < body[-1] <= len(body):
            body = body[: -body[-1]]
        yield packet_type, first & 0x1F, body


def _unpack_blocks(body: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    size = _REPORT_BLOCK.size
    return tuple(ReportBlock.unpack(body, start + size * index) for index in range(count))


def _unpack_ssrcs(body: bytes, count: int) -> tuple[int, ...]:
    return struct.unpack_from(f"!{count}I", body)


def _unpack_items(body: bytes, position: int, ssrc: int, cnames: dict[int, str]) -> int:
    """Read one chunk's items into `cnames`; where the next chunk starts, on a 32-bit boundary after the end item."""
    while position < len(body) and body[position]:
        item, length = body[position], body[position + 1]
        if item == _CNAME:
            cnames[ssrc] = body[position + 2 : position + 2 + length].decode(errors="replace")
        position += 2 + length
    return position // 4 * 4 + 4


def _pack_chunk(ssrc: int, cname: str) -> bytes:
    name = _text(cname)
    return _padded(ssrc.to_bytes(4) + bytes([_CNAME, len(name)]) + name + b"\0")


def _text(text: str) -> bytes:
    """UTF-8, at most 255 octets, never half a character."""
    return text.encode(errors="replace")[:255].decode(errors="ignore").encode()


def _padded(data: bytes) -> bytes:
    """With zeros up to a 32-bit boundary."""
    return data + bytes(-len(data) % 4)
