"""One call for half an hour: memory, threads, descriptors and latency must not grow.

python -m tests.benchmarks.soak [--minutes 30] [--every 10]
"""

from __future__ import annotations

import argparse
import asyncio
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from tests.benchmarks.call import benchmark_clip
from tests.peers import ffmpeg
from tests.peers.call import Call

SETTLED = 60.0
"""Seconds after which nothing should grow any more."""
GROWTH = 5 << 20
"""Bytes of memory that do not count as growth."""


async def soak(minutes: float, every: float, directory: Path) -> bool:
    """Hold the call and print what it uses; whether it was flat."""
    clip = benchmark_clip(10)
    began, samples = monotonic(), []
    async with Call(partial(ffmpeg.sdp, clip), directory) as call, ffmpeg.sender(clip, call.way_in.port, loops=-1):
        while (elapsed := monotonic() - began) < 60 * minutes:
            await asyncio.sleep(every)
            relay = call.relay
            packets = len(call.way_out.arrived)
            for record in (call.way_in.arrived, call.way_in.left, call.way_out.arrived):
                record.clear()
            samples.append((elapsed, relay.resident, relay.threads, relay.descriptors))
            print(
                f"{elapsed:6.0f} s  {relay.resident / 1e6:7.1f} MB  {relay.threads} threads  {relay.descriptors} "
                f"descriptors  {packets / every:.0f} packets/s  {relay.cpu_seconds:.1f} s of CPU",
                flush=True,
            )
    print(call.relay.lines[-1])
    settled = [sample[1:] for sample in samples if sample[0] >= min(SETTLED, 30 * minutes)]
    memory, *counts = zip(*settled, strict=True)
    return max(memory) - memory[0] <= GROWTH and all(len(set(count)) == 1 for count in counts)


def main() -> None:
    """Run; exit status 1 if anything grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=10, help="seconds between two lines")
    words = parser.parse_args()
    with TemporaryDirectory() as scratch:
        is_flat = asyncio.run(soak(words.minutes, words.every, Path(scratch)))
    print("flat" if is_flat else "it grew")
    raise SystemExit(not is_flat)


if __name__ == "__main__":
    main()
