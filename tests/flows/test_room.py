"""The room behind the person is never shown, whatever becomes of the screen."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from tests.peers.call import Call
from tests.peers.clips import FRAME_RATE, LANDSCAPE, caller, numbered
from tests.peers.live_caller import LiveCaller
from tests.peers.picture import VISIBLE, leak
from tests.peers.received import SeenFrame
from transforms.picture import FramePool, Picture

NOBODY = np.zeros((LANDSCAPE.height, LANDSCAPE.width), np.uint8)


DOUBTED = 6
"""Pictures that may pass before a screen that has come back is believed: `transforms.screen.RETURN_TIME`."""


def leaks(frames: Iterable[SeenFrame]) -> list[float]:
    """What is seen of the scene in each: around the person where her number can be read, else anywhere."""
    person = caller(LANDSCAPE, markers=True)
    alphas = [NOBODY if seen.number is None else person.frame(seen.number)[1] for seen in frames]
    return [leak(Picture.of(seen.frame), alpha) for seen, alpha in zip(frames, alphas, strict=True)]


def in_the_dark(frames: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """The same pictures with the light off: next to no luma, next to no colour."""
    for frame in frames:
        lit = Picture.of(frame)
        dark = FramePool(capacity=1).lease(lit.size, matrix=lit.matrix, full_range=lit.full_range)
        for plane, source, black in zip(dark.planes, lit.planes, (16, 128, 128), strict=True):
            plane.rows[:] = black + (source.rows.astype(np.int16) - black) // 12
        assert dark.frame is not None
        yield dark.frame


@pytest.mark.parametrize("quality", ["fast", "best"])
async def test_a_fallen_curtain_is_held_then_covered_then_forgotten(tmp_path: Path, quality: str) -> None:
    """The room is there for longer than a picture is held; nothing of it leaves, and the person comes back.

    A key frame comes with her: without one the codec would drag blocks of the room along before the screen.
    """
    before, room, after = 20, 70, 20
    frames = itertools.chain(
        numbered(LANDSCAPE, before, markers=True),
        numbered(LANDSCAPE, room, first=before, screen=None),
        numbered(LANDSCAPE, after, first=before + room, markers=True),
    )
    live = LiveCaller(gop=(before + room) / 3 / FRAME_RATE)
    options = ("--quality", quality)
    async with Call(live.describe, tmp_path, *options) as call, live.calling(call.way_in.port, frames) as sending:
        await call.relay.heard("last good picture is held", within=10)
        await call.relay.heard("background alone is shown")
        await call.relay.heard("matte is sure")
        await sending
        await call.last_frame_out()
    seen = call.seen()
    again = range(before + room + DOUBTED, before + room + after)
    assert {frame.number for frame in seen} - {*range(again.start - DOUBTED, again.start)} == {
        *range(before),
        None,
        *again,
    }
    assert max(leaks(seen)) < VISIBLE


@pytest.mark.parametrize("quality", ["fast", "best"])
async def test_with_the_light_off_the_room_stays_hidden(tmp_path: Path, quality: str) -> None:
    lit, dark = numbered(LANDSCAPE, 15, markers=True), in_the_dark(numbered(LANDSCAPE, 20, first=15, screen=None))
    frames, live = itertools.chain(lit, dark), LiveCaller()
    async with (
        Call(live.describe, tmp_path, "--on-unsure", "cover", "--quality", quality) as call,
        live.calling(call.way_in.port, frames) as sending,
    ):
        await call.relay.heard("background alone is shown", within=10)
        await sending
        await call.last_frame_out()
    seen = call.seen()
    assert [frame.number for frame in seen] == [*range(15), *[None] * 20]
    assert max(leaks(seen)) < VISIBLE


async def test_a_wrong_colour_shows_the_background_alone(tmp_path: Path) -> None:
    live, frames = LiveCaller(), numbered(LANDSCAPE, 20, markers=True)
    async with Call(live.describe, tmp_path, color="00b140") as call, live.calling(call.way_in.port, frames):
        await call.relay.heard("background alone is shown", within=10)
        await call.frames_out(20)
    seen = call.seen()
    assert [frame.number for frame in seen] == [None] * 20
    assert max(leaks(seen)) < VISIBLE
