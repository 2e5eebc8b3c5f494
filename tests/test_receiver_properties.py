"""What holds whatever the network does: hypothesis chooses its deeds, time is passed in."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.core import AccessUnit, Address
from gateway.rtp.packet import RtpPacket
from tests.caller import CALLER, FRAME, FRAME_TIME, STRANGER, Caller, Ear

BUFFER = 0.08


@dataclass(frozen=True)
class Network:
    """What happens to packets, at random but the same for the same seed."""

    seed: int
    loss: float
    duplication: float
    jitter: float
    """Seconds by which a packet may be late."""

    def carry(self, frames: list[list[bytes]]) -> list[tuple[float, bytes]]:
        """When each packet comes, in order of time."""
        rng = random.Random(self.seed)
        arrivals: list[tuple[float, bytes]] = []
        for number, datagrams in enumerate(frames):
            for datagram in datagrams:
                copies = 0 if rng.random() < self.loss else 2 if rng.random() < self.duplication else 1
                arrivals += [(number * FRAME_TIME + rng.uniform(0, self.jitter), datagram) for _ in range(copies)]
        return sorted(arrivals, key=lambda arrival: arrival[0])


networks = st.builds(
    Network,
    seed=st.integers(0, 1 << 16),
    loss=st.sampled_from([0.0, 0.01, 0.1]),
    duplication=st.sampled_from([0.0, 0.2]),
    jitter=st.sampled_from([0.0, 0.01, 0.03, 0.15]),
)


def run(network: Network, gop: list[bool]) -> tuple[Ear, list[tuple[int, bytes]]]:
    """A call over this network, and what was sent: timestamp and data of each frame."""
    ear, caller = Ear.of(pli=True, nack=True), Caller()
    begun = ear.now
    frames = [caller.frame(is_keyframe=is_keyframe, size=1500) for is_keyframe in gop]
    for at, datagram in network.carry(frames):
        ear.wait(max(begun + at - ear.now, 0.0))
        ear.hear(datagram)
    ear.wait(1.0)
    return ear, list(caller.sent.items())


@given(networks, st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_what_comes_out_is_what_was_sent_in_order_each_once_and_can_be_decoded(
    network: Network, gops: list[int]
) -> None:
    keyframes = [is_first == 0 for length in gops for is_first in range(length)]
    ear, sent = run(network, keyframes)
    by_timestamp = {timestamp: index for index, (timestamp, _) in enumerate(sent)}
    numbers = [by_timestamp[unit.timestamp & 0xFFFFFFFF] for unit in ear.units]

    assert numbers == sorted(set(numbers))
    assert all(
        later.timestamp - earlier.timestamp == FRAME * (b - a)
        for (earlier, later), (a, b) in zip(pairwise(ear.units), pairwise(numbers), strict=True)
    )
    for unit, number in zip(ear.units, numbers, strict=True):
        assert unit.is_keyframe == keyframes[number]
        # Only before any came can a lost packet of parameter sets not be told from one that was never sent.
        assert unit.data == sent[number][1] or (unit.is_keyframe and sent[number][1].endswith(unit.data))
        assert unit.is_keyframe or number - 1 in numbers, "a frame came out without the one it refers to"


@given(networks, st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_a_whole_frame_comes_out_at_most_the_buffer_after_its_last_packet(network: Network, gops: list[int]) -> None:
    ear, _ = run(network, [is_first == 0 for length in gops for is_first in range(length)])
    for at, event in ear.events:
        if isinstance(event, AccessUnit):
            assert at <= event.received + BUFFER + 1e-9


@given(st.integers(0, 1 << 16), st.sampled_from([0.0, 0.01, 0.025]))
def test_a_network_that_loses_nothing_costs_no_frame(seed: int, jitter: float) -> None:
    ear, sent = run(Network(seed, loss=0.0, duplication=0.2, jitter=jitter), [True] + [False] * 40)
    assert [unit.data for unit in ear.units] == [data for _, data in sent]
    assert ear.receiver.stats.lost == 0


def test_ten_milliseconds_of_reordering_lose_no_frame_and_delay_none_by_more() -> None:
    ear, sent = run(Network(1, loss=0.0, duplication=0.0, jitter=0.01), [True] + [False] * 900)
    assert len(ear.units) == len(sent)
    assert all(at == event.received for at, event in ear.events if isinstance(event, AccessUnit))


sources: st.SearchStrategy[Address] = st.sampled_from([CALLER, STRANGER, ("192.0.2.1", 5005)])
packets = st.builds(
    RtpPacket,
    payload_type=st.sampled_from([96, 97, 101]),
    marker=st.booleans(),
    sequence_number=st.integers(0, 12) | st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 3) | st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(1, 3),
    payload=st.binary(max_size=12)
    | st.sampled_from([b"\x65\x88\x11", b"\x41\x9a\x11", b"\x7c\x85\x88", b"\x78\x00\x02\x67\x42"]),
).map(RtpPacket.serialize)
compounds = st.builds(
    lambda kind, count, ssrc, rest: (
        bytes((0x80 | count, kind)) + (len(rest) // 4 + 1).to_bytes(2) + ssrc.to_bytes(4) + rest
    ),
    st.integers(192, 223),
    st.integers(0, 31),
    st.integers(1, 3),
    st.binary(max_size=16).map(lambda data: data * 4),
)


@given(
    st.lists(
        st.tuples(packets | compounds | st.binary(max_size=40), sources, st.booleans(), st.floats(0, 0.3)), max_size=40
    )
)
def test_any_datagrams_raise_nothing_and_time_moves_on(
    datagrams: list[tuple[bytes, Address, bool, float]],
) -> None:
    ear = Ear.of(codecs={96: "H264", 97: "VP8"}, nack=True, pli=True)
    for data, source, is_rtcp, elapsed in datagrams:
        ear.hear(data, source=source, is_rtcp=is_rtcp)
        ear.wait(elapsed)
    ear.receiver.goodbye(ear.now)
