from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import SdpError
from gateway.rtp.sdp import SessionDescription, parse, write
from gateway.rtp.sdp.browser import BrowserOffer
from gateway.rtp.sdp.browser_answer import AgreedMedia, LocalTransport, answer_browser, negotiate
from gateway.rtp.sdp.feedback import Feedback
from gateway.rtp.sdp.ice import Fingerprint, IceCandidate, IceCredentials
from gateway.rtp.sdp.negotiated import NegotiatedMedia, Wanted

DATA = Path(__file__).parent / "data" / "sdp"
VECTORS = sorted((Path(__file__).parents[2] / "shared" / "vectors").glob("*sdp*/*.sdp"))
BOTH_WAYS = Wanted(receive_video=True, send_video=True, receive_audio=True, send_audio=True)
PUBLISHED = Wanted(receive_video=True, receive_audio=True)
US = LocalTransport(
    ice=IceCredentials("ours", "o" * 24),
    fingerprint=Fingerprint("sha-256", ":".join(["AB"] * 32)),
    candidates=(
        IceCandidate("f1", 1, "udp", 2130706431, "192.0.2.1", 40000, "host"),
        IceCandidate("f2", 1, "udp", 1694498815, "203.0.113.1", 40001, "srflx", "192.0.2.1", 40000),
    ),
)
SMALL = """v=0
s=-
a=group:BUNDLE v
a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 {digest}
m=video 9 UDP/TLS/RTP/SAVPF 96
a=mid:v
a=rtcp-mux
a=rtpmap:96 VP8/90000
""".format(digest=":".join(["01"] * 32))


def offer(name: str) -> BrowserOffer:
    return BrowserOffer.of(parse((DATA / f"{name}.sdp").read_text()))


def agree(offered: BrowserOffer, wanted: Wanted) -> tuple[AgreedMedia, ...]:
    return negotiate(offered, wanted, cname="us", ssrcs={"video": 11, "audio": 22})


def answered(offered: BrowserOffer, wanted: Wanted) -> SessionDescription:
    """The answer as the other side reads it."""
    return parse(write(answer_browser(offered, agree(offered, wanted), US, session_id=7)))


def found(agreed: tuple[AgreedMedia, ...], kind: str, direction: str) -> NegotiatedMedia:
    media = [media for item in agreed for media in (item.inbound, item.outbound) if media]
    (only,) = [item for item in media if (item.kind, item.direction) == (kind, direction)]
    return only


def test_chromium_is_answered_in_its_own_numbers() -> None:
    answer = answered(offer("chromium_call"), BOTH_WAYS)
    audio, video, data = answer.media
    assert [medium.port for medium in answer.media] == [40000, 9, 0]
    assert audio.formats == ("111", "110")
    assert audio.rtpmaps[111].channels == 2
    assert audio.fmtp(111) == {"minptime": "10", "useinbandfec": "1"}
    assert video.formats[:2] == ("96", "102")
    assert {item.codec for item in video.rtpmaps.values()} == {"VP8", "H264"}
    assert video.fmtp(102) == {
        "level-asymmetry-allowed": "1",
        "packetization-mode": "1",
        "profile-level-id": "42001f",
    }
    assert video.feedback(96) == Feedback(nack=True, pli=True, fir=True, remb=True)
    assert (data.kind, data.direction) == ("application", "inactive")


def test_repair_and_congestion_feedback_are_left_out() -> None:
    text = write(answer_browser(offer("chromium_call"), agree(offer("chromium_call"), BOTH_WAYS), US))
    for word in ("rtx", "red/", "ulpfec", "transport-cc", "transport-wide", "toffset", "rtcp-rsize", "CN/"):
        assert word not in text


def test_a_picture_that_comes_may_say_how_it_stands_and_ours_never_does() -> None:
    medium = answered(offer("chromium_call"), BOTH_WAYS).media[1]
    assert "13 urn:3gpp:video-orientation" in medium.attributes_named("extmap")
    agreed = agree(offer("chromium_call"), BOTH_WAYS)
    assert found(agreed, "video", "in").orientation_id == 13
    assert found(agreed, "video", "out").orientation_id is None
    watched = answered(offer("chromium_call"), Wanted(send_video=True)).media[1]
    assert not any("video-orientation" in value for value in watched.attributes_named("extmap"))


def test_one_transport_is_on_the_first_m_line_of_the_group() -> None:
    answer = answered(offer("chromium_call"), BOTH_WAYS)
    assert answer.attributes[0].value == "BUNDLE 0 1"
    audio, video, _ = answer.media
    assert len([*audio.attributes_named("candidate")]) == 2
    assert audio.has("end-of-candidates")
    assert not video.has("candidate")
    for medium in (audio, video):
        assert [*medium.attributes_named("ice-ufrag")] == ["ours"]
        assert [*medium.attributes_named("setup")] == ["active"]
        assert medium.rtcp_mux
    assert audio.connection
    assert audio.connection.address == "192.0.2.1"


def test_sound_and_picture_are_one_stream_of_one_name() -> None:
    audio, video, _ = answered(offer("chromium_call"), BOTH_WAYS).media
    assert [*audio.attributes_named("msid")] == ["us audio"]
    assert [*video.attributes_named("msid")] == ["us video"]
    assert audio.cnames == {22: "us"}
    assert video.cnames == {11: "us"}


def test_what_is_agreed_with_chromium() -> None:
    agreed = agree(offer("chromium_call"), BOTH_WAYS)
    came, sent = found(agreed, "video", "in"), found(agreed, "video", "out")
    assert (came.mid, came.mid_id, came.abs_send_time_id) == ("1", 4, 2)
    assert came.payload_types[96] == "VP8"
    assert came.payload_types[102] == "H264"
    assert came.feedback == Feedback(nack=True, pli=True, fir=True, remb=True)
    assert (sent.payload_type, sent.codec, sent.ssrc, sent.cname) == (96, "VP8", 11, "us")
    sound = found(agreed, "audio", "in")
    assert (sound.codec, sound.clock_rate, sound.channels) == ("OPUS", 48000, 2)
    assert sound.payload_types == {111: "OPUS", 110: "TELEPHONE-EVENT"}
    assert sound.ssrc == 3752200551


def test_the_repaired_stream_is_the_one_that_is_listened_to() -> None:
    assert found(agree(offer("safari_offer"), BOTH_WAYS), "video", "in").ssrc == 2231627014


def test_the_offers_order_decides_on_the_codec() -> None:
    agreed = agree(offer("safari_offer"), BOTH_WAYS)
    sent = found(agreed, "video", "out")
    assert (sent.codec, sent.payload_type) == ("H264", 96)
    assert sent.h264
    assert (sent.h264.profile_level_id, sent.h264.packetization_mode) == ("640c1f", 1)
    only_vp8 = Wanted(receive_video=True, send_video=True, video_codecs=("VP8",))
    assert found(agree(offer("safari_offer"), only_vp8), "video", "out").payload_type == 100


def test_a_packetization_mode_of_large_packets_is_preferred_to_send() -> None:
    text = (DATA / "chromium_call.sdp").read_text().replace("SAVPF 96 97 102 103 104", "SAVPF 104 107 102 103 96")
    agreed = negotiate(BrowserOffer.of(parse(text)), BOTH_WAYS, cname="us", ssrcs={"video": 1, "audio": 2})
    assert found(agreed, "video", "out").payload_type == 102
    assert found(agreed, "video", "in").payload_type == 104


def test_gstreamers_bundle_only_sound_is_no_rejected_one() -> None:
    answer = answered(offer("gstreamer_webrtcbin_offer"), PUBLISHED)
    assert [medium.direction for medium in answer.media] == ["recvonly", "recvonly"]
    assert [medium.port for medium in answer.media] == [40000, 9]


def test_pions_session_wide_fingerprint_counts() -> None:
    offered = offer("pion_offer")
    assert offered.fingerprints[0].value.startswith("A4:7C")
    assert [candidate.port for candidate in offered.candidates] == [51472, 51473, 51474]
    assert [medium.direction for medium in answered(offered, PUBLISHED).media] == ["recvonly", "recvonly"]


def test_firefox_is_answered() -> None:
    offered = offer("firefox_offer")
    sent = found(agree(offered, Wanted(receive_video=True)), "video", "in")
    assert (sent.payload_types, sent.mid_id, sent.abs_send_time_id) == ({120: "VP8", 126: "H264"}, 3, 4)


def test_a_call_of_firefoxs_that_hides_its_addresses() -> None:
    offered = offer("firefox_call")
    assert offered.candidates == ()
    assert [medium.formats for medium in answered(offered, BOTH_WAYS).media] == [("109",), ("120",)]


def test_what_is_not_wanted_is_inactive_and_lives_on() -> None:
    answer = answered(offer("chromium_call"), Wanted(receive_video=True))
    assert [medium.direction for medium in answer.media] == ["inactive", "recvonly", "inactive"]
    assert [medium.port > 0 for medium in answer.media] == [True, True, False]


def test_sound_in_another_codec_than_the_sessions_is_rejected() -> None:
    wanted = Wanted(receive_video=True, send_audio=True, audio_codec="speex")
    audio, video, _ = answered(offer("chromium_call"), wanted).media
    assert audio.port == 0
    assert [*video.attributes_named("candidate")]
    agreed = agree(offer("chromium_call"), Wanted(send_audio=True, audio_codec="pcmu"))
    assert found(agreed, "audio", "out").codec == "PCMU"


def test_two_one_way_videos_make_a_way_in_and_a_way_out() -> None:
    text = SMALL.replace("BUNDLE v", "BUNDLE v w") + "a=sendonly\n"
    text += "m=video 9 UDP/TLS/RTP/SAVPF 97\na=mid:w\na=rtcp-mux\na=rtpmap:97 VP8/90000\na=recvonly\n"
    agreed = agree(BrowserOffer.of(parse(text)), Wanted(receive_video=True, send_video=True))
    assert (found(agreed, "video", "in").mid, found(agreed, "video", "out").mid) == ("v", "w")


def test_a_rate_to_begin_with_is_named_for_libwebrtc() -> None:
    offered = offer("chromium_call")
    agreed = agree(offered, Wanted(receive_video=True, start_bitrate=1_500_000))
    text = write(answer_browser(offered, agreed, US))
    assert "a=fmtp:96 x-google-start-bitrate=1500\r\n" in text


def test_an_active_far_end_is_answered_passive() -> None:
    (medium,) = answered(BrowserOffer.of(parse(SMALL + "a=setup:active\n")), Wanted(send_video=True)).media
    assert [*medium.attributes_named("setup")] == ["passive"]


def test_without_a_group_the_video_has_the_transport() -> None:
    text = (DATA / "pion_offer.sdp").read_text().replace("a=group:BUNDLE 0 1\n", "")
    answer = answered(BrowserOffer.of(parse(text)), PUBLISHED)
    assert [medium.port for medium in answer.media] == [0, 40000]
    assert not any(attribute.name == "group" for attribute in answer.attributes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("a=ice-pwd:0123456789012345678901\n", ""), "no a=ice-ufrag and a=ice-pwd"),
        (("a=ice-ufrag:abcd", "a=ice-ufrag:abc"), "4 to 256"),
        (("sha-256", "sha-1"), "sha-256, sha-384, sha-512 are taken"),
        (("a=rtcp-mux\n", ""), "no a=rtcp-mux"),
        (("a=mid:v", "a=mid:x"), "outside the BUNDLE group"),
        (("SAVPF 96", "SAVPF 98"), "payload type 98 has no a=rtpmap"),
        (("VP8/90000", "VP9/90000"), "VP9 is not supported"),
        (("m=video", "m=text"), "neither m=video nor m=audio"),
        (("a=mid:v", "a=recvonly\na=mid:v"), "none of its video is sent to us"),
        (("a=mid:v", "a=mid:v\na=setup:holdconn"), "a=setup:holdconn"),
        (("UDP/TLS/RTP/SAVPF", "RTP/SAVPF"), "is not UDP/TLS/RTP/SAVPF"),
    ],
)
def test_what_cannot_be_answered_is_said(change: tuple[str, str], sentence: str) -> None:
    with pytest.raises(SdpError, match=sentence):
        agree(BrowserOffer.of(parse(SMALL.replace(*change))), Wanted(receive_video=True))


def test_a_second_m_line_of_the_same_mid_is_rejected() -> None:
    text = SMALL + SMALL[SMALL.index("m=video") :].replace("m=video", "m=audio").replace("VP8/90000", "opus/48000/2")
    assert [medium.port for medium in answered(BrowserOffer.of(parse(text)), PUBLISHED).media] == [40000, 0]


def test_of_many_candidates_few_are_checked() -> None:
    lines = "".join(f"a=candidate:1 1 udp 1 192.0.2.{n % 250} {n + 1} typ host\n" for n in range(500))
    assert len(BrowserOffer.of(parse(SMALL + lines)).candidates) == 32


@pytest.mark.parametrize(
    "address", ["224.0.0.1", "255.255.255.255", "0.0.0.0", "::", "ff02::1", "6f1c.local", "example.com", "1.2.3"]
)
def test_no_check_goes_to_a_group_or_a_name(address: str) -> None:
    text = SMALL + f"a=candidate:1 1 udp 1 {address} 9 typ host\n"
    assert BrowserOffer.of(parse(text)).candidates == ()


def test_browsers_offers_are_told_from_plain_rtp() -> None:
    assert BrowserOffer.fits(parse(SMALL))
    assert not BrowserOffer.fits(parse((DATA / "ffmpeg_h264_stdout.sdp").read_text()))


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_any_description_is_answered_or_refused(path: Path) -> None:
    _answer_or_refuse(path.read_bytes())


NAMES = ("chromium_call", "firefox_call", "safari_offer", "pion_offer")
BROWSERS = [(DATA / f"{name}.sdp").read_text() for name in NAMES]


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_mangled_offer_is_answered_or_refused(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(BROWSERS)).splitlines()
    for _ in range(data.draw(st.integers(1, 6))):
        index = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.integers(0, 3)):
            case 0:
                del lines[index]
            case 1:
                lines.insert(data.draw(st.integers(0, len(lines))), lines[index])
            case 2:
                cut = data.draw(st.integers(0, len(lines[index])))
                lines[index] = lines[index][:cut] + data.draw(st.text(max_size=8))
            case _:
                lines[index] = lines[index].replace("0", data.draw(st.sampled_from(["", "-1", "99999999999", "x"])))
        if not lines:
            break
    _answer_or_refuse("\n".join(lines))


def _answer_or_refuse(text: str | bytes) -> None:
    try:
        offered = BrowserOffer.of(parse(text))
        answer = answered(offered, PUBLISHED)
    except SdpError as error:
        assert str(error)
    else:
        assert len(answer.media) == len(offered.media)
        assert [medium.kind for medium in answer.media] == [item.kind for item in offered.media]
