"""The pictures of a media file in order, and beside them the packets of what else is in it.

What comes out is what a viewer sees: upright, progressive, one line of time. Every picture that the file holds comes
once, whatever is wrong with its timestamps. Decoding may run in any one thread, and libav may take threads of its own.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Self, TypeAlias

import av
from av.error import FFmpegError
from av.stream import Disposition, Stream

from gateway.codec.continuity import Continuity
from gateway.codec.deinterlacing import Deinterlacer
from gateway.codec.inputs import open_input, reason
from gateway.codec.orientation import Oriented
from gateway.codec.planar import UNSPECIFIED, planar
from gateway.errors import ArgumentError
from transforms.picture import Matrix, Picture, Size

logger = logging.getLogger(__name__)

Item: TypeAlias = "av.VideoFrame | av.Packet[Any]"
"""A picture, or a packet of a stream beside it."""

CARRIED = ("audio", "subtitle")
"""The kinds of streams that can be carried over. Not cover pictures, which may show the room, nor data: where a phone
was while it filmed, a broadcast's tables."""

AHEAD_AT_MOST = 10_000
"""Packets of sound before the first picture that are kept: some three minutes of AAC."""


class VideoReader:
    """The first-choice video stream of a file. Only that file is read, whatever it says of others or of the network.

    `beside`: the streams whose packets can be carried over. `damaged`: how many packets gave no picture so far.
    """

    def __init__(
        self,
        path: Path,
        *,
        expected: str = "a video file",
        threads: int = 1,
        frame_rate: Fraction | None = None,
    ) -> None:
        """Open `path`, a file, a numbered sequence or `-`; `expected` is what a refusal says it should have been.

        `threads`: libav's for decoding, 0 one per core. `frame_rate`: of a sequence, which has none of its own.

        Raises:
            ArgumentError: no such file, not a media file, or no video in it.
        """
        self._path = path
        self._container, self._pipe = open_input(path, expected=expected, frame_rate=frame_rate)
        try:
            self._stream = _video_of(self._container, path, expected)
        except ArgumentError:
            self.close()
            raise
        self._stream.codec_context.thread_count = threads
        self._stream.thread_type = "SLICE" if threads == 1 else "AUTO"
        self.beside: tuple[Stream, ...] = tuple(s for s in self._container.streams if s.type in CARRIED)
        self._continuity = Continuity(self._container)
        self._deinterlacer = Deinterlacer(self.time_base)
        self._oriented = Oriented()
        self._last: int | None = None
        self._ahead: deque[Item] = deque()
        self._rest: Iterator[Item] | None = None
        self.damaged = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. Nobody may be iterating."""
        self._container.close()
        if self._pipe is not None:
            self._pipe.close()

    def interrupt(self) -> None:
        """End the iteration of a pipe whose far end stalls, as if it had ended there. From any thread."""
        if self._pipe is not None:
            self._pipe.interrupt()

    @property
    def time_base(self) -> Fraction:
        """Seconds per unit of `pts`."""
        return self._stream.time_base or Fraction(1, 1000)

    @property
    def frame_rate(self) -> Fraction | None:
        """Frames per second on average, as far as the file knows."""
        return self._stream.average_rate or self._stream.guessed_rate or None

    @property
    def aspect_ratio(self) -> Fraction | None:
        """Width of a sample over its height, None where nothing is said. Known once the first picture has come."""
        ratio = self._stream.sample_aspect_ratio or None
        return 1 / ratio if ratio and self._oriented.shown.quarters % 2 else ratio

    @property
    def total(self) -> int | None:
        """About how many pictures there are, where the file tells."""
        if self._stream.frames:
            return self._stream.frames
        duration = self._container.duration
        return round(duration / av.time_base * self.frame_rate) if duration and self.frame_rate else None

    @property
    def has_sound(self) -> bool:
        """Whether there is an audio stream beside the video."""
        return any(stream.type == "audio" for stream in self.beside)

    @property
    def is_y4m(self) -> bool:
        """Whether it is YUV4MPEG2, as pipes between programs often are."""
        return self._container.format.name == "yuv4mpegpipe"

    @property
    def metadata(self) -> dict[str, str]:
        """What the file says of itself."""
        return self._container.metadata

    @property
    def chapters(self) -> list[Any]:
        """Its chapters, as PyAV has them."""
        return self._container.chapters()

    @property
    def language(self) -> str | None:
        """The video stream's."""
        return self._stream.language

    @property
    def size(self) -> Size | None:
        """The pictures', as they come out; None where there is none. Decodes the first of them ahead."""
        first = self._first()
        return None if first is None else Size(first.width, first.height)

    @property
    def matrix(self) -> Matrix | None:
        """What the first picture is tagged with, None where it is not. Decodes it ahead."""
        first = self._first()
        return None if first is None or first.colorspace == UNSPECIFIED else Picture.of(first).matrix

    def items(self) -> Iterator[Item]:
        """Each picture, and the packets of `beside` as they lie between them in the file."""
        self._first()
        while self._ahead:
            yield self._ahead.popleft()
        yield from self._rest or ()

    def __iter__(self) -> Iterator[av.VideoFrame]:
        """Each picture in order of presentation: upright, 4:2:0 of 8 bits, its `pts` above the last one's."""
        if self._rest is None:
            self._rest = self._items((self._stream,))  # nobody asks for the others' packets
        return (item for item in self.items() if isinstance(item, av.VideoFrame))

    def _first(self) -> av.VideoFrame | None:
        if self._rest is None:
            self._rest = self._items((self._stream, *self.beside))
            for item in self._rest:
                self._ahead.append(item)
                if isinstance(item, av.VideoFrame) or len(self._ahead) == AHEAD_AT_MOST:
                    break
        return next((item for item in self._ahead if isinstance(item, av.VideoFrame)), None)

    def _items(self, streams: tuple[Stream, ...]) -> Iterator[Item]:
        for packet in self._packets(streams):
            if packet.stream_index != self._stream.index:
                yield packet
                continue
            for frame in self._decoded(packet):
                for progressive in self._deinterlaced(frame):
                    yield self._shown(progressive)
        for frame in self._deinterlacer.rest():
            yield self._shown(frame)

    def _packets(self, streams: tuple[Stream, ...]) -> Iterator[av.Packet[Any]]:
        """Those of the file, and an empty one of the video at the end, which has the decoder give what it holds."""
        try:
            for packet in self._container.demux(*streams):
                self._continuity.mend(packet)
                if packet.size or packet.stream_index == self._stream.index:
                    yield packet
        except FFmpegError as error:
            self.damaged += 1
            logger.warning("%s breaks off: %s", self._path, reason(error))
        except IndexError:
            return  # the end, as PyAV tells it where streams appeared on the way; all of ours have had theirs

    def _decoded(self, packet: av.Packet[Any]) -> list[av.VideoFrame]:
        try:
            return packet.decode()
        except FFmpegError:
            self.damaged += 1
            return []

    def _deinterlaced(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        frame.time_base = self.time_base
        was_active = self._deinterlacer.is_active
        frame.pts = self._time_of(frame)
        frame.duration = frame.duration or self._step()
        yield from self._deinterlacer.frames(frame)
        if self._deinterlacer.is_active and not was_active:
            logger.warning("%s is interlaced: its fields are made whole pictures (bwdif)", self._path)

    def _time_of(self, frame: av.VideoFrame) -> int:
        """The frame's `pts`; a little above the last one's where the file says less, or nothing."""
        last = self._last
        if frame.pts is None:
            pts = 0 if last is None else last + self._step()
        else:
            pts = frame.pts if last is None else max(frame.pts, last + 1)
        self._last = pts
        return pts

    def _shown(self, frame: av.VideoFrame) -> av.VideoFrame:
        self._oriented.look(frame)
        return self._oriented(planar(frame))

    def _step(self) -> int:
        """A frame's length in units of the stream's clock."""
        return max(1, round(1 / ((self.frame_rate or 30) * self.time_base)))


def _video_of(container: av.container.InputContainer, path: Path, expected: str) -> av.VideoStream:
    """The stream to read; a sound file's cover is none.

    Raises:
        ArgumentError: there is none.
    """
    stream = container.streams.best("video")
    if not isinstance(stream, av.VideoStream):
        raise ArgumentError(f"INPUT {str(path)!r}: there is no video in it, expected {expected}")
    if stream.codec_context is None:
        raise ArgumentError(f"INPUT {str(path)!r}: the codec of its video is not known, expected {expected}")
    if stream.disposition & Disposition.attached_pic:
        raise ArgumentError(f"INPUT {str(path)!r}: there is no video in it but a cover picture, expected {expected}")
    return stream
