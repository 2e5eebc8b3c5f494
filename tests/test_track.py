from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError, VideoStreamTrack

from gateway.shown import ShownChanged, ShownEvent
from gateway.track import MattingTrack
from gateway.worker import Worker
from tests.frames import drawn_frame, luma
from tests.mattings import BACKDROP, Failing, LeftHalf, Steered, never_ready, pipeline
from transforms.picture import Matrix, Picture, Size

HALF = 160
DRAWN = [drawn_frame(number) for number in range(5)]
BACKDROP_LUMA = Matrix.BT601.to_ycbcr(BACKDROP, full_range=False)[0]


@pytest.fixture(scope="module", autouse=True)
def kernels() -> Iterator[None]:
    """Compiled beforehand: what is measured is not the compiler."""
    warm = pipeline()
    warm(Picture.of(drawn_frame(0)), 0.0)
    yield
    warm.close()


class Source(VideoStreamTrack):
    """Gives the frames put into it, in order, and ends at None."""

    def __init__(self, *frames: av.VideoFrame) -> None:
        super().__init__()
        self.frames: asyncio.Queue[av.VideoFrame | None] = asyncio.Queue()
        for frame in frames:
            self.frames.put_nowait(frame)

    async def recv(self) -> av.VideoFrame:
        frame = await self.frames.get()
        self.frames.task_done()
        if frame is None:
            raise MediaStreamError
        return frame


def is_composite_of(frame: av.VideoFrame, source: av.VideoFrame) -> bool:
    shown = luma(frame)
    return np.array_equal(shown[:, :HALF], luma(source)[:, :HALF]) and is_backdrop(shown[:, HALF:])


def is_backdrop(samples: object) -> bool:
    return bool(np.all(np.asarray(samples) == BACKDROP_LUMA))


async def test_frames_are_composited_and_keep_their_time(loop_guard: None) -> None:
    matting = LeftHalf()
    track = MattingTrack(Source(*DRAWN), pipeline(matting), pump=False)
    for source in DRAWN:
        frame = await track.recv()
        assert is_composite_of(frame, source)
        assert (frame.pts, frame.time_base) == (source.pts, source.time_base)
    assert matting.times == [number / 30 for number in range(5)]
    assert (track.stats.frames_in, track.stats.frames_out, track.stats.dropped) == (5, 5, 0)
    assert set(track.stats.stages) == {"matte", "background", "composite", "quality"}
    assert track.stats.quality is not None and 0 < track.stats.quality.latest <= 1
    assert track.stats.inference_every is None
    await track.aclose()
    assert matting.closed == 1


async def test_slow_matting_drops_frames_instead_of_queueing() -> None:
    matting = Steered()
    source = Source(drawn_frame(0))
    track = MattingTrack(source, pipeline(matting))
    first = asyncio.create_task(track.recv())
    assert await asyncio.to_thread(matting.begun.acquire, timeout=5)
    for number in range(1, 10):
        source.frames.put_nowait(drawn_frame(number))
    await source.frames.join()
    matting.leave.release(2)
    assert (await first).pts == 0
    assert (await track.recv()).pts == 9 * 3000
    assert (track.stats.frames_in, track.stats.frames_out, track.stats.dropped) == (10, 2, 8)
    await track.aclose()


async def test_the_first_frame_of_a_matting_that_is_not_ready_is_the_background() -> None:
    events: list[ShownEvent] = []
    track = MattingTrack(Source(drawn_frame(0)), pipeline(never_ready()), pump=False, on_event=events.append)
    assert is_backdrop(luma(await track.recv()))
    assert events == [ShownChanged("cover", "the model is loading", 0.0)]
    assert track.stats.covered == 1
    await track.aclose()


async def test_a_failing_matting_holds_the_last_composite_then_covers_then_recovers() -> None:
    frames = [drawn_frame(number) for number in (0, 1, 80, 81)]
    matting = Failing(lambda time: ValueError("lost") if 0 < time < 2.68 else None)
    events: list[ShownEvent] = []
    track = MattingTrack(Source(*frames), pipeline(matting), pump=False, on_event=events.append)
    shown = [await track.recv() for _ in frames]
    assert is_composite_of(shown[0], frames[0])
    assert is_composite_of(shown[1], frames[0])
    assert is_backdrop(luma(shown[2]))
    assert is_composite_of(shown[3], frames[3])
    assert [frame.pts for frame in shown] == [frame.pts for frame in frames]
    assert [event.shown for event in events if isinstance(event, ShownChanged)] == ["held", "cover", "composite"]
    assert (track.stats.held, track.stats.covered) == (1, 1)
    await track.aclose()


@pytest.mark.parametrize("name", ["rgb24", "yuv422p", "nv12", "gray"])
async def test_frames_of_other_formats_are_converted(name: str) -> None:
    source = drawn_frame(2).reformat(format=name)
    track = MattingTrack(Source(source), pipeline(), pump=False)
    frame = await track.recv()
    assert frame.format.name == "yuv420p"
    assert (frame.pts, frame.time_base) == (6000, Fraction(1, 90_000))
    assert is_backdrop(luma(frame)[:, HALF:])
    await track.aclose()


async def test_a_pipeline_is_replaced_between_two_frames_and_the_old_one_closed() -> None:
    old, new = LeftHalf(), never_ready()
    track = MattingTrack(Source(*map(drawn_frame, range(3))), pipeline(old), pump=False)
    first = await track.recv()
    track.replace_pipeline(pipeline(new))
    assert old.closed == 0
    assert is_backdrop(luma(await track.recv()))
    assert (old.closed, new.closed) == (1, 0)
    assert is_composite_of(first, drawn_frame(0))
    await track.aclose()
    assert (old.closed, new.closed) == (1, 1)


async def test_readers_that_keep_every_frame_cost_drops_not_memory() -> None:
    track = MattingTrack(Source(*map(drawn_frame, range(20))), pipeline(), pump=False)
    kept = [await track.recv() for _ in range(5)]
    waiting = asyncio.create_task(track.recv())
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    kept += [task.result() for task in done]
    if done:
        waiting = asyncio.create_task(track.recv())
        assert not (await asyncio.wait([waiting], timeout=0.2))[0]
    assert track.stats.dropped >= 10
    assert [is_composite_of(frame, drawn_frame(number)) for number, frame in enumerate(kept)] == [True] * len(kept)
    waiting.cancel()
    await track.aclose()


async def test_the_matrix_given_is_assumed_only_where_the_frame_names_none() -> None:
    named = drawn_frame(1)
    named.colorspace = 1
    track = MattingTrack(Source(drawn_frame(0), named), pipeline(), pump=False, matrix=Matrix.BT601)
    assert [Picture.of(await track.recv()).matrix for _ in range(2)] == [Matrix.BT601, Matrix.BT709]
    await track.aclose()


@pytest.mark.parametrize("pump", [True, False])
async def test_the_end_of_the_source_ends_the_track(pump: bool) -> None:
    source = Source(drawn_frame(0))
    track = MattingTrack(source, pipeline(), pump=pump)
    await track.recv()
    source.frames.put_nowait(None)
    with pytest.raises(MediaStreamError):
        await track.recv()
    assert track.readyState == "ended"
    await track.aclose()


async def test_what_a_source_raises_rises_to_the_reader() -> None:
    class Broken(VideoStreamTrack):
        async def recv(self) -> av.VideoFrame:
            raise OSError("the camera is gone")

    track = MattingTrack(Broken(), pipeline())
    with pytest.raises(OSError, match="the camera is gone"):
        await track.recv()
    await track.aclose()


async def test_stop_wakes_a_waiting_reader_and_aclose_leaves_nothing() -> None:
    threads, tasks = threading.active_count(), len(asyncio.all_tasks())
    track = MattingTrack(Source(), pipeline())
    waiting = asyncio.create_task(track.recv())
    await asyncio.sleep(0)
    track.stop()
    with pytest.raises(MediaStreamError):
        await waiting
    await track.aclose()
    assert (threading.active_count(), len(asyncio.all_tasks())) == (threads, tasks)


async def test_a_worker_that_is_lent_is_left_running() -> None:
    worker = Worker()
    track = MattingTrack(Source(drawn_frame(0)), pipeline(), worker=worker, pump=False)
    await track.recv()
    await track.aclose()
    assert await worker.run(int, "7") == 7
    await worker.aclose()


async def test_it_works_on_a_track_of_aiortc_itself() -> None:
    track = MattingTrack(VideoStreamTrack(), pipeline())
    first, second = await track.recv(), await track.recv()
    assert (second.pts or 0) - (first.pts or 0) == 3000
    assert Size(second.width, second.height) == Size(640, 480)
    assert is_backdrop(luma(second)[:, 320:])
    await track.aclose()


async def test_closing_twice_is_closing_once_and_a_pipeline_that_comes_too_late_is_closed() -> None:
    late = LeftHalf()
    track = MattingTrack(Source(drawn_frame(0)), pipeline())
    await track.recv()
    await track.aclose()
    await track.aclose()
    track.replace_pipeline(pipeline(late))
    assert late.closed == 1
