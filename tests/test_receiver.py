"""The receiver as a whole: frames from packets, joining, loss. Sources and RTCP have their own files."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from gateway.rtp.packet import RtpPacket
from gateway.rtp.payload import payload_format
from gateway.rtp.rtcp import PictureLossIndication
from tests.caller import FRAME, FRAME_TIME, STRANGER, Caller, Ear

BUFFER = 0.08
P = False
KEY = True


def test_every_frame_comes_out_once_in_order_with_its_last_packet_across_all_wraps() -> None:
    ear, caller = Ear.of(), Caller()
    first = caller.timestamp
    ear.play(caller, KEY, *[P] * 60)
    assert [unit.data for unit in ear.units] == list(caller.sent.values())
    assert [unit.timestamp for unit in ear.units] == [first + FRAME * i for i in range(61)]
    assert [unit.received for unit in ear.units] == pytest.approx([1000 + FRAME_TIME * i for i in range(61)])
    assert [at for at, _ in ear.events if _ in ear.units] == [unit.received for unit in ear.units]
    assert [unit.is_keyframe for unit in ear.units] == [True] + [False] * 60
    assert all(unit.intact for unit in ear.units)


def test_vp8_comes_out_as_well() -> None:
    ear = Ear.of(codecs={97: "VP8"})
    vp8 = payload_format("VP8")
    frames = [bytes((0x10, 0, 0)) + b"\x9d\x01\x2a" + bytes(3000), bytes((0x11, 0, 0)) + bytes(1500)]
    number = 0
    for timestamp, frame in enumerate(frames):
        payloads = vp8.packetize(frame, max_payload=1000)
        for payload in payloads:
            ear.hear(RtpPacket(97, payload is payloads[-1], number, timestamp, 1, payload).serialize())
            number += 1
    assert [(unit.data, unit.is_keyframe) for unit in ear.units] == [(frames[0], True), (frames[1], False)]


def test_the_first_key_frame_is_not_lost_to_probation() -> None:
    ear, caller = Ear.of(), Caller()
    ear.hear(*caller.frame(is_keyframe=True))
    assert [unit.is_keyframe for unit in ear.units] == [True]


def test_a_stream_joined_in_the_middle_waits_for_a_key_frame_and_asks_for_it_at_once() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.hear(*caller.frame()[1:])
    assert [at for at, _ in ear.said_of(PictureLossIndication)] == [1000.0]
    ear.wait(FRAME_TIME)
    ear.play(caller, P, P)
    assert ear.units == []
    ear.play(caller, KEY, P)
    assert [unit.is_keyframe for unit in ear.units] == [True, False]


def test_a_stream_joined_between_key_frames_is_asked_for_one_at_its_second_packet() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.hear(*caller.frame()[:2])
    assert len(ear.said_of(PictureLossIndication)) == 1


def test_parameter_sets_sent_as_if_they_were_a_frame_go_with_their_key_frame() -> None:
    ear, caller = Ear.of(), Caller()
    datagrams = caller.frame(is_keyframe=True)
    sets = RtpPacket.parse(datagrams[0])
    ear.hear(replace(sets, marker=True).serialize(), *datagrams[1:])
    assert [unit.data for unit in ear.units] == list(caller.sent.values())


def test_a_stream_that_opens_with_its_key_frame_is_not_asked_for_one() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.play(caller, KEY, *[P] * 30)
    assert ear.said_of(PictureLossIndication) == []


def test_after_a_loss_nothing_is_passed_on_until_a_key_frame() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY, P)
    lossy = caller.frame()
    ear.hear(lossy[0], *lossy[2:])
    ear.wait(FRAME_TIME)
    ear.play(caller, P, P, P, P, KEY, P)
    sent = list(caller.sent.values())
    assert [unit.data for unit in ear.units] == [sent[0], sent[1], sent[7], sent[8]]
    assert ear.units[2].timestamp - ear.units[1].timestamp == 6 * FRAME
    assert (ear.receiver.stats.lost, ear.receiver.stats.frames_dropped) == (1, 5)


def test_a_whole_frame_lost_breaks_what_follows_too() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY, P)
    caller.frame()
    ear.play(caller, P, P, P, P, P)
    assert len(ear.units) == 2


def test_a_key_frame_behind_a_loss_is_shown_after_the_wait_for_it() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY)
    caller.frame()
    lost_at = ear.now
    ear.play(caller, KEY, P)
    ear.wait(BUFFER)
    assert [unit.data for unit in ear.units] == list(caller.sent.values())[:1] + list(caller.sent.values())[2:]
    assert max(at for at, event in ear.events if event in ear.units) == pytest.approx(lost_at + BUFFER)


def test_a_key_frame_that_lost_its_parameter_sets_is_not_taken_for_whole() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY, P)
    ear.hear(*caller.frame(is_keyframe=True)[1:])
    ear.wait(FRAME_TIME)
    ear.play(caller, P, P, P, KEY)
    assert len(ear.units) == 3


def test_a_key_frame_that_never_has_parameter_sets_is_whole_without_them() -> None:
    ear, caller = Ear.of(), Caller()
    ear.hear(*caller.frame(is_keyframe=True)[1:])
    ear.wait(FRAME_TIME)
    caller.frame()
    ear.hear(*caller.frame(is_keyframe=True)[1:])
    ear.wait(BUFFER)
    assert len(ear.units) == 2


def test_a_broken_picture_is_asked_about_when_the_packet_is_given_up_and_every_half_second() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.play(caller, KEY)
    broken_at = ear.now
    ear.hear(*caller.frame()[1:])
    ear.wait(FRAME_TIME)
    ear.play(caller, *[P] * 40)
    asked = [at - broken_at for at, _ in ear.said_of(PictureLossIndication)]
    assert asked == pytest.approx([BUFFER, BUFFER + 0.5, BUFFER + 1.0])
    ear.play(caller, KEY, *[P] * 30)
    assert len(ear.said_of(PictureLossIndication)) == 3


def test_a_loss_in_a_slow_frame_is_asked_about_before_the_frame_has_come() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.play(caller, KEY)
    first, _, third, *_rest = caller.frame(size=5000)
    ear.hear(first, third)
    ear.wait(BUFFER)
    assert len(ear.said_of(PictureLossIndication)) == 1


def test_breaks_in_quick_succession_are_not_each_asked_about() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.play(caller, KEY)
    for _ in range(10):
        caller.frame()
        ear.play(caller, P, P, P, KEY)
    times = [at for at, _ in ear.said_of(PictureLossIndication)]
    assert len(times) > 1
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.2


def test_where_no_feedback_is_agreed_the_next_key_frame_is_waited_for_in_silence() -> None:
    ear, caller = Ear.of(nack=False), Caller()
    ear.play(caller, KEY)
    caller.frame()
    ear.play(caller, *[P] * 30, KEY)
    assert ear.said_of(PictureLossIndication) == []
    assert len(ear.units) == 2


def test_latency_does_not_grow_with_losses() -> None:
    ear, caller = Ear.of(), Caller()
    for i in range(300):
        datagrams = caller.frame(is_keyframe=i % 10 == 0)
        ear.hear(*(datagrams[1:] if i % 10 == 7 else datagrams))
        ear.wait(FRAME_TIME)
    delays = [at - event.received for at, event in ear.events if event in ear.units]
    assert len(delays) == 30 * 7
    assert max(delays) <= BUFFER
    assert delays[-7:] == pytest.approx(delays[7:14])


def test_shown_in_spite_of_loss_a_picture_is_marked_until_the_next_key_frame() -> None:
    ear, caller = Ear.of(on_loss="show", pli=True), Caller()
    ear.play(caller, KEY)
    lossy = caller.frame()
    ear.hear(lossy[0], *lossy[2:])
    ear.wait(FRAME_TIME)
    ear.play(caller, P, P, P, KEY, P)
    assert [unit.intact for unit in ear.units] == [True, False, False, False, False, True, True]
    assert len(ear.said_of(PictureLossIndication)) == 1
    whole = list(caller.sent.values())
    assert ear.units[2].data == whole[2]
    assert ear.units[1].data != whole[1]


def test_even_then_nothing_is_shown_before_the_first_key_frame() -> None:
    ear, caller = Ear.of(on_loss="show"), Caller()
    ear.play(caller, P, P)
    ear.hear(*caller.frame(is_keyframe=True)[:-1])
    ear.wait(1)
    assert ear.units == []


def test_a_decoder_that_cannot_go_on_gets_nothing_more_until_a_key_frame() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.play(caller, KEY, P)
    ear.receiver.request_keyframe(ear.now)
    ear.play(caller, P, P, KEY)
    assert [unit.is_keyframe for unit in ear.units] == [True, False, True]
    assert len(ear.said_of(PictureLossIndication)) == 1


def test_packets_late_by_less_than_the_buffer_lose_no_frame() -> None:
    ear, caller = Ear.of(), Caller()
    late: list[bytes] = []
    for i in range(60):
        datagrams = caller.frame(is_keyframe=i == 0)
        ear.hear(*late, *datagrams[:-2], datagrams[-1])
        late = datagrams[-2:-1]
        ear.wait(FRAME_TIME)
    assert [unit.data for unit in ear.units] == list(caller.sent.values())[:59]
    assert ear.receiver.stats.reordered == 59


def test_duplicates_change_nothing_and_are_counted() -> None:
    ear, caller = Ear.of(), Caller()
    for i in range(10):
        for datagram in caller.frame(is_keyframe=i == 0):
            ear.hear(datagram, datagram)
    assert len(ear.units) == 10
    assert ear.receiver.stats.duplicates == ear.receiver.stats.packets // 2


def test_a_packet_that_comes_after_it_was_given_up_is_counted_as_late() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY)
    lossy = caller.frame()
    ear.hear(*lossy[1:])
    ear.wait(0.2)
    ear.hear(lossy[0])
    assert ear.receiver.stats.late == 1
    assert len(ear.units) == 1


def test_packets_of_another_payload_type_are_dropped_and_leave_no_hole() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY)
    other = RtpPacket(101, True, caller.sequence_number, caller.timestamp, caller.ssrc, b"telephone event")
    caller.sequence_number = (caller.sequence_number + 1) & 0xFFFF
    ear.hear(other.serialize())
    ear.play(caller, P, P)
    assert len(ear.units) == 3
    assert ear.receiver.stats.foreign_payload_type == 1


def test_a_stranger_with_another_payload_type_is_dropped_without_a_trace() -> None:
    ear, caller = Ear.of(), Caller()
    for number in range(10):
        ear.hear(RtpPacket(101, True, number, 0, 1, b"x").serialize(), source=STRANGER)
    assert ear.events == []
    ear.play(caller, KEY)
    assert len(ear.units) == 1


def test_a_sender_stopped_for_three_seconds_goes_on_with_its_backlog_at_once() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY, *[P] * 30)
    ear.wait(3)
    ear.play(caller, *[P] * 90, every=0.0005)
    ear.play(caller, *[P] * 30)
    assert [unit.data for unit in ear.units] == list(caller.sent.values())
    steps = [b.timestamp - a.timestamp for a, b in pairwise(ear.units)]
    assert steps == [FRAME] * 150


def test_garbage_is_counted_and_dropped() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY)
    ear.hear(b"", b"\x80", b"GET / HTTP/1.0\r\n\r\n", bytes(65507), bytes([0x80, 96]) + bytes(9))
    ear.hear_rtcp(b"", bytes(65507), b"\x80\x60" + bytes(20))
    assert ear.receiver.stats.malformed == 8
    ear.play(caller, P)
    assert len(ear.units) == 2


def test_a_payload_that_makes_no_frame_breaks_the_picture_and_nothing_else() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY)
    broken = RtpPacket(96, True, caller.sequence_number, caller.timestamp, caller.ssrc, b"\x78\xff\xff\x65\x88")
    caller.sequence_number = (caller.sequence_number + 1) & 0xFFFF
    caller.timestamp = (caller.timestamp + FRAME) & 0xFFFFFFFF
    ear.hear(broken.serialize())
    ear.play(caller, P, KEY)
    assert [unit.is_keyframe for unit in ear.units] == [True, True]
    assert ear.receiver.stats.malformed == 1
