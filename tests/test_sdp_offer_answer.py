from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp import sdp

DATA = Path(__file__).parent / "data" / "sdp"
OURS = sdp.Capabilities("192.0.2.1", video_port=6004, audio_port=6002)


def dialect(name: str) -> sdp.SessionDescription:
    return sdp.parse((DATA / f"{name}.sdp").read_bytes())


def test_payload_types_modes_and_feedback_are_mirrored() -> None:
    answered = sdp.answer(dialect("baresip"), OURS)
    audio, video = answered.media
    assert (audio.port, audio.formats) == (6002, ("96", "0", "8", "97"))
    assert audio.fmtp(97) == {"0-15": ""}
    assert (video.port, video.protocol, video.formats) == (6004, "RTP/AVP", ("98", "99"))
    assert video.fmtp(98) == {"packetization-mode": "0", "profile-level-id": "42001f"}
    assert video.fmtp(99) == {}
    assert video.feedback(98) == sdp.Feedback(pli=True, fir=True)
    assert str(video.connection) == "IN IP4 192.0.2.1"


def test_a_parameter_set_of_the_offer_is_not_claimed_as_ours() -> None:
    video = sdp.answer(dialect("ffmpeg_h264_stdout"), OURS).media[0]
    assert "sprop-parameter-sets" not in video.fmtp(96)
    assert video.fmtp(96)["packetization-mode"] == "1"


def test_rejected_media_keep_their_place_with_port_0() -> None:
    offer = sdp.parse(
        "m=application 50000 TCP/BFCP *\nm=video 5000 RTP/AVP 26\nm=video 5002 RTP/AVP 96\na=rtpmap:96 VP8/90000\n"
        "m=video 5004 RTP/AVP 97\na=rtpmap:97 VP8/90000\nm=audio 0 RTP/AVP 0\n"
    )
    media = sdp.answer(offer, OURS).media
    assert [(medium.kind, medium.port) for medium in media] == [
        ("application", 0),
        ("video", 0),
        ("video", 6004),
        ("video", 0),
        ("audio", 0),
    ]
    assert (media[0].protocol, media[0].formats) == ("TCP/BFCP", ("*",))


def test_media_without_a_port_of_ours_are_rejected() -> None:
    answered = sdp.answer(dialect("linphone"), sdp.Capabilities("192.0.2.1", video_port=6004))
    assert [medium.port for medium in answered.media] == [0, 6004]


def test_an_offer_in_srtp_is_rejected_whole() -> None:
    offer = dialect("chromium_offer")
    answered = sdp.answer(offer, OURS)
    assert [medium.port for medium in answered.media] == [0] * len(offer.media)


def test_only_codecs_both_sides_have_are_answered() -> None:
    video = sdp.answer(dialect("baresip"), sdp.Capabilities("192.0.2.1", video_port=6004, codecs=("VP8",))).media[1]
    assert video.formats == ("99",)
    assert list(video.rtpmaps) == [99]


@pytest.mark.parametrize(
    ("offered", "ours", "answered"),
    [
        ("sendrecv", "sendrecv", "sendrecv"),
        ("sendonly", "sendrecv", "recvonly"),
        ("recvonly", "sendrecv", "sendonly"),
        ("inactive", "sendrecv", "inactive"),
        ("sendrecv", "recvonly", "recvonly"),
        ("recvonly", "recvonly", "inactive"),
        ("sendonly", "sendonly", "inactive"),
    ],
)
def test_the_direction_is_reversed_and_narrowed(offered: str, ours: sdp.Direction, answered: str) -> None:
    offer = sdp.parse(f"m=video 5004 RTP/AVP 96\na=rtpmap:96 VP8/90000\na={offered}")
    capabilities = sdp.Capabilities("192.0.2.1", video_port=6004, direction=ours)
    assert sdp.answer(offer, capabilities).media[0].direction == answered


@pytest.mark.parametrize(("offered", "wanted", "answered"), [(1, 1, 1), (1, 0, 0), (0, 1, 0)])
def test_rtcp_mux_needs_both_sides(offered: int, wanted: int, answered: int) -> None:
    offer = sdp.parse("m=video 5004 RTP/AVP 96\na=rtpmap:96 VP8/90000" + "\na=rtcp-mux" * offered)
    capabilities = sdp.Capabilities("192.0.2.1", video_port=6004, rtcp_mux=bool(wanted))
    assert sdp.answer(offer, capabilities).media[0].rtcp_mux is bool(answered)


@given(st.sampled_from(sorted(DATA.glob("*.sdp"))), st.booleans(), st.booleans())
def test_an_answer_is_valid_sdp_with_the_offers_media(path: Path, with_video: bool, with_audio: bool) -> None:
    offer = sdp.parse(path.read_bytes())
    capabilities = sdp.Capabilities("2001:db8::1", 6004 if with_video else None, 6002 if with_audio else None)
    answered = sdp.answer(offer, capabilities)
    assert sdp.parse(sdp.write(answered)) == answered
    assert [medium.kind for medium in answered.media] == [medium.kind for medium in offer.media]
    assert [medium.protocol for medium in answered.media] == [medium.protocol for medium in offer.media]
    for ours, theirs in zip(answered.media, offer.media, strict=True):
        assert set(ours.formats) <= set(theirs.formats)
