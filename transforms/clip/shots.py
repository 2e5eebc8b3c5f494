"""A clip decoded once through: its pictures in order, each with its place on the clip's own line of seconds."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.error import FFmpegError

from transforms.clip.source import ClipSource
from transforms.effect import EffectError
from transforms.geometry import Rect
from transforms.picture import Size

SHORTEST = Fraction(1, 200)
"""Seconds: no picture is shown for less. Animated GIFs have frames of 0."""

NEAR = Fraction(1, 250)
"""Seconds by which two files of one clip may place the same picture apart: Matroska counts milliseconds."""

LONGEST = Fraction(60)
"""Seconds: no picture stands longer, whatever a damaged file says."""

Stopping = Callable[[], bool]
"""Whether to leave off: asked at each packet, for a file may hold many without a picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A decoded picture of a clip.

    `start`, `length`: seconds from the clip's beginning. `clip`: the clip's size as it is shown, upright and in square
    pixels. `window`: the part of that which the frame holds. `quarters`: by how many times 90 degrees counterclockwise
    the frame is to be turned to be upright.
    """

    frame: av.VideoFrame
    start: float
    length: float
    clip: Size
    window: Rect
    quarters: int


class Reel:
    """What can be played: a clip's file and its first picture.

    `part`: where this is not the clip itself but was made of a part of it: the clip's size, and the window.
    """

    def __init__(self, source: ClipSource, *, part: tuple[Size, Rect] | None = None) -> None:
        """Decode the first picture.

        Raises:
            EffectError: there is none that can be decoded.
        """
        self.source = source
        self._part = part
        self._zero: Fraction | None = None
        passing = self.shots()
        first = next(passing, None)
        passing.close()
        if first is None:
            raise EffectError(f"{source.name}: not one picture in it can be decoded")
        self.first = first

    def close(self) -> None:
        """Let go of the file."""
        self.source.close()

    def shots(self, *, at: float = 0.0, stopping: Stopping = lambda: False) -> Generator[Shot, None, None]:
        """The pictures from second `at` on, the one that stands then first; damaged ones are left out.

        Raises:
            EffectError: the file cannot be opened any more.
        """
        container, stream = self.source.opened()
        with container:
            if at > 0 and self._zero is not None:
                _seek(container, stream, Fraction(at) + self._zero)
            frames = _decoded(container, stream, stopping)
            yield from self._from(Fraction(at), _timed(frames, stream, self.source.described.frame_rate))

    def _from(self, at: Fraction, timed: Iterator[tuple[av.VideoFrame, Fraction, Fraction]]) -> Iterator[Shot]:
        start: Fraction | None = None
        for frame, presented, length in timed:
            if self._zero is None:
                self._zero = presented
            start = presented - self._zero if start is None else start
            if start + length > at + NEAR:
                yield self._shot(frame, start, length)
            start += length

    def _shot(self, frame: av.VideoFrame, start: Fraction, length: Fraction) -> Shot:
        quarters = round(frame.rotation / 90) % 4
        if self._part is not None:
            return Shot(frame, float(start), float(length), *self._part, quarters)
        clip = _upright(frame, self.source.described.aspect, quarters)
        return Shot(frame, float(start), float(length), clip, Rect(0, 0, *clip), quarters)


def _upright(frame: av.VideoFrame, aspect: Fraction, quarters: int) -> Size:
    """The size at which a frame is shown: its longer samples stretched, never its pixels thrown away."""
    width, height = Fraction(frame.width), Fraction(frame.height)
    width, height = (width * aspect, height) if aspect >= 1 else (width, height / aspect)
    shown = Size(max(1, round(width)), max(1, round(height)))
    return Size(shown.height, shown.width) if quarters % 2 else shown


def _seek(container: InputContainer, stream: av.VideoStream, presented: Fraction) -> None:
    """Go to the last key frame before; a file in which that cannot be is played from its beginning."""
    with suppress(FFmpegError):
        container.seek(int(presented / _time_base(stream)), stream=stream)


def _time_base(stream: av.VideoStream) -> Fraction:
    return stream.time_base or Fraction(1, 1000)


def _decoded(container: InputContainer, stream: av.VideoStream, stopping: Stopping) -> Iterator[av.VideoFrame]:
    """The frames of a stream; what is damaged is left out, and where the file breaks off they end."""
    with suppress(FFmpegError):
        for packet in container.demux(stream):
            if stopping():
                return
            with suppress(FFmpegError):
                yield from (frame for frame in packet.decode() if not frame.is_corrupt)


def _timed(
    frames: Iterator[av.VideoFrame], stream: av.VideoStream, rate: Fraction
) -> Iterator[tuple[av.VideoFrame, Fraction, Fraction]]:
    """Each frame with the second at which it is presented and how long it stands: until the next, which follows it."""
    unit, length = _time_base(stream), 1 / rate if rate > 0 else Fraction(1, 25)
    held: tuple[av.VideoFrame, Fraction] | None = None
    for frame in frames:
        presented = frame.pts * unit if frame.pts is not None else held[1] + length if held else Fraction(0)
        if held is not None:
            if presented <= held[1]:
                continue
            length = _bounded(presented - held[1])
            yield (*held, length)
        held = frame, presented
    if held is not None:
        own = (held[0].duration or 0) * unit
        yield (*held, _bounded(own or length))


def _bounded(length: Fraction) -> Fraction:
    return min(max(length, SHORTEST), LONGEST)
