"""Frames as their file says that they are to be shown.

Phones film sideways and say in a display matrix what is up; a front camera's picture may be mirrored in it as well.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer, Type

from gateway.codec.upright import Upright
from transforms.picture import Picture


class Orientation(NamedTuple):
    """How a frame is shown: `mirrored`, left and right changed, first; then turned clockwise by `quarters`."""

    quarters: int
    mirrored: bool


AS_IT_LIES = Orientation(0, mirrored=False)


def orientation(frame: av.VideoFrame) -> Orientation:
    """How the frame's display matrix has it shown, to the nearest quarter.

    The matrix takes a sample at (x, y), y downwards, to (a x + c y, b x + d y) (ISO/IEC 14496-12 §6.2.2).
    """
    try:
        # `frame.side_data` would keep its container, and that the frame: each would wait for the garbage collector.
        beside = SideDataContainer(frame)  # type: ignore[call-arg]  # the stubs say nothing of it
    except ValueError:  # there is something beside it that PyAV has no name for, as Exif
        return Orientation(round(-frame.rotation / 90) % 4, mirrored=False)
    matrix = next((side for side in beside if side.type is Type.DISPLAYMATRIX), None)
    if matrix is None:
        return AS_IT_LIES
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b  # what is left when left and right are changed first
    return Orientation(round(math.degrees(math.atan2(b - c, a + d)) / 90) % 4, mirrored)


class Oriented:
    """One stream's frames as they are to be shown. Colours and times stay."""

    def __init__(self) -> None:
        self.shown = AS_IT_LIES
        self._upright = Upright()

    def look(self, frame: av.VideoFrame) -> None:
        """Take from a decoded frame how it is `shown`."""
        self.shown = orientation(frame)

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The frame, planar 4:2:0, itself where nothing is to be done, else a copy."""
        if self.shown == AS_IT_LIES:
            return frame
        mirrored = _mirrored(frame) if self.shown.mirrored else frame
        oriented = self._upright.turned(mirrored, 90 * self.shown.quarters)
        oriented.duration = frame.duration
        return oriented


def _mirrored(frame: av.VideoFrame) -> av.VideoFrame:
    """A copy with left and right changed."""
    mirrored = av.VideoFrame(frame.width, frame.height, "yuv420p")
    for source, target in zip(Picture.of(frame).planes, Picture.of(mirrored).planes, strict=True):
        target.rows[:] = source.rows[:, ::-1]
    mirrored.pts, mirrored.time_base = frame.pts, frame.time_base
    mirrored.colorspace, mirrored.color_range = frame.colorspace, frame.color_range
    mirrored.color_primaries, mirrored.color_trc = frame.color_primaries, frame.color_trc
    return mirrored
