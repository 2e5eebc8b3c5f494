from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from fractions import Fraction

import pytest

from gateway.codec.encoder import parameter_sets
from gateway.geometry import Crop, Geometry
from gateway.relay import Sound, receiver_settings, sender_settings, sent_description
from gateway.rtp import sdp
from gateway.rtp.url import RtpUrl
from tests.calls import relay_settings
from transforms.picture import Matrix, Size

DESTINATION = ("127.0.0.1", 5004)


def sprop(size: Size) -> list[str]:
    sets = parameter_sets(relay_settings(4000, 5004).encoder, size)
    return [f"a=fmtp:96 sprop-parameter-sets={','.join(b64encode(nal).decode() for nal in sets)}"]


def test_the_receiver_asks_only_for_what_the_sdp_offers() -> None:
    receiver = receiver_settings(relay_settings(4000, 5004), cname="us")
    assert (receiver.nack, receiver.pli, receiver.fir, receiver.avpf) == (True, True, False, True)
    assert receiver.codecs == {96: "H264"}


def test_the_sender_obeys_what_the_far_end_is_said_to_ask() -> None:
    settings = relay_settings(4000, 5004)
    silent = replace(settings, feedback=sdp.Feedback(pli=True))
    sender = sender_settings(silent, DESTINATION, cname="us")
    assert (sender.nack, sender.pli, sender.fir) == (False, True, False)
    assert sender.rtcp_destination == ("127.0.0.1", 5005)
    muxed = sender_settings(replace(settings, rtcp_mux=True), DESTINATION, cname="us")
    assert muxed.rtcp_destination == DESTINATION


def test_slices_fit_the_packets_of_the_url() -> None:
    settings = relay_settings(4000, 5004)
    small = replace(settings, destination=replace(settings.destination, packet_size=500))
    assert small.encoding.max_payload == 488


@pytest.mark.parametrize(
    ("limit", "more", "expected"),
    [(None, (), 30), (Fraction(15), (), 15), (Fraction(60), (), 30), (Fraction(20), ("a=framerate:25",), 20)],
)
def test_the_encoder_expects_the_slower_of_input_and_limit(
    limit: Fraction | None, more: tuple[str, ...], expected: float
) -> None:
    assert replace(relay_settings(4000, 5004, more=more), frame_rate=limit).encoding.frame_rate == expected


def test_the_printed_sdp_says_what_is_sent() -> None:
    text = sent_description(relay_settings(4000, 5004), DESTINATION, None, session_id=1)
    video = sdp.video_input(sdp.parse(text))
    assert video.media.port == 5004
    assert dict(video.codecs) == {97: "H264"}
    assert video.feedback.pli
    h264 = sdp.H264Parameters.of(video.media.fmtp(97))
    assert (h264.packetization_mode, h264.profile_level_id) == (1, "42c01f")


def test_parameter_sets_are_printed_where_the_inputs_size_is_known() -> None:
    settings = relay_settings(4000, 5004, more=sprop(Size(720, 1280)))
    assert settings.input_size == Size(720, 1280)
    video = sdp.video_input(sdp.parse(sent_description(settings, DESTINATION, None, session_id=1)))
    assert video.parameter_sets == parameter_sets(settings.encoding, Size(720, 1280), matrix=Matrix.BT709)
    alpha = replace(settings, effect=replace(settings.effect, view="alpha"))
    video = sdp.video_input(sdp.parse(sent_description(alpha, DESTINATION, None, session_id=1)))
    size, matrix = Size(720, 1280), Matrix.BT709
    assert video.parameter_sets == parameter_sets(settings.encoding, size, matrix=matrix, full_range=True)
    unknown = relay_settings(4000, 5004)
    assert unknown.input_size is None
    text = sent_description(unknown, DESTINATION, None, session_id=1)
    assert sdp.video_input(sdp.parse(text)).parameter_sets == ()


def test_pictures_that_are_scaled_are_announced_at_their_size_and_read_as_they_came() -> None:
    settings = replace(relay_settings(4000, 5004, more=sprop(Size(720, 1280))), geometry=Geometry(size=(360, 640)))
    assert (settings.input_size, settings.picture_size) == (Size(720, 1280), Size(360, 640))
    video = sdp.video_input(sdp.parse(sent_description(settings, DESTINATION, None, session_id=1)))
    assert video.parameter_sets == parameter_sets(settings.encoding, Size(360, 640), matrix=Matrix.BT709)


def test_pictures_that_are_cropped_and_turned_are_announced_as_they_leave() -> None:
    geometry = Geometry(Crop(640, 480, 80, 0), rotate=90)
    settings = replace(relay_settings(4000, 5004, more=sprop(Size(720, 1280))), geometry=geometry)
    assert settings.picture_size == Size(480, 640)
    assert relay_settings(4000, 5004).picture_size is None


def test_parameter_sets_that_cannot_be_read_tell_no_size() -> None:
    assert relay_settings(4000, 5004, more=["a=fmtp:96 sprop-parameter-sets=Z0LA,aM4="]).input_size is None


def test_vp8_is_printed_without_format_parameters() -> None:
    text = sent_description(relay_settings(4000, 5004, "VP8"), DESTINATION, None, session_id=1)
    assert "VP8/90000" in text
    assert "fmtp" not in text


def test_sound_is_printed_with_its_new_payload_type() -> None:
    media = sdp.parse("v=0\nm=audio 4002 RTP/AVP 8\nc=IN IP4 127.0.0.1\n").media[0]
    sound = Sound(media=media, destination=RtpUrl("127.0.0.1", 5006, 5007), payload_type=100)
    text = sent_description(
        replace(relay_settings(4000, 5004), sound=sound), DESTINATION, ("127.0.0.1", 5006), session_id=1
    )
    audio = sdp.audio_input(sdp.parse(text))
    assert audio is not None
    assert (audio.port, audio.payload_types, audio.rtpmaps[100].codec) == (5006, (100,), "PCMA")


def test_sound_on_one_port_is_printed_as_such() -> None:
    media = sdp.parse("v=0\nm=audio 4002 RTP/AVP 8\nc=IN IP4 127.0.0.1\n").media[0]
    settings = replace(
        relay_settings(4000, 5004), sound=Sound(media=media, destination=RtpUrl("127.0.0.1", 5006, 5006))
    )
    audio = sdp.audio_input(sdp.parse(sent_description(settings, DESTINATION, ("127.0.0.1", 5006), session_id=1)))
    assert audio is not None
    assert audio.rtcp_mux
