"""What a bad network and bad events cost: frames, latency, the time until all is well again.

    python -m tests.benchmarks.recovery [--seconds 10]

The caller codes live and answers NACK and PLI where its SDP says so; 720x1280 at 30 fps.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from gateway.rtp.sdp import Feedback
from tests.benchmarks.call import PORTRAIT
from tests.peers.call import Call
from tests.peers.clips import FRAME_RATE, numbered
from tests.peers.impairment import Impairment
from tests.peers.live_caller import NACK_AND_PLI, LiveCaller

QUICK = ("--quality", "fast")
"""The figures are the network's: the quicker the matte, the plainer they show."""
STANDSTILL = 3.0
"""Seconds the relay is stopped."""
NORMAL = 0.03
"""Seconds of latency that count as well again."""


@dataclass(frozen=True, slots=True)
class Network:
    """A bad network and the caller on it; `loss` and the rest in both directions."""

    name: str
    feedback: Feedback = NACK_AND_PLI
    gop: float | None = None
    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    duplicates: float = 0.0

    def impairment(self, seed: int) -> Impairment:
        """One direction."""
        return Impairment(seed, self.loss, self.delay, self.jitter, self.duplicates)


NETWORKS = (
    Network("a clean network"),
    Network("10 ms of reordering, no feedback", Feedback(), gop=1.0, jitter=0.01),
    Network("2 % lost, NACK", loss=0.02, delay=0.005),
    Network("5 % lost, jitter, duplicates, NACK", loss=0.05, delay=0.005, jitter=0.01, duplicates=0.02),
    Network("2 % lost, PLI alone", Feedback(pli=True), loss=0.02, delay=0.005),
    Network("0.2 % lost, no feedback, key frames every second", Feedback(), gop=1.0, loss=0.002),
)


async def over(network: Network, frames: int, directory: Path) -> str:
    """One call over a network: a line of the table."""
    caller = LiveCaller(feedback=network.feedback, gop=network.gop)
    forward, backward = network.impairment(1), network.impairment(2)
    sources = numbered(PORTRAIT, frames)
    async with Call(caller.describe, directory, *QUICK, forward=forward, backward=backward) as call:
        async with caller.calling(call.way_in.port, sources) as sending:
            await sending
        await call.quiet()
    latencies = call.latencies()
    delivered = len({seen.number for seen in call.seen()} - {None})
    p95 = quantiles(latencies, n=20, method="inclusive")[-1]
    figures = f"{100 * delivered / frames:6.1f} {1e3 * median(latencies):7.1f} {1e3 * p95:7.1f}"
    return f"{network.name:50} {figures} {1e3 * max(latencies):7.1f} {forward.lost:6} {caller.asked:4}"


async def after_standstill(directory: Path) -> str:
    """The relay is stopped for a while: how long after it goes on latency is normal, and stays so."""
    caller, frames = LiveCaller(), numbered(PORTRAIT, round(FRAME_RATE * (STANDSTILL + 4)))
    async with Call(caller.describe, directory, *QUICK) as call, caller.calling(call.way_in.port, frames) as sending:
        await call.frames_out(30)
        call.relay.signal(signal.SIGSTOP)
        await asyncio.sleep(STANDSTILL)
        call.relay.signal(signal.SIGCONT)
        continued = time.time_ns()
        await sending
        await call.last_frame_out()
    late = [seen.coded.last_at for seen, latency in zip(call.seen(), call.latencies(), strict=True) if latency > NORMAL]
    last = max((at for at in late if at > continued), default=continued)
    return f"after {STANDSTILL:g} s of standstill latency is normal within {(last - continued) / 1e6:.0f} ms"


async def after_restart(directory: Path) -> str:
    """The caller is gone without a goodbye and another begins: how long after its key frame a picture is out."""
    first, second, frames = LiveCaller(), LiveCaller(seed=2), numbered(PORTRAIT, 30)
    async with Call(first.describe, directory, *QUICK) as call, first.calling(call.way_in.port, frames) as sending:
        await sending
        await call.quiet()
        before = len(call.received())
        async with second.calling(call.way_in.port, numbered(PORTRAIT, 30)):
            await call.frames_out(before + 30)
    sent = [seen.coded for seen in call.sent()]
    resumed = next(frame for frame in sent if frame.ssrc != sent[0].ssrc)
    return (
        f"after a restart the first picture leaves {(call.received()[before].last_at - resumed.last_at) / 1e6:.0f} ms"
    )


def main() -> None:
    """Run all and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    frames = round(FRAME_RATE * parser.parse_args().seconds)
    print(f"{'':50} {'frames %':>6} {'p50 ms':>7} {'p95 ms':>6} {'max ms':>7} {'lost':>6} {'PLI':>4}")
    with TemporaryDirectory() as scratch:
        directory = Path(scratch)
        for network in NETWORKS:
            print(asyncio.run(over(network, frames, directory)), flush=True)
        print(asyncio.run(after_standstill(directory)))
        print(asyncio.run(after_restart(directory)))


if __name__ == "__main__":
    main()
