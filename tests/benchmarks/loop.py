"""What a server's event loop feels of its sessions: its longest callback, and how late its timers are.

python -m tests.benchmarks.loop [--sessions 4] [--seconds 20] [--quality balanced]

Each session is fed a 640x360 clip at 30 frames a second by an ffmpeg of its own and sends it on. A callback is measured
in processor time of the loop's own thread, for wall time would count what the rest of the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.call.sessions import Sessions
from gateway.effect import EffectModel
from gateway.events import Events
from gateway.legs import RtpOutput, SdpInput
from gateway.rtp.url import RtpUrl
from gateway.serving import IceSettings, ServerSettings
from tests.calls_of_server import NoAssets
from tests.peers import ffmpeg
from tests.peers.clips import LANDSCAPE, make_clip
from tests.peers.link import Link, free_port

TICK = 0.005
"""Seconds between looks at the loop's clock: as often as packets of one call come."""


class Watched:
    """Callbacks by thread time, timers by lateness; both in seconds."""

    def __init__(self) -> None:
        self.callbacks: list[tuple[float, str]] = []
        self.lags: list[float] = []

    def install(self) -> None:
        """Measure every callback from now on."""
        run = asyncio.events.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            begun = time.thread_time()
            run(handle)
            self.callbacks.append((time.thread_time() - begun, repr(handle)))
            self.callbacks = sorted(self.callbacks, reverse=True)[:5] if len(self.callbacks) > 4096 else self.callbacks

        asyncio.events.Handle._run = timed  # type: ignore[assignment,method-assign]

    async def tick(self) -> None:
        """Note how late each sleep ends."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK
            await asyncio.sleep(TICK)
            self.lags.append(loop.time() - due)


async def carry(count: int, seconds: float, quality: str) -> None:
    """Hold so many calls at once and print what the loop felt."""
    watched = Watched()
    settings = ServerSettings(ice=IceSettings(), rtp_ports=(1024, 65_535))
    document = {"matting": {"kind": "chroma"}, "background": {"kind": "color", "color": "202020"}, "quality": quality}
    effect = EffectModel.model_validate(document)
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory()))
        clip = await asyncio.to_thread(make_clip, scratch, size=LANDSCAPE, frames=150)
        sessions = await stack.enter_async_context(Sessions(settings, events=Events(), assets=NoAssets()))
        gc.collect()
        gc.freeze()
        calls = []
        for _ in range(count):
            port, sink = free_port(), stack.enter_context(Link())
            output = RtpOutput(RtpUrl("127.0.0.1", sink.port, sink.port + 1), payload_type=96)
            session, _ = await sessions.create(SdpInput(ffmpeg.sdp(clip, port)), output, effect)
            calls.append(session)
            await stack.enter_async_context(ffmpeg.sender(clip, port, loops=-1))
        await asyncio.sleep(2)
        watched.install()
        ticking = asyncio.create_task(watched.tick())
        cpu = time.process_time()
        await asyncio.sleep(seconds)
        cpu = time.process_time() - cpu
        ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ticking
        lags = sorted(watched.lags)
        print(f"{count} sessions, {seconds:g} s: {100 * cpu / seconds:.0f} % of one core")
        print(f"loop lag p50 {1e3 * lags[len(lags) // 2]:.1f} p99 {1e3 * lags[len(lags) * 99 // 100]:.1f} ms")
        for taken, what in sorted(watched.callbacks, reverse=True)[:3]:
            print(f"    callback of {1e3 * taken:.1f} ms: {what[:100]}")
        for session in calls:
            stats = session.stats()
            out = next(leg.video_out for leg in stats.legs if leg.video_out is not None)
            latency = f"p50 {1e3 * (out.latency_p50 or 0):.1f} p95 {1e3 * (out.latency_p95 or 0):.1f} ms"
            print(f"    in {stats.matting.frames_in} out {out.encoding.sent} dropped {out.dropped} latency {latency}")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--quality", default="balanced")
    words = parser.parse_args()
    sys.setswitchinterval(0.001)
    asyncio.run(carry(words.sessions, words.seconds, words.quality))


if __name__ == "__main__":
    main()
