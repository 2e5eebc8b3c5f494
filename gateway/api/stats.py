"""`/v1/sessions/{id}/stats`: what a session counts, under W3C webrtc-stats' names where it has one.

`stats` is a list as a browser's `getStats` gives it, for every leg, plain RTP included: `leg` says which. What is ours
beyond that has our names: `pipeline` with what the matting does, `latency` from a frame's last packet in to its last
packet out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from aiohttp import web
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from gateway.access.guard import caller_of
from gateway.api.answers import answer
from gateway.api.models import Given
from gateway.api.operation import Answer, operation
from gateway.api.sessions import session_of
from gateway.call.leg import Kind, Role
from gateway.call.session_stats import LegStats, SessionStats, SoundStats, VideoInStats, VideoOutStats
from gateway.rtp.sender_stats import SenderStats
from gateway.track import TrackStats

IDS = ("id", "localCandidateId", "remoteCandidateId", "transportId", "selectedCandidatePairId")
"""Members whose value is the id of one of the dictionaries of a peer's own statistics."""

MediaKind = Literal["video", "audio"]


class RtcStats(Given):
    """One of W3C webrtc-stats' dictionaries; `timestamp` in milliseconds since 1970. `leg`: whose."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True, extra="allow"
    )

    type: str
    id: str
    timestamp: float
    leg: str


class InboundRtp(RtcStats):
    """RTCInboundRtpStreamStats. `packets_discarded`: duplicates and those that came too late."""

    type: Literal["inbound-rtp"] = "inbound-rtp"
    kind: MediaKind
    ssrc: int | None = None
    mime_type: str | None = None
    packets_received: int
    bytes_received: int
    packets_lost: int
    jitter: float
    packets_discarded: int | None = None
    retransmitted_packets_received: int | None = None
    nack_count: int | None = None
    pli_count: int | None = None
    frames_received: int | None = None
    frames_decoded: int | None = None
    frames_dropped: int | None = None
    key_frames_decoded: int | None = None
    frame_width: int | None = None
    frame_height: int | None = None


class OutboundRtp(RtcStats):
    """RTCOutboundRtpStreamStats. `latency_p50`, `latency_p95`: seconds from packet in to packet out."""

    type: Literal["outbound-rtp"] = "outbound-rtp"
    kind: MediaKind
    ssrc: int | None = None
    mime_type: str | None = None
    packets_sent: int
    bytes_sent: int
    retransmitted_packets_sent: int | None = None
    target_bitrate: int | None = None
    nack_count: int | None = None
    pli_count: int | None = None
    fir_count: int | None = None
    frames_sent: int | None = None
    frames_encoded: int | None = None
    frames_dropped: int | None = None
    key_frames_encoded: int | None = None
    frame_width: int | None = None
    frame_height: int | None = None
    latency_p50: float | None = None
    latency_p95: float | None = None


class RemoteInboundRtp(RtcStats):
    """RTCRemoteInboundRtpStreamStats: what the far end says of what we send. `local_id`: the outbound-rtp's."""

    type: Literal["remote-inbound-rtp"] = "remote-inbound-rtp"
    kind: MediaKind
    local_id: str
    packets_lost: int
    fraction_lost: float | None = None
    jitter: float | None = None
    round_trip_time: float | None = None


class LegState(RtcStats):
    """A leg: how it is connected, and in which state."""

    type: Literal["leg"] = "leg"
    kind: Kind
    role: Role
    state: str


class StageModel(Given):
    """Seconds per frame, as of late."""

    p50: float
    p95: float


class ConfidenceModel(Given):
    """Of the mattes, 0..1: of all so far, and of the last."""

    lowest: float
    median: float
    latest: float | None = None


class QualityModel(Given):
    """How good the mattes look by themselves, 0..1: of late the better half, all but the worst twentieth; the last."""

    p50: float
    p05: float
    latest: float


class PipelineModel(Given):
    """What was done to the frames. `shown`: how many of each kind left; `stages`: what each took.

    `inference_every`: of how many pictures the matting's network looks at one; more than 1 where time is short.
    `background_failures`: how often a background failed, and its last picture was shown on.
    """

    frames_in: int
    frames_out: int
    dropped: int
    shown: dict[str, int]
    stages: dict[str, StageModel]
    confidence: ConfidenceModel | None = None
    quality: QualityModel | None = None
    inference_every: int | None = None
    background_failures: int = 0
    key_color: str | None = None
    size: tuple[int, int] | None = None


class LatencyModel(Given):
    """Seconds from a frame's last packet in to its last packet out."""

    p50: float
    p95: float


class StatsModel(Given):
    """A session at `timestamp`, milliseconds since 1970. `latency`: of the first leg out that has sent a frame."""

    session: str
    state: str
    timestamp: float
    pipeline: PipelineModel
    latency: LatencyModel | None = None
    stats: list[InboundRtp | OutboundRtp | RemoteInboundRtp | LegState | RtcStats]


def routes() -> list[web.RouteDef]:
    """The statistics' route."""
    return [web.get("/v1/sessions/{id}/stats", get_stats)]


@operation(
    tag="sessions",
    summary="Get a session's statistics",
    scope="watch",
    answers={200: Answer("the counters now", {"application/json": StatsModel})},
    problems=(404,),
)
async def get_stats(request: web.Request) -> web.Response:
    """Counters since the session's start, timings as of late."""
    session = session_of(request)
    caller_of(request).require("watch", session=session.id)
    return answer(stats_model(session.id, session.stats()))


def stats_model(session_id: str, stats: SessionStats) -> StatsModel:
    """A session's counters as the API tells them."""
    timestamp = round(stats.time * 1000, 3)
    outs = [leg.video_out for leg in stats.legs if leg.video_out is not None and leg.video_out.latency_p50 is not None]
    return StatsModel(
        session=session_id,
        state=stats.state,
        timestamp=timestamp,
        pipeline=_pipeline(stats.matting),
        latency=LatencyModel(p50=outs[0].latency_p50 or 0.0, p95=outs[0].latency_p95 or 0.0) if outs else None,
        stats=[entry for leg in stats.legs for entry in _leg(leg, timestamp)],
    )


def _pipeline(track: TrackStats) -> PipelineModel:
    confidence, quality = track.confidence, track.quality
    return PipelineModel(
        frames_in=track.frames_in,
        frames_out=track.frames_out,
        dropped=track.dropped,
        shown={shown: count for shown, count in track.shown.items() if count},
        stages={name: StageModel(p50=time.p50, p95=time.p95) for name, time in track.stages.items()},
        confidence=None
        if confidence is None
        else ConfidenceModel(lowest=confidence.lowest, median=confidence.median, latest=track.latest_confidence),
        quality=None if quality is None else QualityModel(p50=quality.p50, p05=quality.p05, latest=quality.latest),
        inference_every=track.inference_every,
        background_failures=track.background_failures,
        key_color=None if track.key_color is None or track.key_color.line is None else str(track.key_color.color),
        size=None if track.size is None else (track.size.width, track.size.height),
    )


def _leg(leg: LegStats, timestamp: float) -> Iterator[RtcStats]:
    """The dictionaries of one leg; their ids are unique within the session."""
    common: dict[str, Any] = {"timestamp": timestamp, "leg": leg.id}
    yield LegState(id=leg.id, kind=leg.kind, role=leg.role, state=leg.state, **common)
    if leg.video_in is not None:
        yield _video_in(leg.video_in, {"id": f"{leg.id}-video-in", **common})
    if leg.sound_in is not None:
        yield _sound_in(leg.sound_in, {"id": f"{leg.id}-audio-in", **common})
    if leg.video_out is not None:
        yield _video_out(leg.video_out, {"id": f"{leg.id}-video-out", **common})
        yield _video_told(leg.video_out.rtp, leg.id, common)
    if leg.sound_out is not None:
        yield _sound_out(leg.sound_out, {"id": f"{leg.id}-audio-out", **common})
        yield _sound_told(leg.sound_out, leg.id, common)
    for counted in leg.transport:
        yield RtcStats.model_validate(_within(leg.id, {"type": "transport", "id": "T", **counted}) | common)


def _within(leg: str, counted: Mapping[str, object]) -> dict[str, object]:
    """What a transport counts, with its id, and those it refers to, as they are in the whole session."""
    return {name: f"{leg}-{value}" if name in IDS else value for name, value in counted.items()}


def _video_in(video: VideoInStats, common: Mapping[str, Any]) -> InboundRtp:
    rtp, decoding = video.rtp, video.decoding
    width, height = video.size or (None, None)
    return InboundRtp(
        kind="video",
        ssrc=video.ssrc,
        mime_type=video.codec and f"video/{video.codec}",
        packets_received=rtp.packets,
        bytes_received=rtp.octets,
        packets_lost=rtp.lost,
        jitter=rtp.jitter,
        packets_discarded=rtp.late + rtp.duplicates,
        retransmitted_packets_received=rtp.recovered,
        nack_count=rtp.nacks,
        pli_count=rtp.keyframe_requests,
        frames_received=rtp.frames + rtp.frames_dropped,
        frames_decoded=decoding.pictures,
        frames_dropped=rtp.frames_dropped + decoding.skipped_units + decoding.dropped,
        key_frames_decoded=rtp.keyframes,
        frame_width=width,
        frame_height=height,
        **common,
    )


def _video_out(video: VideoOutStats, common: Mapping[str, Any]) -> OutboundRtp:
    rtp, encoding = video.rtp, video.encoding
    width, height = video.size or (None, None)
    return OutboundRtp(
        kind="video",
        ssrc=video.ssrc,
        mime_type=f"video/{video.codec}",
        packets_sent=rtp.packets,
        bytes_sent=rtp.octets,
        retransmitted_packets_sent=rtp.repeated,
        target_bitrate=video.bitrate,
        nack_count=rtp.nacks,
        pli_count=rtp.plis,
        fir_count=rtp.firs,
        frames_sent=rtp.frames,
        frames_encoded=encoding.sent,
        frames_dropped=video.dropped + encoding.refused,
        key_frames_encoded=encoding.keyframes,
        frame_width=width,
        frame_height=height,
        latency_p50=video.latency_p50,
        latency_p95=video.latency_p95,
        **common,
    )


def _video_told(rtp: SenderStats, leg: str, common: Mapping[str, Any]) -> RemoteInboundRtp:
    """What the far end last reported of our picture."""
    return RemoteInboundRtp(
        id=f"{leg}-video-out-remote",
        local_id=f"{leg}-video-out",
        kind="video",
        packets_lost=rtp.packets_lost,
        fraction_lost=rtp.fraction_lost,
        jitter=rtp.jitter,
        round_trip_time=rtp.round_trip_time,
        **common,
    )


def _sound_in(sound: SoundStats, common: Mapping[str, Any]) -> InboundRtp:
    return InboundRtp(
        kind="audio",
        ssrc=sound.ssrc,
        mime_type=sound.codec and f"audio/{sound.codec}",
        packets_received=sound.packets,
        bytes_received=sound.octets,
        packets_lost=sound.packets_lost,
        jitter=sound.jitter,
        **common,
    )


def _sound_out(sound: SoundStats, common: Mapping[str, Any]) -> OutboundRtp:
    return OutboundRtp(
        kind="audio",
        ssrc=sound.ssrc,
        mime_type=sound.codec and f"audio/{sound.codec}",
        packets_sent=sound.packets,
        bytes_sent=sound.octets,
        **common,
    )


def _sound_told(sound: SoundStats, leg: str, common: Mapping[str, Any]) -> RemoteInboundRtp:
    """What the far end last reported of our sound."""
    return RemoteInboundRtp(
        id=f"{leg}-audio-out-remote",
        local_id=f"{leg}-audio-out",
        kind="audio",
        packets_lost=sound.packets_lost,
        jitter=sound.jitter,
        **common,
    )
