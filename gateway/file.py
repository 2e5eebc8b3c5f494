"""A file through the pipeline into a file: every picture, in order, matted exactly as a live call's would be.

One thing differs from a call: nothing is late, so nothing is dropped and quality is never stepped down.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from gateway.codec.cadence import FrameRateLimit
from gateway.codec.container import Encoding, VideoReader, VideoWriter, written_aside
from gateway.codec.decoder import TIME_BASE
from gateway.errors import ArgumentError, GatewayError
from gateway.intake import Intake
from gateway.options.settings import PRESETS
from gateway.shown import Confidence, Quality, ShownEvent, ShownWatch
from transforms import catalog
from transforms.effect import NoMatting
from transforms.picture import Matrix, Picture, Plane, Size

if TYPE_CHECKING:
    import av

    from transforms.effect import Effect
    from transforms.pipeline import Pipeline

logger = logging.getLogger(__name__)

CONTAINERS = {
    ".mkv": ("matroska", ("H264", "VP8")),
    ".mp4": ("mp4", ("H264",)),
    ".m4v": ("mp4", ("H264",)),
    ".mov": ("mov", ("H264",)),
    ".webm": ("webm", ("VP8",)),
    ".ts": ("mpegts", ("H264",)),
}
"""By extension: libav's name of the container, and the codecs it holds, the usual one first."""

DEFAULT_CRF = 18
"""x264's constant rate factor that is commonly taken for visually lossless."""

VP8_CEILING = 20_000_000
"""Bits per second: libvpx holds a constant quality only below a given rate."""

_VP8_SPEED = dict(zip(PRESETS, (5, 5, 4, 3, 3, 2, 1, 0, 0), strict=True))
"""libvpx's cpu-used, with the deadline `good`, by x264's names for as much patience."""


@dataclass(frozen=True, slots=True)
class FileSettings:
    """What is made of which file. `codec`, `crf`, `bitrate` None: by the output's extension; by quality; not bounded.

    `frame_rate`: at most so many pictures a second. `size`: what every picture is scaled to, None leaves it. `gop`:
    seconds between key frames; it and `profile` None: the encoder's choice. `threads`: 0 is one per core.
    """

    source: Path
    output: Path
    effect: Effect
    codec: str | None = None
    crf: float | None = None
    bitrate: int | None = None
    preset: str = "medium"
    profile: str | None = None
    gop: float | None = None
    frame_rate: Fraction | None = None
    size: Size | None = None
    threads: int = 0


@dataclass(slots=True)
class FileSummary:
    """What became of the pictures so far. `held` and `covered` are among those out; `damaged` counts what gave none.

    `confidence`, `quality`: of the mattes, None where there are none.
    """

    frames_in: int = 0
    frames_out: int = 0
    dropped: int = 0
    held: int = 0
    covered: int = 0
    damaged: int = 0
    confidence: Confidence | None = None
    quality: Quality | None = None
    total: int | None = None
    started: float = field(default_factory=perf_counter)

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return perf_counter() - self.started


class FileSession:
    """One conversion. It leaves the output whole, or as far as it had come when it was stopped, or nothing."""

    def __init__(self, settings: FileSettings, *, on_event: Callable[[ShownEvent], None] = lambda _: None) -> None:
        """`on_event` is told when something else is shown, and why, and what the matting finds out.

        Raises:
            ArgumentError: the output's name promises what cannot be written, or is the input's.
        """
        self._settings = settings
        self._on_event = on_event
        check_paths(settings.source, settings.output)
        self._container, self._encoding = output_format(settings)
        self._limit = FrameRateLimit(float(settings.frame_rate)) if settings.frame_rate else None
        self._watch = ShownWatch("passthrough" if isinstance(settings.effect.matting, NoMatting) else "composite")
        matrix = settings.effect.matrix
        self._intake = Intake(matrix=Matrix(matrix) if matrix else None, size=settings.size)
        self.summary = FileSummary()

    def run(self, *, is_stopping: Callable[[], bool], on_progress: Callable[[FileSummary], None]) -> FileSummary:
        """Do it; `is_stopping` is asked, and `on_progress` told, after every picture.

        Raises:
            ArgumentError: the input is no video.
            EffectError: the effect cannot work.
            GatewayError: the output cannot be written, or there was no picture.
        """
        settings = self._settings
        with (
            VideoReader(settings.source) as reader,
            closing(catalog.pipeline(settings.effect)) as pipeline,
            written_aside(settings.output) as part,
        ):
            if reader.has_sound:
                logger.warning("the sound of %s is not carried over: this version writes video only", settings.source)
            self.summary.total = reader.total
            with VideoWriter(part, self._encoding, container=self._container, like=reader) as writer:
                for frame in reader:
                    if is_stopping():
                        break
                    self._take(frame, pipeline, writer)
                    on_progress(self.summary)
            self.summary.damaged = reader.damaged
            self.summary.held, self.summary.covered = self._watch.held, self._watch.covered
            self.summary.confidence, self.summary.quality = self._watch.confidence, self._watch.quality
            if not self.summary.frames_out:
                part.unlink()
                if not is_stopping():
                    raise GatewayError(f"INPUT {str(settings.source)!r}: not one picture could be decoded")
        return self.summary

    def _take(self, frame: av.VideoFrame, pipeline: Pipeline, writer: VideoWriter) -> None:
        self.summary.frames_in += 1
        time = (frame.pts or 0) * Fraction(frame.time_base or 1)
        if self._limit is not None and not self._limit.admits(round(time / TIME_BASE)):
            self.summary.dropped += 1
            return
        rendered = pipeline(self._picture(frame), float(time))
        for event in self._watch.look(rendered, float(time)):
            self._on_event(event)
        out = rendered.picture.frame
        if out is None:
            raise TypeError("the pipeline's pictures lie in frames")
        out.pts, out.time_base = frame.pts, frame.time_base
        writer.write(out, colors=frame)
        self.summary.frames_out += 1

    def _picture(self, frame: av.VideoFrame) -> Picture:
        """The frame as a picture; H264 cannot code odd sizes in 4:2:0, so their last column or row is left out."""
        picture = self._intake.picture(frame)
        if self._encoding.encoder != "libx264":
            return picture
        return cropped(picture, Size(picture.size.width & ~1, picture.size.height & ~1))


def cropped(picture: Picture, size: Size) -> Picture:
    """The upper left part of `picture`, in place."""
    if picture.size == size:
        return picture
    y, cb, cr = (
        Plane(plane.samples, plane.stride, *part)
        for plane, part in zip(picture.planes, (size, size.chroma, size.chroma), strict=True)
    )
    return Picture(y, cb, cr, picture.matrix, picture.full_range, picture.frame)


def check_paths(source: Path, output: Path) -> None:
    """Refuse what would go wrong at the end, or would read what it writes.

    Raises:
        ArgumentError: with which path it is.
    """
    if not source.is_file():
        what = "is a directory" if source.is_dir() else "is not a file" if source.exists() else "no such file"
        raise ArgumentError(f"INPUT {str(source)!r}: {what}, expected a video file")
    if output.is_dir():
        raise ArgumentError(f"OUTPUT {str(output)!r}: is a directory, expected a file name")
    if not output.resolve().parent.is_dir():
        raise ArgumentError(f"OUTPUT {str(output)!r}: there is no directory {str(output.resolve().parent)!r}")
    if output.exists() and output.samefile(source):
        raise ArgumentError(f"OUTPUT {str(output)!r}: is the input")


def output_format(settings: FileSettings) -> tuple[str, Encoding]:
    """Libav's name of the container and how its pictures are coded.

    Raises:
        ArgumentError: an extension we do not write, or a codec that it does not hold.
    """
    suffix = settings.output.suffix.lower()
    if suffix not in CONTAINERS:
        raise ArgumentError(f"OUTPUT {str(settings.output)!r}: expected a name ending in {', '.join(CONTAINERS)}")
    container, codecs = CONTAINERS[suffix]
    if settings.effect.view == "alpha" and suffix == ".mkv" and settings.codec is None:
        _refuse(settings, "crf", "bitrate", "profile", reason="the alpha is lossless; --codec h264 or vp8 is not")
        return container, Encoding("ffv1", {"level": "3", "slicecrc": "1"}, "gray", threads=settings.threads)
    codec = settings.codec or codecs[0]
    if codec not in codecs:
        raise ArgumentError(f"--codec {codec.lower()}: {suffix} holds {' or '.join(codecs).lower()}")
    return container, _h264(settings) if codec == "H264" else _vp8(settings)


def _h264(settings: FileSettings) -> Encoding:
    options = {"preset": settings.preset, **_quality(settings, 0, 51)}
    if settings.profile is not None:
        options["profile"] = settings.profile
    return Encoding("libx264", options, bit_rate=settings.bitrate, gop=settings.gop, threads=settings.threads)


def _vp8(settings: FileSettings) -> Encoding:
    _refuse(settings, "profile", reason="H264 has one, VP8 has none")
    options = {"deadline": "good", "cpu-used": str(_VP8_SPEED[settings.preset]), **_quality(settings, 4, 63)}
    bit_rate = settings.bitrate or VP8_CEILING
    return Encoding("libvpx", options, bit_rate=bit_rate, gop=settings.gop, threads=settings.threads)


def _refuse(settings: FileSettings, *names: str, reason: str) -> None:
    """Refuse what plays no part in the output's codec."""
    for name in names:
        if getattr(settings, name) is not None:
            raise ArgumentError(f"--{name} {getattr(settings, name)}: {reason}")


def _quality(settings: FileSettings, low: int, high: int) -> dict[str, str]:
    crf = DEFAULT_CRF if settings.crf is None else settings.crf
    if not low <= crf <= high:
        raise ArgumentError(f"--crf {crf:g}: expected {low} to {high} for this codec")
    return {} if settings.bitrate else {"crf": f"{crf:g}"}
