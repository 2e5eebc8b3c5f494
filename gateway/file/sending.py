"""A file into RTP: every picture when its time has come, as ffmpeg's `-re` does it."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gateway.codec.decoder import TIME_BASE
from gateway.codec.encoder import EncoderSettings, parameter_sets
from gateway.codec.reader import VideoReader
from gateway.egress import VideoEgress
from gateway.failures import told
from gateway.file.conversion import Conversion, Converted
from gateway.file.decoding import Carried
from gateway.file.paced_track import PacedTrack
from gateway.file.stages import Ahead
from gateway.file.summary import FileSummary
from gateway.intake import warm_up
from gateway.resolver import resolve
from gateway.rtp.core import Address, SourceClock
from gateway.rtp.reports import NTP_SECOND, UNIX_EPOCH_NTP
from gateway.rtp.sdp import Feedback, H264Parameters, SentTo, SentVideo, describe_sender, write
from gateway.rtp.sender import HEADER_OCTETS, SenderSettings
from gateway.rtp.udp import Endpoint
from gateway.worker import Worker
from transforms import catalog
from transforms.picture import Matrix, Size

if TYPE_CHECKING:
    import av

    from gateway.file.settings import SendingSettings
    from gateway.shown import ShownEvent

logger = logging.getLogger(__name__)

WARM_UP_PATIENCE = 300.0
"""Seconds: on a slow machine without a cache, compiling every kernel takes a minute."""

ANSWERED = Feedback.everything()
"""What a far end may ask of us."""

LATE = 1.0
"""Seconds that pictures may come after their time before somebody should know."""


class SendingSession:
    """Sends one file, once: `run` returns when its last picture has left, or it was stopped.

    `on_started` is called with the SDP of what is sent, when all is warm; `on_event` as in `FileSession`, but in
    another thread; `on_progress` after every picture. Nothing of it is left when `run` returns.
    """

    def __init__(
        self,
        settings: SendingSettings,
        *,
        on_started: Callable[[str], None],
        on_event: Callable[[ShownEvent], None] = lambda _: None,
        on_progress: Callable[[FileSummary], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._on_started, self._on_event, self._on_progress = on_started, on_event, on_progress
        self._stopping = asyncio.Event()
        self._track: PacedTrack | None = None
        self._egress: VideoEgress | None = None
        self._is_late = False
        self.summary = FileSummary()

    async def run(self) -> None:
        """Send it.

        Raises:
            ArgumentError: the input is no video, or the destination no address.
            EffectError: the effect cannot work.
            GatewayError: there was no picture, or a port cannot be used.
        """
        url = self._settings.destination
        destination = await resolve(url.host, url.port)
        worker = Worker("file", patience=WARM_UP_PATIENCE)
        try:
            async with AsyncExitStack() as stack:
                stack.push_async_callback(worker.aclose)
                await self._send(destination, worker, stack)
        except BaseExceptionGroup as group:
            raise told(group) from group

    def stop(self) -> None:
        """End it with the picture at work."""
        self._stopping.set()
        if self._track is not None:
            self._track.stop()

    async def _send(self, destination: Address, worker: Worker, stack: AsyncExitStack) -> None:
        opened = ExitStack()
        stack.push_async_callback(worker.run, opened.close)
        source = await worker.run(self._open, opened)
        self._egress = egress = VideoEgress(self._sender_settings(destination))
        endpoint = await stack.enter_async_context(self._endpoint(egress, destination))
        egress.connect(endpoint)
        self._track = track = PacedTrack(source.items, worker=worker, on_frame=self._count)
        if self._stopping.is_set():
            return
        egress.attach(track, source.encoding, worker=worker)
        self._on_started(await worker.run(self._description, source, destination))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(endpoint.run(), name="endpoint")
            try:
                await egress.run()
            finally:
                egress.say_goodbye()
                endpoint.close()

    def _open(self, stack: ExitStack) -> _Source:
        """In the worker's thread: the file, and what is made of it, a few pictures ahead of their time."""
        settings = self._settings
        reader = stack.enter_context(
            VideoReader(settings.source, threads=settings.threads, frame_rate=settings.frame_rate)
        )
        if reader.has_sound:
            logger.warning("the sound of %s is not sent: this version sends video only", settings.source)
        conversion = stack.enter_context(Conversion(settings, reader, on_event=self._on_event))
        catalog.warm_up(settings.effect)
        warm_up(settings.geometry)
        self.summary = conversion.summary
        size, matrix, encoding = conversion.size, reader.matrix, self._encoding(reader)
        is_stopping = self._stopping.is_set
        ahead = Ahead(conversion.items(is_stopping), name="matting", is_stopping=is_stopping)
        return _Source(iter(stack.enter_context(ahead)), encoding, size, matrix)

    def _endpoint(self, egress: VideoEgress, destination: Address) -> Endpoint:
        url = self._settings.destination
        return Endpoint.open(
            egress.sender,
            bind="::" if ":" in destination[0] else "0.0.0.0",
            port=url.local_port or 0,
            rtcp_port=None if self._rtcp_mux else url.local_rtcp_port or 0,
            on_event=egress.take,
            ttl=url.ttl,
        )

    @property
    def _rtcp_mux(self) -> bool:
        return self._settings.destination.rtcp_port == self._settings.destination.port

    def _sender_settings(self, destination: Address) -> SenderSettings:
        settings, encoder = self._settings, self._settings.encoder
        return SenderSettings(
            destination=destination,
            rtcp_destination=(destination[0], settings.destination.rtcp_port),
            payload_type=settings.payload_type,
            codec=encoder.codec,
            cname=secrets.token_urlsafe(12),  # 96 random bits: RFC 7022 §4.2
            packetization_mode=encoder.packetization_mode,
            packet_size=settings.destination.packet_size,
            nack=ANSWERED.nack,
            pli=ANSWERED.pli,
            fir=ANSWERED.fir,
            avpf=True,
            rtcp_mux=self._rtcp_mux,
            bitrate=encoder.bitrate,
        )

    def _encoding(self, reader: VideoReader) -> EncoderSettings:
        settings = self._settings
        rates = [float(rate) for rate in (reader.frame_rate, settings.frame_rate) if rate]
        return replace(
            settings.encoder,
            max_payload=settings.destination.packet_size - HEADER_OCTETS,
            frame_rate=min(rates, default=settings.encoder.frame_rate),
        )

    def _description(self, source: _Source, destination: Address) -> str:
        """The SDP of what is sent. Opens an encoder to learn its parameter sets: some milliseconds."""
        url, encoding = self._settings.destination, source.encoding
        video = SentVideo(
            to=SentTo(destination, rtcp_port=url.rtcp_port, rtcp_mux=self._rtcp_mux, ttl=url.ttl),
            codec=encoding.codec,
            payload_type=self._settings.payload_type,
            h264=self._h264_parameters(source) if encoding.codec == "H264" else None,
            bitrate=encoding.bitrate,
            framerate=encoding.frame_rate,
            feedback=ANSWERED,
        )
        return write(describe_sender(video, None, session_id=int(time.time())))

    def _h264_parameters(self, source: _Source) -> H264Parameters:
        effect = self._settings.effect
        size = Size(*self._settings.geometry.output(source.size))
        matrix = Matrix(effect.matrix) if effect.matrix else source.matrix or Matrix.assumed(source.size)
        sets = parameter_sets(source.encoding, size, matrix=matrix, full_range=effect.view == "alpha")
        return H264Parameters.of_stream(sets, packetization_mode=source.encoding.packetization_mode)

    def _count(self, frame: av.VideoFrame, lateness: float) -> None:
        """On the loop, as a frame's time has come; with the first the sender reports' clock is known."""
        if self._egress is not None:
            self._egress.follow(_clock(frame, asyncio.get_running_loop().time()))
            self._egress = None
        self._on_progress(self.summary)
        if lateness > LATE and not self._is_late:
            self._is_late = True
            logger.warning("this machine is too slow to send in real time: pictures leave %.1f s late", lateness)


@dataclass(frozen=True, slots=True)
class _Source:
    """A file that is open. `size` and `matrix` are its pictures' before anything is done to them."""

    items: Iterator[Converted | Carried]
    encoding: EncoderSettings
    size: Size
    matrix: Matrix | None


def _clock(frame: av.VideoFrame, now: float) -> SourceClock:
    """`frame` is due at `now`: with that the reports need not wait for a source's."""
    timestamp = round((frame.pts or 0) * (frame.time_base or 0) / TIME_BASE)
    return SourceClock(
        ntp=round((time.time() + UNIX_EPOCH_NTP) * NTP_SECOND), timestamp=timestamp, cname="", received=now
    )
