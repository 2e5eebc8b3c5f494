from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rtp import rtcp
from gateway.rtp.core import BitrateLimited, Datagram, KeyframeRequested, SourceClock
from gateway.rtp.packet import RtpPacket
from gateway.rtp.sender import RtpSender, SenderSettings
from tests.hostile import COLLECTIONS, FAR_END, STRANGER, Incoming, collected, datagrams

SEED = 3
SSRC = RtpSender(SenderSettings(FAR_END, FAR_END, 96, "VP8", "us"), now=0.0, random=random.Random(SEED)).ssrc
"""The sender's under test: its first random number."""

DATAGRAMS = datagrams(SSRC)


@dataclass(frozen=True, slots=True)
class Frame:
    """One coded frame; the bytes need not decode."""

    data: bytes
    timestamp: int
    is_keyframe: bool


STEPS = st.one_of(
    st.builds(Incoming, DATAGRAMS, st.sampled_from((FAR_END, FAR_END, STRANGER)), st.booleans()),
    st.builds(Frame, st.binary(min_size=1, max_size=5000), st.integers(0, 1 << 34), st.booleans()),
    st.builds(SourceClock, st.integers(0, (1 << 64) - 1), st.integers(0, 1 << 40), st.text(max_size=20), st.just(0.0)),
    st.floats(0.0, 3.0),
)


class Sending:
    """A sender, its clock, and everything it put out."""

    def __init__(self, *, rtcp_mux: bool) -> None:
        agreed = SenderSettings(
            FAR_END, (FAR_END[0], 5005), 96, "VP8", "us", nack=True, pli=True, fir=True, avpf=True, rtcp_mux=rtcp_mux
        )
        self.now = 100.0
        self.sender = RtpSender(agreed, now=self.now, random=random.Random(SEED), unix_time=1.8e9)
        self.datagrams: list[Datagram] = []
        self.requested: list[float] = []
        self.limits: list[int] = []

    def take(self, step: Incoming | Frame | SourceClock | float) -> None:
        if isinstance(step, Incoming):
            self.sender.receive_datagram(step.data, step.source, self.now, is_rtcp=step.is_rtcp)
        elif isinstance(step, Frame):
            self.sender.send(step, self.now)
        elif isinstance(step, SourceClock):
            self.sender.set_source_clock(step, self.now)
        else:
            self.now += step
            self.sender.handle_timeout(self.now)
        self.drain()

    def drain(self) -> None:
        self.datagrams += self.sender.datagrams_to_send(self.now)
        while event := self.sender.next_event():
            if isinstance(event, KeyframeRequested):
                self.requested.append(self.now)
            elif isinstance(event, BitrateLimited):
                self.limits.append(event.bits_per_second)
        timeout = self.sender.next_timeout()
        assert timeout is None or timeout > self.now, "it would be called again at once, for ever"


def media(datagrams: Iterable[Datagram]) -> list[RtpPacket]:
    """The RTP packets among them; every other one must be RTCP."""
    packets = []
    for datagram in datagrams:
        if 192 <= datagram.data[1] <= 223:
            rtcp.parse_compound(datagram.data)
        else:
            packets.append(RtpPacket.parse(datagram.data))
    return packets


@settings(max_examples=300)
@given(steps=st.lists(STEPS, max_size=25), rtcp_mux=st.booleans())
def test_a_sender_survives_anything_and_stays_a_correct_stream(
    steps: list[Incoming | Frame | SourceClock | float], rtcp_mux: bool
) -> None:
    sending = Sending(rtcp_mux=rtcp_mux)
    for step in steps:
        sending.take(step)
    sending.datagrams += sending.sender.goodbye(sending.now)
    by_ssrc: dict[int, list[int]] = {}
    for packet in media(sending.datagrams):
        numbers = by_ssrc.setdefault(packet.ssrc, [])
        if packet.sequence_number not in numbers:
            numbers.append(packet.sequence_number)
    for numbers in by_ssrc.values():
        assert numbers == [(numbers[0] + index) & 0xFFFF for index in range(len(numbers))]
    pauses = [later - earlier for earlier, later in zip(sending.requested, sending.requested[1:], strict=False)]
    assert all(pause >= 0.3 - 1e-9 for pause in pauses)


@settings(max_examples=100)
@given(st.lists(st.builds(Incoming, DATAGRAMS, st.just(STRANGER), st.booleans()), max_size=25))
def test_a_stranger_cannot_make_a_sender_do_anything(incoming: list[Incoming]) -> None:
    sending = Sending(rtcp_mux=False)
    for step in incoming:
        sending.take(step)
    assert not sending.datagrams
    assert not sending.requested
    assert not sending.limits
    assert sending.sender.ssrc == SSRC
    assert sending.sender.stats.foreign == len(incoming)


@pytest.mark.parametrize("is_rtcp", [False, True])
def test_feedback_is_not_answered_with_more_than_it_brought(is_rtcp: bool) -> None:
    """A forged or broken far end must not turn the relay into an amplifier."""
    sending = Sending(rtcp_mux=True)
    sending.take(Frame(bytes(200_000), 0, True))
    sending.take(1.0)
    sending.take(SourceClock(1 << 40, 0, "source", 100.0))
    sending.datagrams.clear()
    limits = tuple(rtcp.TemporaryMaxBitrate(7, (rtcp.BitrateLimit(SSRC, 500_000),)) for _ in range(90))
    flood = rtcp.serialize_compound((rtcp.ReceiverReport(7), *limits))
    for _ in range(100):
        sending.take(Incoming(flood, FAR_END, is_rtcp))
        sending.take(0.001)
    assert sum(len(datagram.data) for datagram in sending.datagrams) < 100 * len(flood)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_third_party_packets_do_a_sender_no_harm(name: str) -> None:
    sending = Sending(rtcp_mux=True)
    sending.take(Frame(bytes(3000), 0, True))
    for data in collected(name):
        for is_rtcp in (False, True):
            sending.take(Incoming(data, FAR_END, is_rtcp))
            sending.take(0.02)
    media(sending.datagrams)
