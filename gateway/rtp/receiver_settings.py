"""What a receiver is told before the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.rtp.core import Address


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """What is to come, and how it is treated.

    `codecs`: payload type to encoding name. `nack`, `pli` and `fir` are the feedback the sender takes. `buffer` is the
    longest wait for a missing packet, in seconds. `on_loss`: while the picture is broken send nothing, or show it.
    `rtcp_address` is where the SDP says the sender hears RTCP. `bitrate`, in bits per second, sets RTCP's share.
    Header extensions by their identifiers, None: not agreed: `abs_send_time`, which a bandwidth estimator reads, and
    `orientation`, by which pictures are turned.
    """

    codecs: Mapping[int, str]
    cname: str
    clock_rate: int = 90000
    nack: bool = False
    pli: bool = False
    fir: bool = False
    avpf: bool = False
    buffer: float = 0.08
    on_loss: Literal["hold", "show"] = "hold"
    rtcp_mux: bool = False
    rtcp_address: Address | None = None
    bitrate: int = 2_000_000
    abs_send_time: int | None = None
    orientation: int | None = None
