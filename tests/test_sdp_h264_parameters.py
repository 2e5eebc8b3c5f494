from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp import sdp
from gateway.rtp.sdp.h264_parameters import parameter_sets

SPS = bytes.fromhex("6742c01eda0280bfe5c044")
PPS = bytes.fromhex("68ce0fc8")


@pytest.mark.parametrize(
    ("text", "sets"),
    [
        ("Z0LAHtoCgL/lwEQ=,aM4PyA==", (SPS, PPS)),
        (" Z0LAHtoCgL/lwEQ= , aM4PyA== ", (SPS, PPS)),
        ("Z0LAHtoCgL/lwEQ,aM4PyA", (SPS, PPS)),
        ("Z0LAHtoCgL/lwEQ=,", (SPS,)),
        ("not base64!,aM4PyA==", (PPS,)),
        ("Z,aM4PyA==", (PPS,)),
        ("ÄÖÜ", ()),
        ("", ()),
    ],
)
def test_parameter_sets_are_base64_and_what_is_not_is_left_out(text: str, sets: tuple[bytes, ...]) -> None:
    assert parameter_sets(text) == sets


@given(st.text())
def test_no_text_breaks_the_parameter_sets(text: str) -> None:
    assert all(isinstance(nal, bytes) and nal for nal in parameter_sets(text))


@pytest.mark.parametrize(
    ("fmtp", "profile_level_id", "packetization_mode"),
    [
        ({}, None, 0),
        ({"profile-level-id": "42E01F", "packetization-mode": "1"}, "42e01f", 1),
        ({"profile-level-id": "42E0", "packetization-mode": "x"}, None, 0),
        ({"packetization-mode": "2"}, None, 2),
    ],
)
def test_parameters_that_cannot_be_read_are_not_said(
    fmtp: dict[str, str], profile_level_id: str | None, packetization_mode: int
) -> None:
    parameters = sdp.H264Parameters.of(fmtp)
    assert (parameters.profile_level_id, parameters.packetization_mode) == (profile_level_id, packetization_mode)


def test_a_streams_profile_and_level_are_its_spss() -> None:
    parameters = sdp.H264Parameters.of_stream((SPS, PPS), packetization_mode=1)
    assert str(parameters) == (
        "packetization-mode=1; profile-level-id=42c01e; sprop-parameter-sets=Z0LAHtoCgL/lwEQ=,aM4PyA=="
    )


def test_a_stream_without_parameter_sets_names_no_profile() -> None:
    assert str(sdp.H264Parameters.of_stream((), packetization_mode=0)) == "packetization-mode=0"


@given(
    st.builds(
        sdp.H264Parameters,
        st.none() | st.from_regex("[0-9a-f]{6}", fullmatch=True),
        st.integers(0, 2),
        st.lists(st.binary(min_size=1, max_size=40), max_size=3).map(tuple),
    )
)
def test_parameters_written_into_a_description_are_read_back(parameters: sdp.H264Parameters) -> None:
    medium = sdp.parse(f"m=video 5004 RTP/AVP 96\r\na=fmtp:96 {parameters}\r\n").media[0]
    assert sdp.H264Parameters.of(medium.fmtp(96)) == parameters
