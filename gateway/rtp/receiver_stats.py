"""What a receiver counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReceiverStats:
    """Counters since the start.

    Of packets: `octets` are payload's; `lost` were given up, `late` came after that; `reordered` came out of order by
    themselves, `recovered` after a request (`nacks` counts the packets asked for, `keyframe_requests` PLI and FIR);
    `foreign_payload_type` are not in the SDP, `foreign_source` are of a source not listened to. Of RTCP: `rtcp_excess`
    went beyond the rate that is read, `estimates` are REMBs sent. Of frames: `frames` went on, `frames_dropped` did not
    because they or what they refer to were not whole. `takeovers` counts sources, the first included. `jitter` is in
    seconds.
    """

    packets: int = 0
    octets: int = 0
    duplicates: int = 0
    reordered: int = 0
    late: int = 0
    lost: int = 0
    recovered: int = 0
    malformed: int = 0
    foreign_payload_type: int = 0
    foreign_source: int = 0
    rtcp: int = 0
    rtcp_excess: int = 0
    looped: int = 0
    conflicts: int = 0
    frames: int = 0
    keyframes: int = 0
    frames_dropped: int = 0
    nacks: int = 0
    keyframe_requests: int = 0
    estimates: int = 0
    takeovers: int = 0
    jitter: float = 0.0
