"""How many calls one core carries: relays pinned to it, all else on the others, for a minute. Nothing may be dropped.

python -m tests.benchmarks.capacity [--seconds 60] [--preset ultrafast superfast] [--relays 4 3]
"""

from __future__ import annotations

import argparse
import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.call import QUIET, benchmark_clip, draw_background
from tests.peers import ffmpeg
from tests.peers.clips import Clip
from tests.peers.link import Link, free_port
from tests.peers.relay import Relay

RELAYS_CORE = 0


async def carry(count: int, preset: str, clip: Clip, seconds: float) -> list[Relay]:
    """Hold so many calls at once; returns the relays when they have ended."""
    others = set(range(os.cpu_count() or 1)) - {RELAYS_CORE}
    os.sched_setaffinity(0, others)  # and with it the senders, which are our children
    relays = []
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory()))
        background = scratch / "background.png"
        draw_background(background, clip.size)
        ports = [free_port() for _ in range(count)]
        for port in ports:
            description = scratch / f"{port}.sdp"
            description.write_text(ffmpeg.sdp(clip, port))
            sink = stack.enter_context(Link())
            options = ("--preset", preset, "--quality", "fast")
            relay = Relay(description, sink.port, *options, background=background, cores={RELAYS_CORE})
            relays.append(await stack.enter_async_context(relay))
        before = [relay.cpu_seconds for relay in relays]
        async with AsyncExitStack() as senders:
            for port in ports:
                await senders.enter_async_context(ffmpeg.sender(clip, port, loops=-1))
            await asyncio.sleep(seconds)
        await asyncio.sleep(QUIET)
        used = sum(relay.cpu_seconds - started for relay, started in zip(relays, before, strict=True))
        print(f"{count} relays, {preset}: {100 * used / seconds:.0f} % of one core")
    return relays


def main() -> None:
    """Run and print a line for each relay."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--preset", nargs="+", default=["ultrafast", "superfast"])
    parser.add_argument("--relays", nargs="+", type=int, default=[4, 3])
    words = parser.parse_args()
    clip = benchmark_clip(10)
    for preset, count in zip(words.preset, words.relays, strict=True):
        for relay in asyncio.run(carry(count, preset, clip, words.seconds)):
            print(f"    {relay.lines[-1]}")


if __name__ == "__main__":
    main()
