from __future__ import annotations

import asyncio

import av
import pytest
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from gateway.call.fanout import MAX_FRAMES, MAX_WAIT, Fanout
from tests.frames import drawn_frame


class Given(MediaStreamTrack):
    """Gives what it was given."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._given: asyncio.Queue[av.VideoFrame | None] = asyncio.Queue()

    def give(self, *numbers: int) -> None:
        for number in numbers:
            self._given.put_nowait(drawn_frame(number))

    def end(self) -> None:
        self._given.put_nowait(None)

    async def recv(self) -> av.VideoFrame:
        frame = await self._given.get()
        if frame is None:
            raise MediaStreamError
        return frame


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def pulled(fanout: Fanout, pts: int) -> None:
    """Let it pull up to this frame."""
    async with asyncio.timeout(5):
        while fanout.last is None or fanout.last.pts != pts:  # noqa: ASYNC110  (it tells nobody)
            await asyncio.sleep(0)


async def test_every_reader_gets_every_frame() -> None:
    source = Given()
    fanout = Fanout(source)
    readers = [fanout.reader(), fanout.reader()]
    running = asyncio.create_task(fanout.run())
    for number in range(3):
        source.give(number)
        assert [(await reader.recv()).pts for reader in readers] == [number * 3000] * 2
    source.end()
    await running
    for reader in readers:
        with pytest.raises(MediaStreamError):
            await reader.recv()


async def test_a_reader_that_stands_still_holds_nobody_up_and_its_frames_are_counted() -> None:
    source, clock = Given(), Clock()
    fanout = Fanout(source, clock=clock)
    slow, quick = fanout.reader(), fanout.reader()
    running = asyncio.create_task(fanout.run())
    for number in range(10):
        source.give(number)
        assert (await quick.recv()).pts == number * 3000
    assert slow.dropped == 10 - MAX_FRAMES
    assert quick.dropped == 0
    clock.now += 2 * MAX_WAIT
    source.give(10)
    await pulled(fanout, 30_000)
    assert (await slow.recv()).pts == 30_000  # what waited is stale
    source.end()
    await running


async def test_a_burst_leaves_in_order() -> None:
    source = Given()
    fanout = Fanout(source)
    reader = fanout.reader()
    running = asyncio.create_task(fanout.run())
    source.give(0, 1, 2)
    await pulled(fanout, 6000)
    assert [(await reader.recv()).pts for _ in range(3)] == [0, 3000, 6000]
    source.end()
    await running


async def test_who_comes_late_begins_with_the_newest_frame() -> None:
    source = Given()
    fanout = Fanout(source)
    running = asyncio.create_task(fanout.run())
    source.give(0, 1)
    await pulled(fanout, 3000)
    assert (await fanout.reader().recv()).pts == 3000
    source.end()
    await running
    with pytest.raises(MediaStreamError):
        await fanout.reader().recv()


async def test_what_waits_at_the_end_is_still_taken() -> None:
    source = Given()
    fanout = Fanout(source)
    reader = fanout.reader()
    source.give(0)
    source.end()
    await fanout.run()
    assert (await reader.recv()).pts == 0
    with pytest.raises(MediaStreamError):
        await reader.recv()


async def test_a_reader_that_left_is_not_waited_for() -> None:
    source = Given()
    fanout = Fanout(source)
    gone, stays = fanout.reader(), fanout.reader()
    waiting = asyncio.create_task(gone.recv())
    running = asyncio.create_task(fanout.run())
    await asyncio.sleep(0)
    gone.stop()
    with pytest.raises(MediaStreamError):
        await waiting
    source.give(0)
    assert (await stays.recv()).pts == 0
    assert gone.dropped == 0
    source.end()
    await running
