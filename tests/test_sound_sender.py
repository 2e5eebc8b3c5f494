from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.core import Datagram, SoundPacket, SourceClock
from gateway.rtp.extensions import parse_elements, send_time
from gateway.rtp.packet import RtpPacket, is_rtcp
from gateway.rtp.rtcp import (
    Goodbye,
    ReceiverReport,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    parse_compound,
    serialize_compound,
)
from gateway.rtp.sound_sender import MAX_QUEUED, SoundSender, SoundSenderSettings
from tests.line import block

FAR_END, STRANGER = ("192.0.2.9", 5004), ("203.0.113.5", 5004)
SETTINGS = SoundSenderSettings(
    destination=FAR_END,
    rtcp_destination=FAR_END,
    payload_types={111: 96, 110: 97},
    cname="us",
    avpf=True,
    rtcp_mux=True,
)
STEP = 960


def packet(number: int, *, payload_type: int = 111, marker: bool = False) -> SoundPacket:
    return SoundPacket(payload_type, marker, number, number * STEP, b"%d" % number, number * 0.02)


class Loudspeaker:
    """A sender of sound and the wire behind it, in virtual time."""

    def __init__(self, settings: SoundSenderSettings = SETTINGS) -> None:
        self.sender = SoundSender(settings, now=0.0, random=random.Random(3), unix_time=1_700_000_000.0)
        self.rtp: list[RtpPacket] = []
        self.rtcp: list[list[RtcpPacket]] = []

    def send(self, sound: SoundPacket, now: float | None = None) -> None:
        now = sound.received if now is None else now
        self.sender.send(sound, now)
        self.settle(now)

    def hear(self, data: bytes, now: float, *, source: tuple[str, int] = FAR_END) -> None:
        self.sender.receive_datagram(data, source, now, is_rtcp=False)
        self.settle(now)

    def settle(self, now: float) -> None:
        self.note(self.sender.datagrams_to_send(now))

    def note(self, datagrams: list[Datagram]) -> None:
        for datagram in datagrams:
            if is_rtcp(datagram.data):
                self.rtcp.append(parse_compound(datagram.data))
            else:
                self.rtp.append(RtpPacket.parse(datagram.data))


def test_the_sound_leaves_at_once_under_our_names() -> None:
    speaker = Loudspeaker(replace(SETTINGS, ssrc=0x1234))
    for number in range(5):
        speaker.send(packet(number, marker=number == 2))
    assert [sent.payload for sent in speaker.rtp] == [b"%d" % number for number in range(5)]
    assert {sent.ssrc for sent in speaker.rtp} == {0x1234}
    assert {sent.payload_type for sent in speaker.rtp} == {96}
    assert [sent.marker for sent in speaker.rtp] == [False, False, True, False, False]
    first = speaker.rtp[0]
    for number, sent in enumerate(speaker.rtp):
        assert (sent.sequence_number - first.sequence_number) & 0xFFFF == number
        assert (sent.timestamp - first.timestamp) & 0xFFFFFFFF == number * STEP


def test_the_sources_losses_stay_gaps() -> None:
    speaker = Loudspeaker()
    for number in (0, 1, 4, 3, 5):
        speaker.send(packet(number))
    first = speaker.rtp[0].sequence_number
    assert [(sent.sequence_number - first) & 0xFFFF for sent in speaker.rtp] == [0, 1, 4, 3, 5]


def test_events_pass_where_both_know_them_and_leave_no_gap_where_not() -> None:
    spoken = [packet(number, payload_type=110 if number in (3, 4, 6) else 111) for number in range(9)]
    both, without = Loudspeaker(), Loudspeaker(replace(SETTINGS, payload_types={111: 96}))
    for sound in [*spoken[:5], spoken[7], spoken[5], spoken[6], spoken[8]]:
        both.send(sound, 0.0)
        without.send(sound, 0.0)
    assert [sent.payload_type for sent in both.rtp] == [96, 96, 96, 97, 97, 96, 96, 97, 96]
    first = without.rtp[0].sequence_number
    numbers = {sent.payload: (sent.sequence_number - first) & 0xFFFF for sent in without.rtp}
    assert numbers == {b"0": 0, b"1": 1, b"2": 2, b"5": 3, b"7": 5, b"8": 6}, "6 came too late to close its gap"
    assert without.sender.stats.passed_over == 3


def test_many_packets_passed_over_cost_no_memory_and_no_gap() -> None:
    speaker = Loudspeaker(replace(SETTINGS, payload_types={111: 96}))
    for number in range(1000):
        speaker.send(packet(number, payload_type=110 if 100 <= number < 900 else 111))
    first = speaker.rtp[0].sequence_number
    assert [(sent.sequence_number - first) & 0xFFFF for sent in speaker.rtp] == list(range(200))
    assert speaker.rtp[-1].timestamp - speaker.rtp[0].timestamp == 999 * STEP


def test_mid_and_send_time_are_on_every_packet() -> None:
    speaker = Loudspeaker(replace(SETTINGS, mid=(4, b"a"), abs_send_time=3))
    speaker.sender.send(packet(0), 0.0)
    speaker.settle(0.5)
    (sent,) = speaker.rtp
    assert parse_elements(sent.extension) == {3: send_time(0.5).to_bytes(3), 4: b"a"}


def test_reports_tell_the_sources_clock_under_the_name_of_our_sdp() -> None:
    speaker = Loudspeaker(replace(SETTINGS, keeps_cname=True))
    speaker.sender.set_source_clock(SourceClock(9 << 32, 4800, "mic", received=0.0), 0.0)
    speaker.send(packet(0))
    (report, description), *_ = speaker.rtcp
    assert isinstance(report, SenderReport)
    assert report.ntp == 9 << 32
    assert (report.timestamp - speaker.rtp[0].timestamp) & 0xFFFFFFFF == 4800
    assert (report.packet_count, report.octet_count) == (1, 1)
    assert description == SourceDescription({speaker.sender.ssrc: "us"})


def test_without_that_the_sources_name_is_told() -> None:
    speaker = Loudspeaker()
    speaker.sender.set_source_clock(SourceClock(9 << 32, 4800, "mic", received=0.0), 0.0)
    speaker.send(packet(0))
    assert speaker.rtcp[0][1] == SourceDescription({speaker.sender.ssrc: "mic"})


def test_the_far_ends_reports_are_read_and_a_strangers_are_not() -> None:
    speaker = Loudspeaker()
    speaker.send(packet(0))
    compound = serialize_compound([ReceiverReport(5, (block(speaker.sender.ssrc),))])
    speaker.hear(compound, 0.1, source=STRANGER)
    assert speaker.sender.stats.foreign == 1
    speaker.hear(compound, 0.1)
    assert (speaker.sender.stats.fraction_lost, speaker.sender.stats.packets_lost) == (0.25, 12)


def test_an_ssrc_that_somebody_else_uses_is_given_up() -> None:
    speaker = Loudspeaker()
    speaker.send(packet(0))
    old = speaker.sender.ssrc
    speaker.hear(serialize_compound([ReceiverReport(old)]), 0.1)
    assert speaker.sender.ssrc != old
    assert speaker.rtcp[-1][-1] == Goodbye((old,))
    speaker.send(packet(1))
    assert speaker.rtp[-1].ssrc == speaker.sender.ssrc


def test_goodbye_is_said_behind_what_is_still_to_leave() -> None:
    speaker = Loudspeaker()
    assert speaker.sender.goodbye(0.0) == []
    speaker.sender.send(packet(0), 0.0)
    speaker.note(speaker.sender.goodbye(0.1))
    assert len(speaker.rtp) == 1
    assert speaker.rtcp[-1][-1] == Goodbye((speaker.sender.ssrc,))


def test_where_nobody_sends_what_waits_is_bounded() -> None:
    speaker = Loudspeaker()
    for number in range(MAX_QUEUED + 10):
        speaker.sender.send(packet(number), 0.0)
    assert speaker.sender.stats.dropped == 10
    assert len(speaker.sender.datagrams_to_send(0.0)) == MAX_QUEUED


@given(st.lists(st.tuples(st.binary(max_size=60), st.booleans()), max_size=20))
def test_nothing_on_the_wire_makes_it_raise(datagrams: list[tuple[bytes, bool]]) -> None:
    speaker = Loudspeaker()
    speaker.send(packet(0))
    for index, (data, rtcp) in enumerate(datagrams):
        speaker.sender.receive_datagram(data, FAR_END, index / 10, is_rtcp=rtcp)
        speaker.settle(index / 10)
