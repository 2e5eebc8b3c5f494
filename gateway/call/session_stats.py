"""What a session counts, part by part. Names of the parts' own counters are in their own modules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.call.leg import Kind, Leg, Role
from gateway.rtp.receiver_stats import ReceiverStats
from gateway.rtp.sender_stats import SenderStats
from gateway.sink import SinkStats
from gateway.source import SourceStats
from gateway.track import TrackStats


@dataclass(frozen=True, slots=True)
class VideoInStats:
    """Pictures on their way in. `codec`: the preferred one. `ssrc` is None before the first packet, `size` too."""

    ssrc: int | None
    codec: str | None
    size: tuple[int, int] | None
    rtp: ReceiverStats
    decoding: SourceStats


@dataclass(frozen=True, slots=True)
class VideoOutStats:
    """Pictures on their way out.

    `bitrate`: bits per second the encoder is held to now. `latency_p50`, `latency_p95`: seconds from a frame's last
    packet in to its last packet out, as of late; None before the first. `dropped`: composites it was too slow for.
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
    """One leg. `state`: of its transport. `transport`: what is counted beneath RTP, as webrtc-stats names it."""

    id: str
    kind: Kind
    role: Role
    state: str
    video_in: VideoInStats | None
    video_out: VideoOutStats | None
    sound_in: SoundStats | None
    sound_out: SoundStats | None
    transport: Sequence[dict[str, object]]


@dataclass(frozen=True, slots=True)
class SessionStats:
    """A whole session at `time` (unix seconds). `departed`: the last counters of the legs that are gone."""

    time: float
    state: str
    matting: TrackStats
    legs: tuple[LegStats, ...]
    departed: tuple[LegStats, ...] = ()


def leg_stats(leg: Leg, size: tuple[int, int] | None, sound_codec: str | None) -> LegStats:
    """A leg's counters now. `size`: of the session's pictures; `sound_codec`: of its sound."""
    return LegStats(
        id=leg.id,
        kind=leg.kind,
        role=leg.role,
        state=leg.state,
        video_in=_video_in(leg, size),
        video_out=_video_out(leg, size),
        sound_in=_sound(leg.sound_ssrc_in, sound_codec, leg.sound_in.receiver.stats) if leg.sound_in else None,
        sound_out=_sound(leg.sound_out.sender.ssrc, sound_codec, leg.sound_out.sender.stats) if leg.sound_out else None,
        transport=leg.transport(),
    )


def _video_in(leg: Leg, size: tuple[int, int] | None) -> VideoInStats | None:
    part = leg.video_in
    if part is None:
        return None
    return VideoInStats(leg.ssrc_in, leg.codec_in, size, part.receiver.stats, part.source.stats)


def _video_out(leg: Leg, size: tuple[int, int] | None) -> VideoOutStats | None:
    part, encoding = leg.video_out, leg.encoding
    if part is None or encoding is None:
        return None
    return VideoOutStats(
        ssrc=part.sender.ssrc,
        codec=encoding.codec,
        size=size,
        bitrate=part.encoder.bitrate if part.encoder is not None else encoding.bitrate,
        latency_p50=part.latency.recent(0.5),
        latency_p95=part.latency.recent(0.95),
        dropped=leg.reader.dropped if leg.reader is not None else 0,
        rtp=part.sender.stats,
        encoding=part.sink.stats if part.sink is not None else SinkStats(0, 0, 0, 0),
    )


def _sound(ssrc: int | None, codec: str | None, rtp: ReceiverStats | SenderStats) -> SoundStats:
    lost = rtp.lost if isinstance(rtp, ReceiverStats) else rtp.packets_lost
    return SoundStats(ssrc, codec, rtp.packets, rtp.octets, lost, rtp.jitter)
