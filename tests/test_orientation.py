"""Pictures that say beside them how they stand: heard in packets, agreed on in SDP, turned when they are decoded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp import sdp
from gateway.rtp.extensions import ONE_BYTE_PROFILE, serialize_elements
from gateway.rtp.orientation import ORIENTATION_URI, rotation
from gateway.rtp.packet import RtpPacket
from tests.caller import STRANGER, Caller, Ear
from tests.calls import relay_settings
from tests.frames import coded, drawn_frame, luma, psnr
from tests.test_decoder import b_frame_units
from tests.test_source import rig
from transforms.picture import Size

NUMBER = 5


def turned(datagrams: list[bytes], degrees: int | None, *, number: int = NUMBER) -> list[bytes]:
    """A frame's packets, the last one saying how it is turned."""
    *others, last = map(RtpPacket.parse, datagrams)
    if degrees is not None:
        last = replace(last, extension=serialize_elements({1: b"0", number: bytes([degrees // 90 | 0b1000])}))
    return [packet.serialize() for packet in (*others, last)]


@given(st.none() | st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=24)))
def test_any_extension_says_a_quarter_or_nothing(extension: tuple[int, bytes] | None) -> None:
    assert rotation(extension, NUMBER) in (None, 0, 90, 180, 270)
    assert rotation(extension, None) is None


def test_rotation_is_the_last_two_bits() -> None:
    """3GPP TS 26.114 table 7.2; camera and flip beside it."""
    for bits, degrees in ((0b00, 0), (0b01, 90), (0b10, 180), (0b11, 270)):
        assert rotation((ONE_BYTE_PROFILE, bytes([NUMBER << 4, 0b1100 | bits, 0, 0])), NUMBER) == degrees
    assert rotation((ONE_BYTE_PROFILE, bytes([NUMBER << 4 | 1, 1, 1, 0])), NUMBER) is None


def test_what_was_said_holds_until_something_else_is() -> None:
    ear, caller = Ear.of(orientation=NUMBER), Caller()
    for degrees in (90, None, None, 0, None, 270):
        ear.hear(*turned(caller.frame(is_keyframe=not caller.sent), degrees))
    assert [unit.rotation for unit in ear.units] == [90, 90, 90, 0, 0, 270]


def test_another_source_stands_upright_until_it_says_how_it_stands() -> None:
    ear, caller = Ear.of(orientation=NUMBER), Caller()
    ear.hear(*turned(caller.frame(is_keyframe=True), 90))
    ear.wait(0.2)
    other = Caller(ssrc=0xBEEF, address=STRANGER)
    for _ in range(2):
        ear.hear(*other.frame(is_keyframe=True), source=STRANGER)
    assert [unit.rotation for unit in ear.units] == [90, 0, 0]


def test_a_frame_that_is_not_shown_is_heard_all_the_same() -> None:
    """Its picture is broken, its last packet came: the next key frame may not repeat what it said."""
    ear, caller = Ear.of(orientation=NUMBER), Caller()
    ear.hear(*caller.frame(is_keyframe=True))
    ear.hear(*turned(caller.frame(), 180)[1:])
    ear.wait(0.2)
    ear.hear(*caller.frame(is_keyframe=True))
    assert [unit.rotation for unit in ear.units] == [0, 180]


@pytest.mark.parametrize("number", [None, NUMBER + 1])
def test_what_was_not_agreed_on_is_not_heard(number: int | None) -> None:
    ear, caller = Ear.of(orientation=number), Caller()
    ear.hear(*turned(caller.frame(is_keyframe=True), 90))
    assert [unit.rotation for unit in ear.units] == [0]


@pytest.mark.parametrize(("direction", "answered"), [("sendrecv", True), ("sendonly", True), ("recvonly", False)])
def test_plain_rtp_that_comes_to_us_may_say_how_it_stands(direction: str, answered: bool) -> None:
    offer = sdp.parse(
        f"m=video 5004 RTP/AVP 96\na=rtpmap:96 VP8/90000\na=extmap:{NUMBER} {ORIENTATION_URI}\na={direction}"
    )
    assert sdp.video_input(offer).orientation_id == NUMBER
    media = sdp.answer(offer, sdp.Capabilities("192.0.2.1", video_port=6004)).media[0]
    assert [*media.attributes_named("extmap")] == [f"{NUMBER} {ORIENTATION_URI}"] * answered


def test_a_relay_of_pictures_that_may_turn_announces_no_size() -> None:
    settings = relay_settings(4000, 5004, more=[f"a=extmap:{NUMBER} {ORIENTATION_URI}"])
    assert settings.video.orientation_id == NUMBER
    assert settings.picture_size is None


@pytest.mark.parametrize("degrees", [90, 180, 270])
async def test_pictures_leave_the_source_upright(degrees: int) -> None:
    units = [replace(unit, rotation=degrees * (number > 1)) for number, unit in enumerate(coded("H264", 4))]
    async with rig() as r:
        r.deliver(units)
        frames = await r.frames(4)
    assert [frame.pts for frame in frames] == [0, 3000, 6000, 9000]
    assert frames[2].time_base == frames[0].time_base
    assert (frames[2].colorspace, frames[2].color_range) == (frames[0].colorspace, frames[0].color_range)
    size = Size(frames[0].width, frames[0].height)
    assert (frames[2].width, frames[2].height) == (size if degrees == 180 else size[::-1])
    for number, frame in enumerate(frames):
        upright = np.rot90(luma(drawn_frame(number)), -degrees // 90 * (number > 1))
        assert psnr(luma(frame), np.ascontiguousarray(upright)) > 32


async def test_a_b_frame_is_turned_as_its_own_unit_says() -> None:
    units = [replace(unit, rotation=90 * (unit.timestamp % 6000 == 0)) for unit in b_frame_units(24)]
    turns = {unit.timestamp: unit.rotation for unit in units}
    async with rig() as r:
        r.deliver(units[:20])
        frames = await r.frames(8)
    assert len({turns[frame.pts or 0] for frame in frames}) == 2
    assert [frame.height > frame.width for frame in frames] == [turns[frame.pts or 0] == 90 for frame in frames]
