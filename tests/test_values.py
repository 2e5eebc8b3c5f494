"""Typed text to values, in the units the program works in."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.options import values
from gateway.options.settings import OPTIONS
from transforms.effect import FirstFrames, Learned, PlateImage


@pytest.mark.parametrize(
    ("typed", "rate"),
    [("2M", 2_000_000), ("800k", 800_000), ("800K", 800_000), ("1.5m", 1_500_000), ("2000000", 2_000_000)],
)
def test_bit_rates_are_read_as_ffmpeg_writes_them(typed: str, rate: int) -> None:
    assert values.bit_rate(typed) == rate


@pytest.mark.parametrize("typed", ["", "2Q", "M", "-2M", "0", "1k", "900G", "2 M", "1e6", "nan", "٢M"])
def test_a_wrong_bit_rate_is_told_what_would_be_right(typed: str) -> None:
    with pytest.raises(ValueError, match="expected bits per second"):
        values.bit_rate(typed)


@pytest.mark.parametrize(
    ("typed", "rate"), [("30", Fraction(30)), ("29.97", Fraction(2997, 100)), ("30000/1001", Fraction(30000, 1001))]
)
def test_frame_rates_may_be_fractions(typed: str, rate: Fraction) -> None:
    assert values.frame_rate(typed) == rate


@pytest.mark.parametrize("typed", ["0", "-1", "1/0", "inf", "1000", "30fps", "1/2/3"])
def test_a_wrong_frame_rate_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="expected frames per second"):
        values.frame_rate(typed)


def test_milliseconds_become_seconds() -> None:
    assert values.milliseconds(0, 5000)("80") == pytest.approx(0.08)


@pytest.mark.parametrize(("typed", "seconds"), [("off", None), ("0", None), ("OFF", None), ("2.5", 2.5)])
def test_an_idle_timeout_can_be_off(typed: str, seconds: float | None) -> None:
    assert values.idle_timeout(typed) == seconds


@pytest.mark.parametrize("typed", ["nan", "inf", "-1", "1.0001", "x", ""])
def test_numbers_outside_their_range_are_refused_with_the_range(typed: str) -> None:
    with pytest.raises(ValueError, match="expected a number from 0 to 1"):
        values.number(0, 1)(typed)


@pytest.mark.parametrize("typed", ["-1", "128", "9.5", "", "１２", "0x10", " 5"])
def test_payload_types_are_whole_numbers_up_to_127(typed: str) -> None:
    with pytest.raises(ValueError, match="expected a whole number from 0 to 127"):
        values.payload_type(typed)


def test_addresses_are_numeric_of_either_family() -> None:
    assert values.address("127.0.0.1") == "127.0.0.1"
    assert values.address("[::1]") == "::1"
    with pytest.raises(ValueError, match="expected an IPv4 or IPv6 address"):
        values.address("localhost")


def test_words_are_told_as_a_sentence_has_them() -> None:
    assert values.either(("chroma",)) == "chroma"
    assert values.either(("chroma", "plate")) == "chroma or plate"
    assert values.either(("chroma", "plate", "none")) == "chroma, plate or none"


def test_codecs_are_read_in_any_case() -> None:
    assert values.codec("H264", "VP8")("h264") == "H264"
    with pytest.raises(ValueError, match="expected h264 or vp8"):
        values.codec("H264", "VP8")("h265")


def test_a_path_may_begin_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert values.path("~/call.sdp") == Path("/home/ann/call.sdp")
    assert values.path("~nobody-of-that-name/call.sdp") == Path("~nobody-of-that-name/call.sdp")


@given(st.text(max_size=40), st.sampled_from(sorted(OPTIONS)))
def test_no_text_makes_a_parser_fail_otherwise_than_by_refusing(typed: str, name: str) -> None:
    try:
        OPTIONS[name].parse(typed)
    except ValueError as error:
        assert str(error).startswith(("expected", "not built"))


@pytest.mark.parametrize("typed", ["", "0.1", "0.5,0.5", "0.9,0.1", "-0.1,0.5", "0,1.1", "nan,1", "0.1,0.5,0.9", "a,b"])
def test_an_interval_is_two_numbers_in_order(typed: str) -> None:
    assert values.interval(0, 1)("0.05, 0.95") == (0.05, 0.95)
    with pytest.raises(ValueError, match=r"^expected LOW,HIGH from 0 to 1, LOW the smaller one, such as 0\.1,0\.9$"):
        values.interval(0, 1)(typed)


@pytest.mark.parametrize(
    ("typed", "plate"),
    [
        ("learn", Learned()),
        ("first:1", FirstFrames(1)),
        ("first:600", FirstFrames(600)),
        ("./learn", PlateImage(Path("learn"))),
        ("room, empty.png", PlateImage(Path("room, empty.png"))),
    ],
)
def test_a_plate_is_a_file_or_made_of_the_call(typed: str, plate: object) -> None:
    assert values.plate(typed) == plate


@pytest.mark.parametrize(
    "typed", ["first:", "first:0", "first:601", "first:-1", "first:1.5", "first:9999999999", "first"]
)
def test_first_frames_are_counted(typed: str) -> None:
    with pytest.raises(ValueError, match=r"^expected first:N with 1 to 600 frames, such as first:30$"):
        values.plate(typed)
