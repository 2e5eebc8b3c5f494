"""The frame buffer in virtual time. A payload's first byte is S where it starts a frame, M where it may."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle

from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.jitter import MAX_OCTETS, MAX_PACKETS, MAX_START_WAIT, Frame, FrameBuffer, Insertion
from gateway.rtp.packet import RtpPacket

WAIT = 0.08
FRAME = 3000


def packet(number: int, timestamp: int, kind: str, *, marker: bool = False, size: int = 0) -> RtpPacket:
    return RtpPacket(96, marker, number & 0xFFFF, timestamp, 1, f"{kind}{number}".encode() + bytes(size))


def stream(*lengths: int, first: int = 1000) -> dict[int, RtpPacket]:
    """Frames of so many packets each, by sequence number."""
    packets: dict[int, RtpPacket] = {}
    number = first
    for index, length in enumerate(lengths):
        for position in range(length):
            kind = "S" if position == 0 else "C"
            packets[number] = packet(number, FRAME * index, kind, marker=position == length - 1)
            number += 1
    return packets


def frame_buffer(*, wait: float = WAIT) -> FrameBuffer:
    return FrameBuffer(
        wait=wait,
        starts_frame=lambda packet: packet.payload[:1] in b"SM",
        surely_starts_frame=lambda packet: packet.payload.startswith(b"S"),
    )


def feed(buffer: FrameBuffer, packets: dict[int, RtpPacket], *numbers: int, at: float = 0.0) -> list[Frame]:
    frames: list[Frame] = []
    for number in numbers:
        buffer.insert(number, packets[number], at)
        frames += buffer.pop(at)
    return frames


def timestamps(frames: list[Frame]) -> list[int]:
    return [frame.timestamp // FRAME for frame in frames]


def test_a_frame_leaves_with_its_marker() -> None:
    packets, buffer = stream(3), frame_buffer()
    assert feed(buffer, packets, 1000, 1001) == []
    assert feed(buffer, packets, 1002, at=0.01) == [Frame(96, 0, (b"S1000", b"C1001", b"C1002"), 0.01, True, 0)]
    assert buffer.next_timeout() is None


def test_without_a_marker_a_frame_leaves_with_the_next_timestamp() -> None:
    buffer = frame_buffer()
    packets = {1: packet(1, 0, "S"), 2: packet(2, 0, "C"), 3: packet(3, FRAME, "S")}
    assert feed(buffer, packets, 1, 2) == []
    (frame,) = feed(buffer, packets, 3)
    assert (frame.payloads, frame.is_intact) == ((b"S1", b"C2"), True)


def test_a_sender_that_marks_every_slice_is_found_out_after_one_frame() -> None:
    buffer = frame_buffer()
    packets = {n: packet(n, FRAME * (n // 3), "C" if n % 3 else "S", marker=True) for n in range(12)}
    frames = feed(buffer, packets, *range(12))
    assert [(frame.payloads, frame.is_intact) for frame in frames] == [
        ((b"S0",), True),
        ((b"C1", b"C2"), False),
        ((b"S3", b"C4", b"C5"), True),
        ((b"S6", b"C7", b"C8"), True),
    ]


def test_reordered_packets_come_out_in_order_without_waiting_longer_than_they_took() -> None:
    packets, buffer = stream(2, 2, 2), frame_buffer()
    assert timestamps(feed(buffer, packets, 1000, 1003, 1001, 1005, 1002)) == [0, 1]
    assert timestamps(feed(buffer, packets, 1004)) == [2]


def test_reordering_at_the_very_start_loses_nothing() -> None:
    packets, buffer = stream(3, 1), frame_buffer()
    assert feed(buffer, packets, 1002, 1001) == []
    (first,) = feed(buffer, packets, 1000)
    assert first.is_intact
    assert len(first.payloads) == 3


def test_a_packet_that_may_have_one_before_it_is_not_begun_with_at_once() -> None:
    buffer = frame_buffer()
    packets = {1: packet(1, 0, "S"), 2: packet(2, 0, "M"), 3: packet(3, 0, "C", marker=True)}
    assert feed(buffer, packets, 2, 3) == []
    (whole,) = feed(buffer, packets, 1)
    assert whole.payloads == (b"S1", b"M2", b"C3")


def test_a_frame_behind_a_gap_tells_so() -> None:
    buffer = frame_buffer()
    packets = {1: packet(1, 0, "S", marker=True), 3: packet(3, FRAME, "M", marker=True), 4: packet(4, 2 * FRAME, "S")}
    feed(buffer, packets, 1, 3, 4)
    (behind,) = buffer.pop(WAIT)
    assert (behind.is_intact, behind.follows_gap) == (True, True)


def test_a_stream_joined_within_a_frame_begins_with_it_after_a_short_wait() -> None:
    packets, buffer = stream(4, 2), frame_buffer()
    assert feed(buffer, packets, 1002, 1003) == []
    assert buffer.next_timeout() == MAX_START_WAIT
    (torn,) = buffer.pop(MAX_START_WAIT)
    assert (torn.payloads, torn.is_intact) == ((b"C1002", b"C1003"), False)
    (whole,) = feed(buffer, packets, 1004, 1005, at=MAX_START_WAIT)
    assert whole.is_intact


def test_a_missing_packet_is_waited_for_and_then_passed_over() -> None:
    packets, buffer = stream(3, 1, 1), frame_buffer()
    assert feed(buffer, packets, 1000, 1002, at=0.5) == []
    assert feed(buffer, packets, 1003, 1004, at=0.55) == []
    assert buffer.next_timeout() == 0.5 + WAIT
    assert buffer.pop(0.57) == []
    frames = buffer.pop(0.5 + WAIT)
    assert timestamps(frames) == [0, 1, 2]
    assert [(frame.is_intact, frame.lost) for frame in frames] == [(False, 1), (True, 0), (True, 0)]
    assert frames[0].payloads == (b"S1000", b"", b"C1002")


def test_each_gap_is_waited_for_from_when_it_was_seen() -> None:
    packets, buffer = stream(1, 1, 1, 1, 1), frame_buffer()
    feed(buffer, packets, 1000)
    feed(buffer, packets, 1002, at=0.1)
    feed(buffer, packets, 1004, at=0.15)
    assert timestamps(buffer.pop(0.1 + WAIT)) == [2]
    assert buffer.next_timeout() == 0.15 + WAIT
    assert timestamps(buffer.pop(0.15 + WAIT)) == [4]


def test_a_lost_marker_tears_only_its_own_frame() -> None:
    packets, buffer = stream(2, 1), frame_buffer()
    feed(buffer, packets, 1000, 1002)
    assert [(frame.is_intact, frame.lost) for frame in buffer.pop(WAIT)] == [(False, 1), (True, 0)]


def test_a_whole_frame_lost_shows_before_the_next() -> None:
    packets, buffer = stream(1, 2, 1), frame_buffer()
    feed(buffer, packets, 1000, 1003)
    (frame,) = buffer.pop(WAIT)
    assert (frame.timestamp, frame.is_intact, frame.lost) == (2 * FRAME, True, 2)


def test_a_lost_start_tears_the_frame() -> None:
    packets, buffer = stream(1, 3), frame_buffer()
    feed(buffer, packets, 1000, 1002, 1003)
    (frame,) = buffer.pop(WAIT)
    assert (frame.is_intact, frame.lost) == (False, 1)


def test_a_loss_is_known_before_the_frame_it_tore_is_complete() -> None:
    packets, buffer = stream(4), frame_buffer()
    feed(buffer, packets, 1000, 1002)
    assert buffer.pop(WAIT) == []
    assert buffer.lost == 1
    feed(buffer, packets, 1003, at=WAIT)
    assert buffer.lost == 0


def test_duplicates_and_late_packets_are_told_apart() -> None:
    packets, buffer = stream(1, 1, 1, 1), frame_buffer()
    feed(buffer, packets, 1000, 1002)
    assert buffer.insert(1000, packets[1000], 0.0) is Insertion.DUPLICATE
    assert buffer.insert(1002, packets[1002], 0.0) is Insertion.DUPLICATE
    buffer.pop(WAIT)
    assert buffer.insert(1001, packets[1001], WAIT) is Insertion.LATE
    assert buffer.pop(WAIT) == []


def test_padding_and_packets_that_are_not_for_us_are_no_holes_and_no_frames() -> None:
    packets, buffer = stream(1), frame_buffer()
    feed(buffer, packets, 1000)
    buffer.insert(1001, RtpPacket(96, False, 1001, 0, 1, b""), 0.0)
    buffer.insert(1002, None, 0.0)
    assert buffer.pop(0.0) == []
    buffer.insert(1003, packet(1003, FRAME, "S", marker=True), 0.0)
    (frame,) = buffer.pop(0.0)
    assert (frame.is_intact, frame.lost) == (True, 0)


def test_more_packets_than_the_limit_end_the_wait_at_once() -> None:
    packets, buffer = stream(1, 1, *[1] * MAX_PACKETS), frame_buffer(wait=1000)
    feed(buffer, packets, 1000)
    assert feed(buffer, packets, *range(1002, 1002 + MAX_PACKETS)) == []
    assert len(feed(buffer, packets | {1002 + MAX_PACKETS: packet(0, 0, "S")}, 1002 + MAX_PACKETS)) > 0


def test_a_frame_that_never_ends_does_not_grow_for_ever() -> None:
    buffer = frame_buffer()
    for number in range(MAX_OCTETS // 65000 + 3):
        buffer.insert(number, packet(number, 0, "C" if number else "S", size=65000), 0.0)
        assert buffer.pop(0.0) == []
    buffer.insert(number + 1, packet(number + 1, FRAME, "S"), 0.0)
    (frame,) = buffer.pop(0.0)
    assert not frame.is_intact
    assert sum(map(len, frame.payloads)) <= MAX_OCTETS


@dataclass(frozen=True)
class Passage:
    """What the network does to one packet."""

    copies: int
    delay: float


passages = st.builds(
    Passage, copies=st.sampled_from([1, 1, 1, 1, 0, 2]), delay=st.sampled_from([0.0, 0.0, 0.004, 0.03, 0.2])
)


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=12),
    st.lists(passages, min_size=1, max_size=40),
    st.integers(60000, 66000),
)
def test_any_order_loss_and_duplication_gives_whole_frames_in_order_each_once_and_in_time(
    lengths: list[int], fates: list[Passage], first: int
) -> None:
    packets, buffer = stream(*lengths, first=first), frame_buffer()
    arrivals = sorted(
        (index / 100 + fate.delay + copy * 0.001, number)
        for index, ((number, _), fate) in enumerate(zip(packets.items(), cycle(fates), strict=False))
        for copy in range(fate.copies)
    )
    out: list[tuple[float, Frame]] = []

    def run_until(end: float) -> None:
        while (timeout := buffer.next_timeout()) is not None and timeout <= end:
            out.extend((timeout, frame) for frame in buffer.pop(timeout))

    for now, number in arrivals:
        run_until(now)
        buffer.insert(number, packets[number], now)
        out.extend((now, frame) for frame in buffer.pop(now))
    run_until(1e9)

    sent = {
        timestamp: tuple(p.payload for p in packets.values() if p.timestamp == timestamp)
        for timestamp in {p.timestamp for p in packets.values()}
    }
    emitted = [frame.timestamp for _, frame in out]
    assert emitted == sorted(set(emitted))
    for at, frame in out:
        if frame.is_intact:
            assert frame.payloads == sent[frame.timestamp]
            assert at <= frame.received + WAIT + 1e-9
    if all(fate.copies and fate.delay < WAIT / 2 for fate in fates):
        # Which frame is the first depends on whose start comes first; from there on all are there.
        assert [frame.timestamp for _, frame in out if frame.is_intact] == sorted(sent)[emitted[0] // FRAME :]
