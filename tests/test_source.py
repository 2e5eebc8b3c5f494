from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import av
import pytest
from aiortc.mediastreams import MediaStreamError

from gateway import source
from gateway.codec.cadence import FrameRateLimit
from gateway.codec.decoder import VideoDecoder
from gateway.rtp.core import AccessUnit, SourceChanged
from gateway.source import MAX_PICTURES, MAX_UNITS, MAX_WAIT, RtpVideoTrack
from gateway.worker import Worker
from tests.frames import SMALL, coded, drawn_frame, luma, psnr
from tests.test_decoder import b_frame_units
from transforms.picture import Size

CODECS = ["H264", "VP8"]
UNITS = {codec: coded(codec, 60, keyframes=(40,)) for codec in CODECS}

LARGE = coded("H264", 40, Size(1280, 720))
"""Takes longer to decode than a callback may take on the event loop."""


@dataclass
class Rig:
    """A track, its clock, and how often it asked for a key frame."""

    track: RtpVideoTrack = field(init=False)
    now: float = 100.0
    requests: list[None] = field(default_factory=list)

    def deliver(self, units: Sequence[AccessUnit | SourceChanged]) -> None:
        for unit in units:
            self.track.deliver(unit)

    async def frames(self, count: int) -> list[av.VideoFrame]:
        return [await self.track.recv() for _ in range(count)]


@asynccontextmanager
async def rig(*, limit: float | None = None) -> AsyncIterator[Rig]:
    worker, r = Worker(), Rig()
    r.track = RtpVideoTrack(
        VideoDecoder,
        worker=worker,
        request_keyframe=lambda: r.requests.append(None),
        limit=FrameRateLimit(limit) if limit else None,
        clock=lambda: r.now,
    )
    yield r
    r.track.stop()
    await worker.aclose()


def numbers(frames: Sequence[av.VideoFrame]) -> list[int]:
    return [(frame.pts or 0) // 3000 for frame in frames]


@pytest.mark.parametrize("codec", CODECS)
async def test_frames_come_in_order_with_their_timestamps(codec: str) -> None:
    async with rig() as r:
        for number in range(20):
            r.deliver(UNITS[codec][number : number + 1])
            (frame,) = await r.frames(1)
            assert frame.pts == number * 3000
            assert psnr(luma(frame), luma(drawn_frame(number))) > 32
        assert r.requests == []


async def test_nothing_is_decoded_on_the_loop(loop_guard: None) -> None:
    async with rig() as r:
        r.deliver(LARGE)
        await r.frames(8)


async def test_a_reader_that_waits_gets_the_frame_when_it_comes() -> None:
    async with rig() as r:
        waiting = asyncio.create_task(r.track.recv())
        await asyncio.sleep(0)
        r.deliver(UNITS["H264"][:1])
        assert (await waiting).pts == 0


async def test_what_came_before_the_first_pull_is_not_decoded_whole() -> None:
    again = [replace(unit, timestamp=unit.timestamp + 60 * 3000) for unit in UNITS["H264"]]
    async with rig() as r:
        r.deliver([*UNITS["H264"], *again])
        assert [frame.pts for frame in await r.frames(8)] == [number * 3000 for number in range(112, 120)]
        assert r.track.stats.skipped_units == 100
        assert r.requests == []


async def test_after_a_damaged_unit_that_cannot_be_decoded_damage_goes_on_to_be_shown() -> None:
    units = UNITS["VP8"]
    broken = replace(units[2], data=b"\x01", intact=False)
    async with rig() as r:
        r.deliver([*units[:2], broken, *(replace(unit, intact=False) for unit in units[3:5])])
        assert numbers(await r.frames(4)) == [0, 1, 3, 4]
        assert len(r.requests) == 1


async def test_frames_that_come_at_once_all_leave_in_order() -> None:
    async with rig() as r:
        r.deliver(UNITS["H264"][:5])
        assert numbers(await r.frames(5)) == [0, 1, 2, 3, 4]
        assert r.track.stats.dropped == 0


async def test_of_a_large_burst_only_the_newest_are_kept() -> None:
    async with rig() as r:
        r.deliver(UNITS["H264"][:30])
        assert numbers(await r.frames(MAX_PICTURES)) == list(range(30 - MAX_PICTURES, 30))
        assert r.track.stats.dropped == 30 - MAX_PICTURES
        assert r.track.stats.pictures == 30


async def test_pictures_that_waited_too_long_give_way_to_the_newest() -> None:
    async with rig() as r:
        r.deliver(UNITS["H264"][:5])
        assert numbers(await r.frames(1)) == [0]
        r.now += MAX_WAIT * 1.1
        assert numbers(await r.frames(1)) == [4]
        assert r.track.stats.dropped == 3


async def test_a_reader_slower_than_the_source_drops_frames_instead_of_queueing_them() -> None:
    async with rig() as r:
        ages = []
        for number in range(40):
            r.now = 100 + number / 30
            r.deliver(UNITS["H264"][number : number + 1])
            if number % 2:
                (frame,) = await r.frames(1)
                ages.append(number - (frame.pts or 0) // 3000)
        assert max(ages) <= MAX_WAIT * 30 + 1
        assert r.track.stats.dropped >= 15


async def test_b_frames_leave_in_presentation_order() -> None:
    async with rig() as r:
        shown: list[int] = []
        for unit in b_frame_units(20):
            r.deliver([unit])
            if len(shown) < 17:
                waiting = asyncio.create_task(r.track.recv())
                done, _ = await asyncio.wait([waiting], timeout=0.05)
                if done:
                    shown += numbers([waiting.result()])
                else:
                    waiting.cancel()
        assert shown == list(range(len(shown)))
        assert len(shown) >= 15
        assert r.track.stats.reorder_delay == 2


async def test_nothing_is_shown_before_the_first_key_frame() -> None:
    async with rig() as r:
        r.deliver(UNITS["H264"][35:45])
        assert numbers(await r.frames(5)) == [40, 41, 42, 43, 44]


async def test_a_damaged_unit_asks_for_a_key_frame_and_nothing_is_shown_until_it_comes() -> None:
    async with rig() as r:
        units = list(UNITS["H264"])
        units[20] = AccessUnit(units[20].data[: len(units[20].data) // 2], 60_000, is_keyframe=False, received=0.0)
        r.deliver(units[18:19])
        r.deliver(units[:1])
        assert numbers(await r.frames(1)) == [0]
        r.deliver(units[1:20])
        await r.frames(1)
        r.deliver(units[20:42])
        while numbers(shown := await r.frames(1))[0] < 20:
            pass
        assert numbers(shown) == [40]
        assert r.requests == [None]
        assert r.track.stats.decode_errors == 1


async def test_another_source_gets_a_fresh_decoder() -> None:
    async with rig() as r:
        r.deliver([*UNITS["H264"][:2], SourceChanged(7), *UNITS["H264"][2:4], *coded("H264", 2, Size(160, 120))])
        frames = await r.frames(4)
        assert [Size(frame.width, frame.height) for frame in frames] == [SMALL] * 2 + [Size(160, 120)] * 2


async def test_a_source_may_change_its_codec_at_a_key_frame() -> None:
    async with rig() as r:
        for units in (UNITS["H264"][:2], UNITS["VP8"][:2], UNITS["H264"][:1]):
            r.deliver(units)
            assert len(await r.frames(len(units))) == len(units)
        assert r.requests == []


async def test_a_backlog_too_long_to_decode_jumps_to_its_newest_key_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    async with rig() as r:
        r.deliver(UNITS["H264"][:1])
        await r.frames(1)
        monkeypatch.setattr(source, "CATCH_UP", 0.0)
        r.deliver(UNITS["H264"][1:39])
        waiting = asyncio.create_task(r.track.recv())
        await asyncio.wait([waiting], timeout=0.01)
        assert r.requests == [None]
        monkeypatch.undo()
        r.deliver(UNITS["H264"][39:42])
        assert numbers([await waiting]) == [40]
        assert r.track.stats.skipped_units == 39


async def test_a_backlog_with_a_key_frame_near_its_end_needs_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async with rig() as r:
        r.deliver(UNITS["H264"][:1])
        await r.frames(1)
        cost = r.track._decoding.seconds_per_unit
        monkeypatch.setattr(source, "CATCH_UP", cost * 10)
        r.deliver(UNITS["H264"][1:43])
        assert numbers(await r.frames(3)) == [40, 41, 42]
        assert r.requests == []


async def test_what_nobody_pulls_is_bounded() -> None:
    async with rig() as r:
        for _ in range(60):
            r.deliver(UNITS["H264"][1:40])
        assert len(r.track._queue) <= MAX_UNITS
        assert len(r.requests) >= 1


@pytest.mark.parametrize(("limit", "expected"), [(15, [0, 2, 4, 6]), (30, [0, 1, 2, 3, 4, 5, 6])])
async def test_a_frame_rate_limit_drops_evenly(limit: float, expected: list[int]) -> None:
    async with rig(limit=limit) as r:
        r.deliver(UNITS["H264"][:7])
        assert numbers(await r.frames(len(expected))) == expected


async def test_stop_ends_a_reader_whose_units_are_being_decoded_to_nothing() -> None:
    async with rig() as r:
        r.deliver(UNITS["H264"][1:2])
        waiting = asyncio.create_task(r.track.recv())
        await asyncio.sleep(0)
        r.track.stop()
        with pytest.raises(MediaStreamError):
            await asyncio.wait_for(waiting, timeout=5)


async def test_stop_ends_a_waiting_reader_and_every_later_one() -> None:
    async with rig() as r:
        waiting = asyncio.create_task(r.track.recv())
        await asyncio.sleep(0)
        r.track.stop()
        with pytest.raises(MediaStreamError):
            await waiting
        with pytest.raises(MediaStreamError):
            await r.track.recv()
