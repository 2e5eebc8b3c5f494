"""The transform in the middle of every path: a video track whose frames are another's with the background replaced.

    track = MattingTrack(source_track, transforms.catalog.pipeline(effect))

It works in any aiortc program. Nothing of the source gets past it unmatted: what cannot be matted is shown as the
pipeline says (held, then covered), and a frame that not even that is possible for is dropped.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack, VideoStreamTrack

from gateway.latest import LatestFrame
from gateway.planar import picture_of, planar
from gateway.shown import Confidence, ShownEvent, ShownWatch
from gateway.worker import Worker, WorkerClosed
from transforms.picture import Matrix, PoolEmpty

if TYPE_CHECKING:
    from transforms.pipeline import Pipeline, Rendered


@dataclass(frozen=True, slots=True)
class TrackStats:
    """Counters since the start. `stages`: mean seconds per frame by the pipeline's stage names.

    `confidence`: of the mattes, None where there are none.
    """

    frames_in: int
    frames_out: int
    dropped: int
    held: int
    covered: int
    stages: Mapping[str, float]
    confidence: Confidence | None


class MattingTrack(VideoStreamTrack):
    """The frames of `source` through `pipeline`, with the source's `pts` and `time_base`. For one reader.

    It owns the pipeline, and a worker of its own where none is given; `aclose` ends both. At most one frame is in the
    worker. A `pump` empties the source as fast as it gives, so that a slow matte drops frames instead of queueing them;
    leave it out for a source that drops by itself. `matrix` is assumed where a frame does not say. `on_event` is called
    on the event loop.
    """

    def __init__(
        self,
        source: MediaStreamTrack,
        pipeline: Pipeline,
        *,
        worker: Worker | None = None,
        matrix: Matrix | None = None,
        pump: bool = True,
        on_event: Callable[[ShownEvent], None] | None = None,
    ) -> None:
        super().__init__()
        self._source = source
        self._worker = worker or Worker("matting")
        self._owns_worker = worker is None
        self._rendering = _Rendering(pipeline, matrix)
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
        return TrackStats(
            frames_in=counts["in"] + overtaken,
            frames_out=counts["out"],
            dropped=counts["dropped"] + overtaken,
            held=self._watch.held,
            covered=self._watch.covered,
            stages={stage: spent / max(counts["out"], 1) for stage, spent in self._rendering.spent.items()},
            confidence=self._watch.confidence,
        )

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

    async def _pump(self, latest: LatestFrame[av.VideoFrame]) -> None:
        try:
            while True:
                latest.put(cast(av.VideoFrame, await self._source.recv()))
                await asyncio.sleep(0)  # a source that never waits must not starve the loop
        except Exception as error:  # noqa: BLE001  (whatever ends the source is for the reader to see)
            latest.end(error)

    def _passed_on(self, rendered: Rendered, frame: av.VideoFrame) -> av.VideoFrame:
        self._counts["out"] += 1
        for event in self._watch.look(rendered, _seconds(frame)):
            if self._on_event is not None:
                self._on_event(event)
        return cast(av.VideoFrame, rendered.picture.frame)


class _Rendering:
    """The half that lives in the worker's thread."""

    def __init__(self, pipeline: Pipeline, matrix: Matrix | None) -> None:
        self._pipeline = pipeline
        self._matrix = matrix
        self._replacements: list[Pipeline] = []
        self.spent: Counter[str] = Counter()

    def replace(self, pipeline: Pipeline) -> None:
        """From the event loop: of several before one frame the last wins."""
        self._replacements.append(pipeline)

    def render(self, frame: av.VideoFrame) -> Rendered | None:
        """The frame's composite, or what stands in for it, at the frame's time; None where every frame is in use."""
        self._take_replacement()
        picture = picture_of(planar(frame), assumed=self._matrix)
        try:
            rendered = self._pipeline(picture, _seconds(frame))
        except PoolEmpty:
            return None
        self.spent.update(rendered.timings)
        composite = cast(av.VideoFrame, rendered.picture.frame)
        composite.pts, composite.time_base = frame.pts, frame.time_base
        return rendered

    def close(self) -> None:
        self._take_replacement()
        self._pipeline.close()

    def _take_replacement(self) -> None:
        while self._replacements:
            self._pipeline.close()
            self._pipeline = self._replacements.pop(0)


def _seconds(frame: av.VideoFrame) -> float:
    return float((frame.pts or 0) * (frame.time_base or 0))
