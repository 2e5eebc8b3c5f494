"""What a sender counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SenderStats:
    """Counters since the start.

    `octets` are payload's. `foreign` came from elsewhere than the far end, `rtcp_excess` went beyond the rate that is
    read, `not_agreed` is feedback nobody agreed on, `looped` our own packets come back. Of sound's packets
    `passed_over` are of a codec the far end does not take, `dropped` found nobody to send them. `packets_lost`,
    `fraction_lost` (0..1), `jitter` and `round_trip_time` (both in seconds) are what the far end last reported.
    """

    frames: int = 0
    keyframes: int = 0
    packets: int = 0
    octets: int = 0
    passed_over: int = 0
    dropped: int = 0
    repeated: int = 0
    reports: int = 0
    rtcp: int = 0
    rtcp_excess: int = 0
    nacks: int = 0
    plis: int = 0
    firs: int = 0
    bitrate_limits: int = 0
    not_agreed: int = 0
    foreign: int = 0
    malformed: int = 0
    unexpected_rtp: int = 0
    looped: int = 0
    conflicts: int = 0
    packets_lost: int = 0
    fraction_lost: float = 0.0
    jitter: float = 0.0
    round_trip_time: float | None = None
