"""The demonstration: a drawn caller, the real relay, a viewer, and a page to look at it, on this machine.

```
Caller -> RTP -> changebg relay (a process of its own) -> RTP -> Viewer
      `-> RTP -> changebg serve (another) -> whoever opens its page
```
Nothing is staged: the relay is the command a user runs, on the caller's SDP, and what is reported was measured on what
came back. Frames are paired by the sender reports (`frame_clock`), not by counting.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import av

from gateway.demo.browser_session import BrowserSession
from gateway.demo.caller import FRAME_RATE, PAYLOAD_TYPE, SIZE, Caller
from gateway.demo.frame_clock import FrameClock
from gateway.demo.recording import Recorder, check_output, recording
from gateway.demo.relay_process import RelayProcess
from gateway.demo.viewer import Viewer
from gateway.errors import GatewayError
from gateway.rtp.core import Address
from gateway.rtp.sockets import open_sockets
from transforms.sample.landscape import landscape

LAST_FRAMES = 0.5
"""Seconds the viewer waits for what is still on its way when the caller has hung up."""
UPDATE = 0.25
"""Seconds between two reports of progress."""


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """`background`, `color`: as the relay takes them, None for a drawn one.

    `relay_options`, `serve_options`: passed on as they are. `matting`: the relay's, as the API takes it.
    """

    seconds: float = 10.0
    background: str | None = None
    output: Path | None = None
    color: str = "auto"
    relay_options: tuple[str, ...] = ()
    serve_options: tuple[str, ...] = ()
    matting: Mapping[str, object] = field(default_factory=lambda: {"kind": "chroma", "color": "auto"})


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What was measured, so far or in the end. Times in seconds; None: not known.

    `latency_median` and `latency_p95`: from a frame's last packet into the relay to its last packet out of it.
    `cpu_per_frame`: the relay's, for everything it does. `first_frame`: from the call's beginning.
    """

    frames_sent: int
    frames_received: int
    frames_decoded: int
    frame_rate: int
    seconds: float
    latency_median: float | None
    latency_p95: float | None
    cpu_per_frame: float | None
    first_frame: float | None


@dataclass(frozen=True, slots=True)
class Still:
    """The same frame as the caller drew it and as the viewer got it."""

    before: av.VideoFrame
    after: av.VideoFrame


@dataclass(frozen=True, slots=True)
class DemoResult:
    """How it ended: the figures, the lines the relay said, its summary the last, and the stills before and after."""

    report: DemoReport
    relay_said: tuple[str, ...]
    before: Path
    after: Path


class Demo:
    """One call.

    `on_step` is told what is being prepared, `on_progress` how the call goes, `on_page` where it can be seen in a
    browser, or why it cannot.
    """

    def __init__(
        self,
        settings: DemoSettings,
        *,
        is_stopping: Callable[[], bool],
        on_step: Callable[[str], None],
        on_progress: Callable[[DemoReport], None],
        on_page: Callable[[str], None],
    ) -> None:
        """Raises ArgumentError: the output's name cannot be written."""
        if settings.output is not None:
            check_output(settings.output)
        self._settings = settings
        self._is_stopping = is_stopping
        self._on_step = on_step
        self._on_progress = on_progress
        self._on_page = on_page
        self._began: float | None = None
        self._cpu_began: tuple[float, int] | None = None

    def run(self) -> DemoResult | None:
        """Hold the call; None if it was stopped before it began.

        Raises:
            GatewayError: the relay did not start, or nothing came back from it.
        """
        settings = self._settings
        with tempfile.TemporaryDirectory(prefix="changebg-") as scratch, recording(settings.output) as record:
            background = settings.background
            if background is None:
                background = f"{scratch}/landscape.png"
                landscape(SIZE).save(background)
            ended = asyncio.run(self._hold(background, record))
        if ended is None:
            return None
        report, relay_said, still = ended
        if still is None:
            raise GatewayError(f"nothing came back from the relay, which said: {relay_said[-1] or 'nothing'}")
        return DemoResult(report, relay_said, *_saved(still, settings.output))

    async def _hold(self, background: str, record: Recorder) -> tuple[DemoReport, tuple[str, ...], Still | None] | None:
        async with AsyncExitStack() as stack:
            clock = FrameClock(FRAME_RATE)
            viewer = Viewer(clock, on_unit=record)
            stack.push_async_callback(viewer.aclose)
            caller = Caller(_free_address(), clock=clock, on_frame_left=viewer.note_sent)
            stack.push_async_callback(caller.aclose)
            relay = RelayProcess(caller.description(), self._relay_arguments(background, viewer.port))
            stack.push_async_callback(relay.stop)
            browser = BrowserSession(self._settings.serve_options)
            stack.push_async_callback(browser.stop)
            self._on_step("starting the relay, drawing the caller")
            preparing = caller.prepare(is_stopping=self._is_stopping, on_drawn=self._on_drawn)
            await asyncio.gather(self._start(relay, browser, caller, background), preparing)
            if self._is_stopping():
                return None
            await self._call(caller, viewer, relay)
            report = self._report(caller, viewer, relay)
            still = None
            if viewer.still is not None:
                number, after = viewer.still
                still = Still(await asyncio.to_thread(caller.picture, number), after)
            return report, await relay.stop(), still

    async def _start(self, relay: RelayProcess, browser: BrowserSession, caller: Caller, background: str) -> None:
        """The relay, and then, with the kernels that it has compiled by now, what a browser is shown."""
        await relay.start()
        also = _free_address()
        try:
            url = await browser.start(caller.description(also), background, self._settings.matting)
        except GatewayError as error:
            self._on_page(f"not to be seen in a browser: {error}")
        else:
            caller.send_also_to(also)
            self._on_page(f"in a browser: {url}")

    def _on_drawn(self, share: float) -> None:
        self._on_step(f"starting the relay, drawing the caller: {share:.0%}")

    def _relay_arguments(self, background: str, port: int) -> list[str]:
        url = f"rtp://127.0.0.1:{port}"
        return [background, self._settings.color, url, str(PAYLOAD_TYPE), *self._settings.relay_options]

    async def _call(self, caller: Caller, viewer: Viewer, relay: RelayProcess) -> None:
        frames = round(self._settings.seconds * FRAME_RATE)
        self._began = monotonic()
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(viewer.watch(), name="watching")
            telling = tasks.create_task(self._tell(caller, viewer, relay), name="telling")
            await caller.call(frames, is_stopping=self._is_stopping)
            await asyncio.sleep(LAST_FRAMES)
            watching.cancel()
            telling.cancel()

    async def _tell(self, caller: Caller, viewer: Viewer, relay: RelayProcess) -> None:
        while True:
            self._on_progress(self._report(caller, viewer, relay))
            await asyncio.sleep(UPDATE)

    def _report(self, caller: Caller, viewer: Viewer, relay: RelayProcess) -> DemoReport:
        first = viewer.first_received
        return DemoReport(
            frames_sent=caller.frames_sent,
            frames_received=viewer.frames_received,
            frames_decoded=viewer.frames_decoded,
            frame_rate=viewer.frame_rate,
            seconds=monotonic() - (self._began or monotonic()),
            latency_median=viewer.latency.percentile(0.5),
            latency_p95=viewer.latency.percentile(0.95),
            cpu_per_frame=self._cpu_per_frame(viewer, relay),
            first_frame=None if first is None else first - caller.began,
        )

    def _cpu_per_frame(self, viewer: Viewer, relay: RelayProcess) -> float | None:
        """Since the first report of a frame: what the relay spent on starting is not the frames'."""
        cpu = relay.cpu_seconds
        if cpu is None or not viewer.frames_received:
            return None
        if self._cpu_began is None:
            self._cpu_began = (cpu, viewer.frames_received)
        spent, frames = cpu - self._cpu_began[0], viewer.frames_received - self._cpu_began[1]
        return spent / frames if frames else None


def _saved(still: Still, output: Path | None) -> tuple[Path, Path]:
    """Both as PNG, beside the output if there is one, else in a directory for temporary files."""
    stem = output.with_suffix("") if output else Path(tempfile.mkdtemp(prefix="changebg-")) / "demo"
    before, after = stem.with_name(f"{stem.name}-before.png"), stem.with_name(f"{stem.name}-after.png")
    still.before.save(str(before))
    still.after.save(str(after))
    return before, after


def _free_address() -> Address:
    """A pair of ports that were free a moment ago, for the relay to listen on."""
    rtp, rtcp = open_sockets(bind="127.0.0.1", port=0, rtcp_port=0)
    with rtp, rtcp:
        host, port = rtp.getsockname()
        return host, port
