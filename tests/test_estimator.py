from __future__ import annotations

import random

from gateway.rtp.extensions import send_time
from gateway.webrtc.estimator import START, RemoteBitrate
from tests.link import Link

MOST = 2_500_000


class Stream:
    """Packets that leave at a rate, over a link, to an estimator."""

    def __init__(self, link: Link, *, estimator: RemoteBitrate | None = None) -> None:
        self.link = link
        self.estimator = estimator or RemoteBitrate(most=MOST)
        self.now = 0.0
        self.stalled_until = 0.0
        self.chance = random.Random(5)

    def send(self, seconds: float, bits_per_second: float | None = None) -> list[int]:
        """Frames at 30 per second for so long, at this rate or, like libwebrtc, at what is told; what is told then."""
        told = []
        end = self.now + seconds
        while self.now < end:
            rate = bits_per_second or self.estimator.bits_per_second or 300_000
            left = rate / 8 / 30 * self.chance.uniform(0.8, 1.2)
            while left > 0:
                self.link.send(send_time(self.now).to_bytes(3) + bytes(min(int(left), 1100)), self.now)
                left -= 1100
            for _ in range(33):
                self.now += 0.001
                self.read()
            told.append(self.estimator.bits_per_second or 0)
        return told

    def read(self) -> None:
        if self.now < self.stalled_until:
            return
        for at, data in self.link.arrived(self.now):
            seen = max(at, self.stalled_until)
            self.estimator.receive(send_time=int.from_bytes(data[:3]), octets=len(data), ssrc=7, now=seen)


def test_before_the_first_packet_nothing_is_known_and_then_the_start_is_told() -> None:
    stream = Stream(Link(None))
    assert stream.estimator.bits_per_second is None
    assert stream.send(0.1)[-1] == START


def test_a_free_link_is_at_its_most_within_a_second() -> None:
    assert Stream(Link(None)).send(1.0)[-1] == MOST


def test_a_narrow_link_is_told_within_half_a_second_and_never_overrun_for_long() -> None:
    stream = Stream(Link(500_000, queue=0.6))
    assert stream.send(0.5)[-1] < 500_000
    told = stream.send(20.0)
    assert max(told) < 600_000
    assert sum(told) / len(told) > 300_000
    assert stream.link.lost == 0
    assert stream.link.longest_wait < 0.5


def test_a_link_that_narrows_is_noticed() -> None:
    stream = Stream(Link(4_000_000, queue=1.0))
    assert stream.send(8.0)[-1] == MOST
    stream.link.bits_per_second = 800_000
    assert stream.send(2.0)[-1] < 800_000


def test_a_reader_that_was_busy_is_no_narrow_link() -> None:
    stream = Stream(Link(None))
    told: list[int] = []
    for _ in range(20):
        stream.stalled_until = stream.now + stream.chance.uniform(0.02, 0.3)
        told += stream.send(1.0, MOST)
    assert min(told[30:]) == MOST


def test_clocks_that_drift_are_no_queue() -> None:
    stream = Stream(Link(None))
    stream.send(6.0)
    for _ in range(300):
        stream.link.delay += 0.0005  # half a millisecond a second
        stream.send(1.0, 600_000)
    assert stream.estimator.bits_per_second == MOST


def test_the_send_time_wraps_every_64_seconds_without_a_trace() -> None:
    stream = Stream(Link(None))
    told = stream.send(140.0, 500_000)
    assert min(told[60:]) == MOST


def test_more_than_the_most_is_never_told() -> None:
    estimator = RemoteBitrate(start=9_000_000, most=1_000_000)
    assert max(Stream(Link(None), estimator=estimator).send(10.0)) == 1_000_000
