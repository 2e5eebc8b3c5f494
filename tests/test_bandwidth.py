"""Header extensions and bandwidth at both cores: stamped packets, REMB, and a narrow link in each direction."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from gateway.rtp.bandwidth import REPEAT_INTERVAL, RISE_INTERVAL, EstimateNews
from gateway.rtp.core import AccessUnit, BitrateLimited, KeyframeRequested
from gateway.rtp.extensions import parse_elements, send_time
from gateway.rtp.receiver import RtpReceiver
from gateway.rtp.receiver_settings import ReceiverSettings
from gateway.rtp.rtcp import BitrateEstimate, GenericNack, ReceiverReport, parse_compound, serialize_compound
from gateway.rtp.sender import RtpSender
from gateway.webrtc.estimator import RemoteBitrate
from tests.line import FAR_END, SETTINGS, Frame, Line
from tests.link import Link

BROWSER = replace(
    SETTINGS, rtcp_destination=FAR_END, rtcp_mux=True, avpf=True, mid=(4, b"0"), abs_send_time=3, start_bitrate=400_000
)
NEAR_END = ("192.0.2.1", 4000)


def vp8(octets: int, *, is_keyframe: bool) -> bytes:
    """A frame that says of itself whether it is a key frame of 640x360."""
    head = b"\x10\x02\x00\x9d\x01\x2a\x80\x02\x68\x01" if is_keyframe else b"\x11\x02\x00"
    return head + bytes(max(octets - len(head), 1))


class Call:
    """A sender, a link, a receiver that tells what gets through, and the way back."""

    def __init__(self, link: Link, estimator: RemoteBitrate, *, start_bitrate: int | None) -> None:
        chance = random.Random(1)
        settings = replace(BROWSER, start_bitrate=start_bitrate)
        self.sender = RtpSender(settings, now=0.0, random=chance, unix_time=1e9)
        heard = ReceiverSettings(
            {96: "VP8"}, "ear", nack=True, pli=True, avpf=True, rtcp_mux=True, buffer=0.4, abs_send_time=3
        )
        self.receiver = RtpReceiver(heard, now=0.0, random=chance, estimator=estimator)
        self.link, self.back = link, Link(None)
        self.rate = 300_000
        self.shown: list[float] = []
        self.rates: list[tuple[float, int]] = []
        self._wants_keyframe = True
        self._owed = 0.0
        self._chance = chance

    def run(self, seconds: float) -> None:
        for millisecond in range(int(seconds * 1000)):
            now = millisecond / 1000
            self.carry(now)
            if millisecond % 33 == 0:
                self.encode(now, millisecond // 33)
            for datagram in self.sender.datagrams_to_send(now):
                self.link.send(datagram.data, now)
            while (event := self.sender.next_event()) is not None:
                if isinstance(event, KeyframeRequested):
                    self._wants_keyframe = True
                elif isinstance(event, BitrateLimited):
                    self.rate = event.bits_per_second
                    self.rates.append((now, self.rate))

    def carry(self, now: float) -> None:
        for at, data in self.link.arrived(now):
            self.receiver.receive_datagram(data, NEAR_END, at, is_rtcp=False)
        self.receiver.handle_timeout(now)
        for datagram in self.receiver.datagrams_to_send(now):
            self.back.send(datagram.data, now)
        while (event := self.receiver.next_event()) is not None:
            if isinstance(event, AccessUnit):
                self.shown.append(now)
        for _, data in self.back.arrived(now):
            self.sender.receive_datagram(data, FAR_END, now, is_rtcp=False)
        self.sender.handle_timeout(now)

    def encode(self, now: float, number: int) -> None:
        """A frame of the rate's size, as an encoder with a buffer of half a second makes it."""
        usual = self.rate / 8 / 30
        octets = usual * 7.5 if self._wants_keyframe else usual * self._chance.uniform(0.8, 1.2) - self._owed / 4
        octets = max(octets, 100)
        self._owed = max(self._owed + octets - usual, 0.0)
        is_keyframe, self._wants_keyframe = self._wants_keyframe, False
        self.sender.send(Frame(vp8(int(octets), is_keyframe=is_keyframe), number * 3000, is_keyframe), now)

    @property
    def longest_gap(self) -> float:
        return max(later - earlier for earlier, later in pairwise(self.shown))


def test_every_packet_says_whose_it_is_and_when_it_left_repeated_ones_too() -> None:
    line = Line(BROWSER)
    line.send(8000)
    line.run(100.5)
    assert [parse_elements(packet.extension)[4] for packet in line.rtp] == [b"0"] * 7
    assert parse_elements(line.rtp[0].extension)[3] == send_time(100.0).to_bytes(3)
    line.take(nack(line, 2), source=FAR_END, is_rtcp=False)
    again = line.rtp[-1]
    assert again.sequence_number == line.rtp[2].sequence_number
    assert parse_elements(again.extension)[3] == send_time(100.5).to_bytes(3)


def nack(line: Line, index: int) -> bytes:
    lost = GenericNack(77, line.sender.ssrc, (line.rtp[index].sequence_number,))
    return serialize_compound((ReceiverReport(77), lost))


def test_packets_with_extensions_are_no_larger_than_agreed() -> None:
    line = Line(replace(BROWSER, packet_size=900))
    line.send(20_000)
    line.run(101.0)
    assert 890 < max(len(datagram.data) for datagram in line.wire) <= 900


def test_our_own_packets_that_come_back_are_known_whatever_they_were_stamped_with() -> None:
    line = Line(BROWSER)
    line.send()
    line.run(100.2)
    line.take(line.wire[0].data, source=FAR_END, is_rtcp=False)
    assert (line.sender.stats.looped, line.sender.stats.conflicts) == (1, 0)


def test_the_ssrc_an_sdp_announced_is_used() -> None:
    assert Line(replace(BROWSER, ssrc=0xDECAF)).sender.ssrc == 0xDECAF


def test_the_start_rate_is_told_before_the_first_frame_and_grows_with_time() -> None:
    line = Line(BROWSER)
    line.settle()
    assert [event for _, event in line.events] == [BitrateLimited(400_000)]
    line.send()
    for frame in range(150):
        line.run(100 + frame / 30)
        line.send()
    assert line.events[-1][1] == BitrateLimited(2_000_000)


def test_a_large_frame_leaves_at_the_pace_of_the_rate_and_a_usual_one_at_once() -> None:
    line = Line(BROWSER)
    line.send(2000)
    assert len(line.rtp) == 2
    line.run(100.03)
    line.send(20_000, is_keyframe=True)
    assert len(line.rtp) < 2 + 6
    line.run(100.29)
    assert len(line.rtp) == 2 + 18


@pytest.mark.parametrize(("estimate", "after", "is_told"), [(960_000, 0.0, True), (990_000, 0.5, False)])
def test_a_fall_is_told_at_once(estimate: int, after: float, is_told: bool) -> None:
    news = EstimateNews()
    assert news.due(1_000_000, 0.0)
    assert news.due(estimate, after) == is_told


def test_a_rise_is_told_soon_and_everything_again_each_second() -> None:
    news = EstimateNews()
    assert not news.due(None, 0.0)
    assert news.next_timeout() is None
    assert news.due(1_000_000, 0.0)
    assert not news.due(1_500_000, RISE_INTERVAL / 2)
    assert news.due(1_500_000, RISE_INTERVAL)
    assert news.next_timeout() == RISE_INTERVAL + REPEAT_INTERVAL
    assert news.due(1_500_000, RISE_INTERVAL + REPEAT_INTERVAL)


def test_a_receiver_tells_what_gets_through_to_it() -> None:
    call = Call(Link(None), RemoteBitrate(start=1_000_000, most=1_000_000), start_bitrate=None)
    said: list[BitrateEstimate] = []
    feed = call.back.send

    def listen(data: bytes, now: float) -> None:
        said.extend(each for each in parse_compound(data) if isinstance(each, BitrateEstimate))
        feed(data, now)

    call.back.send = listen  # type: ignore[method-assign]
    call.run(4.0)
    assert 4 <= len(said) <= 6
    assert {(each.ssrcs, each.sender_ssrc) for each in said} == {((call.sender.ssrc,), call.receiver.ssrc)}
    assert said[0].bits_per_second == pytest.approx(1_000_000, rel=1e-4)
    assert call.receiver.stats.estimates == len(said)


@pytest.mark.parametrize("start_bitrate", [400_000, None])
def test_on_a_narrow_link_nothing_freezes_and_the_rate_settles_below_it(start_bitrate: int | None) -> None:
    call = Call(Link(500_000, queue=0.5), RemoteBitrate(most=2_000_000), start_bitrate=start_bitrate)
    call.run(15.0)
    assert all(rate < 560_000 for at, rate in call.rates if at > 3.0)
    assert 300_000 < call.rate < 500_000
    assert call.longest_gap < 0.2
    assert call.link.lost == 0
    assert call.receiver.stats.keyframes == 1


@pytest.mark.parametrize("start_bitrate", [400_000, None])
def test_on_a_free_link_the_full_rate_comes_soon(start_bitrate: int | None) -> None:
    call = Call(Link(None), RemoteBitrate(most=2_000_000), start_bitrate=start_bitrate)
    call.run(5.0)
    assert call.rate == pytest.approx(2_000_000, rel=0.05)
    assert call.longest_gap < 0.1


def test_a_full_queue_is_no_flood_of_repetitions() -> None:
    call = Call(Link(300_000, queue=0.1), RemoteBitrate(start=2_000_000), start_bitrate=1_000_000)
    call.run(5.0)
    assert call.sender.stats.repeated * 1200 * 8 < 5.0 * 1_000_000 * 0.6
