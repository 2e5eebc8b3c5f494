"""Pictures of a call that is going on, written to files by and by.

Each is taken between two frames, where it costs the call a copy, and is coded and written in a thread of its own. A
disk that takes none is told once, and is no reason to end a call.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from aiortc.mediastreams import MediaStreamError

from gateway.codec.still import ImageFormat, coded_still
from gateway.errors import Conflict
from gateway.rendering import SnapshotView
from gateway.worker import Worker, WorkerStuck

if TYPE_CHECKING:
    import av

    from gateway.relay import Snapshots
    from gateway.track import MattingTrack

logger = logging.getLogger("changebg")

PATIENCE = 10.0
"""Seconds that a disk may take for one, before it is given up."""
SOON = 0.1
"""Seconds until the first picture is asked for again."""

OURS_ALONE, EVERYBODYS = 0o600, 0o666
"""Permissions of a file: whoever may not see the room may not read a picture of it."""


async def take_snapshots(track: MattingTrack, wanted: Snapshots) -> None:
    """Write the pictures that are wanted, the first as soon as there is one, until the track ends.

    To be run as a task, and cancelled.
    """
    loop = asyncio.get_running_loop()
    worker = Worker("snapshots", patience=PATIENCE)
    is_told = False
    try:
        for number in count(1):
            due = loop.time() + wanted.every
            try:
                await write_snapshots(track, wanted, number, worker)
                is_told = False
            except OSError as error:
                if not is_told:
                    logger.warning("a snapshot could not be written: %s", error)
                is_told = True
            await asyncio.sleep(due - loop.time())
    except MediaStreamError:
        return  # whoever runs the track knows why it ended
    except WorkerStuck:
        logger.warning("a snapshot took longer than %g s to write: no more are taken", PATIENCE)
    finally:
        with suppress(WorkerStuck):
            await worker.aclose()


async def write_snapshots(track: MattingTrack, wanted: Snapshots, number: int, worker: Worker) -> tuple[Path, ...]:
    """Write the last picture in each of the views, or the first as soon as it is there; returns the files.

    Raises:
        OSError: the disk does not take it.
        MediaStreamError: the track has ended. WorkerStuck: the disk does not come back.
    """
    files = tuple(place(wanted, view, number) for view in wanted.views)
    for view, file in zip(wanted.views, files, strict=True):
        await worker.run(_write, await _next_picture(track, view), view, file)
    return files


def place(wanted: Snapshots, view: SnapshotView, number: int) -> Path:
    """Where one is written: `NAME-000001.png`, of several views `NAME-alpha-000001.png`."""
    name = wanted.file
    of = f"-{view}" if len(wanted.views) > 1 else ""
    return name.with_name(f"{name.stem}{of}-{number:06d}{name.suffix}")


async def _next_picture(track: MattingTrack, view: SnapshotView) -> av.VideoFrame:
    """The last picture, or the first as soon as it is there."""
    while True:
        try:
            return await track.snapshot(view)
        except Conflict:
            await asyncio.sleep(SOON)


def _write(frame: av.VideoFrame, view: SnapshotView, file: Path) -> None:
    """Write a frame aside and put it in its place, whole.

    Raises:
        OSError: the disk does not take it.
    """
    kind: ImageFormat = "png" if file.suffix.lower() == ".png" else "jpeg"
    content = coded_still(frame, kind, is_grey=view == "alpha")
    aside = file.with_name(f".{file.name}.part")
    mode = OURS_ALONE if view == "input" else EVERYBODYS
    try:
        with open(aside, "wb", opener=lambda path, flags: os.open(path, flags, mode)) as part:
            part.write(content)
        aside.replace(file)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
