from __future__ import annotations

import random
import time
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rtp import rtcp
from gateway.rtp.core import AccessUnit, Datagram, Event
from gateway.rtp.packet import RtpPacket
from gateway.rtp.payload import payload_format
from gateway.rtp.receiver import ReceiverSettings, RtpReceiver
from tests.hostile import COLLECTIONS, FAR_END, STRANGER, Incoming, collected, datagrams

SOURCE_SSRC = 0x51C0FFEE
SEED = 3
CODECS = {96: "VP8", 97: "H264"}
OUR_SSRC = RtpReceiver(ReceiverSettings(CODECS, "us"), now=0.0, random=random.Random(SEED)).ssrc
"""The receiver's under test: its first random number."""

KEY_FRAME = b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00"
"""The first octets of a VP8 key frame, 320x240."""

DATAGRAMS = datagrams(SOURCE_SSRC, OUR_SSRC)
STEPS = st.one_of(
    st.builds(Incoming, DATAGRAMS, st.sampled_from((FAR_END, FAR_END, STRANGER)), st.booleans()),
    st.floats(0.0, 0.3),
    st.just("request_keyframe"),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of the true source: its packets, and what must come out."""

    packets: tuple[bytes, ...]
    data: bytes
    timestamp: int


def stream(count: int, *, sequence_number: int = 65530, timestamp: int = 0xFFFFF000) -> list[Frame]:
    """A VP8 source's frames of three packets each, every tenth a key frame; numbers wrap on the way."""
    vp8 = payload_format("VP8")
    frames = []
    for index in range(count):
        data = (KEY_FRAME if index % 10 == 0 else b"\x11") + bytes([index & 0xFF]) * 2500
        payloads = vp8.packetize(data, max_payload=1000)
        packets = tuple(
            RtpPacket(
                payload_type=96,
                marker=position == len(payloads) - 1,
                sequence_number=(sequence_number + index * len(payloads) + position) & 0xFFFF,
                timestamp=(timestamp + 3000 * index) & 0xFFFFFFFF,
                ssrc=SOURCE_SSRC,
                payload=payload,
            ).serialize()
            for position, payload in enumerate(payloads)
        )
        frames.append(Frame(packets, data, timestamp + 3000 * index))
    return frames


class Receiving:
    """A receiver, its clock, and everything it put out."""

    def __init__(self, *, rtcp_mux: bool = False, on_loss: str = "hold") -> None:
        agreed = ReceiverSettings(
            CODECS,
            "us",
            nack=True,
            pli=True,
            avpf=True,
            rtcp_mux=rtcp_mux,
            on_loss="show" if on_loss == "show" else "hold",
        )
        self.now = 100.0
        self.receiver = RtpReceiver(agreed, now=self.now, random=random.Random(SEED))
        self.datagrams: list[Datagram] = []
        self.events: list[Event] = []

    @property
    def units(self) -> list[AccessUnit]:
        return [event for event in self.events if isinstance(event, AccessUnit)]

    def take(self, step: Incoming | float | str) -> None:
        if isinstance(step, Incoming):
            self.receiver.receive_datagram(step.data, step.source, self.now, is_rtcp=step.is_rtcp)
        elif isinstance(step, float):
            self.now += step
            self.receiver.handle_timeout(self.now)
        else:
            self.receiver.request_keyframe(self.now)
        self.drain()

    def drain(self) -> None:
        self.datagrams += self.receiver.datagrams_to_send(self.now)
        while event := self.receiver.next_event():
            self.events.append(event)
        timeout = self.receiver.next_timeout()
        if timeout is not None and timeout <= self.now:
            self.receiver.handle_timeout(self.now)
            self.datagrams += self.receiver.datagrams_to_send(self.now)
            while event := self.receiver.next_event():
                self.events.append(event)
            timeout = self.receiver.next_timeout()
        assert timeout is None or timeout > self.now, "it would be called again at once, for ever"


@settings(max_examples=300)
@given(steps=st.lists(STEPS, max_size=30), rtcp_mux=st.booleans(), on_loss=st.sampled_from(("hold", "show")))
def test_a_receiver_survives_anything(steps: list[Incoming | float | str], rtcp_mux: bool, on_loss: str) -> None:
    receiving = Receiving(rtcp_mux=rtcp_mux, on_loss=on_loss)
    for step in steps:
        receiving.take(step)
    receiving.datagrams += receiving.receiver.goodbye(receiving.now)
    for datagram in receiving.datagrams:
        assert rtcp.parse_compound(datagram.data)
        assert datagram.destination[0] in (FAR_END[0], STRANGER[0])
    assert on_loss == "show" or all(unit.intact for unit in receiving.units)
    assert all(unit.received <= receiving.now for unit in receiving.units)
    _ = receiving.receiver.stats


@settings(max_examples=50)
@given(data=st.data())
def test_strangers_change_nothing_of_the_stream(data: st.DataObject) -> None:
    """Whatever another host sends, under the source's own SSRC too: each frame comes out once, whole, in order."""
    receiving = Receiving(rtcp_mux=data.draw(st.booleans()))
    frames = stream(14)
    intruders = st.lists(st.builds(Incoming, DATAGRAMS, st.just(STRANGER), st.booleans()), max_size=2)
    for frame in frames:
        for packet in frame.packets:
            receiving.take(Incoming(packet, FAR_END, False))
            for intruder in data.draw(intruders):
                receiving.take(intruder)
        receiving.take(0.033)
    assert [unit.data for unit in receiving.units] == [frame.data for frame in frames]
    assert [unit.timestamp for unit in receiving.units] == [frame.timestamp for frame in frames]
    assert all(datagram.destination[0] == FAR_END[0] for datagram in receiving.datagrams)


@settings(max_examples=150)
@given(data=st.data())
def test_after_any_mishap_a_key_frame_of_a_well_behaved_source_comes_through(data: st.DataObject) -> None:
    """No sequence of datagrams leaves the receiver dead.

    The pause lets go of what is held: a packet forged under the very name and address of the source may take the place
    of a true one, and then costs the frames up to the next key frame.
    """
    receiving = Receiving()
    for step in data.draw(st.lists(STEPS, max_size=30)):
        receiving.take(step)
    for _ in range(4):
        receiving.take(0.2)
    receiving.events.clear()
    start = data.draw(st.integers(0, 0xFFFF))
    frames = stream(30, sequence_number=start, timestamp=data.draw(st.integers(0, 0xFFFFFFFF)))
    for frame in frames:
        for packet in frame.packets:
            receiving.take(Incoming(packet, FAR_END, False))
        receiving.take(0.033)
    # The last may wait for the next timestamp: a forged packet can make this a source whose markers are not believed.
    wanted = [frame.data for frame in frames[20:29]]
    assert [unit.data for unit in receiving.units if unit.data in wanted] == wanted


def test_a_flood_of_far_apart_sequence_numbers_costs_no_time() -> None:
    """Packets of one source, each half the number space after the one before: holes of 32766 packets."""
    receiving = Receiving()
    numbers = [32767 * index & 0xFFFF for index in range(1000)]
    for number in (*numbers, (numbers[-1] + 1) & 0xFFFF):
        packet = RtpPacket(96, False, number, 0, SOURCE_SSRC, b"\x10\x01").serialize()
        receiving.take(Incoming(packet, FAR_END, False))
    assert receiving.receiver.stats.takeovers == 1
    begun = time.process_time()
    receiving.take(0.2)
    assert time.process_time() - begun < 0.25


def test_a_frame_without_end_is_bounded() -> None:
    """One timestamp, no marker, ever: what is kept of it stays small, and the next frame comes through."""
    receiving = Receiving()
    for number in range(40_000):
        packet = RtpPacket(96, False, number & 0xFFFF, 0, SOURCE_SSRC, b"\x00\x01").serialize()
        receiving.receiver.receive_datagram(packet, FAR_END, receiving.now, is_rtcp=False)
    frame = stream(1, sequence_number=40_000 & 0xFFFF, timestamp=3000)[0]
    begun = time.process_time()
    for data in frame.packets:
        receiving.take(Incoming(data, FAR_END, False))
    assert time.process_time() - begun < 0.25
    assert [unit.data for unit in receiving.units] == [frame.data]


def test_a_flood_of_rtcp_is_read_only_in_part() -> None:
    receiving = Receiving()
    for frame in stream(2):
        for packet in frame.packets:
            receiving.take(Incoming(packet, FAR_END, False))
    flood = rtcp.serialize_compound((rtcp.SenderReport(SOURCE_SSRC, 1 << 40, 0, 0, 0),))
    receiving.events.clear()
    for _ in range(5000):
        receiving.take(Incoming(flood, FAR_END, True))
    assert receiving.receiver.stats.rtcp_excess >= 4900
    assert len(receiving.events) <= 100


@pytest.mark.parametrize("name", COLLECTIONS)
def test_third_party_packets_do_a_receiver_no_harm(name: str) -> None:
    receiving = Receiving(rtcp_mux=True)
    for data in collected(name):
        for is_rtcp in (False, True):
            receiving.take(Incoming(data, FAR_END, is_rtcp))
            receiving.take(0.02)
    receiving.take(1.0)
