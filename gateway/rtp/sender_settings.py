"""What a sender is told before the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.rtp.core import Address
from gateway.rtp.extensions import SentExtensions

HEADER_OCTETS: Final = 12
"""Of an RTP packet as we send it: no CSRCs, and before any extension."""


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """Where a stream goes and how.

    `packet_size` is the largest RTP packet, header included, in octets. `nack`, `pli` and `fir` are what was agreed:
    other feedback is counted and left alone. `bitrate`, in bits per second, sets RTCP's share. `cname` is ours, used
    until the source's is known; with `keeps_cname` for good: what our SDP says, one name for sound and picture.
    `ssrc`: the one our SDP announces, None for a random one.

    Header extensions: `mid` (its identifier and the m-line's name), `abs_send_time` (its identifier). `start_bitrate`,
    in bits per second: the first `BitrateLimited`, which then grows up to `bitrate` until the far end sets a limit or
    reports congestion; None: no such start, only what the far end says.
    """

    destination: Address
    rtcp_destination: Address
    payload_type: int
    codec: str
    cname: str
    packetization_mode: int = 1
    clock_rate: int = 90000
    packet_size: int = 1200
    nack: bool = False
    pli: bool = True
    fir: bool = True
    avpf: bool = False
    rtcp_mux: bool = False
    bitrate: int = 2_000_000
    keeps_cname: bool = False
    ssrc: int | None = None
    mid: tuple[int, bytes] | None = None
    abs_send_time: int | None = None
    start_bitrate: int | None = None

    @property
    def max_payload(self) -> int:
        """Octets of the largest payload: what `packet_size` leaves after the header and its extensions."""
        return self.packet_size - HEADER_OCTETS - SentExtensions(mid=self.mid, abs_send_time=self.abs_send_time).octets
