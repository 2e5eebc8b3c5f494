from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.core import Datagram, Event, SoundPacket, SourceChanged, SourceClock, SourceLeft
from gateway.rtp.packet import RtpPacket
from gateway.rtp.receiver_settings import ReceiverSettings
from gateway.rtp.rtcp import (
    Goodbye,
    ReceiverReport,
    SenderReport,
    SourceDescription,
    parse_compound,
    serialize_compound,
)
from gateway.rtp.sound_receiver import SoundReceiver

SOURCE, ELSEWHERE = ("192.0.2.1", 4000), ("203.0.113.5", 4000)
SETTINGS = ReceiverSettings(
    codecs={111: "OPUS", 110: "TELEPHONE-EVENT"}, clock_rate=48_000, cname="us", avpf=True, rtcp_mux=True
)
STEP = 960
"""20 ms at 48 kHz."""


class Microphone:
    """A receiver of sound and who sends to it, in virtual time: packet `n` at `n` times 20 ms."""

    def __init__(self, settings: ReceiverSettings = SETTINGS) -> None:
        self.receiver = SoundReceiver(settings, now=0.0, random=random.Random(1))
        self.events: list[Event] = []
        self.sent: list[Datagram] = []

    def say(
        self,
        number: int,
        *,
        ssrc: int = 7,
        payload_type: int = 111,
        timestamp: int | None = None,
        marker: bool = False,
        at: float | None = None,
        source: tuple[str, int] = SOURCE,
    ) -> None:
        timestamp = number * STEP if timestamp is None else timestamp
        packet = RtpPacket(payload_type, marker, number & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc, b"%d" % number)
        now = number * 0.02 if at is None else at
        self.receiver.receive_datagram(packet.serialize(), source, now, is_rtcp=False)
        self.settle(now)

    def report(self, now: float, *more: Goodbye, timestamp: int = 0, ssrc: int = 7) -> None:
        sender = SenderReport(ssrc, ntp=5 << 32, timestamp=timestamp, packet_count=1, octet_count=1)
        compound = serialize_compound([sender, SourceDescription({ssrc: "mic"}), *more])
        self.receiver.receive_datagram(compound, SOURCE, now, is_rtcp=False)
        self.settle(now)

    def settle(self, now: float) -> None:
        self.receiver.handle_timeout(now)
        self.sent += self.receiver.datagrams_to_send(now)
        while (event := self.receiver.next_event()) is not None:
            self.events.append(event)

    @property
    def heard(self) -> list[SoundPacket]:
        return [event for event in self.events if isinstance(event, SoundPacket)]


def test_packets_pass_at_once_as_they_came() -> None:
    microphone = Microphone()
    for number in range(100, 110):
        microphone.say(number)
    assert [(heard.sequence_number, heard.timestamp, heard.payload) for heard in microphone.heard] == [
        (index, number * STEP, b"%d" % number) for index, number in enumerate(range(100, 110))
    ]
    assert [heard.received for heard in microphone.heard[2:]] == [number * 0.02 for number in range(102, 110)]
    assert isinstance(microphone.events[0], SourceChanged)


def test_what_is_missing_stays_a_gap_and_what_comes_late_keeps_its_place() -> None:
    microphone = Microphone()
    for number in (0, 1, 2, 5, 4, 6):
        microphone.say(number)
    assert [heard.sequence_number for heard in microphone.heard] == [0, 1, 2, 5, 4, 6]
    stats = microphone.receiver.stats
    assert (stats.packets, stats.lost, stats.reordered) == (6, 1, 1)


def test_numbers_and_time_go_on_over_their_wrap() -> None:
    microphone = Microphone()
    for step in range(-3, 4):
        number = 65_536 + step
        microphone.say(number, timestamp=(1 << 32) + step * STEP)
    heard = microphone.heard
    assert [each.sequence_number for each in heard] == list(range(7))
    assert {later.timestamp - earlier.timestamp for earlier, later in pairwise(heard)} == {STEP}


def test_another_source_takes_over_after_silence_and_both_lines_go_on() -> None:
    microphone = Microphone()
    for number in range(10):
        microphone.say(number)
    microphone.say(500, ssrc=8, timestamp=77, at=1.18, source=ELSEWHERE)
    microphone.say(501, ssrc=8, timestamp=77 + STEP, at=1.2, source=ELSEWHERE)
    before, first, second = microphone.heard[-3:]
    assert (first.sequence_number, second.sequence_number) == (before.sequence_number + 1, before.sequence_number + 2)
    assert first.timestamp == before.timestamp + 48_000, "a second has passed"
    assert second.timestamp == first.timestamp + STEP
    assert (before.marker, first.marker, second.marker) == (False, True, False)


def test_a_second_source_is_never_mixed_in() -> None:
    microphone = Microphone()
    for number in range(50):
        microphone.say(number)
        microphone.say(number, ssrc=8, source=ELSEWHERE, at=number * 0.02)
    assert len(microphone.heard) == 50
    assert microphone.receiver.stats.foreign_source > 0


def test_a_telephone_event_may_tell_an_old_time_for_as_long_as_it_lasts() -> None:
    microphone = Microphone()
    for number in range(400):
        is_event = number >= 10 and number % 2
        microphone.say(
            number,
            payload_type=110 if is_event else 111,
            timestamp=10 * STEP if is_event else number * STEP,
            marker=number == 11,
        )
    for number, heard in enumerate(microphone.heard):
        assert heard.timestamp == (10 * STEP if heard.payload_type == 110 else number * STEP)
    assert [heard.sequence_number for heard in microphone.heard if heard.marker] == [0, 11]


def test_a_payload_type_nobody_agreed_on_does_not_pass() -> None:
    microphone = Microphone()
    for number in range(4):
        microphone.say(number)
    microphone.say(4, payload_type=63)
    assert len(microphone.heard) == 4
    assert microphone.receiver.stats.foreign_payload_type == 1


def test_the_sources_clock_is_told_on_the_line_of_its_packets() -> None:
    microphone = Microphone()
    for number in range(3):
        microphone.say(number, timestamp=(1 << 32) - STEP + number * STEP)
    microphone.report(0.05, timestamp=480)
    (clock,) = [event for event in microphone.events if isinstance(event, SourceClock)]
    assert clock == SourceClock(5 << 32, (1 << 32) + 480, "mic", 0.05)


def test_a_report_that_comes_before_the_first_packet_is_not_lost() -> None:
    microphone = Microphone()
    microphone.report(0.0, timestamp=0)
    microphone.say(0)
    microphone.say(1)
    assert any(isinstance(event, SourceClock) for event in microphone.events)


def test_goodbye_is_told_and_another_may_follow_at_once() -> None:
    microphone = Microphone()
    for number in range(3):
        microphone.say(number)
    microphone.report(0.05, Goodbye((7,)))
    assert SourceLeft(7) in microphone.events
    microphone.say(3, ssrc=9)
    microphone.say(4, ssrc=9)
    assert microphone.heard[-1].payload == b"4"


def test_the_source_hears_what_was_lost() -> None:
    microphone = Microphone()
    for number in range(100):
        if number % 10 != 3:
            microphone.say(number)
    reports = [parse_compound(datagram.data)[0] for datagram in microphone.sent]
    assert all(isinstance(report, ReceiverReport) for report in reports)
    (block,) = next(report.blocks for report in reversed(reports) if isinstance(report, ReceiverReport))
    assert block.ssrc == 7
    assert block.packets_lost > 0
    assert microphone.sent[-1].destination == SOURCE
    assert not microphone.sent[-1].is_rtcp, "on the same port"


def test_goodbye_is_said_once_something_was() -> None:
    microphone = Microphone()
    assert microphone.receiver.goodbye(0.0) == []
    for number in range(100):
        microphone.say(number)
    assert parse_compound(microphone.receiver.goodbye(2.0)[-1].data)[-1] == Goodbye((microphone.receiver.ssrc,))


def test_our_own_ssrc_in_anothers_hands_is_given_up() -> None:
    microphone = Microphone()
    old = microphone.receiver.ssrc
    microphone.say(0, ssrc=old)
    assert microphone.receiver.ssrc != old


@given(st.lists(st.tuples(st.binary(max_size=60), st.booleans()), max_size=20))
def test_nothing_on_the_wire_makes_it_raise(datagrams: list[tuple[bytes, bool]]) -> None:
    microphone = Microphone(replace(SETTINGS, rtcp_mux=False))
    for index, (data, is_rtcp) in enumerate(datagrams):
        microphone.receiver.receive_datagram(data, SOURCE, index / 10, is_rtcp=is_rtcp)
        microphone.settle(index / 10)
