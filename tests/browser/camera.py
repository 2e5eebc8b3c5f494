"""What Chromium's fake camera shows: the sample caller before her screen, a frame number burnt into each frame.

Chromium loops the file without end, so that a number says which frame it is among those of the last four seconds:
the caller's movement repeats after as long, and no seam is seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import av

from tests.peers.clips import FRAME_RATE, caller, numbered
from transforms.effect import Color
from transforms.picture import Picture, Size
from transforms.sample import TEAL

HD = Size(1280, 720)


@dataclass(frozen=True, slots=True)
class FakeCamera:
    """A Y4M file: `--use-file-for-fake-video-capture`. Its frames are numbered 0 to `period` - 1."""

    path: Path
    size: Size
    period: int


def fake_camera(directory: Path, size: Size = HD, *, screen: Color | None = TEAL) -> FakeCamera:
    """The camera of this size in `directory`; made if it is not there yet (720p: 3 s, 166 MB).

    `screen=None`: the caller sits in a room, which no screen key may take for a screen.
    """
    period = caller(size, screen=screen).period
    camera = FakeCamera(directory / f"camera-{size.width}x{size.height}-{screen or 'room'}.y4m", size, period)
    if not camera.path.exists():
        part = camera.path.with_suffix(".part")
        write_y4m(part, numbered(size, period, screen=screen), size)
        part.rename(camera.path)
    return camera


def write_y4m(path: Path, frames: Iterable[av.VideoFrame], size: Size) -> None:
    """Planar 4:2:0 frames as a YUV4MPEG2 file."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{size.width} H{size.height} F{FRAME_RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            file.write(b"FRAME\n")
            for plane in Picture.of(frame).planes:
                file.write(plane.rows.tobytes())
