"""The half of a matting track that lives in its worker's thread: frames in, composites out, and what is asked between.

Between two frames is where everything else belongs that touches the pipeline: another effect, another pipeline, a
snapshot. Each is a job of the same worker, so it waits for the frame at work and the next frame waits for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, cast

import av

from gateway.geometry import AS_IT_COMES, Geometry
from gateway.intake import Intake
from gateway.pace import Pace
from gateway.stage_times import StageTimes
from transforms.picture import Matrix, Picture, PoolEmpty

if TYPE_CHECKING:
    from transforms.change import PipelineChange
    from transforms.pipeline import Pipeline, Rendered

SnapshotView = Literal["composite", "alpha", "foreground", "input"]


class Tap:
    """Collects the next `count` pictures of the input as they are. `is_full` is set on the loop that made it.

    They are kept, not copied: nobody writes into a decoded frame.
    """

    def __init__(self, count: int) -> None:
        self.pictures: list[Picture] = []
        self.is_full = asyncio.Event()
        self._count = count
        self._loop = asyncio.get_running_loop()

    def take(self, picture: Picture) -> None:
        """In the thread."""
        if len(self.pictures) < self._count:
            self.pictures.append(picture)
            if len(self.pictures) == self._count:
                self._loop.call_soon_threadsafe(self.is_full.set)


class Rendering:
    """Renders one track's frames. The lists are filled by the event loop and emptied here.

    `busy`: seconds that the thread has been at work so far; by them the matting's network is paced.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        matrix: Matrix | None,
        geometry: Geometry = AS_IT_COMES,
        busy: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pipeline = pipeline
        self.stages = StageTimes()
        self.taps: list[Tap] = []
        self._intake = Intake(matrix=matrix, geometry=geometry)
        self._replacements: list[Pipeline] = []
        self._latest: tuple[int | None, Fraction | None] = None, None
        self._changes: list[PipelineChange] = []
        self._pace = Pace()
        self._busy, self._clock = busy, clock

    @property
    def geometry(self) -> Geometry:
        """What is done to each frame before it is matted; set from the event loop, it holds from the next one on."""
        return self._intake.geometry

    @geometry.setter
    def geometry(self, geometry: Geometry) -> None:
        self._intake.geometry = geometry

    def replace(self, pipeline: Pipeline) -> None:
        """From the event loop: of several before one frame the last wins."""
        self._replacements.append(pipeline)

    def offer(self, change: PipelineChange) -> None:
        """From the event loop: this one is to be taken next."""
        self._changes.append(change)

    def withdraw(self, change: PipelineChange) -> None:
        """From the event loop: close it, unless it was taken."""
        if _removed(self._changes, change):
            change.close()

    def take(self, change: PipelineChange, geometry: Geometry | None = None) -> float:
        """Take a change that is still offered, and a geometry with it.

        Returns the unix time from which on all that is rendered shows it.

        Raises:
            StaleChange: it was made for another pipeline.
        """
        self._take_replacement()
        if _removed(self._changes, change):
            try:
                self.pipeline.take(change)
            except BaseException:
                change.close()
                raise
            if change.before is None or change.before.matrix != change.effect.matrix:
                self._intake.matrix = Matrix(change.effect.matrix) if change.effect.matrix else None
            if geometry is not None:
                self.geometry = geometry
        return time.time()

    def render(self, frame: av.VideoFrame) -> Rendered | None:
        """The frame's composite, or what stands in for it, at the frame's time; None where every frame is in use."""
        self._take_replacement()
        picture = self._intake.picture(frame)
        for tap in self.taps:
            tap.take(picture)
        begun = self._clock()
        try:
            rendered = self.pipeline(picture, seconds(frame))
        except PoolEmpty:
            return None
        self.stages.add(rendered.timings)
        self._keep_pace(rendered.every, begun, self._clock())
        self._latest = frame.pts, frame.time_base
        composite = cast(av.VideoFrame, rendered.picture.frame)
        composite.pts, composite.time_base = frame.pts, frame.time_base
        return rendered

    def snapshot(self, view: SnapshotView) -> av.VideoFrame | None:
        """The last picture once more, in memory of its own; None where there is none."""
        copy = self.pipeline.snapshot(view)
        if copy is None or copy.frame is None:
            return None
        copy.frame.pts, copy.frame.time_base = self._latest
        return copy.frame

    def close(self) -> None:
        """Close the pipeline, and whatever was to take its place."""
        self._take_replacement()
        while self._changes:
            self._changes.pop().close()
        self.pipeline.close()

    def _keep_pace(self, every: int | None, begun: float, now: float) -> None:
        """Have the network look as often from the next picture on as there is time for."""
        if every is None:
            return
        wanted = self._pace.rendered(now, busy=self._busy(), rendering=now - begun, every=every)
        if wanted != every:
            self.pipeline.set_pace(wanted)

    def _take_replacement(self) -> None:
        while self._replacements:
            every = self.pipeline.every
            self.pipeline.close()
            self.pipeline = self._replacements.pop(0)
            self.pipeline.set_pace(every or 1)


def seconds(frame: av.VideoFrame) -> float:
    """When it is shown, in seconds of the stream."""
    return float((frame.pts or 0) * (frame.time_base or 0))


def _removed(changes: list[PipelineChange], change: PipelineChange) -> bool:
    """Whether it was still there: of two threads that ask, one is told so."""
    try:
        changes.remove(change)
    except ValueError:
        return False
    return True
