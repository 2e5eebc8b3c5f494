"""A new media file: its pictures coded, and what its source has beside them as it is."""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from gateway.codec.carrying import Carrying
from gateway.codec.coded import RGB, as_coded
from gateway.codec.formats import OutputFormat
from gateway.codec.inputs import PIPE, SEQUENCE_RATE, reason, sequence_name
from gateway.codec.paths import PART
from gateway.codec.pipe import PIPE_BUFFER, Pipe
from gateway.codec.planar import UNSPECIFIED
from gateway.codec.reader import AHEAD_AT_MOST, VideoReader
from gateway.errors import GatewayError
from transforms.picture import Size

logger = logging.getLogger(__name__)


class VideoWriter:
    """A file whose pictures all have the size and colours of the first; times are kept. One thread writes.

    As a context manager it ends the file; left by an exception it leaves it unfinished, for its owner to remove. Given
    no picture it leaves nothing.
    """

    def __init__(self, path: Path, output: OutputFormat, *, like: VideoReader) -> None:
        """`like`: whose clock, frame rate and sample shape are kept, and whose other streams are carried over.

        Raises:
            GatewayError: nothing can be written there.
        """
        self._path = path
        self._output = output
        self._like = like
        self._stream: av.VideoStream | None = None
        self._carrying: Carrying | None = None
        self._waiting: deque[av.Packet[Any]] = deque(maxlen=AHEAD_AT_MOST)
        self._size: Size | None = None
        self._pictures = 0
        self._pipe = Pipe(sys.stdout.fileno(), "OUTPUT -") if path == PIPE else None
        with self._naming_the_file():
            self._container = self._opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._naming_the_file():
            try:
                if kind is None and self._stream is not None:
                    self._container.mux(self._stream.encode(None))
            finally:
                self._close()

    def interrupt(self) -> None:
        """Have writing to a pipe fail whose far end stalls. From any thread."""
        if self._pipe is not None:
            self._pipe.interrupt()

    def write(self, frame: av.VideoFrame, *, colors: av.VideoFrame, alpha: NDArray[np.uint8] | None = None) -> None:
        """Append `frame`, at its time, or that of `colors`, what it was made of, where it has none.

        The file is tagged as `colors`, and where that is silent as `frame`. `alpha`: (H, W), of a `frame` over black,
        for an output with alpha.

        Raises:
            GatewayError: the file cannot grow, or holds one picture only.
        """
        if frame.pts is None:
            frame.pts, frame.time_base, frame.duration = colors.pts, colors.time_base, colors.duration
        self._count()
        size = self._size = self._size or Size(frame.width, frame.height)  # a file has one; ffmpeg does the same
        coded = as_coded(frame, self._output.encoding.pixel_format, size=size, alpha=alpha)
        with self._naming_the_file():
            stream = self._stream or self._open_stream(coded, colors)
            if not self._output.is_timed:
                coded.pts, coded.time_base, coded.duration = self._pictures - 1, stream.time_base, 1
            self._container.mux(stream.encode(coded))
        while self._waiting:
            self.copy(self._waiting.popleft())

    def copy(self, packet: av.Packet[Any]) -> None:
        """Write a packet of one of the streams beside the pictures.

        Those before the first picture wait for it; the oldest are lost where they are too many.

        Raises:
            GatewayError: the file cannot grow.
        """
        if self._stream is None:
            self._waiting.append(packet)
        elif self._carrying is not None:
            with self._naming_the_file():
                self._carrying.copy(packet)

    @property
    def _name(self) -> str:
        return self._path.name.removesuffix(PART)

    def _opened(self) -> OutputContainer:
        output = self._output
        if self._pipe is not None:
            return av.open(self._pipe, "w", format=output.container, buffer_size=PIPE_BUFFER)
        if output.container == "image2":
            name = f"file:{self._path}" if output.pictures else sequence_name(self._path)
            return av.open(name, "w", format="image2", options={"update": "1"} if output.pictures else {})
        self._path.touch()
        return av.open(f"file:{self._path}", "w", format=output.container, options=dict(output.options))

    def _close(self) -> None:
        try:
            self._container.close()
        finally:
            if self._pipe is not None:
                self._pipe.close()
            elif not self._pictures:
                self._path.unlink(missing_ok=True)

    def _open_stream(self, frame: av.VideoFrame, colors: av.VideoFrame) -> av.VideoStream:
        """The streams of the file, when its first picture says what they are: `frame`, made of `colors`."""
        encoding, like = self._output.encoding, self._like
        stream = self._container.add_stream(encoding.encoder, rate=like.frame_rate, options=dict(encoding.options))
        if not isinstance(stream, av.VideoStream):
            raise TypeError(f"{encoding.encoder} is no video encoder")
        context = stream.codec_context
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, encoding.pixel_format
        stream.time_base = context.time_base = self._time_base(frame)
        context.sample_aspect_ratio = like.aspect_ratio or Fraction(0, 1)
        stream.bit_rate = encoding.bit_rate or 0
        if encoding.gop:
            context.gop_size = max(1, round(encoding.gop * (like.frame_rate or 30)))
        context.thread_count = encoding.threads
        _tag(context, frame, colors)
        self._add_others(stream)
        self._stream = stream
        return stream

    def _time_base(self, frame: av.VideoFrame) -> Fraction:
        """The frames' own; of pictures that are merely counted, one picture."""
        if self._output.is_timed:
            return frame.time_base or self._like.time_base
        return 1 / (self._like.frame_rate or SEQUENCE_RATE)

    def _add_others(self, stream: av.VideoStream) -> None:
        if self._like.language:
            stream.metadata["language"] = self._like.language
        if self._output.carries:
            self._carrying = Carrying(self._container, self._like)
        elif self._like.beside:
            kinds = " and ".join(sorted({beside.type for beside in self._like.beside}))
            logger.warning("%s is left out: OUTPUT %s holds pictures only", kinds, self._name)

    def _count(self) -> None:
        self._pictures += 1
        if self._output.pictures is not None and self._pictures > self._output.pictures:
            path = Path(self._name)
            sequence = f"{path.stem}.%04d{path.suffix}"
            raise GatewayError(f"OUTPUT: {path} holds one picture, expected a name for many, as {sequence}")

    @contextmanager
    def _naming_the_file(self) -> Iterator[None]:
        try:
            yield
        except (OSError, FFmpegError) as error:
            raise GatewayError(f"OUTPUT: {self._name} cannot be written: {reason(error)}") from error


def _tag(context: VideoCodecContext, frame: av.VideoFrame, colors: av.VideoFrame) -> None:
    """Say of the colours what the source says, and where it is silent what the frame does."""
    context.color_range = frame.color_range
    if frame.format.name in RGB:
        context.colorspace = _NO_MATRIX
        return
    context.colorspace = frame.colorspace if colors.colorspace in (UNSPECIFIED, _NO_MATRIX) else colors.colorspace
    context.color_primaries, context.color_trc = colors.color_primaries, colors.color_trc


_NO_MATRIX = 0
"""ITU-T H.273, matrix coefficients: the samples are red, green and blue."""
