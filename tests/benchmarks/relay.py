"""Added latency and processor time of the relay beside ffmpeg's own, one after another in one run.

    python -m tests.benchmarks.relay [--seconds 10] [--quality fast balanced] [--presets ultrafast superfast]
        [--only NAME] [-- RELAY OPTIONS]

Every relay gets the same packets from a real ffmpeg and codes with the same preset, bit rate and key frame distance.
Ours keys at half size, hair left out as ffmpeg's keyers leave it out, unless --quality says otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from tests.benchmarks.call import Contender, Measured, benchmark_clip, measure
from tests.peers import ffmpeg
from tests.peers.clips import Clip
from tests.peers.process import ChildProcess
from tests.peers.relay import SCREEN, Relay

BITRATE = 2_000_000


async def _ready_when_entered(_port: int) -> None:
    """Our relay is entered once it has printed its description."""


def ours(preset: str, *options: str, quality: str = "fast") -> Contender:
    """`changebg relay`."""

    def start(description: Path, background: Path, port: int) -> ChildProcess:
        fixed = ("--preset", preset, "--bitrate", str(BITRATE), "--quality", quality)
        return Relay(description, port, *fixed, *options, background=background)

    return Contender(f"changebg {quality}, {preset}", start, _ready_when_entered)


def ffmpegs(key: str, preset: str) -> Contender:
    """ffmpeg with one of its two keyers."""
    graphs = {
        "chromakey": f"chromakey=0x{SCREEN}:similarity=0.1:blend=0.0",
        "colorkey": f"format=rgba,colorkey=0x{SCREEN}:similarity=0.1:blend=0.0",
    }

    def start(description: Path, background: Path, port: int) -> ChildProcess:
        return ffmpeg.relay(description, background, port, key=graphs[key], preset=preset, bitrate=BITRATE)

    return Contender(f"ffmpeg {key}, {preset}", start, ffmpeg.listens)


def row(name: str, measured: Measured) -> str:
    """One line of the table."""
    return (
        f"{name:28} {measured.delivered:4}/{measured.sent:<4} {measured.p50 * 1e3:7.1f} {measured.p95 * 1e3:7.1f} "
        f"{max(measured.latencies) * 1e3:7.1f} {measured.first_frame * 1e3:8.0f} {measured.cpu_per_frame * 1e3:8.2f} "
        f"{measured.foreground_psnr:7.2f}"
    )


def main() -> None:
    """Run all contenders and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--quality", nargs="+", choices=["fast", "balanced", "best"], default=["fast"])
    parser.add_argument("--presets", nargs="+", default=["ultrafast", "superfast"])
    parser.add_argument("--only", default="", help="contenders whose name holds this")
    parser.add_argument("options", nargs="*", help="further options of our relay, after --")
    words = parser.parse_args()
    clip = benchmark_clip(words.seconds)
    load = os.getloadavg()[0]
    print(f"720x1280 at 30 fps, {words.seconds:g} s, {BITRATE / 1e6:g} Mb/s; load before: {load:.1f}")
    print(
        f"{'':28} {'frames':>9} {'p50 ms':>7} {'p95 ms':>7} {'max ms':>7} "
        f"{'first ms':>8} {'CPU ms/f':>8} {'PSNR dB':>7}"
    )
    for preset in words.presets:
        mine = [ours(preset, *words.options, quality=quality) for quality in words.quality]
        contenders = (*mine, ffmpegs("colorkey", preset), ffmpegs("chromakey", preset))
        _compare([contender for contender in contenders if words.only in contender.name], clip)


def _compare(contenders: list[Contender], clip: Clip) -> None:
    """Measure one after another; processor times are put into proportion to our last."""
    ours_cpu = 0.0
    for index, contender in enumerate(contenders):
        measured = asyncio.run(measure(contender, clip))
        print(row(contender.name, measured), end="")
        if contender.name.startswith("changebg"):
            ours_cpu = measured.cpu_per_frame
            print(f"\n    it says: {measured.said[-1] if measured.said else ''}")
        else:
            print(f"   ours takes {ours_cpu / measured.cpu_per_frame:.2f} of its CPU" if ours_cpu and index else "")


if __name__ == "__main__":
    main()
