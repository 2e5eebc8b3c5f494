from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from gateway.rtp import packet as rtp
from gateway.rtp.core import FrameLeft, KeyframeRequested, SourceClock
from gateway.rtp.payload import PayloadTooLarge, payload_format
from gateway.rtp.rtcp import (
    GenericNack,
    Goodbye,
    ReceiverReport,
    SenderReport,
    SourceDescription,
)
from tests.line import FAR_END, FAR_RTCP, SETTINGS, Frame, Line


def test_packets_are_contiguous_marked_at_the_end_and_put_together_again() -> None:
    line = Line()
    for index in range(40):
        line.send(8000, timestamp=(1 << 32) - 9000 + index * 3000)
        line.run(line.now + 1 / 30)
    assert all(later.sequence_number == (earlier.sequence_number + 1) & 0xFFFF for earlier, later in pairwise(line.rtp))
    assert {(packet.payload_type, packet.ssrc) for packet in line.rtp} == {(96, line.sender.ssrc)}
    assert {datagram.destination for datagram in line.wire if not datagram.is_rtcp} == {FAR_END}
    assert max(len(datagram.data) for datagram in line.wire) <= 1200
    frames: list[list[rtp.RtpPacket]] = [[]]
    for packet in line.rtp:
        frames[-1].append(packet)
        if packet.marker:
            frames.append([])
    assert frames.pop() == []
    assert len(frames) == 40
    assert all(len({packet.timestamp for packet in frame}) == 1 for frame in frames)
    offsets = {
        (frame[0].timestamp - ((1 << 32) - 9000 + index * 3000)) & 0xFFFFFFFF for index, frame in enumerate(frames)
    }
    assert len(offsets) == 1
    vp8 = payload_format("VP8")
    assert {vp8.depacketize([packet.payload for packet in frame]) for frame in frames} == {bytes(range(1, 201)) * 40}


def test_ssrc_sequence_and_timestamp_start_at_random() -> None:
    starts = []
    for seed in range(20):
        line = Line(seed=seed)
        line.send(timestamp=0)
        starts.append(line.rtp[0])
    for field in ("ssrc", "sequence_number", "timestamp"):
        assert len({getattr(packet, field) for packet in starts}) == 20


def test_the_packet_size_is_kept() -> None:
    line = Line(replace(SETTINGS, packet_size=300))
    line.send(5000)
    line.run(100.02)
    sizes = [len(datagram.data) for datagram in line.wire]
    assert max(sizes) <= 300
    assert min(sizes) > 250


def test_a_frame_is_said_to_have_left_with_its_last_packet() -> None:
    line = Line()
    line.send(40_000, timestamp=9000, is_keyframe=True)
    assert line.left == []
    line.send(1000, timestamp=12000)
    line.run(100.02)
    assert [event for _, event in line.left] == [FrameLeft(9000), FrameLeft(12000)]
    assert 100.002 < line.left[0][0] == pytest.approx(100.003, abs=0.001)


def test_a_frame_the_format_may_not_split_is_refused_whole() -> None:
    line = Line(replace(SETTINGS, codec="H264", packetization_mode=0))
    with pytest.raises(PayloadTooLarge):
        line.sender.send(Frame(b"\0\0\0\1\x65" + b"a" * 2000, 0, True), line.now)
    line.settle()
    assert not line.wire
    assert line.sender.stats.packets == 0


def test_the_first_report_waits_for_the_sources_and_tells_its_time_under_its_name() -> None:
    line = Line()
    line.send(timestamp=90_000)
    line.run(102.0)
    assert not line.rtcp
    line.sender.set_source_clock(SourceClock(7 << 32, 45_000, "caller@phone", received=101.9), line.now)
    line.settle()
    ((at, report),) = line.sender_reports()
    assert at == 102.0
    assert report.ntp == pytest.approx((7 << 32) + 0.1 * (1 << 32), rel=1e-9)
    offset = (line.rtp[0].timestamp - 90_000) & 0xFFFFFFFF
    assert (report.timestamp - offset) & 0xFFFFFFFF == 45_000 + 9_000
    assert line.rtcp[0][1][1] == SourceDescription({line.sender.ssrc: "caller@phone"})
    assert line.wire[-1].destination == FAR_RTCP
    assert line.wire[-1].is_rtcp


def test_a_silent_source_delays_the_first_report_by_five_seconds_at_most() -> None:
    line = Line()
    line.run(103.0)
    line.send()
    line.run(120.0)
    at, report = line.sender_reports()[0]
    assert at == 108.0
    assert report.packet_count == 1
    assert line.rtcp[0][1][1] == SourceDescription({line.sender.ssrc: "us@here"})


def test_reports_go_on_and_count_what_was_sent() -> None:
    line = Line()
    line.sender.set_source_clock(SourceClock(1 << 32, 0, "caller", received=100.0), line.now)
    for _ in range(300):
        line.send(2000)
        line.run(line.now + 1 / 30)
    reports = line.sender_reports()
    assert 8 <= len(reports) <= 16
    _, last = reports[-1]
    assert last.packet_count <= len(line.rtp)
    assert last.packet_count > len(line.rtp) - 80  # two intervals' at most
    lines = {round((report.ntp / (1 << 32) - 1) * 90000 - report.timestamp) & 0xFFFFFFFF for _, report in reports}
    assert max(lines) - min(lines) <= 2, "every pair lies on one line"


def test_in_silence_receiver_reports_take_over_until_frames_flow_again() -> None:
    line = Line()
    line.sender.set_source_clock(SourceClock(1 << 32, 0, "caller", received=100.0), line.now)
    line.send()
    line.run(110.0)
    kinds = [type(compound[0]) for _, compound in line.rtcp]
    assert kinds[:2] == [SenderReport, SenderReport]
    assert set(kinds[2:]) == {ReceiverReport}
    line.send()
    line.run(112.0)
    assert isinstance(line.rtcp[-1][1][0], SenderReport)


def test_another_user_of_our_ssrc_makes_us_leave_it_with_a_bye() -> None:
    line = Line()
    line.send(40_000)
    old = line.sender.ssrc
    theirs = rtp.RtpPacket(96, True, 5, 5, old, b"theirs").serialize()
    line.take(theirs, source=FAR_END, is_rtcp=False)
    assert line.sender.ssrc != old
    assert line.rtcp[-1][1][-1] == Goodbye((old,))
    assert KeyframeRequested() in [event for _, event in line.events]
    before_bye = next(index for index, datagram in enumerate(line.wire) if datagram.is_rtcp)
    assert before_bye == 34, "what was paced leaves before the BYE"
    line.send()
    assert line.rtp[-1].ssrc == line.sender.ssrc
    line.hear(GenericNack(77, line.sender.ssrc, tuple(packet.sequence_number for packet in line.rtp[:8])))
    assert all(packet.ssrc != old for packet in line.rtp[35:])
    new = line.sender.ssrc
    line.take(rtp.RtpPacket(96, True, 6, 6, new, b"theirs").serialize(), source=FAR_END, is_rtcp=False)
    assert line.sender.ssrc == new, "a second conflict with one address is a loop"


def test_the_counts_of_a_new_ssrc_begin_at_nothing() -> None:
    line = Line()
    line.send(40_000)
    line.take(rtp.RtpPacket(96, True, 5, 5, line.sender.ssrc, b"theirs").serialize(), source=FAR_END, is_rtcp=False)
    sent = len(line.rtp)
    line.send(40_000)
    line.run(106.0)
    report = line.sender_reports()[-1][1]
    assert report.ssrc == line.sender.ssrc
    assert report.packet_count == len(line.rtp) - sent


def test_our_own_packets_that_come_back_are_a_loop_and_no_conflict() -> None:
    line = Line()
    line.send()
    line.run(106.0)
    old = line.sender.ssrc
    for datagram in list(line.wire):
        line.take(datagram.data, source=FAR_END, is_rtcp=datagram.is_rtcp)
    assert line.sender.ssrc == old
    assert line.sender.stats.looped == 2
    assert line.sender.stats.conflicts == 0


def test_goodbye_sends_what_waits_and_then_bye() -> None:
    line = Line()
    line.send(60_000)
    already = len(line.rtp)
    line.note(line.sender.goodbye(line.now))
    assert already < len(line.rtp)
    assert line.rtp[-1].marker
    assert line.rtcp[-1][1][-1] == Goodbye((line.sender.ssrc,))
    assert line.wire[-1].is_rtcp


def test_who_never_spoke_says_no_goodbye() -> None:
    assert Line().sender.goodbye(101.0) == []


def test_a_flood_of_rtcp_is_read_within_a_rate() -> None:
    line = Line()
    line.send()
    for _ in range(1000):
        line.hear(ReceiverReport(77))
    stats = line.sender.stats
    assert stats.rtcp == 1000
    assert stats.rtcp_excess == 900


@pytest.mark.parametrize("data", [b"", b"\x80", b"garbage that is not RTP", bytes(65536), b"\x80\xc8" + bytes(70)])
@pytest.mark.parametrize("is_rtcp", [False, True])
def test_garbage_is_counted(data: bytes, is_rtcp: bool) -> None:
    line = Line()
    line.send()
    line.take(data, source=FAR_END, is_rtcp=is_rtcp)
    stats = line.sender.stats
    assert stats.malformed + stats.unexpected_rtp + stats.rtcp >= 1
    assert len(line.wire) == 1
