"""The transform in the middle of every path: a video track whose frames are another's with the background replaced.

    track = MattingTrack(source_track, transforms.catalog.pipeline(effect))

It works in any aiortc program. Nothing of the source gets past it unmatted: what cannot be matted is shown as the
pipeline says (held, then covered), and a frame that not even that is possible for is dropped.

While frames flow the pipeline may be made to do something else (`change_pipeline`) or be exchanged; a picture of what
it does may be taken, and the screen's colour measured. None of that delays a frame by more than a copy of one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack, VideoStreamTrack

from gateway.errors import Conflict
from gateway.geometry import AS_IT_COMES, Geometry
from gateway.latest import LatestFrame
from gateway.rendering import Rendering, SnapshotView, Tap, seconds
from gateway.shown import Confidence, Quality, ShownEvent, ShownWatch
from gateway.stage_times import StageTime
from gateway.worker import Worker, WorkerClosed
from transforms import catalog
from transforms.picture import Matrix, Picture, Size

if TYPE_CHECKING:
    from transforms.change import PipelineChange
    from transforms.effect import Color
    from transforms.key_color import KeyColor
    from transforms.pipeline import Pipeline, Rendered, Shown

KEY_COLOR_WAIT = 1.0
"""Seconds that the pictures for a key colour may take to come: six, at ten a second."""


@dataclass(frozen=True, slots=True)
class TrackStats:
    """Counters since the start.

    `shown`: how many of each left. `stages`: seconds per frame, as of late, by the pipeline's stage names.
    `confidence`: of the mattes, None where there are none; `latest_confidence`: of the last. `key_color`: the screen's
    as the matting has it now; None where it knows none. `size`: of the last picture rendered. `quality`: how good the
    mattes look, as of late; None where there are none. `inference_every`: of how many pictures the matting's network
    looks at one; None where it has none. `background_failures`: how often a background failed and stood still.
    """

    frames_in: int
    frames_out: int
    dropped: int
    shown: Mapping[Shown, int]
    stages: Mapping[str, StageTime]
    confidence: Confidence | None
    latest_confidence: float | None
    key_color: KeyColor | None
    size: Size | None
    quality: Quality | None
    inference_every: int | None
    background_failures: int

    @property
    def held(self) -> int:
        """How many were the last good composite, once more."""
        return self.shown.get("held", 0)

    @property
    def covered(self) -> int:
        """How many were the background alone."""
        return self.shown.get("cover", 0)


class MattingTrack(VideoStreamTrack):
    """The frames of `source` through `pipeline`, with the source's `pts` and `time_base`. For one reader.

    It owns the pipeline, and a worker of its own where none is given; `aclose` ends both. At most one frame is in the
    worker. A `pump` empties the source as fast as it gives, so that a slow matte drops frames instead of queueing them;
    leave it out for a source that drops by itself. `matrix` is assumed where a frame does not say. `geometry`: how
    every frame is cropped, turned and scaled before the pipeline; it may be set anew and holds from the next frame on.
    `on_event` is called on the event loop.
    """

    def __init__(
        self,
        source: MediaStreamTrack,
        pipeline: Pipeline,
        *,
        worker: Worker | None = None,
        matrix: Matrix | None = None,
        geometry: Geometry = AS_IT_COMES,
        pump: bool = True,
        on_event: Callable[[ShownEvent], None] | None = None,
    ) -> None:
        super().__init__()
        self._source = source
        self._worker = worker or Worker("matting")
        self._owns_worker = worker is None
        self._rendering = Rendering(pipeline, matrix=matrix, geometry=geometry, busy=partial(_busy, self._worker))
        self._latest: LatestFrame[av.VideoFrame] | None = LatestFrame() if pump else None
        self._pumping: asyncio.Task[None] | None = None
        self._on_event = on_event
        self._watch = ShownWatch(pipeline.shown)
        self._counts: Counter[str] = Counter()
        self._is_closed = False

    @property
    def stats(self) -> TrackStats:
        """The counters now."""
        counts, overtaken = self._counts, self._latest.dropped if self._latest else 0
        pipeline = self._rendering.pipeline
        return TrackStats(
            frames_in=counts["in"] + overtaken,
            frames_out=counts["out"],
            dropped=counts["dropped"] + overtaken,
            shown=self._watch.counts,
            stages=self._rendering.stages.now(),
            confidence=self._watch.confidence,
            latest_confidence=self._watch.latest_confidence,
            key_color=pipeline.key_color,
            size=pipeline.picture.size if pipeline.picture is not None else None,
            quality=self._watch.quality,
            inference_every=self._watch.every,
            background_failures=self._watch.background_failures,
        )

    @property
    def geometry(self) -> Geometry:
        """How each frame is cropped, turned and scaled."""
        return self._rendering.geometry

    @geometry.setter
    def geometry(self, geometry: Geometry) -> None:
        self._rendering.geometry = geometry

    async def recv(self) -> av.VideoFrame:
        """The next frame, composited.

        Raises:
            MediaStreamError: the source ended, or this track was stopped.
        """
        while self.readyState == "live":
            frame = await self._next_frame()
            self._counts["in"] += 1
            try:
                rendered = await self._worker.run(self._rendering.render, frame)
            except WorkerClosed as closed:
                raise MediaStreamError from closed
            if rendered is None:
                self._counts["dropped"] += 1
                continue
            return self._passed_on(rendered, frame)
        raise MediaStreamError

    def replace_pipeline(self, pipeline: Pipeline) -> None:
        """Use another pipeline from the next frame on; the one it replaces is closed. So is one that comes too late."""
        if self._is_closed:
            pipeline.close()
        else:
            self._rendering.replace(pipeline)

    async def change_pipeline(self, change: PipelineChange, *, geometry: Geometry | None = None) -> float:
        """Have the pipeline take a change between two frames, whether any flow or not; closed if it is not taken.

        `geometry`: of the frames from then on; None leaves it.
        Returns the unix time from which on every frame that is rendered shows it. At most the one frame that was
        rendered before may leave later. Cancelled, it may have been taken or not.

        Raises:
            StaleChange: the pipeline has become another since the change was made.
            MediaStreamError: the track has ended.
        """
        if self._is_closed:
            change.close()
            raise MediaStreamError
        self._rendering.offer(change)
        try:
            return await self._worker.run(self._rendering.take, change, geometry)
        except WorkerClosed as closed:
            raise MediaStreamError from closed
        finally:
            self._rendering.withdraw(change)

    async def snapshot(self, view: SnapshotView = "composite") -> av.VideoFrame:
        """The last frame once more, in memory of its own, with its `pts`: as it left, its alpha, or as it came.

        Raises:
            Conflict: there is none yet.
            MediaStreamError: the track has ended.
        """
        if self._is_closed:
            raise MediaStreamError
        try:
            frame = await self._worker.run(self._rendering.snapshot, view)
        except WorkerClosed as closed:
            raise MediaStreamError from closed
        if frame is None:
            raise Conflict("no picture has come yet", retry_after=1)
        return frame

    async def key_color(self, *, seed: Color | None = None, wait: float = KEY_COLOR_WAIT) -> KeyColor:
        """The key colour of the screen that the next few frames show, as a call that began now would find it.

        It is measured in a thread of its own. `seed`: where the search begins; None searches every hue. `wait`:
        seconds, after which those frames that have come have to do.

        Raises:
            EffectError: the seed is too near to grey.
            Conflict: no frame came.
        """
        pictures = await self._next_pictures(catalog.KEY_COLOR_PICTURES, wait)
        measuring = Worker("key colour")
        try:
            found = await measuring.run(catalog.key_color, pictures, seed=seed)
        finally:
            await measuring.aclose()
        if found is None:
            raise Conflict("no picture has come yet", retry_after=1)
        return found

    def stop(self) -> None:
        """End the track without waiting; `aclose` frees what it holds."""
        super().stop()
        if self._pumping is not None:
            self._pumping.cancel()
        if self._latest is not None:
            self._latest.end()

    async def aclose(self) -> None:
        """End the track, close the pipeline, and wait until nothing of it runs any more. The source is left alone.

        A second call does nothing.
        """
        self.stop()
        if self._is_closed:
            return
        self._is_closed = True
        if self._pumping is not None:
            await asyncio.wait([self._pumping])
        try:
            await self._worker.run(self._rendering.close)
        finally:
            if self._owns_worker:
                await self._worker.aclose()

    async def _next_frame(self) -> av.VideoFrame:
        try:
            if self._latest is None:
                return cast(av.VideoFrame, await self._source.recv())
            if self._pumping is None:
                self._pumping = asyncio.create_task(self._pump(self._latest), name="matting pump")
            return await self._latest.get()
        except MediaStreamError:
            self.stop()
            raise

    async def _next_pictures(self, count: int, wait: float) -> list[Picture]:
        """The input's next `count`, or those of them that came in time."""
        tap = Tap(count)
        self._rendering.taps.append(tap)
        try:
            async with asyncio.timeout(wait):
                await tap.is_full.wait()
        except TimeoutError:
            pass
        finally:
            self._rendering.taps.remove(tap)
        return tap.pictures[:]

    async def _pump(self, latest: LatestFrame[av.VideoFrame]) -> None:
        try:
            while True:
                latest.put(cast(av.VideoFrame, await self._source.recv()))
                await asyncio.sleep(0)  # a source that never waits must not starve the loop
        except Exception as error:  # noqa: BLE001  (whatever ends the source is for the reader to see)
            latest.end(error)

    def _passed_on(self, rendered: Rendered, frame: av.VideoFrame) -> av.VideoFrame:
        self._counts["out"] += 1
        for event in self._watch.look(rendered, seconds(frame)):
            if self._on_event is not None:
                self._on_event(event)
        return cast(av.VideoFrame, rendered.picture.frame)


def _busy(worker: Worker) -> float:
    return worker.busy
