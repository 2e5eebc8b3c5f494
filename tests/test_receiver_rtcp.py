"""What the receiver says and hears by RTCP: reports, requests, the source's clock, and what it does not believe."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gateway.rtp.core import SourceClock
from gateway.rtp.packet import RtpPacket
from gateway.rtp.rtcp import (
    FullIntraRequest,
    GenericNack,
    Goodbye,
    PictureLossIndication,
    ReceiverReport,
    RtcpPacket,
    SourceDescription,
    parse_compound,
    serialize_compound,
)
from tests.caller import CALLER, FRAME, FRAME_TIME, STRANGER, Caller, Ear

P = False
KEY = True
NTP = 0xE000_0001_8000_0000


def test_each_compound_opens_with_a_report_and_our_name() -> None:
    ear, caller = Ear.of(pli=True, nack=True), Caller()
    ear.play(caller, KEY)
    ear.hear(*caller.frame()[1:])
    ear.wait(10)
    assert len(ear.said) > 3
    for _, (report, name, *_rest) in ear.said:
        assert isinstance(report, ReceiverReport)
        assert name == SourceDescription({report.ssrc: "ear@example"})


def test_reports_come_at_random_intervals_and_tell_the_loss() -> None:
    ear, caller = Ear.of(), Caller()
    for i in range(900):
        datagrams = caller.frame(is_keyframe=i == 0)
        ear.hear(*(datagrams[:-1] if i % 4 == 3 else datagrams))
        ear.wait(FRAME_TIME)
    reports = ear.said_of(ReceiverReport)
    intervals = [later - earlier for (earlier, _), (later, _) in pairwise(reports)]
    assert len({round(interval, 3) for interval in intervals}) > len(intervals) // 2
    (block,) = reports[-1][1].blocks
    assert block.ssrc == caller.ssrc
    assert block.fraction_lost == pytest.approx(256 / 12, rel=0.2)
    assert block.packets_lost == pytest.approx(900 / 4, rel=0.1)
    assert block.highest_sequence >> 16 == 1


def test_a_silent_source_is_not_reported_on() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY)
    ear.wait(30)
    first, *rest = [report for _, report in ear.said_of(ReceiverReport)]
    assert len(first.blocks) == 1
    assert len(rest) > 3
    assert not any(report.blocks for report in rest)


def test_rtcp_goes_to_the_port_after_the_sources_until_it_is_known_better() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.hear(*caller.frame())
    ear.hear_rtcp(caller.sender_report(ntp=NTP), source=(CALLER[0], 7777))
    ear.wait(1)
    destinations = [(datagram.destination, datagram.is_rtcp) for _, datagram in ear.outgoing]
    assert destinations[0] == ((CALLER[0], CALLER[1] + 1), True)
    assert set(destinations[1:]) == {((CALLER[0], 7777), True)}


def test_with_mux_rtcp_goes_to_the_same_port_and_is_told_from_rtp() -> None:
    ear, caller = Ear.of(pli=True, rtcp_mux=True), Caller()
    ear.hear(*caller.frame(), caller.sender_report(ntp=NTP))
    assert [(datagram.destination, datagram.is_rtcp) for _, datagram in ear.outgoing] == [(CALLER, False)]
    ear.wait(FRAME_TIME)
    assert len(ear.took(SourceClock)) == 1


def test_where_the_sdp_names_an_rtcp_address_it_goes_there() -> None:
    ear, caller = Ear.of(pli=True, rtcp_address=("192.0.2.1", 9999)), Caller()
    ear.hear(*caller.frame())
    assert ear.outgoing[0][1].destination == ("192.0.2.1", 9999)


def test_rtcp_from_another_host_does_not_draw_ours_there() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.play(caller, KEY)
    ear.hear_rtcp(caller.sender_report(ntp=NTP), source=STRANGER)
    ear.wait(10)
    assert {datagram.destination for _, datagram in ear.outgoing} == {(CALLER[0], CALLER[1] + 1)}
    assert ear.took(SourceClock) == []


def test_a_missing_packet_is_asked_for_and_when_it_comes_nothing_was_lost() -> None:
    ear, caller = Ear.of(nack=True, pli=True), Caller()
    ear.play(caller, KEY)
    first, *rest = caller.frame()
    ear.hear(*rest)
    ear.wait(0.03)
    (_, nack), (_, again) = ear.said_of(GenericNack)
    assert nack == again
    assert nack.sequence_numbers == (RtpPacket.parse(first).sequence_number,)
    assert nack.media_ssrc == caller.ssrc
    assert nack.sender_ssrc == ear.receiver.ssrc
    ear.hear(first)
    ear.play(caller, P)
    assert [unit.data for unit in ear.units] == list(caller.sent.values())
    stats = ear.receiver.stats
    assert (stats.recovered, stats.nacks, stats.lost, stats.keyframe_requests) == (1, 2, 0, 0)


def test_nothing_is_asked_for_again_where_that_was_not_agreed() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.play(caller, KEY)
    ear.hear(*caller.frame()[1:])
    ear.wait(1)
    assert ear.said_of(GenericNack) == []
    assert len(ear.said_of(PictureLossIndication)) == 2


def test_a_full_intra_request_is_made_only_where_nothing_gentler_was_agreed() -> None:
    ear, caller = Ear.of(fir=True), Caller()
    ear.play(caller, P)
    ear.wait(1.2)
    requests = [packet.requests for _, packet in ear.said_of(FullIntraRequest)]
    assert requests == [((caller.ssrc, 1),), ((caller.ssrc, 2),), ((caller.ssrc, 3),)]
    both = Ear.of(fir=True, pli=True)
    both.play(Caller(), P)
    assert both.said_of(FullIntraRequest) == []


def test_the_sources_clock_is_told_on_the_line_of_its_frames() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY, *[P] * 40)
    ear.hear_rtcp(caller.sender_report(ntp=NTP))
    last = ear.units[-1].timestamp
    assert ear.took(SourceClock) == [SourceClock(NTP, last + FRAME, "caller@example", ear.now)]


def test_a_report_that_came_before_the_first_packet_is_told_with_the_first_frame() -> None:
    ear, caller = Ear.of(), Caller()
    ear.hear_rtcp(caller.sender_report(ntp=NTP))
    heard_at = ear.now
    ear.wait(0.05)
    assert ear.took(SourceClock) == []
    ear.play(caller, KEY)
    assert ear.took(SourceClock) == [SourceClock(NTP, ear.units[0].timestamp, "caller@example", heard_at)]


def test_after_a_takeover_the_new_sources_clock_is_told_on_the_same_line() -> None:
    ear, old, new = Ear.of(), Caller(), Caller(ssrc=0xBEEF, sequence_number=7, timestamp=12345)
    ear.play(old, KEY, P)
    ear.hear_rtcp(old.sender_report(ntp=NTP))
    ear.hear_rtcp(new.sender_report(ntp=2 * NTP & (1 << 64) - 1, timestamp=12345 - 90))
    ear.wait(0.2)
    ear.play(new, KEY)
    first, second = ear.took(SourceClock)
    assert first.ntp == NTP
    assert second.timestamp == ear.units[-1].timestamp - 90


def test_the_last_sender_report_and_its_age_come_back_to_the_source() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY)
    ear.hear_rtcp(caller.sender_report(ntp=NTP))
    heard_at = ear.now
    ear.play(caller, *[P] * 300)
    at, report = ear.said_of(ReceiverReport)[-1]
    assert report.blocks[0].last_sr == NTP >> 16 & 0xFFFFFFFF
    assert report.blocks[0].delay_since_last_sr == pytest.approx((at - heard_at) * 65536, abs=1)


def test_invented_sources_do_not_push_out_what_the_real_one_said() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY)
    ear.hear_rtcp(caller.sender_report(ntp=NTP), source=(CALLER[0], 7777))
    for ssrc in range(40):
        ear.hear_rtcp(Caller(ssrc=ssrc).sender_report(ntp=1), source=STRANGER)
    ear.play(caller, *[P] * 300)
    assert ear.outgoing[-1][1].destination == (CALLER[0], 7777)


def test_a_flood_of_rtcp_costs_a_bounded_number_of_readings_and_leaves_the_call_alone() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY)
    compound = serialize_compound([ReceiverReport(ssrc) for ssrc in range(250)])
    for _ in range(5000):
        ear.hear_rtcp(compound, source=STRANGER)
    assert ear.receiver.stats.rtcp_excess >= 4900
    ear.hear_rtcp(caller.sender_report(ntp=NTP))
    ear.play(caller, P)
    assert len(ear.took(SourceClock)) == 1
    assert len(ear.units) == 2


def collide(ear: Ear, cname: str, *, source: tuple[str, int]) -> None:
    ssrc = ear.receiver.ssrc
    ear.hear_rtcp(serialize_compound([ReceiverReport(ssrc), SourceDescription({ssrc: cname})]), source=source)


def test_when_somebody_else_uses_our_ssrc_we_say_goodbye_and_take_another() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.hear(*caller.frame())
    old = ear.receiver.ssrc
    collide(ear, "somebody@else", source=STRANGER)
    assert ear.receiver.ssrc != old
    assert [packet for _, packet in ear.said_of(Goodbye)] == [Goodbye((old,))]
    ear.wait(10)
    assert ear.said_of(ReceiverReport)[-1][1].ssrc == ear.receiver.ssrc


def test_one_who_follows_us_to_every_ssrc_is_a_loop_and_ignored() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.hear(*caller.frame())
    for _ in range(20):
        collide(ear, "somebody@else", source=STRANGER)
    assert len(ear.said_of(Goodbye)) == 1


def test_our_own_reports_come_back_are_a_loop() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.hear(*caller.frame())
    ssrc = ear.receiver.ssrc
    ear.hear_rtcp(ear.outgoing[-1][1].data, source=STRANGER)
    assert ear.receiver.ssrc == ssrc
    assert ear.receiver.stats.looped == 1


def test_a_source_that_comes_under_our_ssrc_keeps_it_and_we_take_another() -> None:
    ear = Ear.of()
    caller = Caller(ssrc=ear.receiver.ssrc)
    ear.play(caller, KEY, P)
    assert len(ear.units) == 2
    assert ear.receiver.ssrc != caller.ssrc


def test_under_a_new_ssrc_there_is_no_goodbye_before_anything_was_said() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.hear(*caller.frame())
    collide(ear, "somebody@else", source=STRANGER)
    assert ear.receiver.goodbye(ear.now) == []


def test_on_leaving_we_say_goodbye_once_we_have_said_anything() -> None:
    silent, caller = Ear.of(), Caller()
    silent.hear(*caller.frame(is_keyframe=True))
    assert silent.receiver.goodbye(silent.now) == []
    ear = Ear.of(pli=True)
    ear.hear(*caller.frame())
    (datagram,) = ear.receiver.goodbye(ear.now)
    last: RtcpPacket = parse_compound(datagram.data)[-1]
    assert last == Goodbye((ear.receiver.ssrc,))
