"""What a sender is told before the call."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.rtp.core import Address


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """Where a stream goes and how.

    `packet_size` is the largest RTP packet, header included, in octets. `nack`, `pli` and `fir` are what was agreed:
    other feedback is counted and left alone. `bitrate`, in bits per second, sets RTCP's share. `cname` is ours, used
    until the source's is known.
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
