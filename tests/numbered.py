"""Video files whose pictures have their number written on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests import framecode
from transforms.picture import Picture, Size

PORTRAIT = Size(240, 300)
CLOCK = Fraction(1, 90_000)


def numbered_frame(number: int, size: Size = PORTRAIT, *, quarters: int = 0) -> av.VideoFrame:
    """Grey with a number; turned clockwise, so that to turn it `quarters` times counterclockwise makes it upright."""
    upright = np.full((size.height, size.width), 100, np.uint8)
    framecode.burn(upright, number)
    turned = np.rot90(upright, -quarters)
    frame = av.VideoFrame(turned.shape[1], turned.shape[0], "yuv420p")
    picture = Picture.of(frame)
    picture.clear()
    picture.y.rows[:] = turned
    return frame


def write_numbered(
    path: Path,
    seconds: Iterable[float],
    *,
    size: Size = PORTRAIT,
    codec: str = "libx264",
    options: Mapping[str, str] | None = None,
    pixel_format: str = "yuv420p",
    quarters: int = 0,
    aspect: Fraction | None = None,
    rate: int = 30,
) -> Path:
    """Picture 0, 1, 2, … at those seconds; the last one stands for 1/rate. `aspect`: of a sample."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=dict(options or {"preset": "ultrafast"}))
        assert isinstance(stream, av.VideoStream)
        turned = size[::-1] if quarters % 2 else size
        stream.width, stream.height, stream.pix_fmt = *turned, pixel_format
        if codec != "gif":
            stream.time_base = stream.codec_context.time_base = CLOCK
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if quarters:
            stream.set_display_rotation(90 * quarters)
        for number, second in enumerate(seconds):
            frame = numbered_frame(number, size, quarters=quarters).reformat(format=pixel_format)
            frame.pts, frame.time_base = round(second / CLOCK), CLOCK
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def steady(frames: int, rate: float = 30) -> list[float]:
    """The seconds of so many pictures at that rate."""
    return [number / rate for number in range(frames)]


def number_on(picture: Picture) -> int | None:
    """The number on a picture."""
    return framecode.read(picture.y.rows)


def number_in(frame: av.VideoFrame) -> int | None:
    """The number in a decoded frame, upright."""
    return framecode.read(frame.reformat(format="gray").to_ndarray().astype(np.uint8))
