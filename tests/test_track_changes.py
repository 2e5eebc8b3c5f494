"""A track that is steered while frames flow: changes, snapshots and measurements, each between two frames."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

import av
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError, VideoStreamTrack

from gateway.errors import Conflict
from gateway.geometry import Geometry
from gateway.stage_times import RECENT, StageTimes
from gateway.track import MattingTrack
from gateway.worker import Worker
from tests.frames import drawn_frame, luma
from tests.mattings import LeftHalf, Steered, pipeline
from transforms import catalog
from transforms.change import PipelineChange, StaleChange
from transforms.effect import Color, ColorBackground, Effect, EffectError, ScreenKey
from transforms.matting import Matting
from transforms.picture import Matrix, Picture, Size
from transforms.sample import SampleCaller

SIZE = Size(160, 120)
TEAL, NAVY, RED = (Color.parse(text) for text in ("2a6a84", "102040", "a03030"))
KEYED = Effect(ScreenKey(None), ColorBackground(NAVY))
RED_LUMA, NAVY_LUMA = (Matrix.BT601.to_ycbcr(color, full_range=False)[0] for color in (RED, NAVY))


@pytest.fixture(scope="module", autouse=True)
def kernels() -> None:
    """Loaded beforehand, as a server does: making a pipeline then reads no file."""
    catalog.warm_up(KEYED)


class Calling(VideoStreamTrack):
    """The sample caller, one frame whenever asked, until `last`."""

    def __init__(self, *, last: int = 10_000) -> None:
        super().__init__()
        self._caller = SampleCaller(SIZE, screen=TEAL)
        self._last = last
        self.number = 0
        self.is_silent = asyncio.Event()

    async def recv(self) -> av.VideoFrame:
        if self.number == self._last:
            self.is_silent.set()
            await asyncio.Event().wait()
        frame, _ = self._caller.frame(self.number)
        self.number += 1
        return frame


def changed(matting: Matting | None = None, effect: Effect = KEYED) -> PipelineChange:
    """A change for a pipeline that was made by hand."""
    return PipelineChange(None, effect, matting, None, None)


async def test_frames_after_a_change_show_it_and_the_time_is_told() -> None:
    made = catalog.pipeline(KEYED)
    track = MattingTrack(Calling(), made, pump=False)
    assert luma(await track.recv())[2, 2] == NAVY_LUMA
    began = time.time()
    applied = await track.change_pipeline(catalog.with_changes(made, replace(KEYED, background=ColorBackground(RED))))
    assert began <= applied <= time.time()
    assert luma(await track.recv())[2, 2] == RED_LUMA
    await track.aclose()


async def test_a_change_waits_for_the_frame_at_work_and_for_no_other() -> None:
    old, new = Steered(), LeftHalf()
    track = MattingTrack(Calling(), pipeline(old), pump=False)
    rendering = asyncio.create_task(track.recv())
    assert await asyncio.to_thread(old.begun.acquire, timeout=5)
    changing = asyncio.create_task(track.change_pipeline(changed(new)))
    await asyncio.sleep(0)
    assert old.closed == 0
    old.leave.release()
    await changing
    await rendering
    assert (old.closed, new.closed, len(new.times)) == (1, 0, 0)
    await track.recv()
    assert len(new.times) == 1
    await track.aclose()


async def test_a_change_holds_at_once_where_no_frame_flows() -> None:
    source = Calling(last=1)
    made = catalog.pipeline(KEYED)
    track = MattingTrack(source, made)
    await track.recv()
    waiting = asyncio.create_task(track.recv())
    await source.is_silent.wait()
    async with asyncio.timeout(2):
        await track.change_pipeline(catalog.with_changes(made, replace(KEYED, on_unsure="cover")))
    assert made.on_unsure == "cover"
    waiting.cancel()
    await track.aclose()


async def test_of_two_changes_made_at_once_the_second_is_told_that_it_is_stale() -> None:
    made, late = catalog.pipeline(KEYED), LeftHalf()
    track = MattingTrack(Calling(), made, pump=False)
    first = catalog.with_changes(made, replace(KEYED, background=ColorBackground(RED)))
    second = PipelineChange(KEYED, replace(KEYED, view="alpha"), late, None, None)
    outcomes = await asyncio.gather(*map(track.change_pipeline, (first, second)), return_exceptions=True)
    assert isinstance(outcomes[0], float)
    assert isinstance(outcomes[1], StaleChange)
    assert late.closed == 1
    assert luma(await track.recv())[2, 2] == RED_LUMA
    await track.aclose()


async def test_a_caller_who_goes_away_leaves_no_parts_behind() -> None:
    old, new = Steered(), LeftHalf()
    track = MattingTrack(Calling(), pipeline(old), pump=False)
    rendering = asyncio.create_task(track.recv())
    assert await asyncio.to_thread(old.begun.acquire, timeout=5)
    changing = asyncio.create_task(track.change_pipeline(changed(new)))
    await asyncio.sleep(0)
    changing.cancel()
    await asyncio.wait([changing])
    assert new.closed == 1
    old.leave.release()
    await rendering
    assert old.closed == 0
    await track.aclose()
    assert (old.closed, new.closed) == (1, 1)


@pytest.mark.parametrize("is_lent", [True, False])
async def test_a_change_that_comes_too_late_is_closed(is_lent: bool) -> None:
    worker, late = Worker(), LeftHalf()
    track = MattingTrack(Calling(), pipeline(), worker=worker if is_lent else None)
    await track.recv()
    await track.aclose()
    with pytest.raises(MediaStreamError):
        await track.change_pipeline(changed(late))
    assert late.closed == 1
    for asked in (track.snapshot(), track.snapshot("input")):
        with pytest.raises(MediaStreamError):
            await asked
    await worker.aclose()


async def test_a_hundred_changes_while_frames_flow_lose_none() -> None:
    made = catalog.pipeline(KEYED)
    track = MattingTrack(Calling(), made, pump=False)
    shown: list[int] = []
    done = asyncio.Event()

    async def watch() -> None:
        while not done.is_set():
            shown.append(int(luma(await track.recv())[2, 2]))

    watching = asyncio.create_task(watch())
    for number in range(100):
        behind = ColorBackground((RED, NAVY)[number % 2])
        await track.change_pipeline(catalog.with_changes(made, replace(KEYED, background=behind)))
    done.set()
    await watching
    stats = track.stats
    assert set(shown) <= {RED_LUMA, NAVY_LUMA}
    assert dict(stats.shown) == {"composite": len(shown)}
    assert stats.dropped == 0
    assert luma(await track.recv())[2, 2] == NAVY_LUMA
    await track.aclose()


async def test_a_snapshot_is_a_copy_of_what_left_and_of_what_came() -> None:
    made = catalog.pipeline(KEYED)
    track = MattingTrack(Calling(), made, pump=False)
    with pytest.raises(Conflict, match="no picture has come yet"):
        await track.snapshot()
    frame = await track.recv()
    composite, alpha, source = [await track.snapshot(view) for view in ("composite", "alpha", "input")]
    assert (luma(composite) == luma(frame)).all()
    assert (composite.pts, composite.time_base) == (frame.pts, frame.time_base)
    drawn, matte = SampleCaller(SIZE, screen=TEAL).frame(0)
    assert (luma(source) == luma(drawn)).all()
    assert np.abs(luma(alpha).astype(int) - matte).mean() < 6
    before = luma(composite).copy()
    for _ in range(10):
        await track.recv()
    assert (luma(composite) == before).all()
    await track.aclose()


async def test_the_picture_is_turned_with_the_change_and_not_before() -> None:
    made = catalog.pipeline(KEYED)
    track = MattingTrack(Calling(), made, pump=False)
    assert (await track.recv()).width == SIZE.width
    red = replace(KEYED, background=ColorBackground(RED))
    await track.change_pipeline(catalog.with_changes(made, red), geometry=Geometry(rotate=90))
    turned = await track.recv()
    assert (turned.width, turned.height) == (SIZE.height, SIZE.width)
    assert luma(turned)[2, 2] == RED_LUMA
    await track.change_pipeline(catalog.with_changes(made, KEYED))
    assert (await track.recv()).width == SIZE.height
    await track.aclose()


async def test_the_key_colour_of_what_comes_is_found_beside_a_call_that_does_something_else() -> None:
    track = MattingTrack(Calling(), pipeline(), pump=False)

    async def watch() -> None:
        while True:
            await track.recv()

    watching = asyncio.create_task(watch())
    threads = threading.active_count()
    found = await track.key_color()
    assert found.accepted
    assert abs(found.color.blue - TEAL.blue) < 16
    refused = await track.key_color(seed=Color.parse("00b140"))
    assert not refused.accepted
    with pytest.raises(EffectError, match="too grey"):
        await track.key_color(seed=Color.parse("808080"))
    assert threading.active_count() <= threads + 1
    watching.cancel()
    await track.aclose()


async def test_where_fewer_pictures_come_in_time_the_key_colour_is_found_in_those() -> None:
    source = Calling(last=2)
    track = MattingTrack(source, pipeline())
    watching = asyncio.create_task(track.recv())
    measuring = asyncio.create_task(track.key_color(wait=0.2))
    await watching
    waiting = asyncio.create_task(track.recv())
    assert (await measuring).accepted
    with pytest.raises(Conflict, match="no picture has come yet"):
        await track.key_color(wait=0.01)
    waiting.cancel()
    await track.aclose()


async def test_the_lock_of_the_call_is_told() -> None:
    track = MattingTrack(Calling(), catalog.pipeline(KEYED), pump=False)
    assert track.stats.key_color is None
    assert track.stats.size is None
    await track.recv()
    stats = track.stats
    assert stats.key_color is not None
    assert stats.key_color.accepted
    assert stats.size == SIZE
    assert stats.latest_confidence == pytest.approx(1, abs=0.5)
    assert stats.stages["matte"].p95 >= stats.stages["matte"].p50 > 0
    await track.aclose()


async def test_every_frame_is_scaled_to_the_size_asked_for() -> None:
    track = MattingTrack(Calling(), catalog.pipeline(KEYED), pump=False, geometry=Geometry(size=(96, 64)))
    frame = await track.recv()
    assert (frame.width, frame.height, frame.pts) == (96, 64, 0)
    snapshot = await track.snapshot("input")
    assert Picture.of(snapshot).size == Size(96, 64)
    await track.aclose()


async def test_the_matrix_of_another_effect_is_assumed_from_then_on() -> None:
    made = catalog.pipeline(KEYED)

    class Silent(Calling):
        async def recv(self) -> av.VideoFrame:
            return drawn_frame(self.number)

    track = MattingTrack(Silent(), made, pump=False)
    assert Picture.of(await track.recv()).matrix is Matrix.BT601
    await track.change_pipeline(catalog.with_changes(made, replace(KEYED, matrix="bt709")))
    assert Picture.of(await track.recv()).matrix is Matrix.BT709
    await track.change_pipeline(catalog.with_changes(made, replace(KEYED, matrix="bt709", on_unsure="cover")))
    assert Picture.of(await track.recv()).matrix is Matrix.BT709
    await track.aclose()


def test_stage_times_are_the_last_frames_percentiles_and_the_whole_calls_mean() -> None:
    times = StageTimes()
    for number in range(1000):
        times.add({"matte": 1.0 if number < 1000 - RECENT else (number - 1000 + RECENT + 1) / RECENT})
    matte = times.now()["matte"]
    assert matte.p50 == 0.5
    assert matte.p95 == pytest.approx(0.95, abs=1 / RECENT)
    assert matte.mean == pytest.approx((744 + sum(range(1, 257)) / 256) / 1000)


def test_stages_beyond_reason_are_not_kept() -> None:
    times = StageTimes()
    times.add({f"stage {number}": 0.1 for number in range(1000)})
    assert len(times.now()) == 16
