"""VP8 in RTP (RFC 7741): a descriptor of 1 to 6 octets, then a piece of the frame.

Frames are sent as one run of octets behind partition index 0 and cut anywhere, as WebRTC's senders do, with a 15-bit
picture ID. Any lawful descriptor is understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.rtp.payload import MalformedPayload, PayloadTooLarge

_EXTENDED = 0x80
_START = 0x10
_PARTITION_MASK = 0x07
_PICTURE_ID, _TL0PICIDX, _TID, _KEYIDX = 0x80, 0x40, 0x20, 0x10
_LONG_PICTURE_ID = 0x80
_PICTURE_ID_MASK = 0x7FFF
_DESCRIPTOR_OCTETS: Final = 4
_KEYFRAME_START_CODE = b"\x9d\x01\x2a"
"""RFC 6386 §9.1, after the three octets of the frame tag."""


class VP8:
    """The payload format. It counts the frames it packetizes: the picture ID."""

    def __init__(self) -> None:
        self._picture_id = 0

    def starts_frame(self, payload: bytes) -> bool:
        """Whether this begins partition 0, and so a frame (RFC 7741 §4.5)."""
        return bool(payload) and bool(payload[0] & _START) and not payload[0] & _PARTITION_MASK

    def surely_starts_frame(self, payload: bytes) -> bool:
        """The same: nothing comes before partition 0."""
        return self.starts_frame(payload)

    def depacketize(self, payloads: Sequence[bytes]) -> bytes:
        """The frame. Packets without payload carry nothing and are passed over.

        Raises:
            MalformedPayload: the first does not start a frame, a later one does, or a descriptor is cut short.
        """
        pieces = []
        for index, payload in enumerate(filter(None, payloads)):
            if self.starts_frame(payload) != (index == 0):
                raise MalformedPayload("a frame begins in its middle" if index else "the start of a frame is missing")
            pieces.append(_piece(payload))
        if not pieces:
            raise MalformedPayload("no payload")
        return b"".join(pieces)

    def salvage(self, payloads: Sequence[bytes]) -> bytes:
        """What came before the first hole, if that holds the frame's header."""
        whole = list(payloads)[: next((index for index, payload in enumerate(payloads) if not payload), None)]
        try:
            return self.depacketize(whole)
        except MalformedPayload:
            return b""

    def is_keyframe(self, data: bytes) -> bool:
        """Whether the frame tag says key frame and its start code follows (RFC 6386 §9.1)."""
        return len(data) >= 10 and not data[0] & 1 and data[3:6] == _KEYFRAME_START_CODE

    def packetize(self, data: bytes, *, max_payload: int) -> list[bytes]:
        """The payloads, of nearly equal length so that none is a wasteful stump.

        Raises:
            MalformedPayload: no octets.
            PayloadTooLarge: `max_payload` leaves no room after the descriptor.
        """
        room = max_payload - _DESCRIPTOR_OCTETS
        if not data:
            raise MalformedPayload("an empty frame")
        if room < 1:
            raise PayloadTooLarge(f"packets of {max_payload} bytes have no room for VP8")
        rest = bytes((_PICTURE_ID, _LONG_PICTURE_ID | self._picture_id >> 8, self._picture_id & 0xFF))
        self._picture_id = (self._picture_id + 1) & _PICTURE_ID_MASK
        count = -(-len(data) // room)
        cuts = [len(data) * index // count for index in range(count + 1)]
        return [
            bytes((_EXTENDED | (_START if index == 0 else 0),)) + rest + data[cuts[index] : cuts[index + 1]]
            for index in range(count)
        ]


def _piece(payload: bytes) -> bytes:
    """What follows the descriptor (RFC 7741 §4.2)."""
    position = 1
    if payload[0] & _EXTENDED:
        extension = payload[1] if len(payload) > 1 else 0
        position = 2
        if extension & _PICTURE_ID:
            position += 2 if len(payload) > 2 and payload[2] & _LONG_PICTURE_ID else 1
        position += bool(extension & _TL0PICIDX) + bool(extension & (_TID | _KEYIDX))
    if position >= len(payload):
        raise MalformedPayload(f"a payload of {len(payload)} bytes ends in its descriptor")
    return payload[position:]
