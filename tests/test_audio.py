from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audio import MAX_QUEUED, AudioRelay, AudioSettings
from gateway.rtp.core import Datagram
from gateway.rtp.packet import RtpPacket
from gateway.rtp.rtcp import (
    Goodbye,
    ReceiverReport,
    SenderReport,
    SourceDescription,
    parse_compound,
    serialize_compound,
)

SOURCE, FAR_END, ELSEWHERE = ("192.0.2.1", 4000), ("192.0.2.9", 5004), ("203.0.113.5", 4000)
SETTINGS = AudioSettings(payload_types=frozenset({0, 101}), destination=FAR_END, rtcp_destination=(FAR_END[0], 5005))


def packet(number: int, *, ssrc: int = 7, payload_type: int = 0) -> bytes:
    return RtpPacket(payload_type, number == 0, number, number * 160, ssrc, bytes(160)).serialize()


def report(*more: Goodbye, ssrc: int = 7) -> bytes:
    sender = SenderReport(ssrc, ntp=1 << 40, timestamp=99, packet_count=1, octet_count=160)
    return serialize_compound([sender, SourceDescription({ssrc: "mic"}), *more])


def receive(
    relay: AudioRelay, data: bytes, now: float, *, source: tuple[str, int] = SOURCE, rtcp: bool = False
) -> None:
    relay.input.receive_datagram(data, source, now, is_rtcp=rtcp)


def sent(relay: AudioRelay) -> list[Datagram]:
    return relay.output.datagrams_to_send(0.0)


def started(settings: AudioSettings = SETTINGS) -> AudioRelay:
    """A relay that has a source; what was sent so far is taken."""
    relay = AudioRelay(settings)
    receive(relay, packet(0), 0.0)
    receive(relay, packet(1), 0.02)
    assert len(sent(relay)) == 2
    return relay


def test_packets_pass_untouched_from_the_first() -> None:
    relay = AudioRelay(SETTINGS)
    packets = [packet(number) for number in range(5)]
    for number, data in enumerate(packets):
        receive(relay, data, number * 0.02)
    assert sent(relay) == [Datagram(data, FAR_END) for data in packets]
    assert relay.stats.packets == 5


def test_one_payload_type_is_renamed_and_nothing_else_changes() -> None:
    relay = started(replace(SETTINGS, renamed=(0, 96)))
    receive(relay, packet(2), 0.04)
    receive(relay, packet(3, payload_type=101), 0.06)
    renamed, other = sent(relay)
    assert RtpPacket.parse(renamed.data) == replace(RtpPacket.parse(packet(2)), payload_type=96)
    assert other.data == packet(3, payload_type=101)


def test_the_marker_survives_renaming() -> None:
    relay = AudioRelay(replace(SETTINGS, renamed=(0, 96)))
    receive(relay, packet(0), 0.0)
    receive(relay, packet(1), 0.02)
    assert [RtpPacket.parse(datagram.data).marker for datagram in sent(relay)] == [True, False]


def test_sender_reports_pass_untouched_to_the_rtcp_port() -> None:
    relay = started()
    receive(relay, report(), 0.04, source=(SOURCE[0], 4001), rtcp=True)
    assert sent(relay) == [Datagram(report(), (FAR_END[0], 5005), is_rtcp=True)]


def test_a_report_that_comes_before_the_first_packet_is_not_lost() -> None:
    relay = AudioRelay(SETTINGS)
    receive(relay, report(), 0.0, source=(SOURCE[0], 4001), rtcp=True)
    receive(relay, packet(0), 0.01)
    receive(relay, packet(1), 0.02)
    assert [datagram.data for datagram in sent(relay)] == [packet(0), packet(1), report()]


def test_on_muxed_ports_reports_leave_from_and_go_to_the_media_port() -> None:
    relay = started(replace(SETTINGS, rtcp_destination=FAR_END, output_mux=True, input_mux=True))
    receive(relay, report(), 0.04)
    assert sent(relay) == [Datagram(report(), FAR_END, is_rtcp=False)]
    relay.output.receive_datagram(serialize_compound([ReceiverReport(99)]), FAR_END, 0.1, is_rtcp=False)
    (feedback,) = relay.input.datagrams_to_send(0.1)
    assert (feedback.destination, feedback.is_rtcp) == (SOURCE, False)


@pytest.mark.parametrize(("source", "ssrc"), [(ELSEWHERE, 7), (SOURCE, 8)])
def test_reports_of_others_do_not_pass(source: tuple[str, int], ssrc: int) -> None:
    relay = started()
    receive(relay, report(ssrc=ssrc), 0.04, source=source, rtcp=True)
    assert sent(relay) == []
    assert relay.stats.foreign == 1


def test_a_second_source_is_never_mixed_in() -> None:
    relay = started()
    for number in range(2, 50):
        receive(relay, packet(number), number * 0.02)
        receive(relay, packet(number, ssrc=8), number * 0.02, source=ELSEWHERE)
    assert {RtpPacket.parse(datagram.data).ssrc for datagram in sent(relay)} == {7}


def test_another_source_takes_over_after_silence_by_the_timer() -> None:
    relay = started()
    receive(relay, packet(70, ssrc=8), 0.05)
    receive(relay, packet(71, ssrc=8), 0.07)
    assert sent(relay) == []
    due = relay.input.next_timeout()
    assert due == pytest.approx(0.12)
    relay.input.handle_timeout(due or 0)
    assert [datagram.data for datagram in sent(relay)] == [packet(70, ssrc=8), packet(71, ssrc=8)]


def test_another_source_takes_over_at_once_after_a_goodbye() -> None:
    relay = started()
    receive(relay, packet(70, ssrc=8), 0.05)
    receive(relay, packet(71, ssrc=8), 0.06)
    receive(relay, report(Goodbye((7,))), 0.07, rtcp=True)
    assert [datagram.data for datagram in sent(relay)] == [
        report(Goodbye((7,))),
        packet(70, ssrc=8),
        packet(71, ssrc=8),
    ]


def test_feedback_goes_back_to_where_the_sources_reports_come_from() -> None:
    relay = started()
    feedback = serialize_compound([ReceiverReport(99)])
    relay.output.receive_datagram(feedback, FAR_END, 0.1, is_rtcp=True)
    receive(relay, report(), 0.2, source=(SOURCE[0], 4711), rtcp=True)
    relay.output.receive_datagram(feedback, FAR_END, 0.3, is_rtcp=True)
    assert [datagram.destination for datagram in relay.input.datagrams_to_send(0.3)] == [
        (SOURCE[0], 4001),
        (SOURCE[0], 4711),
    ]


def test_a_source_on_the_last_port_is_answered_on_a_port_that_exists() -> None:
    relay = AudioRelay(SETTINGS)
    for number in range(2):
        receive(relay, packet(number), 0.0, source=(SOURCE[0], 0xFFFF))
    relay.output.receive_datagram(serialize_compound([ReceiverReport(9)]), (FAR_END[0], 5005), 0.1, is_rtcp=True)
    assert [datagram.destination for datagram in relay.input.datagrams_to_send(0.1)] == [(SOURCE[0], 0xFFFF)]


def test_feedback_from_elsewhere_or_that_is_no_rtcp_is_dropped() -> None:
    relay = started()
    relay.output.receive_datagram(serialize_compound([ReceiverReport(99)]), ELSEWHERE, 0.1, is_rtcp=True)
    relay.output.receive_datagram(packet(0), FAR_END, 0.1, is_rtcp=False)
    assert relay.input.datagrams_to_send(0.1) == []
    assert relay.stats.foreign == 2


def test_a_flood_of_rtcp_is_read_within_a_rate_and_hides_no_report_of_the_source() -> None:
    relay = started()
    for _ in range(1000):
        receive(relay, report(ssrc=9), 0.04, source=ELSEWHERE, rtcp=True)
        relay.output.receive_datagram(report(), FAR_END, 0.04, is_rtcp=True)
    assert relay.stats.rtcp_excess == 2 * 950
    receive(relay, report(), 0.05, source=(SOURCE[0], 4001), rtcp=True)
    assert relay.stats.reports == 1


def test_each_side_wakes_the_other() -> None:
    relay = AudioRelay(SETTINGS)
    woken: list[str] = []
    relay.wake_input, relay.wake_output = lambda: woken.append("input"), lambda: woken.append("output")
    receive(relay, packet(0), 0.0)
    receive(relay, packet(1), 0.02)
    relay.output.receive_datagram(serialize_compound([ReceiverReport(99)]), FAR_END, 0.1, is_rtcp=True)
    assert woken == ["output", "input"]


def test_goodbye_speaks_for_the_source() -> None:
    assert AudioRelay(SETTINGS).goodbye() == []
    (bye,) = started().goodbye()
    assert bye.destination == (FAR_END[0], 5005)
    assert Goodbye((7,)) in parse_compound(bye.data)


def test_what_cannot_leave_is_bounded() -> None:
    relay = started()
    for number in range(2, 1000):
        receive(relay, packet(number), number * 0.02)
    assert len(sent(relay)) == MAX_QUEUED
    assert relay.stats.dropped == 998 - MAX_QUEUED


@given(data=st.binary(max_size=200), rtcp=st.booleans(), far=st.booleans())
def test_no_bytes_raise(data: bytes, rtcp: bool, far: bool) -> None:
    relay = started()
    side = relay.output if far else relay.input
    side.receive_datagram(data, FAR_END if far else SOURCE, 0.1, is_rtcp=rtcp)
    assert len(sent(relay)) <= 1
