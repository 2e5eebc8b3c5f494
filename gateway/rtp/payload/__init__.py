"""RTP payload formats, one file per codec: a coded frame <-> the payloads of its packets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class MalformedPayload(ValueError):  # noqa: N818 - it names what came in, not what we did wrong
    """Payloads that do not make a frame."""


class PayloadTooLarge(ValueError):  # noqa: N818 - as above
    """A coded unit that this payload format may not split and that does not fit a packet."""


class PayloadFormat(Protocol):
    """How one codec's frames travel. One instance per stream and direction."""

    def starts_frame(self, payload: bytes) -> bool:
        """Whether a packet with this payload may be the first of a frame."""
        ...

    def surely_starts_frame(self, payload: bytes) -> bool:
        """Whether no packet that matters can come before it in its frame."""
        ...

    def depacketize(self, payloads: Sequence[bytes]) -> bytes:
        """The frame that these payloads make, all of its packets in order.

        Raises:
            MalformedPayload: a packet is missing, foreign or broken.
        """
        ...

    def salvage(self, payloads: Sequence[bytes]) -> bytes:
        """What a decoder can still use of a frame with holes; an empty payload stands for each hole. May be empty."""
        ...

    def is_keyframe(self, data: bytes) -> bool:
        """Whether decoding can begin with this frame."""
        ...

    def packetize(self, data: bytes, *, max_payload: int) -> list[bytes]:
        """The payloads for one frame, none longer than `max_payload` octets.

        Raises:
            MalformedPayload: not a frame of this codec.
            PayloadTooLarge: a unit that would have to be split, and may not be.
        """
        ...


def payload_format(codec: str, *, packetization_mode: int = 1) -> PayloadFormat:
    """A fresh format for `codec`, an encoding name of SDP in any case. `packetization_mode` is H264's (RFC 6184 §6).

    Raises:
        ValueError: no such codec or mode.
    """
    from gateway.rtp.payload.h264 import H264
    from gateway.rtp.payload.vp8 import VP8

    match codec.upper():
        case "H264":
            return H264(packetization_mode=packetization_mode)
        case "VP8":
            return VP8()
    raise ValueError(f"no payload format for {codec!r}: H264 or VP8")
