from __future__ import annotations

import asyncio

import pytest
from aiortc.mediastreams import MediaStreamError

from gateway.latest import LatestFrame


async def test_the_newest_item_wins_and_the_overtaken_are_counted() -> None:
    latest: LatestFrame[int] = LatestFrame()
    for item in range(5):
        latest.put(item)
    assert await latest.get() == 4
    assert latest.dropped == 4


async def test_a_waiting_consumer_gets_the_next_item() -> None:
    latest: LatestFrame[int] = LatestFrame()
    waiting = asyncio.create_task(latest.get())
    await asyncio.sleep(0)
    latest.put(7)
    assert await waiting == 7
    assert latest.dropped == 0


async def test_what_was_put_before_the_end_is_still_taken() -> None:
    latest: LatestFrame[int] = LatestFrame()
    latest.put(1)
    latest.end()
    latest.put(2)
    assert await latest.get() == 1
    with pytest.raises(MediaStreamError):
        await latest.get()


async def test_the_end_wakes_a_waiting_consumer_with_its_error() -> None:
    latest: LatestFrame[int] = LatestFrame()
    waiting = asyncio.create_task(latest.get())
    await asyncio.sleep(0)
    latest.end(ValueError("the source failed"))
    latest.end()
    with pytest.raises(ValueError, match="the source failed"):
        await waiting


async def test_a_cancelled_consumer_takes_nothing_away() -> None:
    latest: LatestFrame[int] = LatestFrame()
    waiting = asyncio.create_task(latest.get())
    await asyncio.sleep(0)
    waiting.cancel()
    latest.put(3)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await latest.get() == 3
