"""Takeover as a whole: what comes out when senders restart, fall silent, say BYE or intrude."""

from __future__ import annotations

from itertools import pairwise

from gateway.rtp.core import AccessUnit, SourceChanged, SourceLeft
from gateway.rtp.rtcp import PictureLossIndication, ReceiverReport
from tests.caller import CALLER, FRAME, FRAME_TIME, STRANGER, Caller, Ear

P = False
KEY = True


def restarted(address: tuple[str, int] = CALLER) -> Caller:
    return Caller(ssrc=0xBEEF, address=address, sequence_number=7, timestamp=12345)


def test_the_first_source_is_told_of_before_its_first_frame() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY)
    assert [type(event) for _, event in ear.events] == [SourceChanged, AccessUnit]


def test_a_restarted_sender_goes_on_after_the_silence_with_its_first_key_frame() -> None:
    ear, old, new = Ear.of(), Caller(), restarted()
    ear.play(old, KEY, P, P, P)
    silent_since = ear.now - FRAME_TIME
    ear.wait(0.01)
    ear.play(new, KEY, P, P, P, P)
    assert [unit.data for unit in ear.units] == [*old.sent.values(), *new.sent.values()]
    assert ear.took(SourceChanged)[1] == SourceChanged(new.ssrc)
    taken_over = next(at for at, event in ear.events if event == SourceChanged(new.ssrc))
    assert 0.0999 < taken_over - silent_since < 0.1001


def test_timestamps_go_on_over_a_takeover_by_the_time_that_passed() -> None:
    ear, old, new = Ear.of(), Caller(), restarted()
    ear.play(old, KEY, P)
    ear.wait(2 - FRAME_TIME)
    ear.play(new, KEY, P)
    steps = [after.timestamp - before.timestamp for before, after in pairwise(ear.units)]
    assert steps[0] == steps[2] == FRAME
    assert abs(steps[1] - 2 * 90000) <= 1


def test_a_second_sender_for_ten_seconds_changes_nothing() -> None:
    ear, alone = Ear.of(pli=True), Ear.of(pli=True)
    caller, twin, stranger = Caller(), Caller(), restarted(STRANGER)
    for i in range(300):
        ear.hear(*caller.frame(is_keyframe=i == 0))
        alone.play(twin, i == 0)
        ear.wait(FRAME_TIME / 2)
        ear.hear(*stranger.frame(is_keyframe=i % 30 == 0), source=STRANGER)
        ear.wait(FRAME_TIME / 2)
    assert [unit.data for unit in ear.units] == [unit.data for unit in alone.units]
    assert [unit.timestamp for unit in ear.units] == [unit.timestamp for unit in alone.units]
    assert ear.receiver.stats.foreign_source > 800
    assert ear.receiver.stats.takeovers == 1


def test_an_intruder_under_the_callers_own_ssrc_is_not_mixed_in() -> None:
    ear, caller = Ear.of(), Caller()
    intruder = Caller(ssrc=caller.ssrc, address=STRANGER)
    for i in range(60):
        ear.hear(*intruder.frame(is_keyframe=True), source=STRANGER)
        ear.hear(*caller.frame(is_keyframe=i == 0))
        ear.wait(FRAME_TIME)
        if i == 0:
            # The intruder was first on the port; the caller waits for a silence that does not come.
            assert ear.receiver.stats.takeovers == 1
    assert {unit.data for unit in ear.units} <= set(intruder.sent.values())


def test_after_bye_the_next_source_is_heard_at_once() -> None:
    ear, old, new = Ear.of(), Caller(), restarted()
    ear.play(old, KEY, P)
    ear.hear_rtcp(old.goodbye())
    assert ear.took(SourceLeft) == [SourceLeft(old.ssrc)]
    ear.hear(*new.frame(is_keyframe=True))
    assert ear.units[-1].is_keyframe


def test_a_source_that_waited_is_heard_at_the_bye() -> None:
    ear, old, new = Ear.of(), Caller(), restarted()
    ear.play(old, KEY, P)
    ear.hear(*new.frame(is_keyframe=True))
    ear.hear_rtcp(old.goodbye())
    assert ear.units[-1].data == new.sent[12345]


def test_a_bye_from_another_host_or_for_another_source_is_not_believed() -> None:
    ear, old, new = Ear.of(), Caller(), restarted()
    ear.play(old, KEY, P)
    ear.hear_rtcp(old.goodbye(), source=STRANGER)
    ear.hear_rtcp(new.goodbye())
    ear.hear(*new.frame(is_keyframe=True))
    assert ear.took(SourceLeft) == []
    assert len(ear.units) == 2


def test_after_a_bye_nobody_is_reported_to_until_somebody_sends() -> None:
    ear, caller = Ear.of(pli=True), Caller()
    ear.play(caller, KEY, P)
    ear.hear(*caller.frame()[1:])
    ear.hear_rtcp(caller.goodbye())
    said = len(ear.said)
    ear.wait(30)
    assert len(ear.said) == said
    ear.play(caller, P)
    ear.wait(5)
    assert len(ear.said) > said


def test_a_bye_is_told_once_however_often_it_is_said() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY, P)
    ear.hear_rtcp(*[caller.goodbye()] * 5)
    assert len(ear.took(SourceLeft)) == 1


def test_five_seconds_of_silence_are_followed_by_the_next_frame() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY, P)
    ear.wait(5)
    ear.play(caller, P)
    assert [unit.data for unit in ear.units] == list(caller.sent.values())
    assert len(ear.took(SourceChanged)) == 1


def test_a_restart_under_the_same_ssrc_and_port_is_heard_without_a_wait() -> None:
    ear, old = Ear.of(), Caller()
    ear.play(old, KEY, P)
    new = Caller(sequence_number=30000, timestamp=777)
    ear.play(new, KEY, P)
    assert [unit.data for unit in ear.units] == [*old.sent.values(), *new.sent.values()]


def test_a_new_source_that_joins_in_the_middle_is_asked_for_a_key_frame() -> None:
    ear, old, new = Ear.of(pli=True), Caller(), restarted()
    ear.play(old, KEY, P)
    ear.hear_rtcp(old.goodbye())
    ear.play(new, P, P)
    ((_, request),) = ear.said_of(PictureLossIndication)
    assert request.media_ssrc == new.ssrc


def test_reports_speak_of_the_new_source_only() -> None:
    ear, old, new = Ear.of(), Caller(), restarted()
    ear.play(old, KEY, P)
    ear.wait(0.2)
    ear.play(new, KEY, *[P] * 300)
    reported = {block.ssrc for at, report in ear.said_of(ReceiverReport) for block in report.blocks if at > 1003}
    assert reported == {new.ssrc}


def test_a_flood_of_invented_sources_leaves_the_call_alone() -> None:
    ear, caller = Ear.of(), Caller()
    ear.play(caller, KEY)
    for ssrc in range(200):
        flood = Caller(ssrc=ssrc, address=STRANGER)
        ear.hear(*flood.frame(is_keyframe=True), source=STRANGER)
        if ssrc % 10 == 0:
            ear.play(caller, P)
    assert [unit.data for unit in ear.units] == list(caller.sent.values())
