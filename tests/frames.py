"""Frames with something to see in them, and how alike two of them are."""

from __future__ import annotations

import math
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from gateway.codec.encoder import EncodedUnit, EncoderSettings, VideoEncoder
from gateway.rtp.core import AccessUnit
from transforms.picture import Picture, Size

TIME_BASE = Fraction(1, 90_000)
INTERVAL = 3000
SMALL = Size(320, 240)


def drawn_frame(number: int, size: Size = SMALL, *, interval: int = INTERVAL) -> av.VideoFrame:
    """A smooth pattern that moves with `number`, coloured, limited range."""
    frame = av.VideoFrame(size.width, size.height, "yuv420p")
    picture = Picture.of(frame)
    x, y = np.meshgrid(np.arange(size.width), np.arange(size.height))
    picture.y.rows[:] = (126 + 50 * np.sin((x + 3 * number) / 17) + 50 * np.sin((y - 2 * number) / 23)).astype(np.uint8)
    x, y = np.meshgrid(np.arange(size.chroma.width), np.arange(size.chroma.height))
    picture.cb.rows[:] = (128 + 40 * np.sin((x - number) / 40)).astype(np.uint8)
    picture.cr.rows[:] = (128 + 40 * np.sin((y + number) / 40)).astype(np.uint8)
    frame.pts, frame.time_base = number * interval, TIME_BASE
    return frame


def luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    return Picture.of(frame).y.rows


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Decibels; above 40 two pictures look the same."""
    error = float(np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2))
    return 10 * math.log10(255**2 / max(error, 1e-9))


def access_unit(unit: EncodedUnit, received: float = 0.0) -> AccessUnit:
    return AccessUnit(unit.data, unit.timestamp, unit.is_keyframe, received)


def coded(
    codec: str, count: int, size: Size = SMALL, *, keyframes: tuple[int, ...] = (), interval: int = INTERVAL
) -> list[AccessUnit]:
    """`count` drawn frames, coded; the first is a key frame, and those named."""
    encoder = VideoEncoder(EncoderSettings(codec, preset="ultrafast"))
    units: list[AccessUnit] = []
    for number in range(count):
        frame = drawn_frame(number, size, interval=interval)
        units += map(access_unit, encoder.encode(frame, keyframe=number in keyframes))
    return units
