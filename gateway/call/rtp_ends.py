"""The ends of plain RTP that a caller names without an offer: what an SDP describes, received; where a URL says, sent.

First both are read and checked (`Source.of`, `Sink.of`): a refusal costs no pipeline, no port and no thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from gateway.call.building import built
from gateway.call.leg import Leg
from gateway.call.rtp_leg import RtpLeg, SoundTarget, Target, VideoTarget, check_port
from gateway.call.session import Session
from gateway.destinations import is_within, resolve_within
from gateway.errors import ArgumentError, Conflict, Forbidden, GatewayError
from gateway.legs import RtpOutput
from gateway.rtp import sdp
from gateway.rtp.core import Address
from gateway.rtp.sdp import Feedback, MediaDescription, VideoInput
from gateway.rtp.url import RtpUrl
from gateway.serving import Network, ServerSettings

RESOLVING = 0.8
"""Seconds for a host name of an offer: it is to be answered within one."""

PORTS_FREE_AGAIN = 8.0
"""Seconds after which to ask again for a port: a call that is not carried through gives it back by then."""

LARGE = 8192
"""Characters: a browser's offer has four to seven thousand, and is read in a millisecond or two."""

P = ParamSpec("P")
T = TypeVar("T")

GOP = 2.0
"""Seconds between key frames towards a plain RTP receiver, who may have no way to ask for one."""


async def read_apart(read: Callable[Concatenate[str, P], T], text: str, *more: P.args, **named: P.kwargs) -> T:
    """What `read` makes of an SDP: of a large one in a thread, for it may take 50 ms.

    Raises:
        GatewayError: what `read` raises.
    """
    if len(text) <= LARGE:
        return read(text, *more, **named)
    return await built(read, text, *more, **named)


@dataclass(frozen=True, slots=True)
class Source:
    """An SDP's media, on ports that are ours to give."""

    video: VideoInput
    sound: MediaDescription | None

    @classmethod
    def of(cls, text: str, settings: ServerSettings) -> Source:
        """Read and check it.

        Raises:
            SdpError: it cannot be used.
            ArgumentError: its ports are outside the range.
            Forbidden: its RTCP is heard where nothing may be sent to.
        """
        description = sdp.parse(text)
        source = cls(sdp.video_input(description), sdp.audio_input(description))
        media = [source.video.media, source.sound] if source.sound is not None else [source.video.media]
        for medium in media:
            check_port(medium, settings)
        check_rtcp(media, settings.destinations)
        return source


async def listen(session: Session, source: Source, settings: ServerSettings) -> None:
    """Add a leg that receives what an SDP describes.

    Raises:
        GatewayError: a port is in use.
    """
    leg = RtpLeg(settings, session.board, role="input")
    async with joining(session, leg):
        media, sound = source.video.media, source.sound
        leg.open_video(source.video, None, port=media.port, rtcp_port=media.rtcp_port, mux=media.rtcp_mux)
        if sound is not None:
            leg.open_sound(sound, None, port=sound.port, rtcp_port=sound.rtcp_port, mux=sound.rtcp_mux)


@dataclass(frozen=True, slots=True)
class Sink:
    """Where RTP goes, resolved and allowed."""

    output: RtpOutput
    video: Target
    sound: Target | None

    @classmethod
    async def of(cls, output: RtpOutput, settings: ServerSettings) -> Sink:
        """Resolve and check it.

        Raises:
            ArgumentError: a name that cannot be resolved.
            Forbidden: nothing may be sent there.
        """
        video = await _sink_target(output.url, settings)
        return cls(output, video, None if output.audio is None else await _sink_target(output.audio, settings))


async def send(session: Session, sink: Sink, settings: ServerSettings) -> None:
    """Add a leg that sends the composite, in the codec the session's input has, and one for its sound if it has any.

    Raises:
        GatewayError: a local port is in use.
    """
    codecs = (leg.codec_in for leg in session.legs if leg.codec_in is not None)
    target = VideoTarget(
        to=sink.video,
        payload_type=sink.output.payload_type,
        codec=next(codecs, "H264"),
        feedback=Feedback.everything(),
        gop=GOP,
    )
    leg = RtpLeg(settings, session.board, role="output")
    async with joining(session, leg):
        leg.open_video(None, target)
    await send_sound(session, sink, settings)


async def send_sound(session: Session, sink: Sink, settings: ServerSettings) -> None:
    """Send the sound there is, where that was asked for and is not done yet: a publisher may bring it later.

    Raises:
        GatewayError: a local port is in use.
    """
    sound = next((leg.sound_in for leg in session.legs if leg.sound_in is not None), None)
    is_sent = any(leg.role == "output" and leg.sound_out is not None for leg in session.legs)
    if sink.sound is None or sound is None or is_sent:
        return
    first, renamed = next(iter(sound.codecs)), sink.output.audio_payload_type
    numbers = {
        session.board.sound_number(codec, sound.clock_rate): renamed
        if renamed is not None and number == first
        else number
        for number, codec in sound.codecs.items()
    }
    leg = RtpLeg(settings, session.board, role="output")
    async with joining(session, leg):
        leg.open_sound(None, SoundTarget(to=sink.sound, payload_types=numbers, clock_rate=sound.clock_rate))


async def _sink_target(url: RtpUrl, settings: ServerSettings) -> Target:
    address = await resolved(url.host, url.port, settings.destinations)
    return Target(
        rtp=address,
        rtcp=(address[0], url.rtcp_port),
        local_port=url.local_port,
        local_rtcp_port=url.local_rtcp_port,
        ttl=url.ttl,
        packet_size=url.packet_size,
    )


@asynccontextmanager
async def joining(session: Session, leg: Leg) -> AsyncIterator[None]:
    """Add `leg` to the session when the block has set it up; where that fails, let go of it.

    Raises:
        Conflict: what it needs of this machine, a port most of all, is not to be had now.
    """
    try:
        yield
    except BaseException as error:
        await leg.abandon()
        if isinstance(error, GatewayError) and error.status == GatewayError.status:
            raise Conflict(str(error), retry_after=PORTS_FREE_AGAIN) from error
        raise
    session.add(leg)


def check_rtcp(media: Iterable[MediaDescription], networks: tuple[Network, ...]) -> None:
    """An `a=rtcp` line may not have us send to somebody else.

    Raises:
        Forbidden: it names an address beyond `networks`.
    """
    for medium in media:
        rtcp = medium.rtcp_address
        if rtcp is not None and not is_within(rtcp[0], networks):
            raise Forbidden(f"a=rtcp: {rtcp[0]!r} is no allowed destination")


async def resolved(host: str, port: int, networks: tuple[Network, ...]) -> Address:
    """The address a stranger names, in time for an answer, and one we may send to.

    Raises:
        ArgumentError: it cannot be resolved.
        Forbidden: it is no allowed destination.
    """
    try:
        async with asyncio.timeout(RESOLVING):
            return await resolve_within(host, port, networks)
    except TimeoutError as silent:
        raise ArgumentError(f"cannot resolve {host!r}: no answer within {RESOLVING:g} s") from silent
