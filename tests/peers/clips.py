"""Coded clips of the sample caller, a frame number burnt into each frame.

NUT holds both codecs as they go on the wire, and exact times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

from tests import framecode
from transforms.effect import Color
from transforms.picture import FramePool, Matrix, Picture, Size
from transforms.sample import TEAL, SampleCaller
from transforms.sample.scenery import UNEVEN, scene

if TYPE_CHECKING:
    from av.video.stream import VideoStream

FRAME_RATE = 30
LANDSCAPE = Size(640, 360)
"""Small enough for two cores to draw, code, relay and check in a few seconds."""
_ENCODERS = {"H264": "libx264", "VP8": "libvpx"}
_OPTIONS = {
    "H264": {"preset": "veryfast", "tune": "zerolatency", "profile": "baseline"},
    "VP8": {"deadline": "realtime", "cpu-used": "-6", "lag-in-frames": "0", "error-resilient": "1"},
}


@dataclass(frozen=True, slots=True)
class Clip:
    """A coded file: frames numbered from 0, a key frame every `gop`."""

    path: Path
    codec: str
    size: Size
    frames: int
    gop: int
    markers: bool = False

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return self.frames / FRAME_RATE


@lru_cache(maxsize=4)
def caller(size: Size, *, markers: bool = False, screen: Color | None = TEAL) -> SampleCaller:
    """The caller of the clips. Painting takes seconds, so each is painted once."""
    return SampleCaller(size, frames_per_second=FRAME_RATE, markers=markers, screen=screen)


def numbered(
    size: Size, frames: int, *, first: int = 0, markers: bool = False, screen: Color | None = TEAL
) -> Iterator[av.VideoFrame]:
    """So many frames before coding, from number `first` on.

    They are drawn before this returns, and repeat where the caller's movement does.
    """
    drawn = _drawn(size, markers, screen)
    return (_numbered(drawn[number % len(drawn)], number) for number in range(first, first + frames))


def empty_room(size: Size, frames: int, *, markers: bool = False) -> Iterator[av.VideoFrame]:
    """So many frames of the room without the caller, with a camera's noise; no number is burnt into them."""
    matrix = Matrix.assumed(size)
    y, cb, cr = np.moveaxis(scene(size, None, matrix=matrix, light=UNEVEN, markers=markers, seed=0), 2, 0)
    random = np.random.default_rng(size.width)
    for _ in range(frames):
        picture = FramePool(capacity=1).lease(size, matrix=matrix, full_range=False)
        for plane, levels, grain in zip(picture.planes, (y, _halved(cb), _halved(cr)), (1.5, 0.75, 0.75), strict=True):
            plane.rows[:] = np.clip(np.rint(levels + random.normal(0, grain, levels.shape)), 16, 240)
        assert picture.frame is not None
        yield picture.frame


def _halved(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of two by two; sides are even."""
    height, width = levels.shape
    return np.asarray(levels.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)), np.float32)


def _numbered(frame: av.VideoFrame, number: int) -> av.VideoFrame:
    framecode.burn(Picture.of(frame).y.rows, number)
    frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
    return frame


@lru_cache(maxsize=3)
def _drawn(size: Size, markers: bool, screen: Color | None) -> list[av.VideoFrame]:
    person = caller(size, markers=markers, screen=screen)
    return [person.frame(number)[0] for number in range(person.period)]


def alpha_of(clip: Clip, number: int) -> NDArray[np.uint8]:
    """The exact alpha (H, W) of a clip's frame."""
    return caller(clip.size, markers=clip.markers).frame(number)[1]


def make_clip(
    directory: Path,
    *,
    codec: str = "H264",
    size: Size = LANDSCAPE,
    frames: int = 120,
    gop: int = 30,
    bitrate: int = 2_500_000,
    b_frames: int = 0,
    markers: bool = False,
    repeat_headers: bool = True,
) -> Clip:
    """The clip of these properties in `directory`; made if it is not there yet.

    `repeat_headers`: H264's parameter sets come with each key frame; without it they are in the SDP alone.
    """
    kind = f"{size.width}x{size.height}-{frames}-gop{gop}-{bitrate}-b{b_frames}"
    kind += "-markers" * markers + "-sdp" * (not repeat_headers)
    clip = Clip(directory / f"{codec.lower()}-{kind}.nut", codec, size, frames, gop, markers)
    if not clip.path.exists():
        part = clip.path.with_suffix(".part")
        options = _OPTIONS[codec] | {"b": str(bitrate), "maxrate": str(bitrate), "bufsize": str(bitrate // 2)}
        if b_frames:
            options |= {"profile": "main", "tune": "fastdecode", "bf": str(b_frames), "rc-lookahead": "0"}
        _write(part, numbered(size, frames, markers=markers), clip, options, repeat_headers=repeat_headers)
        part.rename(clip.path)
    return clip


def _write(
    path: Path, frames: Iterable[av.VideoFrame], clip: Clip, options: dict[str, str], *, repeat_headers: bool
) -> None:
    with av.open(str(path), "w", format="nut") as container:
        stream = cast("VideoStream", container.add_stream(_ENCODERS[clip.codec], rate=FRAME_RATE, options=options))
        stream.width, stream.height = clip.size
        stream.codec_context.gop_size = clip.gop
        stream.codec_context.thread_count = 1
        if repeat_headers:
            stream.codec_context.flags &= ~Flags.global_header
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
