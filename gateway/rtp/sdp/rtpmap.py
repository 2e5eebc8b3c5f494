"""Which codec a payload type is: `a=rtpmap` (RFC 8866 §6.6) and the static types of RFC 3551 §6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.rtp.sdp.fields import number


@dataclass(frozen=True, slots=True)
class RtpMap:
    """One payload type. `encoding_name` as it was written; `clock_rate` in Hz."""

    payload_type: int
    encoding_name: str
    clock_rate: int
    channels: int = 1

    @property
    def codec(self) -> str:
        """The encoding name in capitals: names are compared without case (RFC 4855 §3)."""
        return self.encoding_name.upper()

    @classmethod
    def parse(cls, text: str) -> RtpMap:
        """Read `96 H264/90000` or `111 opus/48000/2`.

        Raises:
            ValueError: no payload type of 0..127, no name, or no clock rate.
        """
        payload_type, _, encoding = text.strip().partition(" ")
        name, *numbers = (part.strip() for part in encoding.split("/"))
        if not name or not numbers:
            raise ValueError("expected 'PAYLOAD_TYPE CODEC/CLOCK_RATE' such as '96 H264/90000'")
        clock_rate = number(numbers[0], "clock rate", maximum=10**9)
        if clock_rate == 0:
            raise ValueError("the clock rate is 0")
        channels = int(numbers[1]) if len(numbers) > 1 and numbers[1] in ("1", "2", "4", "6", "8") else 1
        return cls(number(payload_type, "payload type", maximum=127), name, clock_rate, channels)

    def __str__(self) -> str:
        return f"{self.payload_type} {self.encoding_name}/{self.clock_rate}" + (
            f"/{self.channels}" if self.channels > 1 else ""
        )


STATIC_PAYLOAD_TYPES: Mapping[int, RtpMap] = MappingProxyType(
    {
        entry.payload_type: entry
        for entry in (
            RtpMap(0, "PCMU", 8000),
            RtpMap(3, "GSM", 8000),
            RtpMap(4, "G723", 8000),
            RtpMap(5, "DVI4", 8000),
            RtpMap(6, "DVI4", 16000),
            RtpMap(7, "LPC", 8000),
            RtpMap(8, "PCMA", 8000),
            RtpMap(9, "G722", 8000),  # 16 kHz sound on an 8 kHz clock: an old slip kept (RFC 3551 §4.5.2)
            RtpMap(10, "L16", 44100, 2),
            RtpMap(11, "L16", 44100),
            RtpMap(12, "QCELP", 8000),
            RtpMap(13, "CN", 8000),
            RtpMap(14, "MPA", 90000),
            RtpMap(15, "G728", 8000),
            RtpMap(16, "DVI4", 11025),
            RtpMap(17, "DVI4", 22050),
            RtpMap(18, "G729", 8000),
            RtpMap(25, "CELB", 90000),
            RtpMap(26, "JPEG", 90000),
            RtpMap(28, "NV", 90000),
            RtpMap(31, "H261", 90000),
            RtpMap(32, "MPV", 90000),
            RtpMap(33, "MP2T", 90000),
            RtpMap(34, "H263", 90000),
        )
    }
)
"""What a payload type means without an rtpmap (RFC 3551 tables 4 and 5)."""
