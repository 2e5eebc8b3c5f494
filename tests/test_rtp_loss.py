"""Our sender to our receiver over a bad network, in virtual time: what arrives, and how late."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise
from statistics import quantiles

import pytest

from gateway.rtp.core import AccessUnit, Address, Datagram, KeyframeRequested, SourceClock
from gateway.rtp.receiver import ReceiverSettings, RtpReceiver
from gateway.rtp.sender import RtpSender, SenderSettings

SENDER: Address = ("192.0.2.1", 6000)
RECEIVER: Address = ("192.0.2.2", 5004)
FRAME_TIME = 1 / 30
DELAY = 0.01
"""Seconds one way."""


@dataclass(frozen=True, slots=True)
class Frame:
    data: bytes
    timestamp: int
    is_keyframe: bool


@dataclass(slots=True)
class Network:
    """Loses, delays and doubles datagrams both ways. `jitter`: seconds added at random, so that they overtake."""

    loss: float = 0.0
    jitter: float = 0.0
    duplicates: float = 0.0
    random: random.Random = field(default_factory=lambda: random.Random(7))

    def arrivals(self) -> Iterator[float]:
        """How long each copy of a datagram is under way; none if it is lost."""
        for copy in range(2):
            if copy and self.random.random() >= self.duplicates:
                return
            if self.random.random() >= self.loss:
                yield DELAY + self.random.uniform(0, self.jitter)


class Call:
    """A sender and a receiver, and what the receiver made of what was sent."""

    def __init__(self, network: Network, *, nack: bool = True, pli: bool = True, buffer: float = 0.08) -> None:
        self.network = network
        agreed = SenderSettings(RECEIVER, (RECEIVER[0], 5005), 96, "VP8", "caller", nack=nack, pli=pli, avpf=True)
        expected = ReceiverSettings({96: "VP8"}, "us", nack=nack, pli=pli, avpf=True, buffer=buffer)
        self.sender = RtpSender(agreed, now=0.0, random=random.Random(1))
        self.receiver = RtpReceiver(expected, now=0.0, random=random.Random(2))
        self.sent: dict[bytes, tuple[int, float]] = {}
        """Timestamp and time of each frame's data; no two are alike."""
        self.received: list[tuple[float, AccessUnit]] = []
        self.clocks: list[SourceClock] = []
        self._under_way: list[tuple[float, int, Datagram]] = []
        self._order = count()
        self._sizes = random.Random(3)
        self._wants_keyframe = True

    def run(self, seconds: float) -> None:
        """Send frames of a 2 Mb/s call, then let what is under way arrive."""
        next_frame, now, ends = 0.0, 0.0, seconds + 1.0
        while True:
            timeouts = (self.sender.next_timeout(), self.receiver.next_timeout())
            now = max(
                now,
                min(
                    next_frame if next_frame < seconds else ends,
                    self._under_way[0][0] if self._under_way else ends,
                    *(timeout for timeout in timeouts if timeout is not None),
                ),
            )
            if now >= ends:
                return
            if now == next_frame:
                self._send_frame(now)
                next_frame += FRAME_TIME
            while self._under_way and self._under_way[0][0] <= now:
                self._deliver(heapq.heappop(self._under_way)[2], now)
            self.sender.handle_timeout(now)
            self.receiver.handle_timeout(now)
            self._settle(now)

    def _send_frame(self, now: float) -> None:
        is_keyframe, self._wants_keyframe = self._wants_keyframe, False
        size = self._sizes.randrange(35_000, 45_000) if is_keyframe else self._sizes.randrange(4_000, 12_000)
        header = bytes.fromhex("10 00 00 9d 01 2a 40 01 f0 00" if is_keyframe else "11 00 00")
        data = header + self._sizes.randbytes(size)
        timestamp = round(now * 90000)
        self.sent[data] = (timestamp, now)
        self.sender.send(Frame(data, timestamp, is_keyframe), now)

    def _deliver(self, datagram: Datagram, now: float) -> None:
        if datagram.destination[0] == RECEIVER[0]:
            source = (SENDER[0], SENDER[1] + datagram.is_rtcp)
            self.receiver.receive_datagram(datagram.data, source, now, is_rtcp=datagram.is_rtcp)
        else:
            source = (RECEIVER[0], RECEIVER[1] + datagram.is_rtcp)
            self.sender.receive_datagram(datagram.data, source, now, is_rtcp=datagram.is_rtcp)

    def _settle(self, now: float) -> None:
        for datagram in (*self.sender.datagrams_to_send(now), *self.receiver.datagrams_to_send(now)):
            for delay in self.network.arrivals():
                heapq.heappush(self._under_way, (now + delay, next(self._order), datagram))
        while (event := self.receiver.next_event()) is not None:
            if isinstance(event, AccessUnit):
                self.received.append((now, event))
            elif isinstance(event, SourceClock):
                self.clocks.append(event)
        while (asked := self.sender.next_event()) is not None:
            self._wants_keyframe |= asked == KeyframeRequested()

    @property
    def share(self) -> float:
        """Of the frames sent, those that arrived."""
        return len(self.received) / len(self.sent)

    def lateness(self) -> list[float]:
        """Seconds from a frame's being sent to its being whole."""
        return [now - self.sent[unit.data][1] for now, unit in self.received]

    def offset(self) -> int:
        """What was added to every timestamp under way: one constant."""
        (offset,) = {unit.timestamp - self.sent[unit.data][0] for _, unit in self.received}
        return offset

    def check(self) -> None:
        """Every frame that came out is one that went in, at its time, in order and once."""
        assert self.offset() is not None
        self.offset()
        assert self.received[0][1].is_keyframe
        assert all(later.timestamp > earlier.timestamp for (_, earlier), (_, later) in pairwise(self.received))


def p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


def test_a_perfect_network_delivers_every_frame_as_soon_as_it_is_there() -> None:
    call = Call(Network())
    call.run(20)
    call.check()
    assert call.share == 1
    assert max(call.lateness()) < DELAY + 0.012
    assert p95(call.lateness()) < DELAY + 0.001
    assert call.sender.stats.repeated == 0


@pytest.mark.parametrize("seed", range(3))
def test_two_percent_of_loss_both_ways_are_mended_by_repetition(seed: int) -> None:
    call = Call(Network(loss=0.02, random=random.Random(seed)))
    call.run(60)
    call.check()
    assert call.share >= 0.995
    assert p95(call.lateness()) - DELAY <= 0.06
    assert max(call.lateness()) - DELAY <= 0.1
    assert 100 < call.sender.stats.repeated < 1500


@pytest.mark.parametrize("seed", range(3))
def test_five_percent_of_loss_with_jitter_and_duplicates_are_mended(seed: int) -> None:
    call = Call(Network(loss=0.05, jitter=0.01, duplicates=0.02, random=random.Random(seed)))
    call.run(60)
    call.check()
    assert call.share >= 0.98
    assert max(call.lateness()) - DELAY <= FRAME_TIME + 0.08 + 0.01 + 0.01, "next frame, buffer, jitter, pacing"


def test_reordering_alone_costs_no_frame_and_asks_for_little() -> None:
    call = Call(Network(jitter=0.01))
    call.run(30)
    call.check()
    assert call.share == 1
    assert call.sender.stats.repeated < 0.02 * call.sender.stats.packets


def test_without_repetition_a_loss_is_held_until_the_next_key_frame() -> None:
    call = Call(Network(loss=0.002), nack=False)
    call.run(60)
    call.check()
    numbers = [round(call.sent[unit.data][0] / 3000) for _, unit in call.received]
    gaps = [index for index, (earlier, later) in enumerate(pairwise(numbers)) if later != earlier + 1]
    assert gaps
    assert all(call.received[index + 1][1].is_keyframe for index in gaps)
    assert call.sender.stats.repeated == 0
    assert max(call.lateness()) - DELAY <= 0.1, "lateness does not grow"


def test_the_source_clock_that_arrives_is_the_one_that_was_told() -> None:
    call = Call(Network(loss=0.02))
    call.sender.set_source_clock(SourceClock(ntp=9 << 32, timestamp=0, cname="phone", received=0.0), 0.0)
    call.run(20)
    assert len(call.clocks) > 10
    offset = call.offset()
    for clock in call.clocks:
        assert clock.cname == "phone"
        assert (clock.ntp / (1 << 32) - 9) * 90000 == pytest.approx(clock.timestamp - offset, abs=2)


def test_the_round_trip_is_measured() -> None:
    call = Call(Network())
    call.sender.set_source_clock(SourceClock(ntp=9 << 32, timestamp=0, cname="phone", received=0.0), 0.0)
    call.run(5)
    assert call.sender.stats.round_trip_time == pytest.approx(2 * DELAY, abs=0.001)
