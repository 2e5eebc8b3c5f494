"""What `changebg file` costs beside the ffmpeg commands that it replaces, whole processes from start to end.

    python -m tests.benchmarks.file [--seconds 40] [--sizes 720 1080] [--preset ultrafast] [--rounds 3] [--only NAME]
    python -m tests.benchmarks.file --memory 60

Same input, same background, x264 of the same preset and crf 18. First one thread each: processor time. Then everybody's
default threads: time on the clock. Rounds take turns, and the least of each counts: what else the machine does only
adds. `--memory`: the resident set while a file of so many minutes, with sound, is converted; it must not grow.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from time import monotonic, sleep

from tests.benchmarks.call import draw_background
from tests.peers.clips import make_clip
from tests.peers.relay import SCREEN
from transforms.picture import Size

DRAWN = 10
"""Seconds that are drawn; longer clips are these over and over."""
SIZES = {"360": Size(640, 360), "720": Size(720, 1280), "1080": Size(1080, 1920)}
GROWTH = 10 << 20
"""Bytes of resident memory that do not count as growth, after the first tenth."""
SETTLING = 3.0
"""Seconds in which everything is loaded, at least."""
SAMPLE = 0.5
"""Seconds between two looks at a process's memory."""

KEYS = {
    "ffmpeg chromakey": f"chromakey=0x{SCREEN}:similarity=0.1:blend=0.0",
    "ffmpeg colorkey": f"format=rgba,colorkey=0x{SCREEN}:similarity=0.1:blend=0.0",
}
OURS = {
    "changebg fast": ("--color", SCREEN, "--quality", "fast"),
    "changebg best, auto": ("--color", "auto", "--quality", "best"),
}


@dataclass(frozen=True)
class Cost:
    """Of one process: seconds of processors, seconds on the clock, bytes of memory at most."""

    processor: float
    clock: float
    memory: int


def main() -> None:
    """Measure what was asked for; exit status 1 if memory grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["720", "1080"])
    parser.add_argument("--preset", default="ultrafast")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="contenders whose name holds this")
    parser.add_argument("--memory", type=int, default=0, metavar="MINUTES")
    words = parser.parse_args()
    if words.memory:
        sys.exit(not _is_flat(words.memory))
    print(f"{words.seconds} s at 30 fps, x264 {words.preset}, crf 18; load before: {os.getloadavg()[0]:.1f}")
    for size in words.sizes:
        for threads in (1, 0):
            _compare(SIZES[size], words.seconds, words.preset, threads, words.rounds, words.only)


def _compare(size: Size, seconds: int, preset: str, threads: int, rounds: int, only: str) -> None:
    clip, background = _clip(size, seconds), _folder() / f"{size.width}x{size.height}.png"
    draw_background(background, size)
    commands = {name: _ours(clip, background, options, preset, threads) for name, options in OURS.items()}
    commands |= {name: _ffmpegs(clip, background, key, preset, threads) for name, key in KEYS.items()}
    commands = {name: command for name, command in commands.items() if only in name}
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(_run(command))
    told = "one thread" if threads else "default threads"
    print(f"\n{size.width}x{size.height}, {told:15}  CPU ms/f  of chromakey  of colorkey    fps     MB")
    for name, taken in costs.items():
        print(_row(name, taken, costs, frames=30 * seconds, by_clock=not threads))


def _row(name: str, taken: list[Cost], costs: dict[str, list[Cost]], *, frames: int, by_clock: bool) -> str:
    """One contender; shares are of processor time, or of time on the clock."""
    processor, clock = min(cost.processor for cost in taken), min(cost.clock for cost in taken)
    shares = []
    for other in KEYS:
        if other not in costs:
            shares.append("-")
            continue
        theirs = min(cost.clock if by_clock else cost.processor for cost in costs[other])
        shares.append(f"{(clock if by_clock else processor) / theirs:.2f}")
    memory = max(cost.memory for cost in taken) / 1e6
    return (
        f"{name:26} {1e3 * processor / frames:9.2f} {shares[0]:>13} {shares[1]:>12} {frames / clock:6.0f} {memory:6.0f}"
    )


def _ours(clip: Path, background: Path, options: Sequence[str], preset: str, threads: int) -> list[str]:
    limit = ["--threads", str(threads)] if threads else []
    command = [sys.executable, "-m", "gateway.cli", "file", str(clip), str(_output()), "--background", str(background)]
    return [*command, *options, "--preset", preset, *limit]


def _ffmpegs(clip: Path, background: Path, key: str, preset: str, threads: int) -> list[str]:
    limit = ["-threads", str(threads)] if threads else []
    filters = ["-filter_threads", str(threads), "-filter_complex_threads", str(threads)] if threads else []
    graph = f"[1:v]{key}[ck];[0:v][ck]overlay[out]"
    return [
        *("ffmpeg", "-v", "error", "-nostdin", "-y", *filters, *limit, "-i", str(background), *limit, "-i", str(clip)),
        *("-filter_complex", graph, "-map", "[out]", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", preset),
        *("-crf", "18", *limit, str(_output())),
    ]


def _run(command: Sequence[str]) -> Cost:
    """Run it to its end. Its memory is looked at meanwhile: what wait4(2) tells includes ours, from before exec."""
    started, memory = monotonic(), 0
    with TemporaryFile() as said:
        process = subprocess.Popen(command, stderr=said)
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            memory = max(memory, _resident(process.pid))
            sleep(0.02)
        clock = monotonic() - started
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{command[0]} failed: {said.read()[-500:].decode()}")
    return Cost(used.ru_utime + used.ru_stime, clock, memory)


def _resident(pid: int) -> int:
    """Bytes of memory a process has now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _is_flat(minutes: int) -> bool:
    """Convert so many minutes of 640x360 with sound; whether memory stayed as it was after the first tenth."""
    clip, background = _clip(SIZES["360"], 60 * minutes, sound=True), _folder() / "360.png"
    draw_background(background, SIZES["360"])
    process = subprocess.Popen(_ours(clip, background, OURS["changebg fast"], "ultrafast", 0))
    samples = []
    while process.poll() is None:
        samples.append(_resident(process.pid))
        sleep(SAMPLE)
    settled = samples[max(len(samples) // 10, round(SETTLING / SAMPLE)) :]
    shown = "  ".join(f"{sample / 1e6:.0f}" for sample in settled[:: max(len(settled) // 12, 1)])
    print(f"{minutes} min, {len(samples) * SAMPLE:.0f} s: resident MB {shown}; most {max(samples) / 1e6:.0f}")
    return process.returncode == 0 and max(settled) - settled[0] <= GROWTH


def _clip(size: Size, seconds: int, *, sound: bool = False) -> Path:
    """The caller for so long, made if it is not there yet."""
    path = _folder() / f"{size.width}x{size.height}-{seconds}{'-sound' * sound}.mkv"
    if not path.exists():
        drawn = make_clip(_folder(), size=size, frames=30 * DRAWN, bitrate=5 * size.width * size.height, gop=60)
        beside = ["-f", "lavfi", "-i", "sine=sample_rate=48000", "-c:a", "aac"] if sound else []
        words = ["-v", "error", "-nostdin", "-y", "-stream_loop", "-1", "-i", str(drawn.path), *beside]
        subprocess.run(["ffmpeg", *words, "-c:v", "copy", "-t", str(seconds), str(path)], check=True)
    return path


def _folder() -> Path:
    folder = Path(gettempdir()) / "changebg-benchmarks"
    folder.mkdir(exist_ok=True)
    return folder


def _output() -> Path:
    return _folder() / "out.mkv"


if __name__ == "__main__":
    main()
