from __future__ import annotations

import asyncio

import pytest
from aiortc.mediastreams import MediaStreamError

from gateway.call.splice import SplicedSound, SplicedTrack
from gateway.rtp.core import SoundPacket, SourceClock
from tests.test_fanout import Clock, Given


async def test_the_next_source_carries_the_timestamps_on_by_the_time_that_passed() -> None:
    clock, first, second = Clock(), Given(), Given()
    track = SplicedTrack(clock=clock)
    track.follow(first, timestamp=0)
    first.give(0, 1)
    assert [(await track.recv()).pts for _ in range(2)] == [0, 3000]
    clock.now += 2.0
    track.follow(second, timestamp=900_000)
    second.give(300, 301)
    assert [(await track.recv()).pts for _ in range(2)] == [183_000, 186_000]
    assert track.offset == 183_000 - 900_000
    assert first.readyState == "ended"


async def test_the_first_source_keeps_its_own_timestamps() -> None:
    track, source = SplicedTrack(), Given()
    track.follow(source, timestamp=15_000)
    source.give(5)
    assert (await track.recv()).pts == 15_000
    assert track.offset == 0


async def test_a_seam_at_the_same_moment_still_steps_forward() -> None:
    clock, first, second = Clock(), Given(), Given()
    track = SplicedTrack(clock=clock)
    track.follow(first)
    first.give(7)
    await track.recv()
    track.follow(second, timestamp=0)
    second.give(0)
    assert (await track.recv()).pts == 21_001


async def test_whoever_waits_gets_the_next_sources_frame() -> None:
    track, lost, found = SplicedTrack(), Given(), Given()
    waiting = asyncio.create_task(track.recv())
    await asyncio.sleep(0)
    track.follow(lost)
    await asyncio.sleep(0)
    lost.end()
    await asyncio.sleep(0)
    found.give(1)
    track.follow(found, timestamp=3000)
    async with asyncio.timeout(5):
        assert (await waiting).pts == 3000


async def test_stopped_it_ends_and_so_does_its_source() -> None:
    track, source = SplicedTrack(), Given()
    track.follow(source)
    waiting = asyncio.create_task(track.recv())
    await asyncio.sleep(0)
    track.stop()
    source.end()
    with pytest.raises(MediaStreamError):
        await waiting
    assert source.readyState == "ended"


def sound(number: int, timestamp: int) -> SoundPacket:
    return SoundPacket(0, False, number, timestamp, b"", 0.0)


def test_the_next_sources_sound_neither_repeats_numbers_nor_steps_back_in_time() -> None:
    clock = Clock()
    line = SplicedSound(clock=clock)
    assert line.carried_on_clock(SourceClock(1, 0, "a", 0.0)) is None
    assert line.carried_on(sound(7, 160), 8000) == sound(7, 160)
    assert line.carried_on(sound(8, 320), 8000) == sound(8, 320)
    clock.now += 1.5
    line.begin_source()
    assert line.carried_on_clock(SourceClock(1, 0, "b", 0.0)) is None
    assert line.carried_on(sound(0, 5000), 8000) == sound(9, 320 + 12_000)
    assert line.carried_on(sound(1, 5160), 8000) == sound(10, 320 + 12_160)
    assert line.carried_on_clock(SourceClock(1, 5000, "b", 0.0)) == SourceClock(1, 320 + 12_000, "b", 0.0)
