"""Milliseconds a frame, told as a multiple of what ffmpeg's chromakey takes for the same picture in the same run."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np

from tests.benchmarks.quality.clips import GREEN
from tests.benchmarks.quality.studio import FRAME_RATE
from tests.peers.ffmpeg import QUIET, ffmpeg
from transforms import catalog, effect
from transforms.effect import Effect, Quality
from transforms.picture import Picture, Size
from transforms.sample import SampleCaller

SIZE = Size(720, 1280)
FRAMES = 60
WARM = 10
"""First frames of a matting that are not counted: it finds its colour, and caches fill."""
ROUNDS = 3
"""Each takes its turn so often, and the least counts: what else the machine does falls on all alike."""


@dataclass(frozen=True, slots=True)
class Time:
    """Processor time of a matte, in milliseconds a frame and in multiples of ffmpeg's chromakey."""

    name: str
    milliseconds: float
    ratio: float


def measured(directory: Path) -> list[Time]:
    """Everybody's time for the same portrait pictures, one core each."""
    caller = SampleCaller(SIZE, screen=GREEN)
    pictures = [Picture.of(caller.frame(number)[0]) for number in range(FRAMES)]
    raw = directory / "timing.yuv"
    raw.write_bytes(b"".join(plane.rows.tobytes() for picture in pictures for plane in picture.planes))
    jobs: dict[str, Callable[[], float]] = {
        "ffmpeg chromakey": lambda: _filtered(raw, f"format=yuva420p,chromakey=0x{GREEN}:0.1"),
        "ffmpeg colorkey": lambda: _filtered(raw, f"format=rgba,colorkey=0x{GREEN}:0.1"),
        "changebg balanced": lambda: _matted(pictures, "balanced"),
        "changebg fast": lambda: _matted(pictures, "fast"),
    }
    least = dict.fromkeys(jobs, float("inf"))
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            least[name] = min(least[name], job())
    raw.unlink()
    return [Time(name, time, time / least["ffmpeg chromakey"]) for name, time in least.items()]


def _matted(pictures: list[Picture], quality: Quality) -> float:
    matting = catalog.matting(Effect(effect.ScreenKey(GREEN), effect.ColorBackground(effect.Color(0, 0, 0)), quality))
    times = []
    for number, picture in enumerate(pictures):
        started = process_time()
        matting.matte(picture, number / FRAME_RATE)
        times.append(process_time() - started)
    matting.close()
    return float(np.median(times[WARM:])) * 1e3


def _filtered(raw: Path, graph: str) -> float:
    """The filter's own time: what ffmpeg takes with it, less what it takes to read the pictures."""
    return (_cpu(raw, graph) - _cpu(raw, "null")) / FRAMES * 1e3


def _cpu(raw: Path, graph: str) -> float:
    command = [ffmpeg(), *QUIET, "-filter_threads", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
    command += ["-video_size", f"{SIZE.width}x{SIZE.height}", "-i", str(raw), "-vf", graph, "-f", "null", "-"]
    before = _children()
    subprocess.run(command, check=True, timeout=60)
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def lines(times: list[Time]) -> list[str]:
    """The figures as text."""
    head = f"Processor time of a matte at {SIZE.width}x{SIZE.height}, one core"
    return [head, *(f"{time.name:29}{time.milliseconds:8.2f} ms{time.ratio:8.3f} x ffmpeg chromakey" for time in times)]
