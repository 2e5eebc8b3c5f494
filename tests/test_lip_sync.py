"""A flash and a beep of one instant stay one instant, by the arithmetic a player does with the reports of both streams.

The picture takes a while here and the sound takes none; clocks begin anywhere; packets come unevenly.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from gateway.rtp.core import AccessUnit, Datagram, SoundPacket, SourceClock
from gateway.rtp.packet import RtpPacket, is_rtcp
from gateway.rtp.receiver import RtpReceiver
from gateway.rtp.receiver_settings import ReceiverSettings
from gateway.rtp.rtcp import SenderReport, SourceDescription, parse_compound, serialize_compound
from gateway.rtp.sender import RtpSender
from gateway.rtp.sender_settings import SenderSettings
from gateway.rtp.sound_receiver import SoundReceiver
from gateway.rtp.sound_sender import SoundSender, SoundSenderSettings
from tests.line import Frame

SOURCE, FAR_END = ("192.0.2.1", 4000), ("192.0.2.9", 5000)
NTP_ORIGIN = 0xE4_0000_0000_0000_00
FLASH = 4.0
"""Seconds of the source's clock at which it flashes and beeps."""


@dataclass
class Player:
    """What a receiver knows of one stream: where its clock stands to NTP, and when its moment is to be shown."""

    clock_rate: int
    reports: list[SenderReport] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    moment: int | None = None

    def take(self, datagrams: list[Datagram], payload: bytes) -> None:
        for datagram in datagrams:
            if not is_rtcp(datagram.data):
                packet = RtpPacket.parse(datagram.data)
                self.moment = packet.timestamp if payload in packet.payload else self.moment
                continue
            for each in parse_compound(datagram.data):
                if isinstance(each, SenderReport):
                    self.reports.append(each)
                elif isinstance(each, SourceDescription):
                    self.names |= set(each.cnames.values())

    def ntp_of_moment(self, report: SenderReport) -> float:
        """Seconds of NTP, counted from the origin."""
        assert self.moment is not None
        ahead = (self.moment - report.timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
        return (report.ntp - NTP_ORIGIN) / (1 << 32) + ahead / self.clock_rate


def compound(ssrc: int, ntp_seconds: float, timestamp: int) -> bytes:
    report = SenderReport(ssrc, NTP_ORIGIN + int(ntp_seconds * (1 << 32)), timestamp % (1 << 32), 1, 1)
    return serialize_compound([report, SourceDescription({ssrc: "caller"})])


class Session:
    """A source's two streams, through our cores, to a player; the picture takes 20 to 60 ms on the way."""

    def __init__(self, seed: int) -> None:
        self.chance = chance = random.Random(seed)
        self.video_origin, self.sound_origin = chance.getrandbits(32), chance.getrandbits(32)
        heard = ReceiverSettings({111: "OPUS"}, "ear", clock_rate=48_000, rtcp_mux=True)
        spoken = SoundSenderSettings(
            destination=FAR_END,
            rtcp_destination=FAR_END,
            payload_types={111: 111},
            cname="ours",
            avpf=True,
            rtcp_mux=True,
            keeps_cname=True,
        )
        shown = SenderSettings(FAR_END, FAR_END, 96, "VP8", "ours", avpf=True, rtcp_mux=True, keeps_cname=True)
        self.video_in = RtpReceiver(ReceiverSettings({96: "VP8"}, "ear", rtcp_mux=True), now=0.0, random=chance)
        self.sound_in = SoundReceiver(heard, now=0.0, random=chance)
        self.video_out = RtpSender(shown, now=0.0, random=chance)
        self.sound_out = SoundSender(spoken, now=0.0, random=chance)
        self.picture, self.sound = Player(90_000), Player(48_000)
        self.in_work: list[tuple[float, Frame]] = []

    def run(self, seconds: int) -> None:
        for tick in range(seconds * 1000):
            now = tick / 1000
            if tick % 40 == 0:
                self.film(tick // 40, now)
            if tick % 20 == 0:
                self.speak(tick // 20, now)
            if tick % 1000 == 137:
                data = compound(1, now, self.video_origin + round(now * 90_000))
                self.video_in.receive_datagram(data, SOURCE, now, is_rtcp=False)
            if tick % 1000 == 851:
                data = compound(2, now, self.sound_origin + round(now * 48_000))
                self.sound_in.receive_datagram(data, SOURCE, now, is_rtcp=False)
            self.carry_picture(now)
            self.carry_sound(now)

    def film(self, number: int, now: float) -> None:
        keyframe, flash, dark = b"\x9d\x01\x2a\x10\x00\x10\x00", b"FLASH", b"dark"
        body = b"\x10\x02\x00" + keyframe if number == 0 else b"\x11\x02\x00" + (flash if now == FLASH else dark)
        timestamp = (self.video_origin + round(now * 90_000)) % (1 << 32)
        packet = RtpPacket(96, True, number, timestamp, 1, b"\x10" + body)
        came = now + self.chance.uniform(0, 0.01)
        self.video_in.receive_datagram(packet.serialize(), SOURCE, came, is_rtcp=False)

    def speak(self, number: int, now: float) -> None:
        timestamp = (self.sound_origin + round(now * 48_000)) % (1 << 32)
        packet = RtpPacket(111, False, number, timestamp, 2, b"BEEP" if now == FLASH else b"hush")
        self.sound_in.receive_datagram(packet.serialize(), SOURCE, now, is_rtcp=False)

    def carry_picture(self, now: float) -> None:
        while (event := self.video_in.next_event()) is not None:
            if isinstance(event, AccessUnit):
                ready = now + self.chance.uniform(0.02, 0.06)
                self.in_work.append((ready, Frame(event.data, event.timestamp, event.is_keyframe)))
            elif isinstance(event, SourceClock):
                self.video_out.set_source_clock(event, now)
        while self.in_work and self.in_work[0][0] <= now:
            self.video_out.send(self.in_work.pop(0)[1], now)
        self.video_out.handle_timeout(now)
        self.picture.take(self.video_out.datagrams_to_send(now), b"FLASH")

    def carry_sound(self, now: float) -> None:
        while (event := self.sound_in.next_event()) is not None:
            if isinstance(event, SoundPacket):
                self.sound_out.send(event, now)
            elif isinstance(event, SourceClock):
                self.sound_out.set_source_clock(event, now)
        self.sound_out.handle_timeout(now)
        self.sound.take(self.sound_out.datagrams_to_send(now), b"BEEP")


@pytest.mark.parametrize("seed", range(5))
def test_a_flash_and_its_beep_leave_as_one_instant(seed: int) -> None:
    session = Session(seed)
    session.run(8)
    picture, sound = session.picture, session.sound
    assert min(len(picture.reports), len(sound.reports)) >= 4
    assert picture.names == sound.names == {"ours"}
    for shown in picture.reports:
        assert picture.ntp_of_moment(shown) == pytest.approx(FLASH, abs=1e-4)
        for heard in sound.reports:
            skew = picture.ntp_of_moment(shown) - sound.ntp_of_moment(heard)
            assert abs(skew) < 2 / 48_000, "two roundings to a tick"
