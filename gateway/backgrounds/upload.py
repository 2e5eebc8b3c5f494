"""An upload on its way to disk, never whole in memory."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gateway.backgrounds.formats import is_video
from gateway.backgrounds.waiting import finished
from gateway.errors import StoreFull, TooLarge
from gateway.options.background_files import HEAD

logger = logging.getLogger(__name__)

MOST_OCTETS = 16 << 20
"""Of a picture: every camera's photo."""
MOST_VIDEO_OCTETS = 128 << 20
"""Of a video: two minutes of a phone's."""

BLOCK = 1 << 20
"""Octets that are written at once."""

CONTENT = "upload"
"""The name of the file in the upload's folder."""


class Upload:
    """One upload's octets, in a file of a folder made for it. `octets`: so many so far; `head`: the first of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.octets = 0
        self.head = b""
        self._waiting = bytearray()
        self._file: BinaryIO | None = None

    @property
    def path(self) -> Path:
        """The file; whole after `finish`."""
        return self.folder / CONTENT

    async def write(self, octets: bytes) -> None:
        """Add these.

        Raises:
            TooLarge: they are too many. StoreFull: the disk does not take them.
        """
        self.head += octets[: HEAD - len(self.head)]
        self.octets += len(octets)
        self._check_size()
        self._waiting += octets
        if len(self._waiting) >= BLOCK:
            await self._flush()

    async def finish(self) -> None:
        """Have all of it on disk.

        Raises:
            StoreFull: the disk does not take it.
        """
        await self._flush()
        await finished(asyncio.to_thread(self._close))

    async def discard(self) -> None:
        """Remove it, with its folder: in one job, for whoever is being cancelled may have no time for a second."""
        await finished(asyncio.to_thread(self._remove))

    def _check_size(self) -> None:
        what, most = ("video", MOST_VIDEO_OCTETS) if is_video(self.head) else ("picture", MOST_OCTETS)
        if self.octets > most:
            raise TooLarge(f"the {what} has more than {most >> 20} MiB")

    async def _flush(self) -> None:
        block, self._waiting = bytes(self._waiting), bytearray()
        await finished(asyncio.to_thread(self._write, block))

    def _write(self, block: bytes) -> None:
        with on_disk():
            if self._file is None:
                self.folder.mkdir()
                self._file = self.path.open("wb")
            self._file.write(block)

    def _close(self) -> None:
        if self._file is not None:
            with on_disk():
                self._file.close()

    def _remove(self) -> None:
        with suppress(StoreFull):
            self._close()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def on_disk() -> Iterator[None]:
    """What is done within writes to the store's disk.

    Raises:
        StoreFull: the disk does not take it.
    """
    try:
        yield
    except OSError as error:
        logger.warning("an upload could not be kept: %s", error)
        raise StoreFull("the disk does not take another upload") from error
