"""Frames as their file says that they are to be shown.

Phones film sideways and say in a display matrix what is up; a front camera's picture may be mirrored in it as well.
"""

from __future__ import annotations

import math
from typing import NamedTuple, cast

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
    beside = cast(SideDataContainer, frame.side_data)  # the stubs know of motion vectors only
    matrix = next((side for side in beside if side.type is Type.DISPLAYMATRIX), None)
    if matrix is None:
        return AS_IT_LIES
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b  # what is left when left and right are changed first
    return Orientation(round(math.degrees(math.atan2(b - c, a + d)) / 90) % 4, mirrored)


class Oriented:
    """One stream's frames, planar 4:2:0, mirrored and turned. Colours and times stay."""

    def __init__(self) -> None:
        self._upright = Upright()

    def __call__(self, frame: av.VideoFrame, shown: Orientation) -> av.VideoFrame:
        """The frame itself where nothing is to be done, else a copy."""
        if shown == AS_IT_LIES:
            return frame
        oriented = self._upright.turned(_mirrored(frame) if shown.mirrored else frame, 90 * shown.quarters)
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
