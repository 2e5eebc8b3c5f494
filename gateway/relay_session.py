"""One relayed call and everything that works for it.

```
endpoint -> RtpReceiver -> RtpVideoTrack -> MattingTrack -> RtpVideoSink -> RtpSender -> endpoint
                           `------------- one worker thread -----------'
```
The sockets are bound first, then whatever is slow to load is loaded, so a caller who is already sending waits, but is
heard. The session ends when it is told to, when nothing came for too long, or when it cannot go on; in each case it
says goodbye on both legs, and nothing of it is left when `run` returns.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.failures import told
from gateway.intake import warm_up
from gateway.relay import RelaySettings, sent_description
from gateway.resolver import resolve
from gateway.rtp.core import Address
from gateway.rtp.url import RtpUrl
from gateway.shown import Confidence, Quality
from gateway.snapshots import take_snapshots
from gateway.sound_path import SoundPath
from gateway.video_path import PathEvent, VideoPath
from gateway.worker import Worker
from transforms import catalog
from transforms.picture import Picture

if TYPE_CHECKING:
    # Not sooner: it compiles kernels, and the sockets come first.
    from transforms.pipeline import Pipeline

T = TypeVar("T")

logger = logging.getLogger(__name__)

WARM_UP_PATIENCE = 300.0
"""Seconds: on a slow machine without a cache, compiling every kernel takes a minute."""


@dataclass(frozen=True, slots=True)
class RelaySummary:
    """What a call came to, up to now.

    Of frames: `dropped` came and were not sent; `held` and `covered` were sent in place of a composite; `repeated` are
    answers to key frame requests in silence, not among `frames_out`. Latencies in seconds, from a frame's last packet
    in to its last packet out; None where none was sent. `stages`: mean seconds per frame by the pipeline's stage names.
    `reorder_delay`: frames a stream with B-frames is held back by. `confidence`, `quality`: of the mattes,
    None where there are none.
    """

    frames_in: int = 0
    frames_out: int = 0
    dropped: int = 0
    held: int = 0
    covered: int = 0
    repeated: int = 0
    latency_p50: float | None = None
    latency_p95: float | None = None
    stages: tuple[tuple[str, float], ...] = ()
    reorder_delay: int = 0
    confidence: Confidence | None = None
    quality: Quality | None = None


class RelaySession:
    """Runs a relay, once.

    `on_started` is called with the SDP of what is sent, when the sockets listen and everything is warm; `on_event` with
    what happens from then on. Both on the event loop.
    """

    def __init__(
        self,
        settings: RelaySettings,
        *,
        on_started: Callable[[str], None],
        on_event: Callable[[PathEvent], None],
    ) -> None:
        self._settings = settings
        self._on_started = on_started
        self._on_event = on_event
        self._stopping = asyncio.Event()
        self._video: VideoPath | None = None
        self._sound: SoundPath | None = None

    async def run(self) -> None:
        """Relay until stopped or idle.

        Raises:
            GatewayError: a name or port that cannot be used, or a worker that hangs.
            EffectError: the effect cannot be made.
        """
        logger.info("relay starts")
        try:
            async with AsyncExitStack() as stack:
                ready = await self._unless_stopped(self._set_up(stack))
                if ready is not None:
                    await self._relay(*ready, stack)
        except BaseExceptionGroup as group:
            raise told(group) from group
        finally:
            logger.info("relay ends")

    def stop(self) -> None:
        """End the session: the frame in the worker leaves, then BYE. `run` returns when it is over."""
        self._stopping.set()

    def summary(self) -> RelaySummary:
        """The counts up to now."""
        video = self._video
        if video is None or video.track is None or video.egress.sink is None:
            return RelaySummary()
        received, source = video.ingress.receiver.stats, video.ingress.source.stats
        track, sink, latency = video.track.stats, video.egress.sink.stats, video.egress.latency
        undecoded = received.frames_dropped + source.skipped_units + source.decode_errors
        return RelaySummary(
            frames_in=received.frames + received.frames_dropped,
            frames_out=sink.sent - sink.repeated,
            dropped=undecoded + source.dropped + track.dropped + sink.refused,
            held=track.held,
            covered=track.covered,
            repeated=sink.repeated,
            latency_p50=latency.percentile(0.5),
            latency_p95=latency.percentile(0.95),
            stages=tuple((stage, took.mean) for stage, took in track.stages.items()),
            reorder_delay=source.reorder_delay,
            confidence=track.confidence,
            quality=track.quality,
        )

    async def _unless_stopped(self, doing: Coroutine[Any, Any, T]) -> T | None:
        """What `doing` returns; None, and it is cancelled, if the session was stopped first."""
        async with asyncio.TaskGroup() as tasks:
            stopping = tasks.create_task(self._stopping.wait())
            working = tasks.create_task(doing)
            await asyncio.wait([stopping, working], return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            working.cancel()
        return None if working.cancelled() else working.result()

    async def _set_up(self, stack: AsyncExitStack) -> tuple[VideoPath, Pipeline, str]:
        """The picture's path, listening; its pipeline, everything it uses loaded; and the SDP of what will be sent."""
        worker = Worker("relay")
        stack.push_async_callback(worker.aclose)
        video = await self._opened(stack, worker)
        return video, *await self._prepared(video)

    async def _opened(self, stack: AsyncExitStack, worker: Worker) -> VideoPath:
        """Both paths, listening; the sound's forwards from here on."""
        settings = self._settings
        self._video = VideoPath(settings, await _resolved(settings.destination), worker=worker, on_event=self._on_event)
        await self._video.listen(stack)
        if settings.sound is not None:
            destination = await _resolved(settings.sound.destination)
            self._sound = SoundPath(settings.sound, destination, bind=settings.bind)
            await self._sound.listen(stack)
        return self._video

    async def _prepared(self, video: VideoPath) -> tuple[Pipeline, str]:
        """The pipeline and the SDP, made in a thread of their own: compiling takes long, and need not be waited for."""
        settings, sound_destination = self._settings, self._sound.destination if self._sound else None

        def prepare() -> tuple[Pipeline, str]:
            pipeline = catalog.pipeline(settings.effect)
            catalog.warm_up(settings.effect)
            warm_up(settings.geometry)
            _fit_background(pipeline, settings)
            sdp = sent_description(settings, video.destination, sound_destination, session_id=int(time.time()))
            return pipeline, sdp

        warmer = Worker("warm-up", patience=WARM_UP_PATIENCE)
        try:
            prepared = await warmer.run(prepare)
            await warmer.aclose()
            return prepared
        finally:
            warmer.close()

    async def _relay(self, video: VideoPath, pipeline: Pipeline, sdp: str, stack: AsyncExitStack) -> None:
        """Forward until the session is to end; then the last frame, BYE, and the sockets closed, in this order."""
        stack.push_async_callback(video.attach(pipeline).aclose)
        self._on_started(sdp)
        paths: list[VideoPath | SoundPath] = [video] if self._sound is None else [video, self._sound]
        async with asyncio.TaskGroup() as tasks:
            for endpoint in (endpoint for path in paths for endpoint in path.endpoints):
                tasks.create_task(endpoint.run(), name="endpoint")
            forwarding = tasks.create_task(video.forward(), name="forward video")
            beside = [tasks.create_task(self._watch_idleness(video), name="watch idleness")]
            if self._settings.snapshots is not None and video.track is not None:
                beside.append(
                    tasks.create_task(take_snapshots(video.track, self._settings.snapshots), name="snapshots")
                )
            try:
                await self._stopping.wait()
                video.ingress.source.stop()
                await forwarding
            finally:
                for task in beside:
                    task.cancel()
                for path in paths:
                    path.say_goodbye()
                    for endpoint in path.endpoints:
                        endpoint.close()

    async def _watch_idleness(self, video: VideoPath) -> None:
        """Stop the session when no packet of the picture came for `idle_timeout`."""
        limit = self._settings.idle_timeout
        if limit is None:
            return
        loop = asyncio.get_running_loop()
        packets, since = -1, 0.0
        while True:
            received = video.ingress.receiver.stats.packets
            if received != packets:
                packets, since = received, loop.time()
            left = since + limit - loop.time()
            if left <= 0:
                self.stop()
                return
            await asyncio.sleep(min(left, limit / 10))


async def _resolved(url: RtpUrl) -> Address:
    return await resolve(url.host, url.port)


def _fit_background(pipeline: Pipeline, settings: RelaySettings) -> None:
    """Scale the background to the picture that is to come, so that the first one does not wait for it."""
    if settings.picture_size is not None:
        expected = Picture.blank(settings.picture_size, matrix=settings.likely_matrix, full_range=False)
        pipeline.cover(expected, 0.0)
