"""What a session counts, part by part. Names of the parts' own counters are in their own modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.rtp.receiver_stats import ReceiverStats
from gateway.rtp.sender_stats import SenderStats
from gateway.sink import SinkStats
from gateway.source import SourceStats
from gateway.track import TrackStats

LegKind = Literal["webrtc", "rtp", "file"]


@dataclass(frozen=True, slots=True)
class VideoInStats:
    """Pictures on their way in. `codec`: of the last key frame, None before the first; `size`: (width, height)."""

    ssrc: int | None
    codec: str | None
    size: tuple[int, int] | None
    rtp: ReceiverStats
    decoding: SourceStats


@dataclass(frozen=True, slots=True)
class VideoOutStats:
    """Pictures on their way out.

    `bitrate`: bits per second the encoder is held to now. `latency_p50`, `latency_p95`: seconds from a frame's last
    packet in to its last packet out, None before the first. `dropped`: composites this leg was too slow for.
    """

    ssrc: int
    codec: str
    size: tuple[int, int] | None
    bitrate: int
    latency_p50: float | None
    latency_p95: float | None
    dropped: int
    rtp: SenderStats
    encoding: SinkStats


@dataclass(frozen=True, slots=True)
class SoundStats:
    """Sound, in one direction. `packets_lost`: in, what never came; out, what the far end says it missed."""

    ssrc: int | None
    codec: str | None
    packets: int
    octets: int
    packets_lost: int
    jitter: float


@dataclass(frozen=True, slots=True)
class LegStats:
    """One leg. `state`: of its transport. `transport`: webrtc-stats' names where they exist; counters of a socket."""

    id: str
    kind: LegKind
    state: str
    video_in: VideoInStats | None = None
    video_out: VideoOutStats | None = None
    sound_in: SoundStats | None = None
    sound_out: SoundStats | None = None
    transport: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class SessionStats:
    """A whole session at `time` (unix seconds). `matting` is None before the first picture's pipeline is at work."""

    time: float
    state: str
    matting: TrackStats | None
    legs: tuple[LegStats, ...]
