from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.extensions import (
    ONE_BYTE_PROFILE,
    TWO_BYTE_PROFILE,
    SentExtensions,
    parse_elements,
    send_time,
    serialize_elements,
)
from gateway.rtp.packet import RtpPacket

CHROME = bytes.fromhex("22a1b2c31030 00 00")
"""abs-send-time under 2 and MID "0" under 1, as Chromium puts them, padded to a word."""


def packet(extension: tuple[int, bytes] | None, payload: bytes = b"payload") -> RtpPacket:
    return RtpPacket(96, False, 7, 90_000, 0xABCD, payload, extension=extension)


def test_a_browsers_elements_are_read() -> None:
    assert parse_elements((ONE_BYTE_PROFILE, CHROME)) == {2: b"\xa1\xb2\xc3", 1: b"0"}
    assert serialize_elements({2: b"\xa1\xb2\xc3", 1: b"0"}) == (ONE_BYTE_PROFILE, CHROME)


def test_padding_between_elements_and_the_stop_element_are_understood() -> None:
    assert parse_elements((ONE_BYTE_PROFILE, bytes.fromhex("00 10 41 00"))) == {1: b"A"}
    assert parse_elements((ONE_BYTE_PROFILE, bytes.fromhex("10 41 f0 10 42 00 00 00"))) == {1: b"A"}


def test_the_long_form_holds_empty_and_long_elements() -> None:
    elements = {1: b"", 200: bytes(range(40))}
    profile, data = serialize_elements(elements)
    assert profile == TWO_BYTE_PROFILE
    assert parse_elements((profile, data)) == elements
    assert parse_elements((profile | 0x5, data)) == elements, "the application's bits mean nothing"


@pytest.mark.parametrize(
    "extension", [None, (0x1234, CHROME), (ONE_BYTE_PROFILE, b"\x2f"), (TWO_BYTE_PROFILE, b"\x01")]
)
def test_what_cannot_be_read_holds_nothing(extension: tuple[int, bytes] | None) -> None:
    assert parse_elements(extension) == {}


@given(st.sampled_from([ONE_BYTE_PROFILE, TWO_BYTE_PROFILE]), st.binary(max_size=80))
def test_any_bytes_are_read_without_a_fault(profile: int, data: bytes) -> None:
    for number, element in parse_elements((profile, data)).items():
        assert 1 <= number <= 255
        assert element in data


@given(st.dictionaries(st.integers(1, 255), st.binary(max_size=30), max_size=6))
def test_elements_come_back_as_they_were_and_fill_whole_words(elements: dict[int, bytes]) -> None:
    extension = serialize_elements(elements)
    assert parse_elements(extension) == elements
    assert len(extension[1]) % 4 == 0


@pytest.mark.parametrize("elements", [{0: b"x"}, {256: b"x"}, {1: bytes(256)}])
def test_an_element_that_fits_no_form_is_a_mistake(elements: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="elements"):
        serialize_elements(elements)


def test_the_send_time_is_seconds_in_6_18_bits_and_wraps_at_64() -> None:
    assert send_time(0.0) == 0
    assert send_time(1.5) == 3 << 17
    assert send_time(64.0) == 0
    assert send_time(64 * 1000 + 63.999_999) == 0xFFFFFF


@pytest.mark.parametrize("mid_id", [1, 14, 15])
@pytest.mark.parametrize("time_id", [2, 16])
def test_a_packet_is_stamped_when_it_leaves_and_is_otherwise_the_same(mid_id: int, time_id: int) -> None:
    extensions = SentExtensions(mid=(mid_id, b"v"), abs_send_time=time_id)
    plain = packet(extensions.field).serialize()
    assert len(plain) == 12 + extensions.octets + len(b"payload")
    left = RtpPacket.parse(extensions.stamped(plain, 3.25))
    assert parse_elements(left.extension) == {time_id: send_time(3.25).to_bytes(3), mid_id: b"v"}
    assert left.payload == b"payload"
    assert extensions.unstamped(extensions.stamped(plain, 3.25)) == plain


def test_without_extensions_a_packet_has_none() -> None:
    extensions = SentExtensions()
    assert (extensions.field, extensions.octets) == (None, 0)
    data = packet(None).serialize()
    assert extensions.stamped(data, 1.0) is data


def test_mid_alone_needs_no_stamp() -> None:
    extensions = SentExtensions(mid=(4, b"video"))
    data = packet(extensions.field).serialize()
    assert extensions.stamped(data, 1.0) == data
    assert parse_elements(RtpPacket.parse(data).extension) == {4: b"video"}
