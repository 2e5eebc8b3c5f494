"""A media file as a leg."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from aiortc.mediastreams import MediaStreamTrack

from gateway.call.file_input import FileTrack
from gateway.call.leg import Hub, Leg
from gateway.weakly import weakly


class FileLeg(Leg):
    """Plays `path` until it is stopped."""

    kind: Literal["file"] = "file"

    def __init__(self, path: Path, hub: Hub) -> None:
        super().__init__(hub, role="input")
        self._file = FileTrack(path, on_frame=weakly(self._arrived))

    @property
    def track(self) -> MediaStreamTrack:
        """The file's pictures."""
        return self._file

    def _arrived(self, timestamp: int, due: float) -> None:
        self.hub.arrived(self, timestamp, due)

    async def abandon(self) -> None:
        """Close the file."""
        await self._file.aclose()
        await super().abandon()

    def transport(self) -> Sequence[dict[str, object]]:
        """Nothing lies beneath."""
        return []

    async def _until_over(self, tasks: asyncio.TaskGroup) -> None:
        self._enter("connected")
        self.hub.arrived(self, 0, asyncio.get_running_loop().time())
        await self._stopping.wait()
