"""Frames turned upright, where the stream says beside them how they stand."""

from __future__ import annotations

from typing import cast

import av

from transforms.picture import Picture
from transforms.reshaping import Turner


class Upright:
    """One stream's frames, planar 4:2:0, turned clockwise. Colours, time and the rest of what they say stay."""

    def __init__(self) -> None:
        self._turner = Turner()

    def turned(self, frame: av.VideoFrame, degrees: int) -> av.VideoFrame:
        """By 0, 90, 180 or 270 degrees: the frame itself, or a copy."""
        if not degrees:
            return frame
        turned = cast(av.VideoFrame, self._turner.turned(Picture.of(frame), degrees).frame)
        turned.pts, turned.time_base = frame.pts, frame.time_base
        turned.colorspace, turned.color_range = frame.colorspace, frame.color_range
        turned.color_primaries, turned.color_trc = frame.color_primaries, frame.color_trc
        return turned
