"""RTP header extensions (RFC 8285): what little is said beside every packet, and where it lies.

Two are spoken here. `mid` names the m-line a packet belongs to (RFC 9143 §15): a browser that gets several streams on
one port asks it first. `abs-send-time` is when the packet left, so that the far end can tell a queue that grows from
pictures that came late: http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ONE_BYTE_PROFILE: Final = 0xBEDE
"""RFC 8285 §4.2: elements of 1 to 16 octets, identifiers 1 to 14."""
TWO_BYTE_PROFILE: Final = 0x1000
"""RFC 8285 §4.3, the lowest four bits are the application's: elements of 0 to 255 octets, identifiers 1 to 255."""

SEND_TIME_OCTETS: Final = 3
SEND_TIME_SECOND: Final = 1 << 18
"""abs-send-time is seconds in 6.18 bits fixed point: it wraps every 64 s."""

_ONE_BYTE_MAX_ID: Final = 14
_ONE_BYTE_MAX_OCTETS: Final = 16
_RTP_HEADER: Final = 12
"""Octets before the extension in a packet without CSRCs, as ours are."""
_EXTENSION_HEADER: Final = 4


def send_time(now: float) -> int:
    """`now` (seconds) as abs-send-time's 24 bits."""
    return int(now * SEND_TIME_SECOND) & 0xFFFFFF


def parse_elements(extension: tuple[int, bytes] | None) -> dict[int, bytes]:
    """The elements of a packet's header extension by identifier; of one that is not RFC 8285's, none.

    It never raises: what does not fit ends the list.
    """
    if extension is None:
        return {}
    profile, data = extension
    if profile == ONE_BYTE_PROFILE:
        return _parse_one_byte(data)
    if profile & 0xFFF0 == TWO_BYTE_PROFILE:
        return _parse_two_byte(data)
    return {}


def serialize_elements(elements: Mapping[int, bytes]) -> tuple[int, bytes]:
    """The header extension with these elements, in their order, in the short form where that can hold them.

    Raises:
        ValueError: an identifier beyond 1 to 255, or an element of more than 255 octets.
    """
    if any(not 1 <= number <= 0xFF or len(data) > 0xFF for number, data in elements.items()):
        raise ValueError(f"header extension elements {dict(elements)}")
    is_short = all(
        number <= _ONE_BYTE_MAX_ID and 1 <= len(data) <= _ONE_BYTE_MAX_OCTETS for number, data in elements.items()
    )
    if is_short:
        packed = b"".join(bytes([number << 4 | len(data) - 1]) + data for number, data in elements.items())
    else:
        packed = b"".join(bytes([number, len(data)]) + data for number, data in elements.items())
    return ONE_BYTE_PROFILE if is_short else TWO_BYTE_PROFILE, packed + bytes(-len(packed) % 4)


class SentExtensions:
    """The header extension of everything one stream sends: the same in every packet but for the time it leaves.

    `mid`: its identifier and value; `abs_send_time`: its identifier; None where not agreed. `field` is what
    `RtpPacket.extension` takes, `octets` what it adds to each packet.
    """

    def __init__(self, *, mid: tuple[int, bytes] | None = None, abs_send_time: int | None = None) -> None:
        # The time goes first: it then lies at the same place in every packet.
        elements = {} if abs_send_time is None else {abs_send_time: bytes(SEND_TIME_OCTETS)}
        elements |= {} if mid is None else {mid[0]: mid[1]}
        self.field = serialize_elements(elements) if elements else None
        self.octets = 0 if self.field is None else _EXTENSION_HEADER + len(self.field[1])
        element_header = 1 if self.field is not None and self.field[0] == ONE_BYTE_PROFILE else 2
        self._time_at = None if abs_send_time is None else _RTP_HEADER + _EXTENSION_HEADER + element_header

    def stamped(self, packet: bytes, now: float) -> bytes:
        """The packet as it leaves at `now`."""
        return self._with_time(packet, send_time(now))

    def unstamped(self, packet: bytes) -> bytes:
        """The packet as it was before it was stamped."""
        return self._with_time(packet, 0)

    def _with_time(self, packet: bytes, time: int) -> bytes:
        start = self._time_at
        if start is None:
            return packet
        return packet[:start] + time.to_bytes(SEND_TIME_OCTETS) + packet[start + SEND_TIME_OCTETS :]


def _parse_one_byte(data: bytes) -> dict[int, bytes]:
    elements: dict[int, bytes] = {}
    position = 0
    while position < len(data):
        number, octets = data[position] >> 4, (data[position] & 0x0F) + 1
        position += 1
        if number == 0:  # padding, RFC 8285 §4.1.2: its length bits mean nothing
            continue
        if number > _ONE_BYTE_MAX_ID or position + octets > len(data):
            break
        elements[number] = data[position : position + octets]
        position += octets
    return elements


def _parse_two_byte(data: bytes) -> dict[int, bytes]:
    elements: dict[int, bytes] = {}
    position = 0
    while position < len(data):
        number = data[position]
        position += 1
        if number == 0:
            continue
        if position >= len(data) or position + 1 + data[position] > len(data):
            break
        octets = data[position]
        elements[number] = data[position + 1 : position + 1 + octets]
        position += 1 + octets
    return elements
