"""Coded frames into a file as they came, without coding them again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import av
from av.stream import Stream

from gateway.codec.decoder import TIME_BASE
from gateway.codec.paths import written_aside
from gateway.errors import ArgumentError
from gateway.rtp.core import AccessUnit

CONTAINERS = {".mkv": "matroska", ".mp4": "mp4"}
"""By extension: libav's name of the container."""


class Recorder(Protocol):
    """What takes frames as they come."""

    def __call__(self, unit: AccessUnit) -> None:
        """Take the next one."""


def check_output(output: Path) -> None:
    """Refuse a name that cannot be written.

    Raises:
        ArgumentError: which, and why.
    """
    if output.suffix.lower() not in CONTAINERS:
        raise ArgumentError(f"--output {str(output)!r}: expected a name ending in {' or '.join(CONTAINERS)}")
    if output.is_dir() or not output.resolve().parent.is_dir():
        raise ArgumentError(f"--output {str(output)!r}: expected a file name in a directory that is there")


@contextmanager
def recording(output: Path | None) -> Iterator[Recorder]:
    """Write the H264 frames handed to the recorder to `output`, which appears when the block is left; None: nowhere."""
    if output is None:
        yield lambda unit: None
        return
    with written_aside(output) as part:
        file = _Recording(part, CONTAINERS[output.suffix.lower()])
        try:
            yield file.add
        finally:
            file.close()


class _Recording:
    """A file that begins with the first key frame it is given, at time 0."""

    def __init__(self, path: Path, container: str) -> None:
        self._path = path
        self._format = container
        self._container: av.container.OutputContainer | None = None
        self._stream: Stream | None = None
        self._begin = 0

    def add(self, unit: AccessUnit) -> None:
        if self._container is None and not unit.is_keyframe:
            return
        if self._container is None:
            self._open(unit)
        packet = av.Packet(unit.data)
        packet.pts = packet.dts = unit.timestamp - self._begin
        packet.time_base, packet.is_keyframe = TIME_BASE, unit.is_keyframe
        if self._container is not None and self._stream is not None:
            packet.stream = self._stream
            self._container.mux(packet)

    def close(self) -> None:
        if self._container is not None:
            self._container.close()

    def _open(self, unit: AccessUnit) -> None:
        """The parameters of the stream are those that libav reads from its first frame."""
        with av.open(io.BytesIO(unit.data), format="h264") as first:
            self._container = av.open(f"file:{self._path}", "w", format=self._format)
            self._stream = self._container.add_stream_from_template(first.streams.video[0])
            self._stream.time_base = TIME_BASE
        self._begin = unit.timestamp
