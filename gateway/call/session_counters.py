"""A session's counters under the names Prometheus knows them by, to be added up over sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gateway.call.session_stats import LegStats, SessionStats, SoundStats, VideoInStats, VideoOutStats
from gateway.track import TrackStats

Counted = tuple[str, str]
"""A metric's name, without `_total`, and the value of its one label; empty where it has none."""

COUNTERS: dict[str, tuple[str, str | None]] = {
    "changebg_frames_received": ("Frames that came whole.", None),
    "changebg_frames_decoded": ("Pictures decoded.", None),
    "changebg_frames_sent": ("Frames sent, each leg's counted.", None),
    "changebg_key_frames_sent": ("Key frames among them.", None),
    "changebg_frames_dropped": ("Frames that did not go on, by where that was.", "stage"),
    "changebg_frames_shown": ("Frames that left the pipeline, by what they show.", "shown"),
    "changebg_background_failures": ("Backgrounds that failed in mid-call; their last picture was shown on.", None),
    "changebg_rtp_packets_received": ("RTP packets received.", "media"),
    "changebg_rtp_packets_sent": ("RTP packets sent.", "media"),
    "changebg_rtp_packets_lost": ("RTP packets that never came.", "media"),
    "changebg_rtp_packets_recovered": ("Packets that came after they were asked for again.", None),
    "changebg_rtp_packets_repeated": ("Packets sent again on request.", None),
    "changebg_rtp_received_bytes": ("Payload received.", "media"),
    "changebg_rtp_sent_bytes": ("Payload sent.", "media"),
    "changebg_key_frame_requests_sent": ("Key frames that we asked for.", None),
    "changebg_key_frame_requests_received": ("Key frames that we were asked for.", None),
}
"""What each counts, and its label's name."""


def counted(stats: SessionStats) -> Counter[Counted]:
    """The counters of one session, of the legs that it has and had."""
    counts: Counter[Counted] = Counter()
    counts.update(dict(_of_matting(stats.matting)))
    for leg in (*stats.legs, *stats.departed):
        for name, amount in _of_leg(leg):
            counts[name] += amount
    return counts


def _of_matting(track: TrackStats) -> Iterator[tuple[Counted, int]]:
    yield ("changebg_frames_dropped", "matting"), track.dropped
    yield ("changebg_background_failures", ""), track.background_failures
    for shown, count in track.shown.items():
        yield ("changebg_frames_shown", shown), count


def _of_leg(leg: LegStats) -> Iterator[tuple[Counted, int]]:
    if leg.video_in is not None:
        yield from _of_video_in(leg.video_in)
    if leg.video_out is not None:
        yield from _of_video_out(leg.video_out)
    if leg.sound_in is not None:
        yield from _of_sound_in(leg.sound_in)
    if leg.sound_out is not None:
        yield ("changebg_rtp_packets_sent", "audio"), leg.sound_out.packets
        yield ("changebg_rtp_sent_bytes", "audio"), leg.sound_out.octets


def _of_video_in(video: VideoInStats) -> Iterator[tuple[Counted, int]]:
    rtp, decoding = video.rtp, video.decoding
    yield ("changebg_frames_received", ""), rtp.frames
    yield ("changebg_frames_decoded", ""), decoding.pictures
    yield ("changebg_frames_dropped", "network"), rtp.frames_dropped
    yield ("changebg_frames_dropped", "decoding"), decoding.skipped_units + decoding.dropped + decoding.decode_errors
    yield ("changebg_key_frame_requests_sent", ""), rtp.keyframe_requests
    yield ("changebg_rtp_packets_received", "video"), rtp.packets
    yield ("changebg_rtp_received_bytes", "video"), rtp.octets
    yield ("changebg_rtp_packets_lost", "video"), rtp.lost
    yield ("changebg_rtp_packets_recovered", ""), rtp.recovered


def _of_video_out(video: VideoOutStats) -> Iterator[tuple[Counted, int]]:
    rtp, encoding = video.rtp, video.encoding
    yield ("changebg_frames_sent", ""), encoding.sent
    yield ("changebg_key_frames_sent", ""), encoding.keyframes
    yield ("changebg_frames_dropped", "encoding"), video.dropped + encoding.refused
    yield ("changebg_key_frame_requests_received", ""), rtp.plis + rtp.firs
    yield ("changebg_rtp_packets_sent", "video"), rtp.packets
    yield ("changebg_rtp_sent_bytes", "video"), rtp.octets
    yield ("changebg_rtp_packets_repeated", ""), rtp.repeated


def _of_sound_in(sound: SoundStats) -> Iterator[tuple[Counted, int]]:
    yield ("changebg_rtp_packets_received", "audio"), sound.packets
    yield ("changebg_rtp_received_bytes", "audio"), sound.octets
    yield ("changebg_rtp_packets_lost", "audio"), sound.packets_lost
