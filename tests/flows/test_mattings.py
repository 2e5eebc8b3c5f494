"""Who is the caller: a screen whose colour nobody typed, a room that is known, edges overruled. Over real RTP."""

from __future__ import annotations

import asyncio
import itertools
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.peers import ffmpeg
from tests.peers.call import Call
from tests.peers.clips import FRAME_RATE, LANDSCAPE, Clip, alpha_of, caller, empty_room, numbered
from tests.peers.live_caller import LiveCaller
from tests.peers.picture import VISIBLE, leak
from tests.peers.received import SeenFrame
from transforms.picture import Picture

NOBODY = np.zeros((LANDSCAPE.height, LANDSCAPE.width), np.uint8)
ALIKE = 1.5
"""Levels of luma by which two codings of the same composite differ on average."""


def leak_of(seen: SeenFrame) -> float:
    """What is seen of the room: around the person where her number can be read, else anywhere."""
    alpha = NOBODY if seen.number is None else caller(LANDSCAPE, markers=True, screen=None).frame(seen.number)[1]
    return leak(Picture.of(seen.frame), alpha)


def assert_seen_from_then_on(seen: list[SeenFrame], *, last: int) -> None:
    """Once the person is shown she stays, to the last frame; how many are dropped is for the machine's load to say."""
    numbers = [frame.number for frame in seen]
    shown = list(itertools.dropwhile(lambda number: number is None, numbers))
    assert None not in shown
    assert shown[-1:] == [last]


async def relayed(clip: Clip, directory: Path, *options: str, color: str) -> Call:
    """The whole clip through a relay."""
    async with (
        Call(partial(ffmpeg.sdp, clip), directory, *options, color=color) as call,
        ffmpeg.sender(clip, call.way_in.port) as sender,
    ):
        await sender.ended(within=clip.seconds + 10)
        await call.last_frame_out()
    return call


async def test_a_colour_found_is_as_good_as_the_colour_typed(clip: Clip, tmp_path: Path) -> None:
    """From the first frame on: nothing of the screen is seen, and the person is the same."""
    found, typed = [await relayed(clip, tmp_path, color=color) for color in ("auto", "2a6a84")]
    lumas = [{seen.number: seen.luma.astype(np.int16) for seen in call.seen()} for call in (found, typed)]
    assert None not in lumas[0]
    both = lumas[0].keys() & lumas[1].keys()
    assert max(float(np.abs(lumas[0][number] - lumas[1][number]).mean()) for number in both) < ALIKE
    assert max(leak(Picture.of(seen.frame), alpha_of(clip, seen.number or 0)) for seen in found.seen()) < VISIBLE
    assert "confidence of the matte" in found.relay.lines[-1]
    assert "key colour" in found.relay.said


async def test_no_colour_at_all_means_that_whatever_is_there_is_found(clip: Clip, tmp_path: Path) -> None:
    call = await relayed(clip, tmp_path, color="-")
    assert max(leak(Picture.of(seen.frame), alpha_of(clip, seen.number or 0)) for seen in call.seen()) < VISIBLE
    assert "screen" in call.relay.said


@pytest.mark.parametrize("quality", ["fast", "balanced"])
async def test_where_there_is_no_screen_auto_shows_nothing_of_the_room(quality: str, tmp_path: Path) -> None:
    live, frames = LiveCaller(), numbered(LANDSCAPE, 20, screen=None)
    async with (
        Call(live.describe, tmp_path, "--quality", quality, color="auto") as call,
        live.calling(call.way_in.port, frames) as sending,
    ):
        await call.relay.heard("background alone is shown", within=10)
        await sending
        await call.last_frame_out()
    assert max(leak(Picture.of(seen.frame), NOBODY) for seen in call.seen()) < VISIBLE


async def plated(directory: Path, plate: str, *, first: int, then: int) -> Call:
    """A room, empty for the `first` frames, then with the person in it, before a plate."""
    frames = itertools.chain(
        empty_room(LANDSCAPE, first, markers=True),
        numbered(LANDSCAPE, then, first=first, screen=None, markers=True),
    )
    live = LiveCaller(gop=first / FRAME_RATE if first else 1.0)
    async with (
        Call(live.describe, directory, "--plate", plate, color="-") as call,
        live.calling(call.way_in.port, frames) as sending,
    ):
        await sending
        await call.last_frame_out()
    return call


async def test_a_plate_of_the_first_frames_never_shows_the_room(tmp_path: Path) -> None:
    """Not while it is learned, nor when the person comes; and she is seen from then on."""
    call = await plated(tmp_path, "first:20", first=30, then=40)
    seen = call.seen()
    assert max(map(leak_of, seen)) < VISIBLE
    assert_seen_from_then_on(seen, last=69)
    assert "learning the plate" in call.relay.said
    assert "matte is sure" in call.relay.said


async def test_a_plate_from_a_file_keys_from_the_first_frame_on(tmp_path: Path) -> None:
    frame = next(iter(empty_room(LANDSCAPE, 1, markers=True)))
    Image.fromarray(frame.to_ndarray(format="rgb24")).save(tmp_path / "room.png")
    call = await plated(tmp_path, str(tmp_path / "room.png"), first=0, then=40)
    seen = call.seen()
    assert max(map(leak_of, seen)) < VISIBLE
    assert_seen_from_then_on(seen, last=39)
    assert seen[0].number is not None


async def test_masks_have_the_last_word(clip: Clip, tmp_path: Path) -> None:
    """Garbage over the lower half takes her chest away; a holdout of the upper left corner shows the screen there."""
    masks = np.zeros((2, clip.size.height, clip.size.width), np.uint8)
    masks[0, clip.size.height // 2 :] = 255
    masks[1, :80, :80] = 255
    for mask, name in zip(masks, ("garbage", "holdout"), strict=True):
        Image.fromarray(mask).save(tmp_path / f"{name}.png")
    options = ("--garbage", str(tmp_path / "garbage.png"), "--holdout", str(tmp_path / "holdout.png"))
    call = await relayed(clip, tmp_path, *options, color="auto")
    for seen in call.seen():
        shown = Picture.of(seen.frame)
        below = np.zeros_like(NOBODY)
        below[: clip.size.height // 2] = 255
        assert leak(shown, below) < VISIBLE
        assert shown.y.rows[8:72, 8:72].std() > VISIBLE  # the marker pattern


async def test_options_of_the_matte_may_stand_in_a_file_and_the_environment(clip: Clip, tmp_path: Path) -> None:
    (tmp_path / "call.toml").write_text('clip = "0.2,0.8"\nshrink = 1\nfeather = 0.5\nshadow = "keep"\n')
    call = await asyncio.wait_for(
        relayed(clip, tmp_path, "--config", str(tmp_path / "call.toml"), color="auto"), timeout=60
    )
    assert {seen.number for seen in call.seen()} >= {0, clip.frames - 1}
