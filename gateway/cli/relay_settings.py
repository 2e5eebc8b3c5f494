"""What the words of `changebg relay` ask for, checked against each other, the input's SDP and the far end's."""

from __future__ import annotations

import logging
from typing import Literal

from gateway.cli.effect import effect
from gateway.cli.geometry import geometry
from gateway.cli.parser import Words
from gateway.cli.session_description import naming, read_session
from gateway.codec.encoder import MIN_SLICE, EncoderSettings
from gateway.errors import ArgumentError
from gateway.options.configuration import shortened
from gateway.options.settings import Settings
from gateway.options.values import payload_type
from gateway.relay import FEEDBACK_ANSWERED, RelaySettings, Snapshots, Sound
from gateway.rtp.sdp import (
    STATIC_PAYLOAD_TYPES,
    MediaDescription,
    RemoteCapabilities,
    SessionDescription,
    VideoInput,
    audio_input,
    video_input,
)
from gateway.rtp.sender import HEADER_OCTETS
from gateway.rtp.url import RtpUrl, parse_rtp_url

logger = logging.getLogger("changebg")

BIT_RATE = 2_000_000
"""Bits per second where none is given: 720p of a person before a still background."""
PRESET = "superfast"
SENT = ("H264", "VP8")
"""The codecs of calls."""
GOP = 2.0
"""Seconds between key frames for a far end that cannot ask for one."""

PROFILES = {0x42: ("baseline",), 0x4D: ("baseline", "main"), 0x64: ("baseline", "main", "high")}
"""What a decoder of each profile_idc (ITU-T H.264 Annex A) decodes, our baseline being the constrained one."""


def relay_settings(words: Words) -> RelaySettings:
    """The relay that is asked for.

    Raises:
        ArgumentError: an argument is wrong, by itself or beside another.
        SdpError: the input's or the far end's description cannot be used.
    """
    arguments, settings = words.arguments, words.settings
    _refuse_what_files_have(settings)
    what = effect(settings, background=arguments["BACKGROUND"], color=arguments["COLOR"])
    destination = _url(arguments["RTP_URL"], "RTP_URL")
    number = _payload_type(arguments["PAYLOAD_TYPE"])
    session = read_session(arguments["SDP"], "SDP")
    with naming(arguments["SDP"], "SDP"):
        video = video_input(session)
    far_end = _far_end(settings, video, number)
    rtcp_mux = destination.rtcp_port == destination.port or (far_end is not None and far_end.rtcp_mux)
    encoder = _encoder(settings, video, far_end)
    check_payload_type(number, encoder.codec, rtcp_mux=rtcp_mux, name="PAYLOAD_TYPE")
    local_port = settings.local_port or destination.local_port
    _check_loop(destination, video)
    if local_port is not None:
        name = "--local-port" if settings.local_port else "RTP_URL localrtpport"
        _check_local_port(local_port, destination, video, rtcp_mux=rtcp_mux, name=name)
    _check_slices(encoder, destination)
    sound = _sound(settings, session)
    if sound is not None:
        _check_neighbours(destination, number, sound)
    relay = RelaySettings(
        video=video,
        effect=what,
        destination=destination,
        payload_type=number,
        encoder=encoder,
        feedback=far_end.feedback if far_end else FEEDBACK_ANSWERED,
        rtcp_mux=rtcp_mux,
        bind=settings.bind,
        local_port=local_port,
        geometry=geometry(settings),
        buffer=settings.buffer,
        on_loss=settings.on_loss,
        frame_rate=settings.fps,
        idle_timeout=settings.idle_timeout,
        sound=sound,
        snapshots=_snapshots(settings),
    )
    if relay.input_size is not None:
        relay.geometry.check(relay.input_size)
    return relay


def _refuse_what_files_have(settings: Settings) -> None:
    """Refuse what an option may be for a file alone."""
    if settings.view == "input":
        raise ArgumentError("--view input: is of changebg file; a call shows composite, alpha or foreground")
    if settings.codec not in (None, *SENT):
        raise ArgumentError(f"--codec {settings.codec.lower()}: is of changebg file; a call sends h264 or vp8")


def check_payload_type(number: int, codec: str, *, rtcp_mux: bool, name: str) -> None:
    """Refuse a number that a far end would take for something else.

    Raises:
        ArgumentError: RFC 3551 gives it to another codec, or RFC 5761 §4 keeps it free for RTCP on the same port.
    """
    owner = STATIC_PAYLOAD_TYPES.get(number)
    if owner is not None and owner.codec != codec:
        raise ArgumentError(f"{name} {number}: is {owner.codec} by RFC 3551, expected 96 to 127 for {codec}")
    if rtcp_mux and 64 <= number <= 95:
        raise ArgumentError(f"{name} {number}: is taken for RTCP on a port shared with it, expected 96 to 127")


def _url(typed: str, name: str) -> RtpUrl:
    try:
        return parse_rtp_url(typed)
    except ArgumentError as error:
        raise ArgumentError(f"{name} {error}") from error


def _payload_type(typed: str) -> int:
    try:
        return payload_type(typed)
    except ValueError as error:
        raise ArgumentError(f"PAYLOAD_TYPE {shortened(typed)}: {error}") from error


def _far_end(settings: Settings, video: VideoInput, number: int) -> RemoteCapabilities | None:
    """What `--remote-sdp` says; the input's codec is preferred, being the one that needs no second thought."""
    if settings.remote_sdp is None:
        return None
    typed = str(settings.remote_sdp)
    session = read_session(typed, "--remote-sdp")
    with naming(typed, "--remote-sdp"):
        accepted = video_input(session).codecs.values()
        codec = settings.codec or (video.codec if video.codec in accepted else None)
        far_end = RemoteCapabilities.of(session, codec, payload_type=number)
    if far_end.payload_type != number:
        logger.warning("the far end calls %s payload type %d, not %d", far_end.codec, far_end.payload_type, number)
    return far_end


def _encoder(settings: Settings, video: VideoInput, far_end: RemoteCapabilities | None) -> EncoderSettings:
    codec = settings.codec or (far_end.codec if far_end else video.codec)
    if codec != "H264":
        _check_h264_only(settings, codec)
    bitrate = settings.bitrate or BIT_RATE
    if far_end is not None and far_end.bitrate:
        bitrate = min(bitrate, far_end.bitrate)
    can_ask = far_end is not None and (far_end.feedback.pli or far_end.feedback.fir)
    return EncoderSettings(
        codec=codec,
        bitrate=bitrate,
        preset=settings.preset or PRESET,
        gop=settings.gop or (None if can_ask else GOP),
        profile=_profile(settings, far_end),
        packetization_mode=_packetization_mode(settings, far_end),
    )


def _check_h264_only(settings: Settings, codec: str) -> None:
    """Refuse what only H264 has."""
    for name, value in (("profile", settings.profile), ("packetization-mode", settings.packetization_mode)):
        if value is not None:
            raise ArgumentError(f"--{name} {value}: H264 has one, {codec}, which is sent, has none")


def _profile(settings: Settings, far_end: RemoteCapabilities | None) -> Literal["baseline", "main", "high"]:
    profile = settings.profile or "baseline"
    if far_end is None or not far_end.profile_level_id:
        return profile
    accepted = PROFILES.get(int(far_end.profile_level_id[:2], 16), ("baseline",))
    if profile not in accepted:
        level = far_end.profile_level_id
        raise ArgumentError(f"--profile {profile}: the far end accepts {' or '.join(accepted)} ({level})")
    return profile


def _packetization_mode(settings: Settings, far_end: RemoteCapabilities | None) -> int:
    accepted = far_end.packetization_mode if far_end and far_end.codec == "H264" else 1
    if settings.packetization_mode is None:
        return accepted
    if settings.packetization_mode > accepted:
        raise ArgumentError(f"--packetization-mode {settings.packetization_mode}: the far end accepts {accepted} only")
    return settings.packetization_mode


def _sound(settings: Settings, session: SessionDescription) -> Sound | None:
    media, number = audio_input(session), settings.audio_payload_type
    if settings.audio_url is None:
        if number is not None:
            raise ArgumentError(f"--audio-payload-type {number}: expected --audio-url beside it")
        if media is not None:
            logger.warning("sound is not relayed: --audio-url rtp://HOST:PORT sends it on, untouched")
        return None
    if media is None:
        raise ArgumentError(f"--audio-url {shortened(settings.audio_url)}: the SDP has no sound to relay")
    destination = _url(settings.audio_url, "--audio-url")
    if number is not None:
        is_muxed = destination.rtcp_port == destination.port
        check_payload_type(number, _codec(media), rtcp_mux=is_muxed, name="--audio-payload-type")
    return Sound(media=media, destination=destination, payload_type=number)


def _snapshots(settings: Settings) -> Snapshots | None:
    """The pictures that are to be written; whoever asks for the room is told that it is what they get."""
    if settings.snapshot_every is None:
        return None
    folder = settings.snapshot_file.parent
    if not folder.is_dir():
        raise ArgumentError(f"--snapshot-file {shortened(str(settings.snapshot_file))}: there is no folder {folder}")
    if "input" in settings.snapshot_view:
        logger.warning("snapshots of the input show the room as it is")
    return Snapshots(settings.snapshot_every, tuple(dict.fromkeys(settings.snapshot_view)), settings.snapshot_file)


def _check_slices(encoder: EncoderSettings, destination: RtpUrl) -> None:
    """Refuse packets that a slice may not fit where none may be split."""
    least = HEADER_OCTETS + MIN_SLICE
    if encoder.codec == "H264" and encoder.packetization_mode == 0 and destination.packet_size < least:
        size = destination.packet_size
        raise ArgumentError(f"RTP_URL pkt_size={size}: packetization-mode 0 splits nothing, expected {least} or more")


def _check_loop(destination: RtpUrl, video: VideoInput) -> None:
    """Refuse to send to where the relay itself listens."""
    media = video.media
    is_here = media.connection is not None and media.connection.address == destination.host
    if is_here and {destination.port, destination.rtcp_port} & {media.port, media.rtcp_port}:
        raise ArgumentError(f"RTP_URL port {destination.port}: is where the SDP has the relay listen, expected another")


def _check_local_port(port: int, destination: RtpUrl, video: VideoInput, *, rtcp_mux: bool, name: str) -> None:
    """Refuse to send from where the relay itself listens, and from a port that has none for RTCP beside it."""
    rtcp_port = port if rtcp_mux else destination.local_rtcp_port or port + 1
    if rtcp_port > 65535 or (rtcp_port == port and not rtcp_mux):
        raise ArgumentError(f"{name} {port}: leaves no port of its own for RTCP, expected another")
    if {port, rtcp_port} & {video.media.port, video.media.rtcp_port}:
        raise ArgumentError(f"{name} {port}: it or {rtcp_port} is where the SDP has the relay listen")


def _check_neighbours(destination: RtpUrl, number: int, sound: Sound) -> None:
    """Refuse sound and picture that could not be told apart."""
    audio = sound.destination
    if audio.host != destination.host:
        return
    audio_number = sound.media.payload_types[0] if sound.payload_type is None else sound.payload_type
    if audio.port == destination.port and audio_number == number:
        raise ArgumentError(
            f"PAYLOAD_TYPE {number}: is also the sound's on {audio.host}:{audio.port}, expected another"
        )
    if audio.port == destination.rtcp_port != destination.port or destination.port == audio.rtcp_port != audio.port:
        raise ArgumentError(
            f"--audio-url port {audio.port}: one of the two ports is the other's RTCP, expected a pair apart"
        )


def _codec(media: MediaDescription) -> str:
    rtpmap = media.rtpmaps.get(media.payload_types[0])
    return rtpmap.codec if rtpmap else ""
