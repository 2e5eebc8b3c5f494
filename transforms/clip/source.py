"""A video file, opened so that it reaches nothing but itself.

A file may name others: playlists, references of QuickTime, images by number. None of it is followed: only containers
that hold their own pictures are opened, by the one protocol that reads one file, and only decoders of what cameras,
phones, browsers and editors write are used. The file is held open from its first look to its last, so that a clip that
is deleted or replaced in mid-call plays on.
"""

from __future__ import annotations

import os
import stat
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self, cast

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from transforms.effect import EffectError
from transforms.picture import Size

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,live_flv,ogg,gif,apng,nut,asf,ivf,yuv4mpegpipe,"
    "h264,hevc,m4v,mpegvideo,mxf,dv"
)
"""libavformat's names. Those that lead to other files (hls, dash, concat, image2) are not among them."""

CODECS = frozenset(
    (
        *("h264", "hevc", "av1", "libdav1d", "vp8", "vp9", "libvpx-vp9", "mpeg4", "mpeg1video", "mpeg2video", "mjpeg"),
        *(
            "prores",
            "dnxhd",
            "cfhd",
            "ffv1",
            "huffyuv",
            "ffvhuff",
            "utvideo",
            "qtrle",
            "png",
            "apng",
            "rawvideo",
            "gif",
        ),
        *("theora", "h263", "flv", "wmv3", "vc1", "msmpeg4", "dvvideo", "wrapped_avframe"),
    )
)
"""libavcodec's names."""

MOST_PIXELS = 4096 * 4096
"""Of one picture: 4K upright or lying. 8K would take a gigabyte for its references alone."""

SMALLEST_SIDE = 16
"""Pixels, as of an image: below this it is no background."""


class ClipTooLarge(EffectError):  # noqa: N818  (what is wrong with it)
    """A clip whose pictures have more than `MOST_PIXELS`."""


class Described(NamedTuple):
    """What a clip says of itself: its coded size, the width of a sample over its height, pictures a second, seconds.

    `duration`: 0 where it does not say.
    """

    coded: Size
    aspect: Fraction
    frame_rate: Fraction
    duration: float


class ClipSource:
    """A clip's file, held open; each pass over it opens it anew. Used by one thread at a time, closed by its owner.

    `name`: what a refusal calls it.
    """

    def __init__(self, descriptor: int, *, name: str) -> None:
        """Take over an open file.

        Raises:
            EffectError: it is none that can be played; `descriptor` is closed then.
        """
        self._descriptor = descriptor
        self.name = name
        try:
            self.described = self._describe()
        except BaseException:
            self.close()
            raise

    @classmethod
    def of(cls, path: Path) -> Self:
        """The clip in a file.

        Raises:
            EffectError: there is none, or none that can be played.
        """
        name = f"background {path}"
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait for its writer
        except FileNotFoundError as error:
            raise EffectError(f"{name} is not there") from error
        except OSError as error:
            raise EffectError(f"{name} cannot be read: {error.strerror}") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise EffectError(f"{name} is not a file")
        return cls(descriptor, name=name)

    @property
    def descriptor(self) -> int:
        """Of the open file, for a child to inherit."""
        return self._descriptor

    def close(self) -> None:
        """Let go of the file; passes that are under way keep their own hold on it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def opened(self) -> tuple[InputContainer, av.VideoStream]:
        """The file from its beginning, and the stream of it that is shown, its decoder one thread; the caller closes.

        Raises:
            EffectError: no container, codec or size that is played.
        """
        options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS, "codec_whitelist": ",".join(CODECS)}
        try:
            container = av.open(f"file:/proc/self/fd/{self._descriptor}", options=options)
        except (FFmpegError, ValueError) as error:
            raise EffectError(f"{self.name} is no video that can be played: {_reason(error)}") from error
        try:
            return container, self._shown(container)
        except BaseException:
            container.close()
            raise

    def _shown(self, container: InputContainer) -> av.VideoStream:
        stream = container.streams.best("video")
        if not isinstance(stream, av.VideoStream) or stream.disposition & Disposition.attached_pic:
            raise EffectError(f"{self.name} has no video in it")
        context = cast("VideoCodecContext | None", stream.codec_context)
        if context is None or context.codec.name not in CODECS:
            codec = "something unknown" if context is None else context.codec.name
            raise EffectError(f"{self.name} is coded as {codec}, which is not played")
        _check_size(self.name, Size(context.width, context.height))
        context.thread_count = 1  # and so FRAME threading, which has hung the process, is off
        context.options = {"max_pixels": str(MOST_PIXELS)}
        return stream

    def _describe(self) -> Described:
        container, stream = self.opened()
        with container:
            context = stream.codec_context
            rate = stream.average_rate or stream.guessed_rate or Fraction(25)
            duration = (container.duration or 0) / av.time_base
            aspect = stream.sample_aspect_ratio or Fraction(1)
            return Described(Size(context.width, context.height), aspect or Fraction(1), rate, duration)


def _check_size(name: str, size: Size) -> None:
    if min(size) < SMALLEST_SIDE:
        raise EffectError(f"{name} is {size.width}x{size.height} pixels, too small: {SMALLEST_SIDE} a side at least")
    if size.width * size.height > MOST_PIXELS:
        raise ClipTooLarge(f"{name} is {size.width}x{size.height} pixels, too large: 4096x4096 at most")


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).split("\n")[0]
