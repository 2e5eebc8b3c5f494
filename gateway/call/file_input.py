"""A media file as a track: in real time, over and over, on one line of timestamps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from time import monotonic

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from gateway.codec.decoder import TIME_BASE
from gateway.codec.reader import VideoReader
from gateway.errors import ArgumentError, NotFound
from gateway.folders import file_below
from gateway.worker import Worker, WorkerClosed

LATE = 0.1
"""Seconds a frame may be late. A machine too slow to show every frame leaves out those beyond."""

MAX_LEFT_OUT = 8
"""Frames left out at a stroke: what is later still goes on from where it is, slower than real time."""


def media_file(media_dir: Path | None, source: str) -> Path:
    """The file that `source` names below `media_dir`; it may not lead out of it, by no link either. Opens it once.

    Raises:
        NotFound: there is no such file, or no such folder.
        ArgumentError: the name is none, or there is no video in the file.
    """
    if media_dir is None:
        raise NotFound("this server has no media files: it was started without --media-dir")
    if not source or "\0" in source:
        raise ArgumentError(f"input.source {source!r}: expected a file below the media directory")
    path = file_below(media_dir, source)
    if path is None:
        raise NotFound(f"input.source {source!r}: there is no such file below the media directory")
    try:
        with VideoReader(path):
            return path
    except ArgumentError as error:
        raise ArgumentError(f"input.source {source!r}: there is no video in it") from error


class FileTrack(MediaStreamTrack):
    """The pictures of a file when their time has come, from 0 on. Decoded in a worker of its own, a frame ahead.

    `on_frame` is told each one's timestamp (1/90000 s) as it is due, and `due` on the loop's clock.
    """

    kind = "video"

    def __init__(self, path: Path, *, on_frame: Callable[[int, float], None]) -> None:
        super().__init__()
        self._path = path
        self._on_frame = on_frame
        self._worker = Worker("file")
        self._pictures: Generator[av.VideoFrame, None, None] | None = None
        self._begun: float | None = None
        self._stopped = asyncio.Event()
        self.left_out = 0

    async def recv(self) -> av.VideoFrame:
        """The next picture, at its time.

        Raises:
            MediaStreamError: the track was stopped.
            GatewayError: the file cannot be read.
        """
        for _ in range(MAX_LEFT_OUT):
            frame = await self._next()
            late = await self._until_due(frame.pts or 0)
            if late < LATE:
                break
            self.left_out += 1
        else:
            self._begun = monotonic() - float((frame.pts or 0) * TIME_BASE)
        self._on_frame(frame.pts or 0, monotonic())
        return frame

    def stop(self) -> None:
        """End the track; a pending `recv` raises."""
        super().stop()
        self._stopped.set()

    async def aclose(self) -> None:
        """Stop, and see the file closed."""
        self.stop()
        pictures, self._pictures = self._pictures, None
        if pictures is not None:
            with suppress(WorkerClosed):
                await self._worker.run(pictures.close)
        await self._worker.aclose()

    async def _next(self) -> av.VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        if self._pictures is None:
            self._pictures = _over_and_over(self._path)
        return await self._worker.run(next, self._pictures)

    async def _until_due(self, timestamp: int) -> float:
        """Wait until then; how late it is already, in seconds."""
        if self._begun is None:
            self._begun = monotonic()
        wait = self._begun + float(timestamp * TIME_BASE) - monotonic()
        if wait > 0:
            try:
                async with asyncio.timeout(wait):
                    await self._stopped.wait()
            except TimeoutError:
                return 0.0
        if self.readyState != "live":
            raise MediaStreamError
        return -wait


def _over_and_over(path: Path) -> Generator[av.VideoFrame, None, None]:
    """The pictures of a file and again, without end; `pts` in 1/90000 s, rising, from 0.

    Raises:
        ArgumentError: not a media file, or not one picture in it can be decoded.
    """
    timestamp, step = 0, 3000
    while True:
        with VideoReader(path) as reader:
            offset: int | None = None
            for frame in reader:
                own = round((frame.pts or 0) * Fraction(reader.time_base) / TIME_BASE)
                if offset is None:
                    offset = timestamp - own
                elif own + offset > timestamp:
                    step = own + offset - timestamp
                timestamp = own + offset
                frame.pts, frame.time_base = timestamp, TIME_BASE
                yield frame
            if offset is None:
                raise ArgumentError(f"INPUT {path.name!r}: not one picture could be decoded")
            timestamp += step
