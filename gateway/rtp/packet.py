"""RTP packets: bytes to fields and back (RFC 3550 §5.1), and telling RTP from RTCP on one port (RFC 5761 §4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

VERSION = 2
MAX_CSRCS = 15
"""The CC field has four bits."""

_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_CSRCS = tuple(struct.Struct(f"!{count}I") for count in range(MAX_CSRCS + 1))


class MalformedPacket(ValueError):  # noqa: N818 - it names what came in, not what we did wrong
    """Bytes that are not what they claim to be."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One RTP packet. Padding is taken off by `parse`, which notes its octets, and never written.

    `timestamp` is the 32 bits on the wire. `extension` is the profile's 16-bit identifier and the data after the length
    field, a multiple of four bytes; what is inside (RFC 8285) is left alone.
    """

    payload_type: int
    marker: bool
    sequence_number: int
    timestamp: int
    ssrc: int
    payload: bytes
    csrcs: tuple[int, ...] = ()
    extension: tuple[int, bytes] | None = None
    padding: int = field(default=0, compare=False)

    @classmethod
    def parse(cls, data: bytes) -> RtpPacket:
        """The packet in one datagram.

        Raises:
            MalformedPacket: too short, not version 2, or lengths that reach beyond the end.
        """
        if len(data) < _HEADER.size:
            raise MalformedPacket(f"{len(data)} bytes are no RTP header")
        first, second, sequence_number, timestamp, ssrc = _HEADER.unpack_from(data)
        if first >> 6 != VERSION:
            raise MalformedPacket(f"RTP version {first >> 6}")
        marker, payload_type = second > 0x7F, second & 0x7F
        if not first & 0x3F:
            return cls(payload_type, marker, sequence_number, timestamp, ssrc, data[_HEADER.size :])
        csrcs, extension, start = _parse_header_tail(data, first)
        padding = _padding(data, start) if first & 0x20 else 0
        payload = data[start : len(data) - padding]
        return cls(payload_type, marker, sequence_number, timestamp, ssrc, payload, csrcs, extension, padding)

    def serialize(self) -> bytes:
        """The packet as it goes on the wire.

        Raises:
            MalformedPacket: a field that does not fit its bits, or extension data that is not a multiple of four bytes.
        """
        extension = b"" if self.extension is None else _serialize_extension(*self.extension)
        if len(self.csrcs) > MAX_CSRCS or not 0 <= self.payload_type <= 0x7F:
            raise MalformedPacket(f"{len(self.csrcs)} CSRCs, payload type {self.payload_type}")
        first = VERSION << 6 | (self.extension is not None) << 4 | len(self.csrcs)
        second = self.marker << 7 | self.payload_type
        try:
            header = _HEADER.pack(first, second, self.sequence_number, self.timestamp, self.ssrc)
            csrcs = _CSRCS[len(self.csrcs)].pack(*self.csrcs)
        except struct.error as error:
            raise MalformedPacket(f"a field does not fit: {error}") from error
        return b"".join((header, csrcs, extension, self.payload))


def is_rtcp(data: bytes) -> bool:
    """Whether a datagram on a muxed port is RTCP: RFC 5761 §4 keeps 192 to 223 in the second byte for it."""
    return len(data) >= 2 and 192 <= data[1] <= 223


def _parse_header_tail(data: bytes, first: int) -> tuple[tuple[int, ...], tuple[int, bytes] | None, int]:
    """CSRCs, extension, and where the payload starts."""
    csrcs = _CSRCS[first & 0x0F]
    start = _HEADER.size + csrcs.size
    if len(data) < start:
        raise MalformedPacket(f"CSRC list ends beyond {len(data)} bytes")
    sources: tuple[int, ...] = csrcs.unpack_from(data, _HEADER.size)
    if not first & 0x10:
        return sources, None, start
    if len(data) < start + _EXTENSION.size:
        raise MalformedPacket(f"header extension begins beyond {len(data)} bytes")
    profile, words = _EXTENSION.unpack_from(data, start)
    start += _EXTENSION.size
    if len(data) < start + 4 * words:
        raise MalformedPacket(f"header extension of {4 * words} bytes ends beyond {len(data)} bytes")
    return sources, (profile, data[start : start + 4 * words]), start + 4 * words


def _padding(data: bytes, start: int) -> int:
    """Bytes of padding at the end, the count included."""
    count = data[-1]
    if not 0 < count <= len(data) - start:
        raise MalformedPacket(f"padding of {count} bytes in {len(data) - start}")
    return count


def _serialize_extension(profile: int, data: bytes) -> bytes:
    if len(data) % 4 or len(data) > 4 * 0xFFFF or not 0 <= profile <= 0xFFFF:
        raise MalformedPacket(f"header extension {profile:#x} of {len(data)} bytes")
    return _EXTENSION.pack(profile, len(data) // 4) + data
