from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from gateway.rtp.core import BitrateLimited, KeyframeRequested, SourceClock
from gateway.rtp.keyframes import MIN_INTERVAL
from gateway.rtp.rtcp import (
    BitrateEstimate,
    BitrateLimit,
    FullIntraRequest,
    GenericNack,
    PictureLossIndication,
    ReceiverReport,
    TemporaryMaxBitrate,
    TemporaryMaxBitrateNotification,
    serialize_compound,
)
from tests.line import FAR_END, FAR_RTCP, SETTINGS, STRANGER, Line, block


def test_lost_packets_are_sent_again_as_they_were() -> None:
    line = Line()
    line.send(8000)
    lost = [packet.sequence_number for packet in line.rtp[2:5]]
    originals = line.rtp[2:5]
    line.run(100.03)
    line.hear(GenericNack(77, line.sender.ssrc, tuple(lost)))
    assert line.rtp[-3:] == originals
    line.hear(GenericNack(77, line.sender.ssrc, tuple(lost)))
    assert len(line.rtp) == 7 + 3, "a repetition is under way"
    stats = line.sender.stats
    assert (stats.nacks, stats.repeated, stats.packets) == (2, 3, 7)


def test_a_packet_still_missed_when_it_is_too_old_costs_a_browser_a_key_frame_once() -> None:
    line = Line(replace(SETTINGS, start_bitrate=400_000))
    line.send(is_keyframe=True)
    line.send()
    missed = GenericNack(77, line.sender.ssrc, (line.rtp[-1].sequence_number,))
    for _ in range(12):
        line.run(line.now + 0.1)
        line.hear(missed)
    assert [event for _, event in line.events].count(KeyframeRequested()) == 1
    assert line.sender.stats.repeated > 1
    line.send(is_keyframe=True)
    line.run(line.now + 1)
    line.hear(missed)
    line.run(line.now + 1)
    assert [event for _, event in line.events].count(KeyframeRequested()) == 1, "the key frame was the answer"


def test_a_nack_nobody_agreed_on_is_left_alone() -> None:
    line = Line(replace(SETTINGS, nack=False))
    line.send(8000)
    line.hear(GenericNack(77, line.sender.ssrc, (line.rtp[0].sequence_number,)))
    assert len(line.rtp) == 7
    assert line.sender.stats.not_agreed == 1


def test_requests_for_key_frames_are_passed_on_at_most_every_300_ms() -> None:
    line = Line()
    line.send()
    for _ in range(100):
        line.hear(PictureLossIndication(77, line.sender.ssrc))
        line.run(line.now + 0.02)
    times = [at for at, event in line.events if event == KeyframeRequested()]
    assert times[0] == 100.0
    assert 6 <= len(times) <= 8
    assert all(later - earlier >= MIN_INTERVAL - 1e-9 for earlier, later in pairwise(times))


def test_a_command_for_a_key_frame_counts_once() -> None:
    line = Line()
    line.send()
    for _ in range(5):
        line.hear(FullIntraRequest(77, ((line.sender.ssrc, 9),)))
        line.run(line.now + 0.4)
    assert [event for _, event in line.events] == [KeyframeRequested()]
    line.hear(FullIntraRequest(77, ((line.sender.ssrc, 10),)))
    assert len(line.events) == 2
    assert line.sender.stats.firs == 2


def test_feedback_on_another_stream_is_not_ours() -> None:
    line = Line()
    line.send()
    other = line.sender.ssrc ^ 1
    line.hear(
        PictureLossIndication(77, other), FullIntraRequest(77, ((other, 1),)), BitrateEstimate(77, 1000, (other,))
    )
    line.hear(
        GenericNack(77, other, (line.rtp[0].sequence_number,)), TemporaryMaxBitrate(77, (BitrateLimit(other, 1),))
    )
    assert not line.events
    assert len(line.rtp) == 1


def test_the_far_ends_bandwidth_is_told_the_latest_only() -> None:
    line = Line()
    line.send()
    for rate in (900_000, 800_000, 700_000):
        estimate = serialize_compound((ReceiverReport(77), BitrateEstimate(77, rate, (line.sender.ssrc,))))
        line.sender.receive_datagram(estimate, FAR_RTCP, line.now, is_rtcp=True)
    line.settle()
    (event,) = [event for _, event in line.events]
    assert isinstance(event, BitrateLimited)
    assert event.bits_per_second == pytest.approx(700_000, rel=1e-4)


def test_a_maximum_bit_rate_is_obeyed_and_acknowledged() -> None:
    line = Line()
    line.send()
    limits = (BitrateLimit(line.sender.ssrc, 640_000, 40), BitrateLimit(line.sender.ssrc, 320_000, 40))
    line.hear(TemporaryMaxBitrate(77, limits))
    assert [event for _, event in line.events] == [BitrateLimited(320_000)]
    _, compound = line.rtcp[-1]
    assert compound[-1] == TemporaryMaxBitrateNotification(line.sender.ssrc, (BitrateLimit(77, 320_000, 40),))


def test_the_far_ends_report_gives_loss_jitter_and_round_trip() -> None:
    line = Line()
    line.sender.set_source_clock(SourceClock(0x1234 << 32, 0, "caller", received=100.0), line.now)
    line.send()
    _, report = line.sender_reports()[0]
    line.run(100.35)
    seen = block(line.sender.ssrc, last_sr=report.ntp >> 16 & 0xFFFFFFFF, delay=0.3)
    line.take(serialize_compound((ReceiverReport(77, (seen, block(5))),)), source=FAR_RTCP, is_rtcp=True)
    stats = line.sender.stats
    assert stats.round_trip_time == pytest.approx(0.05, abs=1e-3)
    assert (stats.fraction_lost, stats.packets_lost, stats.jitter) == (0.25, 12, 0.005)


def test_a_stranger_is_counted_and_not_obeyed() -> None:
    line = Line()
    line.send(8000)
    feedback = (
        PictureLossIndication(77, line.sender.ssrc),
        GenericNack(77, line.sender.ssrc, (line.rtp[0].sequence_number,)),
    )
    line.hear(*feedback, source=STRANGER)
    assert not line.events
    assert len(line.rtp) == 7
    assert line.sender.stats.foreign == 1
    line.hear(*feedback, source=("192.0.2.7", 40000))
    assert line.events, "the far end may speak from any of its ports"


def test_feedback_on_a_multicast_stream_is_ignored() -> None:
    group = ("239.1.2.3", 5004)
    line = Line(replace(SETTINGS, destination=group, rtcp_destination=("239.1.2.3", 5005)))
    line.send()
    line.hear(PictureLossIndication(77, line.sender.ssrc))
    assert not line.events
    assert line.sender.stats.rtcp == 1


def test_muxed_rtcp_is_told_apart_and_leaves_by_the_same_socket() -> None:
    line = Line(replace(SETTINGS, rtcp_destination=FAR_END, rtcp_mux=True))
    line.send()
    request = serialize_compound((ReceiverReport(77), PictureLossIndication(77, line.sender.ssrc)))
    line.take(request, source=FAR_END, is_rtcp=False)
    assert line.events
    line.run(106.0)
    assert line.rtcp
    assert not any(datagram.is_rtcp for datagram in line.wire)
