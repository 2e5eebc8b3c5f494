"""Media files: the pictures of one, in order, and a new one that appears only when it is whole."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import ColorRange

from gateway.codec.planar import planar
from gateway.errors import ArgumentError, GatewayError
from transforms.picture import Picture

logger = logging.getLogger(__name__)


class VideoReader:
    """The first-choice video stream of a file. Only that file is read, whatever it says of others or of the network.

    `has_sound`: there is an audio stream beside it. `total`: about how many pictures there are, None where nothing says
    so. `damaged`: how many packets gave no picture so far.
    """

    def __init__(self, path: Path, *, expected: str = "a video file") -> None:
        """Open `path`; `expected` is what a refusal says it should have been.

        Raises:
            ArgumentError: no such file, not a media file, or no video in it.
        """
        self._path = path
        try:
            self._container = av.open(f"file:{path}", options={"protocol_whitelist": "file"})
        except FFmpegError as error:
            raise ArgumentError(f"INPUT {str(path)!r}: {_reason(error)}, expected {expected}") from error
        stream = self._container.streams.best("video")
        if not isinstance(stream, av.VideoStream):
            self._container.close()
            raise ArgumentError(f"INPUT {str(path)!r}: there is no video in it, expected {expected}")
        stream.thread_type = "SLICE"  # FRAME threading has hung the process
        self._stream = stream
        self.has_sound = bool(self._container.streams.audio)
        self.damaged = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    @property
    def time_base(self) -> Fraction:
        """Seconds per unit of `pts`."""
        return self._stream.time_base or Fraction(1, 1000)

    @property
    def frame_rate(self) -> Fraction | None:
        """Frames per second on average, as far as the file knows."""
        return self._stream.average_rate or None

    @property
    def aspect_ratio(self) -> Fraction | None:
        """Width of a sample over its height."""
        return self._stream.sample_aspect_ratio or None

    @property
    def total(self) -> int | None:
        """About how many pictures there are, where the file tells."""
        if self._stream.frames:
            return self._stream.frames
        duration = self._container.duration
        return round(duration / av.time_base * self.frame_rate) if duration and self.frame_rate else None

    def __iter__(self) -> Iterator[av.VideoFrame]:
        """Each picture in order of presentation: upright, 4:2:0 of 8 bits, its `pts` above the last one's."""
        last: int | None = None
        for frame in self._decoded():
            if frame.pts is None:
                frame.pts = 0 if last is None else last + self._step()
            if last is not None and frame.pts <= last:
                self.damaged += 1
                continue
            last = frame.pts
            yield turned(planar(frame), frame.rotation)

    def _decoded(self) -> Iterator[av.VideoFrame]:
        try:
            for packet in self._container.demux(self._stream):
                try:
                    yield from packet.decode()
                except FFmpegError:
                    self.damaged += 1
        except FFmpegError as error:
            self.damaged += 1
            logger.warning("%s breaks off: %s", self._path, _reason(error))

    def _step(self) -> int:
        """A frame's length in units of the stream's clock."""
        return max(1, round(1 / ((self.frame_rate or 30) * self.time_base)))


def turned(frame: av.VideoFrame, degrees: int) -> av.VideoFrame:
    """`frame` turned counterclockwise, in steps of 90: phones film sideways and say in a display matrix what is up."""
    quarters = round(degrees / 90) % 4
    if not quarters:
        return frame
    width, height = (frame.height, frame.width) if quarters % 2 else (frame.width, frame.height)
    upright = av.VideoFrame(width, height, "yuv420p")
    for source, target in zip(Picture.of(frame).planes, Picture.of(upright).planes, strict=True):
        target.rows[:] = np.rot90(source.rows, quarters)
    upright.pts, upright.time_base = frame.pts, frame.time_base
    return _tagged(upright, like=frame)


def _tagged(frame: av.VideoFrame, *, like: av.VideoFrame) -> av.VideoFrame:
    """`frame`, saying of its colours what `like` says."""
    frame.colorspace, frame.color_range = like.colorspace, like.color_range
    if like.format.name == "yuvj420p":
        frame.color_range = ColorRange.JPEG
    return frame


@dataclass(frozen=True, slots=True)
class Encoding:
    """How pictures are coded in a file: an encoder of libav (`libx264`) and its options; `bit_rate` if not by quality.

    `pixel_format`: `yuv420p`, or `gray`, which is the luma alone. `gop`: seconds between key frames, None the encoder's
    choice. `threads`: 0 is one per core.
    """

    encoder: str
    options: Mapping[str, str]
    pixel_format: str = "yuv420p"
    bit_rate: int | None = None
    gop: float | None = None
    threads: int = 0


class VideoWriter:
    """A file of one video stream whose size and colours are those of its first picture; `pts` are kept.

    As a context manager it ends the file; left by an exception it leaves it unfinished, for its owner to remove.
    """

    def __init__(self, path: Path, encoding: Encoding, *, container: str, like: VideoReader) -> None:
        """`container`: libav's name of the file format. `like`: whose clock, frame rate and sample shape are kept.

        Raises:
            GatewayError: nothing can be written there.
        """
        self._path = path
        self._encoding = encoding
        self._like = like
        self._stream: av.VideoStream | None = None
        with self._naming_the_file():
            path.touch()
            self._container = av.open(f"file:{path}", "w", format=container, options=_CONTAINER_OPTIONS.get(container))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._naming_the_file():
            try:
                if kind is None and self._stream is not None:
                    self._container.mux(self._stream.encode(None))
            finally:
                self._container.close()

    def write(self, frame: av.VideoFrame, *, colors: av.VideoFrame) -> None:
        """Append `frame`. The file is tagged as `colors`, what it was made of, and where that is silent as `frame`.

        Raises:
            GatewayError: the file cannot grow.
        """
        stream = self._stream or self._open_stream(frame, colors)
        if (frame.width, frame.height) != (stream.width, stream.height):
            frame = frame.reformat(stream.width, stream.height)  # a file has one size; ffmpeg does the same
        if frame.format.name != self._encoding.pixel_format:
            frame = frame.reformat(format=self._encoding.pixel_format)
        with self._naming_the_file():
            self._container.mux(stream.encode(frame))

    def _open_stream(self, frame: av.VideoFrame, colors: av.VideoFrame) -> av.VideoStream:
        encoding, like = self._encoding, self._like
        stream = self._container.add_stream(encoding.encoder, rate=like.frame_rate, options=dict(encoding.options))
        if not isinstance(stream, av.VideoStream):
            raise TypeError(f"{encoding.encoder} is no video encoder")
        context = stream.codec_context
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, encoding.pixel_format
        stream.time_base = context.time_base = like.time_base
        if like.aspect_ratio:
            context.sample_aspect_ratio = like.aspect_ratio
        stream.bit_rate = encoding.bit_rate or 0
        if encoding.gop:
            context.gop_size = max(1, round(encoding.gop * (like.frame_rate or 30)))
        context.thread_count = encoding.threads
        context.colorspace = frame.colorspace if colors.colorspace in (_UNSPECIFIED, _RGB) else colors.colorspace
        context.color_range = frame.color_range
        context.color_primaries, context.color_trc = colors.color_primaries, colors.color_trc
        self._stream = stream
        return stream

    @contextmanager
    def _naming_the_file(self) -> Iterator[None]:
        try:
            yield
        except (OSError, FFmpegError) as error:
            name = self._path.name.removesuffix(PART)
            raise GatewayError(f"OUTPUT: {name} cannot be written: {_reason(error)}") from error


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to: it takes the place of `path` when all went well, and is gone when not."""
    target = path.resolve()
    part = target.with_name(f"{target.name}{PART}")
    try:
        yield part
        if part.exists():
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)


PART = ".part"
"""What the name of an unfinished file ends in."""

_CONTAINER_OPTIONS = {"mp4": {"movflags": "+faststart"}, "mov": {"movflags": "+faststart"}}
"""The index first, so that a browser plays the file while it comes."""

_UNSPECIFIED, _RGB = 2, 0
"""ITU-T H.273, matrix coefficients: nothing said; no matrix, the samples are red, green and blue."""


def _reason(error: BaseException) -> str:
    """What went wrong, without libav's number and path."""
    return getattr(error, "strerror", None) or str(error)
