"""Which of a transport's media a packet belongs to (RFC 9143 §9.2): its mid, else its SSRC, else its payload type."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from gateway.rtp.extensions import parse_elements
from gateway.rtp.packet import MalformedPacket, RtpPacket
from gateway.rtp.sdp.negotiated import NegotiatedMedia

MAX_SSRCS: Final = 64
"""Remembered; beyond, the one longest unheard is forgotten."""
_HEADER: Final = 12
_HAS_EXTENSION: Final = 0x10


class Demultiplexer:
    """Learns SSRCs as packets name their medium; a packet of a payload type its medium does not have is nobody's."""

    def __init__(self, media: Iterable[NegotiatedMedia]) -> None:
        self._media = tuple(media)
        self._by_ssrc: OrderedDict[int, NegotiatedMedia] = OrderedDict(
            (item.ssrc, item) for item in self._media if item.ssrc is not None
        )
        self._by_payload_type: dict[int, NegotiatedMedia | None] = {}
        for item in self._media:
            for payload_type in item.payload_types:
                is_shared = payload_type in self._by_payload_type
                self._by_payload_type[payload_type] = None if is_shared else item

    def find(self, packet: bytes) -> NegotiatedMedia | None:
        """The medium of an RTP packet; None where it is none of ours."""
        if len(packet) < _HEADER:
            return None
        payload_type = packet[1] & 0x7F
        ssrc = int.from_bytes(packet[8:12])
        known = self._by_ssrc.get(ssrc)
        if known is not None and payload_type in known.payload_types:
            self._by_ssrc.move_to_end(ssrc)
            return known
        found = self._by_mid(packet) or self._by_payload_type.get(payload_type)
        if found is None or payload_type not in found.payload_types:
            return None
        self._by_ssrc[ssrc] = found
        if len(self._by_ssrc) > MAX_SSRCS:
            self._by_ssrc.popitem(last=False)
        return found

    def _by_mid(self, packet: bytes) -> NegotiatedMedia | None:
        if not packet[0] & _HAS_EXTENSION:
            return None
        try:
            elements = parse_elements(RtpPacket.parse(packet).extension)
        except MalformedPacket:
            return None
        return next((item for item in self._media if elements.get(item.mid_id or 0) == item.mid.encode()), None)
