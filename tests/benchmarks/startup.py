"""From the command to listening, kernels cached and not; and from the first key frame in to the first packet out.

python -m tests.benchmarks.startup [--runs 5]
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic

from tests.benchmarks.call import benchmark_clip, measure
from tests.benchmarks.relay import ours
from tests.peers import ffmpeg
from tests.peers.link import free_port
from tests.peers.relay import Relay


async def until_listening(directory: Path, *, cache: Path | None) -> float:
    """Seconds from the command to the printed SDP; `cache`: where kernels are looked for, None where they are."""
    port = free_port()
    description = directory / "in.sdp"
    description.write_text(ffmpeg.sdp(benchmark_clip(3), port))
    environ = {"NUMBA_CACHE_DIR": str(cache)} if cache else {}
    started = monotonic()
    async with Relay(description, free_port(), environ=environ):
        return monotonic() - started


def help_seconds() -> float:
    """Seconds `changebg --help` takes."""
    started = monotonic()
    subprocess.run([sys.executable, "-m", "gateway.cli", "--help"], check=True, capture_output=True)
    return monotonic() - started


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = range(parser.parse_args().runs)
    with TemporaryDirectory() as scratch:
        directory = Path(scratch)
        cold = asyncio.run(until_listening(directory, cache=directory / "cache"))
        warm = [asyncio.run(until_listening(directory, cache=None)) for _ in runs]
    clip = benchmark_clip(3)
    first = [asyncio.run(measure(ours("ultrafast"), clip)).first_frame for _ in runs]
    helped = [help_seconds() for _ in runs]
    print(f"listening without a kernel cache {cold:.1f} s, with one {median(warm):.2f} s (median of {len(runs)})")
    print(f"first packet out after the first key frame's last in: {', '.join(f'{1e3 * one:.0f}' for one in first)} ms")
    print(f"changebg --help: {median(helped):.2f} s")


if __name__ == "__main__":
    main()
