"""A short video file of the sample person before a teal screen, for sessions that play a file."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path

import av
from PIL import Image

from transforms.picture import Size
from transforms.sample import SampleCaller

CLIP_SIZE = Size(320, 180)
FRAME_RATE = 30


def write_clip(path: Path, *, frames: int = 15) -> None:
    """Half a second of H264 in Matroska."""
    with av.open(path, "w") as container:
        stream = container.add_stream(
            "libx264", rate=FRAME_RATE, options={"preset": "ultrafast", "tune": "zerolatency"}
        )
        stream.width, stream.height, stream.pix_fmt = CLIP_SIZE.width, CLIP_SIZE.height, "yuv420p"
        for number, frame in enumerate(_drawn(frames)):
            frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@cache
def _drawn(frames: int) -> list[av.VideoFrame]:
    person = SampleCaller(CLIP_SIZE)
    return [person.frame(number)[0] for number in range(frames)]


def clip_image() -> Image.Image:
    """Its first frame as it was drawn."""
    return Image.fromarray(_drawn(15)[0].to_ndarray(format="rgb24"))
