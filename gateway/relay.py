"""What a relay is told, and what follows from it for each of its parts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gateway.codec.encoder import EncoderSettings, parameter_sets
from gateway.geometry import AS_IT_COMES, Geometry
from gateway.rtp.core import Address
from gateway.rtp.payload.h264_sps import SequenceParameterSet
from gateway.rtp.receiver import ReceiverSettings
from gateway.rtp.sdp import (
    Feedback,
    H264Parameters,
    MediaDescription,
    SentAudio,
    SentTo,
    SentVideo,
    VideoInput,
    describe_sender,
    write,
)
from gateway.rtp.sender import HEADER_OCTETS, SenderSettings
from gateway.rtp.url import RtpUrl
from transforms.effect import Effect
from transforms.picture import Matrix, Size

if TYPE_CHECKING:  # which loads more than a relay's words need
    from gateway.rendering import SnapshotView

FEEDBACK_ANSWERED = Feedback.everything()
"""What a far end may ask of us where it did not say what it will."""

_PRESUMED = Size(1280, 720)
"""The picture whose H264 level is announced where the input's SDP does not tell its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """The SDP's audio on its own way: to `destination`, packets untouched but for an optional `payload_type`."""

    media: MediaDescription
    destination: RtpUrl
    payload_type: int | None = None


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Pictures of the call to be written, every so many seconds. `file`: a name that the number is put into."""

    every: float
    views: tuple[SnapshotView, ...]
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """One relay.

    `encoder`: of its fields `max_payload` and `frame_rate` follow from the rest. `feedback`: what the far end may ask
    for. `bind`: a numeric address to listen on, None for the c= address if it is ours or a group, else all.
    `geometry`: how every picture is cropped, turned and scaled before it is matted. `buffer`: the longest wait for a
    missing packet. `frame_rate`: an upper bound. `idle_timeout`: end after so long without a packet. Times in seconds.
    """

    video: VideoInput
    effect: Effect
    destination: RtpUrl
    payload_type: int
    encoder: EncoderSettings
    feedback: Feedback = field(default=FEEDBACK_ANSWERED)
    rtcp_mux: bool = False
    bind: str | None = None
    local_port: int | None = None
    geometry: Geometry = AS_IT_COMES
    buffer: float = 0.08
    on_loss: Literal["hold", "show"] = "hold"
    frame_rate: Fraction | None = None
    idle_timeout: float | None = None
    sound: Sound | None = None
    snapshots: Snapshots | None = None

    @property
    def encoding(self) -> EncoderSettings:
        """The encoder's settings, with what the packets and the input say."""
        expected = self.video.media.framerate or self.encoder.frame_rate
        return replace(
            self.encoder,
            max_payload=self.destination.packet_size - HEADER_OCTETS,
            frame_rate=min(expected, float(self.frame_rate)) if self.frame_rate else expected,
        )

    @property
    def picture_size(self) -> Size | None:
        """Of the pictures that are matted, where that is known beforehand."""
        if self.geometry.size is None and self.video.orientation_id is not None:
            return None  # they may be turned at any time
        known = self.input_size or self.geometry.size
        return None if known is None else Size(*self.geometry.output(known))

    @property
    def likely_matrix(self) -> Matrix:
        """Theirs, unless the stream says another."""
        typed = self.effect.matrix
        return Matrix(typed) if typed else Matrix.assumed(self.input_size or self.picture_size or _PRESUMED)

    @property
    def input_size(self) -> Size | None:
        """The size of the pictures that come, where the SDP tells it."""
        for unit in self.video.parameter_sets:
            try:
                sps = SequenceParameterSet.parse(unit)
            except ValueError:
                continue
            return Size(sps.width, sps.height)
        return None


def receiver_settings(settings: RelaySettings, *, cname: str) -> ReceiverSettings:
    """For the leg in."""
    video, media = settings.video, settings.video.media
    return ReceiverSettings(
        codecs=video.codecs,
        cname=cname,
        clock_rate=video.clock_rate,
        nack=video.feedback.nack,
        pli=video.feedback.pli,
        fir=video.feedback.fir,
        avpf=media.avpf,
        buffer=settings.buffer,
        on_loss=settings.on_loss,
        rtcp_mux=media.rtcp_mux,
        rtcp_address=media.rtcp_address,
        bitrate=media.bitrate or settings.encoder.bitrate,
        orientation=video.orientation_id,
    )


def sender_settings(settings: RelaySettings, destination: Address, *, cname: str) -> SenderSettings:
    """For the leg out. `destination`: the URL's, resolved."""
    return SenderSettings(
        destination=destination,
        rtcp_destination=destination if settings.rtcp_mux else (destination[0], settings.destination.rtcp_port),
        payload_type=settings.payload_type,
        codec=settings.encoder.codec,
        cname=cname,
        packetization_mode=settings.encoder.packetization_mode,
        packet_size=settings.destination.packet_size,
        nack=settings.feedback.nack,
        pli=settings.feedback.pli,
        fir=settings.feedback.fir,
        avpf=bool(settings.feedback),
        rtcp_mux=settings.rtcp_mux,
        bitrate=settings.encoder.bitrate,
    )


def sent_description(
    settings: RelaySettings, destination: Address, sound_destination: Address | None, *, session_id: int
) -> str:
    """The SDP of what leaves, for whoever receives it. Opens an encoder to learn its parameter sets: some milliseconds.

    `destination` and `sound_destination`: the URLs', resolved. `session_id`: any number not used before.
    """
    video = SentVideo(
        to=_sent_to(settings.destination, destination, rtcp_mux=settings.rtcp_mux),
        codec=settings.encoder.codec,
        payload_type=settings.payload_type,
        h264=_h264_parameters(settings) if settings.encoder.codec == "H264" else None,
        bitrate=settings.encoder.bitrate,
        framerate=float(settings.frame_rate) if settings.frame_rate else settings.video.media.framerate,
        feedback=settings.feedback,
    )
    sound = settings.sound
    audio = None
    if sound is not None and sound_destination is not None:
        is_muxed = sound.destination.rtcp_port == sound.destination.port
        to = _sent_to(sound.destination, sound_destination, rtcp_mux=is_muxed)
        audio = SentAudio(to, sound.media, sound.payload_type)
    return write(describe_sender(video, audio, session_id=session_id))


def _h264_parameters(settings: RelaySettings) -> H264Parameters:
    """Profile, level and parameter sets; without the latter where the picture's size is still to be seen."""
    size = settings.picture_size
    is_alpha = settings.effect.view == "alpha"  # which is of full range
    sets = parameter_sets(settings.encoding, size or _PRESUMED, matrix=settings.likely_matrix, full_range=is_alpha)
    described = H264Parameters.of_stream(sets, packetization_mode=settings.encoder.packetization_mode)
    return described if size else replace(described, parameter_sets=())


def _sent_to(url: RtpUrl, destination: Address, *, rtcp_mux: bool = False) -> SentTo:
    return SentTo(destination, rtcp_port=url.rtcp_port, rtcp_mux=rtcp_mux, ttl=url.ttl)
