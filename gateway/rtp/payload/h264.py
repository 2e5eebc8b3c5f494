"""H264 in RTP (RFC 6184), packetization modes 0 and 1.

A NAL unit travels alone, together with others in one packet (STAP-A), or cut into fragments (FU-A). Mode 0 knows only
the first way, so its encoder must make slices that fit a packet. The interleaved mode's types are not part of either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from gateway.rtp.payload import MalformedPayload, PayloadTooLarge
from gateway.rtp.payload.annex_b import byte_stream, nal_units

SLICE: Final = 1
PARTITION_A: Final = 2
IDR: Final = 5
SEI: Final = 6
SPS: Final = 7
PPS: Final = 8
ACCESS_UNIT_DELIMITER: Final = 9
STAP_A: Final = 24
FU_A: Final = 28

_TYPE_MASK = 0x1F
_NRI_MASK = 0x60
_FORBIDDEN_MASK = 0x80
_FU_START = 0x80
_FU_END = 0x40

_HEADS = frozenset((SEI, SPS, PPS, ACCESS_UNIT_DELIMITER, *range(14, 19)))
"""Types that open an access unit when they come after its slices (ITU-T H.264 §7.4.1.2.3)."""
_SLICES = frozenset((SLICE, PARTITION_A, IDR))
_RESERVED = frozenset((0, 30, 31))
"""Undefined packet types: a receiver ignores them (RFC 6184 §5.4)."""
_INTERLEAVED = frozenset((25, 26, 27, 29))
"""STAP-B, MTAP16, MTAP24, FU-B: not allowed in modes 0 and 1."""
_RECOVERY_POINT = 6
"""SEI payload type (ITU-T H.264 §D.1)."""


class H264:
    """The payload format. Packets of either mode are understood; `packetization_mode` says which are made."""

    def __init__(self, *, packetization_mode: int = 1) -> None:
        if packetization_mode not in (0, 1):
            raise ValueError(f"packetization-mode {packetization_mode} is not supported: 0 or 1")
        self._packetization_mode = packetization_mode

    def starts_frame(self, payload: bytes) -> bool:
        """Whether an access unit may begin here: with parameter sets and the like, or a slice at macroblock 0."""
        if not payload:
            return False
        kind = payload[0] & _TYPE_MASK
        if kind == STAP_A:
            return len(payload) > 3 and _opens(payload[3], payload[4:5])
        if kind == FU_A:
            return len(payload) > 2 and bool(payload[1] & _FU_START) and _opens(payload[1], payload[2:3])
        return _opens(payload[0], payload[1:2])

    def surely_starts_frame(self, payload: bytes) -> bool:
        """Whether this begins with a sequence parameter set or a delimiter: parameter sets may come before all else."""
        kind = payload[0] & _TYPE_MASK if payload else 0
        if kind == STAP_A and len(payload) > 3:
            kind = payload[3] & _TYPE_MASK
        return kind in (SPS, ACCESS_UNIT_DELIMITER)

    def depacketize(self, payloads: Sequence[bytes]) -> bytes:
        """The access unit as an Annex B byte stream.

        Raises:
            MalformedPayload: fragments without their start or end, a broken aggregate, or no NAL unit at all.
        """
        units: list[bytes] = []
        fragments: list[bytes] = []
        for payload in payloads:
            if payload:
                _take(payload, units, fragments)
        if fragments:
            raise MalformedPayload("a fragmented NAL unit has no end")
        if not units:
            raise MalformedPayload(f"{len(payloads)} payloads hold no NAL unit")
        return byte_stream(units)

    def salvage(self, payloads: Sequence[bytes]) -> bytes:
        """The NAL units that are whole; of a fragmented slice with a hole, what came before the hole."""
        units: list[bytes] = []
        fragments: list[bytes] = []
        for payload in (*payloads, b""):
            try:
                if payload:
                    _take(payload, units, fragments)
                    continue
            except MalformedPayload:
                pass
            if fragments:
                units.append(b"".join(fragments))
                fragments.clear()
        return byte_stream(units)

    def is_keyframe(self, data: bytes) -> bool:
        """Whether decoding can begin here: an IDR picture, or a recovery point SEI.

        A stream of gradual refresh has no IDR but its first, so a recovery point counts even where the picture is only
        whole some frames later: such a sender can offer nothing better.
        """
        for unit in nal_units(data):
            kind = unit[0] & _TYPE_MASK
            if kind in _SLICES:
                return kind == IDR
            if kind == SEI and _has_recovery_point(unit):
                return True
        return False

    def packetize(self, data: bytes, *, max_payload: int) -> list[bytes]:
        """The payloads for an Annex B access unit.

        Raises:
            MalformedPayload: no NAL unit in `data`.
            PayloadTooLarge: packetization-mode 0, and a NAL unit does not fit.
        """
        units = list(nal_units(data))
        if not units:
            raise MalformedPayload(f"{len(data)} bytes hold no NAL unit")
        if self._packetization_mode == 1:
            return _packetize_non_interleaved(units, max_payload)
        longest = max(map(len, units))
        if longest > max_payload:
            raise PayloadTooLarge(
                f"a NAL unit of {longest} bytes does not fit packets of {max_payload}, and packetization-mode 0 may "
                "not split it: the encoder must make smaller slices"
            )
        return units


def _opens(header: int, rest: bytes) -> bool:
    """Whether a NAL unit may be an access unit's first. `rest` begins with the octet after its header.

    A slice opens a picture when its first_mb_in_slice is 0: in Exp-Golomb a set first bit (ITU-T H.264 §7.3.3).
    """
    kind = header & _TYPE_MASK
    return kind in _HEADS or (kind in _SLICES and bool(rest) and rest[0] >= 0x80)


def _take(payload: bytes, units: list[bytes], fragments: list[bytes]) -> None:
    """Add one payload to the NAL units so far and to the fragments of the one that is open."""
    kind = payload[0] & _TYPE_MASK
    if kind == FU_A:
        _take_fragment(payload, units, fragments)
        return
    if fragments:
        raise MalformedPayload("a fragmented NAL unit has no end")
    if kind == STAP_A:
        units.extend(_aggregated(payload))
    elif kind in _INTERLEAVED:
        raise MalformedPayload(f"packet type {kind} belongs to the interleaved mode")
    elif kind not in _RESERVED:
        units.append(payload)


def _take_fragment(payload: bytes, units: list[bytes], fragments: list[bytes]) -> None:
    """FU-A, RFC 6184 §5.8."""
    if len(payload) < 3:
        raise MalformedPayload(f"a fragment of {len(payload)} bytes")
    indicator, header = payload[0], payload[1]
    if header & _FU_START:
        if fragments:
            raise MalformedPayload("a fragmented NAL unit has no end")
        fragments.append(bytes((indicator & (_FORBIDDEN_MASK | _NRI_MASK) | header & _TYPE_MASK,)))
    elif not fragments:
        raise MalformedPayload("a fragmented NAL unit has no start")
    fragments.append(payload[2:])
    if header & _FU_END:
        units.append(b"".join(fragments))
        fragments.clear()


def _aggregated(payload: bytes) -> Iterator[bytes]:
    """The NAL units of a STAP-A, RFC 6184 §5.7.1."""
    position = 1
    while position < len(payload):
        start = position + 2
        position = start + int.from_bytes(payload[position:start])
        if not start < position <= len(payload):
            raise MalformedPayload(f"an aggregate of {len(payload)} bytes names a unit that ends at {position}")
        yield payload[start:position]


def _packetize_non_interleaved(units: list[bytes], max_payload: int) -> list[bytes]:
    """Neighbours together where they fit one packet, large ones cut, the order kept."""
    payloads: list[bytes] = []
    together: list[bytes] = []
    room = max_payload - 1
    for unit in units:
        if together and room < 2 + len(unit):
            payloads.append(_aggregate(together))
            together, room = [], max_payload - 1
        if len(unit) > max_payload:
            payloads += _fragment(unit, max_payload)
        else:
            together.append(unit)
            room -= 2 + len(unit)
    if together:
        payloads.append(_aggregate(together))
    return payloads


def _aggregate(units: list[bytes]) -> bytes:
    """A STAP-A, or the unit itself where it is alone. F is set if any has it, NRI is the highest (RFC 6184 §5.7)."""
    if len(units) == 1:
        return units[0]
    forbidden = max(unit[0] & _FORBIDDEN_MASK for unit in units)
    importance = max(unit[0] & _NRI_MASK for unit in units)
    return bytes((forbidden | importance | STAP_A,)) + b"".join(len(unit).to_bytes(2) + unit for unit in units)


def _fragment(unit: bytes, max_payload: int) -> list[bytes]:
    """FU-A fragments of nearly equal length, so that none is a wasteful stump."""
    body = unit[1:]
    count = -(-len(body) // (max_payload - 2))
    indicator = unit[0] & (_FORBIDDEN_MASK | _NRI_MASK) | FU_A
    kind = unit[0] & _TYPE_MASK
    cuts = [len(body) * index // count for index in range(count + 1)]
    payloads = []
    for index in range(count):
        ends = (_FU_START if index == 0 else 0) | (_FU_END if index == count - 1 else 0)
        payloads.append(bytes((indicator, ends | kind)) + body[cuts[index] : cuts[index + 1]])
    return payloads


def _has_recovery_point(unit: bytes) -> bool:
    """Whether an SEI NAL unit holds a recovery point message (ITU-T H.264 §7.3.2.3).

    Types and sizes are runs of 0xFF and a last octet. Emulation prevention is not undone: it can only lengthen messages
    before the one looked for, and encoders write the recovery point first.
    """
    position = 1
    while position < len(unit) - 1:
        kind, position = _sei_number(unit, position)
        size, position = _sei_number(unit, position)
        if kind == _RECOVERY_POINT:
            return True
        position += size
    return False


def _sei_number(unit: bytes, position: int) -> tuple[int, int]:
    """A number coded in 0xFF steps, and where the next thing begins."""
    number = 0
    while position < len(unit) and unit[position] == 0xFF:
        number, position = number + 0xFF, position + 1
    return number + (unit[position] if position < len(unit) else 0), position + 1
