"""RTCP feedback messages: what a receiver asks of a sender (RFC 4585, RFC 5104, REMB).

Each class packs to and unpacks from the bytes after the common header; `rtcp` puts the header on. `count` is that
header's five-bit field, here the feedback message type (FMT).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

TRANSPORT_FEEDBACK = 205
"""RTPFB, RFC 4585 §6.2."""
PAYLOAD_FEEDBACK = 206
"""PSFB, RFC 4585 §6.3."""

_SSRCS = struct.Struct("!II")
_NACK = struct.Struct("!HH")
_FIR = struct.Struct("!IB3x")
_TMMBR = struct.Struct("!II")
_REMB = struct.Struct("!4sI")

_NACK_MASK_BITS = 16
_REMB_MANTISSA_BITS = 18
_REMB_MAX_SSRCS = 255
_TMMBR_MANTISSA_BITS = 17
_TMMBR_OVERHEAD_BITS = 9
_EXPONENT_MAX = 63


@dataclass(frozen=True, slots=True)
class GenericNack:
    """Packets asked for again, by 16-bit sequence number (RFC 4585 §6.2.1). Ascending numbers pack best."""

    packet_type: ClassVar[int] = TRANSPORT_FEEDBACK
    message_type: ClassVar[int] = 1

    sender_ssrc: int
    media_ssrc: int
    sequence_numbers: tuple[int, ...]

    @classmethod
    def unpack(cls, count: int, body: bytes) -> GenericNack:
        """From the bytes after the header."""
        sender_ssrc, media_ssrc = _SSRCS.unpack_from(body)
        numbers: list[int] = []
        for first, mask in _NACK.iter_unpack(_whole(body, _SSRCS.size, _NACK.size)):
            numbers.append(first)
            numbers += [(first + 1 + bit) & 0xFFFF for bit in range(_NACK_MASK_BITS) if mask >> bit & 1]
        return cls(sender_ssrc, media_ssrc, tuple(numbers))

    def pack(self) -> tuple[int, bytes]:
        """The count field and the bytes after the header."""
        items = b"".join(_NACK.pack(first, mask) for first, mask in self._entries())
        return self.message_type, _SSRCS.pack(self.sender_ssrc, self.media_ssrc) + items

    def _entries(self) -> Iterator[tuple[int, int]]:
        """Pairs of a packet identifier and the mask of lost packets after it."""
        first: int | None = None
        mask = 0
        for number in self.sequence_numbers:
            ahead = 0 if first is None else (number - first) & 0xFFFF
            if first is not None and 1 <= ahead <= _NACK_MASK_BITS:
                mask |= 1 << ahead - 1
                continue
            if first is not None:
                yield first, mask
            first, mask = number, 0
        if first is not None:
            yield first, mask


@dataclass(frozen=True, slots=True)
class PictureLossIndication:
    """The picture is broken: a key frame would mend it (RFC 4585 §6.3.1)."""

    packet_type: ClassVar[int] = PAYLOAD_FEEDBACK
    message_type: ClassVar[int] = 1

    sender_ssrc: int
    media_ssrc: int

    @classmethod
    def unpack(cls, count: int, body: bytes) -> PictureLossIndication:
        """From the bytes after the header."""
        return cls(*_SSRCS.unpack_from(body))

    def pack(self) -> tuple[int, bytes]:
        """The count field and the bytes after the header."""
        return self.message_type, _SSRCS.pack(self.sender_ssrc, self.media_ssrc)


@dataclass(frozen=True, slots=True)
class FullIntraRequest:
    """A key frame is wanted (RFC 5104 §4.3.1).

    `requests` holds pairs of media SSRC and command number, which changes with each new wish. The header's own media
    SSRC is 0 by definition.
    """

    packet_type: ClassVar[int] = PAYLOAD_FEEDBACK
    message_type: ClassVar[int] = 4

    sender_ssrc: int
    requests: tuple[tuple[int, int], ...]

    @classmethod
    def unpack(cls, count: int, body: bytes) -> FullIntraRequest:
        """From the bytes after the header."""
        sender_ssrc, _ = _SSRCS.unpack_from(body)
        requests = _FIR.iter_unpack(_whole(body, _SSRCS.size, _FIR.size))
        return cls(sender_ssrc, tuple((ssrc, number) for ssrc, number in requests))

    def pack(self) -> tuple[int, bytes]:
        """The count field and the bytes after the header."""
        requests = b"".join(_FIR.pack(ssrc, number) for ssrc, number in self.requests)
        return self.message_type, _SSRCS.pack(self.sender_ssrc, 0) + requests


@dataclass(frozen=True, slots=True)
class BitrateEstimate:
    """REMB (draft-alvestrand-rmcat-remb-03): the receiver believes this many bits per second get through to it."""

    packet_type: ClassVar[int] = PAYLOAD_FEEDBACK
    message_type: ClassVar[int] = 15

    sender_ssrc: int
    bits_per_second: int
    ssrcs: tuple[int, ...]

    @classmethod
    def unpack(cls, count: int, body: bytes) -> BitrateEstimate:
        """From the bytes after the header.

        Raises:
            ValueError: application layer feedback of another kind.
        """
        sender_ssrc, _ = _SSRCS.unpack_from(body)
        name, word = _REMB.unpack_from(body, _SSRCS.size)
        if name != b"REMB":
            raise ValueError(f"application layer feedback {name!r}")
        exponent, mantissa = word >> _REMB_MANTISSA_BITS & _EXPONENT_MAX, word & (1 << _REMB_MANTISSA_BITS) - 1
        ssrcs = struct.unpack_from(f"!{word >> 24}I", body, _SSRCS.size + _REMB.size)
        return cls(sender_ssrc, mantissa << exponent, ssrcs)

    def pack(self) -> tuple[int, bytes]:
        """The count field and the bytes after the header. The estimate is rounded down to what the field can hold."""
        exponent, mantissa = _float(self.bits_per_second, _REMB_MANTISSA_BITS)
        ssrcs = self.ssrcs[:_REMB_MAX_SSRCS]
        word = len(ssrcs) << 24 | exponent << _REMB_MANTISSA_BITS | mantissa
        body = _SSRCS.pack(self.sender_ssrc, 0) + _REMB.pack(b"REMB", word) + struct.pack(f"!{len(ssrcs)}I", *ssrcs)
        return self.message_type, body


@dataclass(frozen=True, slots=True)
class BitrateLimit:
    """One entry of a TMMBR: `ssrc` is to send at most this, counted with `overhead` octets of headers per packet."""

    ssrc: int
    bits_per_second: int
    overhead: int = 0


@dataclass(frozen=True, slots=True)
class TemporaryMaxBitrate:
    """TMMBR (RFC 5104 §4.2.1): the media sender is to stay below a bit rate until told otherwise."""

    packet_type: ClassVar[int] = TRANSPORT_FEEDBACK
    message_type: ClassVar[int] = 3

    sender_ssrc: int
    limits: tuple[BitrateLimit, ...]

    @classmethod
    def unpack(cls, count: int, body: bytes) -> TemporaryMaxBitrate:
        """From the bytes after the header."""
        return cls(_SSRCS.unpack_from(body)[0], _unpack_limits(body))

    def pack(self) -> tuple[int, bytes]:
        """The count field and the bytes after the header. Rates are rounded down to what the field can hold."""
        return self.message_type, _SSRCS.pack(self.sender_ssrc, 0) + _pack_limits(self.limits)


@dataclass(frozen=True, slots=True)
class TemporaryMaxBitrateNotification:
    """TMMBN (RFC 5104 §4.2.2): the media sender's answer, the limits it now obeys and who set them."""

    packet_type: ClassVar[int] = TRANSPORT_FEEDBACK
    message_type: ClassVar[int] = 4

    sender_ssrc: int
    limits: tuple[BitrateLimit, ...]

    @classmethod
    def unpack(cls, count: int, body: bytes) -> TemporaryMaxBitrateNotification:
        """From the bytes after the header."""
        return cls(_SSRCS.unpack_from(body)[0], _unpack_limits(body))

    def pack(self) -> tuple[int, bytes]:
        """The count field and the bytes after the header. Rates are rounded down to what the field can hold."""
        return self.message_type, _SSRCS.pack(self.sender_ssrc, 0) + _pack_limits(self.limits)


Feedback = (
    GenericNack
    | PictureLossIndication
    | FullIntraRequest
    | BitrateEstimate
    | TemporaryMaxBitrate
    | TemporaryMaxBitrateNotification
)


def _whole(body: bytes, start: int, size: int) -> bytes:
    """The whole items of `size` octets from `start` on."""
    return body[start : len(body) - (len(body) - start) % size]


def _float(value: int, mantissa_bits: int) -> tuple[int, int]:
    """Exponent and mantissa, rounded down and limited to the largest that fits."""
    exponent = max(0, value.bit_length() - mantissa_bits)
    if exponent > _EXPONENT_MAX:
        return _EXPONENT_MAX, (1 << mantissa_bits) - 1
    return exponent, value >> exponent


def _pack_limits(limits: tuple[BitrateLimit, ...]) -> bytes:
    words = bytearray()
    for limit in limits:
        exponent, mantissa = _float(limit.bits_per_second, _TMMBR_MANTISSA_BITS)
        word = (exponent << _TMMBR_MANTISSA_BITS | mantissa) << _TMMBR_OVERHEAD_BITS | limit.overhead
        words += _TMMBR.pack(limit.ssrc, word)
    return bytes(words)


def _unpack_limits(body: bytes) -> tuple[BitrateLimit, ...]:
    limits = []
    for ssrc, word in _TMMBR.iter_unpack(_whole(body, _SSRCS.size, _TMMBR.size)):
        exponent = word >> _TMMBR_MANTISSA_BITS + _TMMBR_OVERHEAD_BITS
        mantissa = word >> _TMMBR_OVERHEAD_BITS & (1 << _TMMBR_MANTISSA_BITS) - 1
        limits.append(BitrateLimit(ssrc, mantissa << exponent, word & (1 << _TMMBR_OVERHEAD_BITS) - 1))
    return tuple(limits)
