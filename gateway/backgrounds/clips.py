"""What is done to an uploaded video before it is kept: it is decoded, and coded anew.

What is kept is a clip of our own making: H.264 that every browser shows and a call decodes cheaply, at most 1080p at 30
pictures a second, upright, in square pixels, without sound, without a word of where and by whom it was filmed. It takes
up to minutes; `apart.py` does it elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import BinaryIO

from av.error import FFmpegError
from PIL import Image

from gateway.backgrounds.asset import PICTURE, THUMBNAIL
from gateway.backgrounds.intake import thumbnail
from gateway.errors import ArgumentError, TooLarge, UnsupportedMedia
from transforms.clip.encoding import KEPT, ClipWriter, thinning
from transforms.clip.fitting import Fitter
from transforms.clip.shots import Reel, Shot
from transforms.clip.source import ClipSource, ClipTooLarge
from transforms.effect import BLACK, EffectError
from transforms.geometry import Placed, Rect
from transforms.picture import FramePool, Look, Matrix, Picture, Size

LONGEST = 120.0
"""Seconds: a background is seen over and over, and two minutes of it are 60 MB."""

LONG_SIDE, SHORT_SIDE = 1920, 1080
"""Pixels of what is kept, at most: no call is larger than a few of these."""

MOST_PROCESSOR_SECONDS = 220.0
"""Of a child that is given 240: it is to say by itself what was too much."""

SHOWN_AT = 1.0
"""Seconds: the picture for the thumbnail. Many clips begin black."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A video as it is kept: its size, and how long one pass of it lasts."""

    width: int
    height: int
    seconds: float


def take_in_clip(source: BinaryIO, folder: Path) -> Clip:
    """Decode a video and write it anew as `PICTURE` (MP4) and `THUMBNAIL` in `folder`; `source` is a file on disk.

    Raises:
        UnsupportedMedia: no video of a kind we take. TooLarge: too many pixels, or too long. ArgumentError: it is
        damaged, or too small.
    """
    try:
        with closing(ClipSource(os.dup(source.fileno()), name="the video")) as file:
            return _taken_in(Reel(file), folder)
    except ClipTooLarge as error:
        raise TooLarge(str(error)) from error
    except EffectError as error:
        raise UnsupportedMedia(str(error)) from error
    except FFmpegError as error:
        raise ArgumentError("the video is damaged, or too large for this server") from error


def _taken_in(reel: Reel, folder: Path) -> Clip:
    described = reel.source.described
    if described.duration > LONGEST + 1:
        raise _too_long(described.duration)
    size, every = _kept_size(reel.first.clip), thinning(described.frame_rate)
    look = Look(size, Matrix.assumed(size), full_range=False)
    seconds, shown = 0.0, reel.first
    seen, fitter = Placed(Rect(0, 0, *reel.first.clip), Rect(0, 0, *size)), Fitter()
    with ClipWriter(folder / PICTURE, KEPT, look=look, rate=described.frame_rate / every) as writer:
        for index, shot in enumerate(_bearable(reel.shots())):
            shown = shot if shown.start < SHOWN_AT else shown
            seconds = shot.start + shot.length
            if index % every == 0:
                writer.write(fitter(shot, seen, look, BLACK), start=shot.start, length=shot.length * every)
    (folder / THUMBNAIL).write_bytes(thumbnail(_image(fitter(shown, seen, look, BLACK))))
    return Clip(*size, round(seconds, 3))


def _kept_size(clip: Size) -> Size:
    """The size of what is kept: the clip's shape, even, no larger than LONG_SIDE x SHORT_SIDE, upright or lying."""
    scale = min(LONG_SIDE / max(clip), SHORT_SIDE / min(clip), 1.0)
    return Size(*(max(16, 2 * round(side * scale / 2)) for side in clip))


def _bearable(shots: Iterator[Shot]) -> Iterator[Shot]:
    """The shots, unless there are too many of them.

    Raises:
        TooLarge: the file said that it was shorter. ArgumentError: they cost too much.
    """
    for shot in shots:
        if shot.start > LONGEST:
            raise _too_long(shot.start)
        if process_time() > MOST_PROCESSOR_SECONDS:
            raise ArgumentError("the video takes too long to transcode: make it shorter or smaller")
        yield shot


def _too_long(seconds: float) -> TooLarge:
    return TooLarge(f"the video lasts {seconds:.0f} s or more, {LONGEST:.0f} at most")


def _image(picture: Picture) -> Image.Image:
    """A picture as R'G'B'."""
    frame = FramePool(capacity=1).lease(picture.size, matrix=picture.matrix, full_range=picture.full_range)
    frame.copy_from(picture)
    if frame.frame is None:
        raise TypeError("a lease without a frame")
    return Image.fromarray(frame.frame.to_ndarray(format="rgb24"))
