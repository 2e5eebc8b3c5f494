"""Pictures coded as H.264 that is cheap to decode: no arithmetic coding, no filter between blocks, no B-frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
from av.video.reformatter import ColorRange

from transforms.picture import FramePool, Look, Matrix, Picture

MOST_RATE = 31.0
"""Pictures a second: of a faster clip one in two, three, … is kept, evenly."""

CLOCK = Fraction(1, 90_000)
"""Of the files that are written."""

_MATRICES = {Matrix.BT601: 6, Matrix.BT709: 1}
"""ITU-T H.273 table 4."""


@dataclass(frozen=True, slots=True)
class Coding:
    """libav's name of a container and its options; x264's options."""

    container: str
    encoder: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)


QUICK = Coding("matroska", {"preset": "ultrafast", "tune": "fastdecode", "crf": "21", "bf": "0"})
"""For what is transcoded in mid-call: 3 to 5 ms to code a picture of 720x1280, 1 to 2 ms to decode it."""

MOST_BITS = 6.0
"""A second, for each pixel: what is noise in a clip would cost more to decode than all that can be seen of it."""

KEPT = Coding(
    "mp4",
    {"preset": "superfast", "tune": "fastdecode", "crf": "21", "bf": "0", "maxrate": "4M", "bufsize": "8M"},
    {"movflags": "+faststart"},
)
"""For what stays on disk and is also shown by browsers: two minutes of it are 60 MB at most."""


def thinning(rate: Fraction) -> int:
    """Of how many pictures one is kept, that there be no more than MOST_RATE a second."""
    return max(1, -int(-float(rate) // MOST_RATE))


class ClipWriter:
    """A file of pictures of one look. As a context manager it ends the file; left by an exception, it is no clip."""

    def __init__(self, target: Path, coding: Coding, *, look: Look, rate: Fraction) -> None:
        """`look`: its size is even. `rate`: pictures a second, about."""
        self._container = av.open(f"file:{target}", "w", format=coding.container, options=dict(coding.options))
        most = round(MOST_BITS * look.size.width * look.size.height)
        bounds = {"maxrate": str(most), "bufsize": str(most // 2)} | dict(coding.encoder)
        stream = self._container.add_stream("libx264", rate=rate, options=bounds)
        if not isinstance(stream, av.VideoStream):
            raise TypeError("libx264 is no video encoder")
        context = stream.codec_context
        stream.width, stream.height, stream.pix_fmt = look.size.width, look.size.height, "yuv420p"
        stream.time_base = context.time_base = CLOCK
        context.thread_count = 1
        context.gop_size = max(1, round(2 * rate))
        context.colorspace = _MATRICES[look.matrix]
        context.color_range = ColorRange.JPEG if look.full_range else ColorRange.MPEG
        self._stream = stream
        self._pool = FramePool()
        self._look = look

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()

    def write(self, picture: Picture, *, start: float, length: float) -> None:
        """Append a picture that stands from second `start` for `length` seconds."""
        lease = self._pool.lease(self._look.size, matrix=self._look.matrix, full_range=self._look.full_range)
        lease.copy_from(picture)
        frame = lease.frame
        if frame is None:
            raise TypeError("a lease without a frame")
        frame.pts, frame.time_base, frame.duration = round(start / CLOCK), CLOCK, round(length / CLOCK)
        self._container.mux(self._stream.encode(frame))
