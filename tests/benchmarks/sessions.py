"""What a session costs to begin, and in memory, by its matting: cold, in a new process, and beside others.

    python -m tests.benchmarks.sessions [--mattings selfie,auto]

Cold: from the start of a process to its end, two composites of 720x1280 made, kernels compiled before; on the clock and
of a core. Warm: from the wish for a pipeline to its first composite, in a process that has warmed up as a server does.
Memory: of each further session, by the resident set, its pool of frames included; a composite is let go of before the
next, as when nobody watches.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import resource
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import monotonic

from transforms.picture import Matrix, Picture, Size

MATTINGS = ("screen", "plate", "selfie", "auto")
SIZES = (Size(640, 360), Size(720, 1280))
SESSIONS = 5
PICTURES = 30
"""By then a plate has been revealed, and every buffer written."""


def begun(matting: str, pictures: list[Picture]) -> tuple[object, float, float]:
    """A pipeline that has shown the pictures, and the seconds to its first composite and, median, to each other."""
    from transforms import catalog, effect

    kinds: dict[str, effect.Matting] = {
        "screen": effect.ScreenKey(),
        "plate": effect.PlateKey(effect.FirstFrames(10)),
        "selfie": effect.SelfieKey(),
        "auto": effect.AutoKey(),
    }
    started = monotonic()
    pipeline = catalog.pipeline(effect.Effect(kinds[matting], effect.ColorBackground(effect.Color(20, 30, 40))))
    times = [started]
    for number, picture in enumerate(pictures):
        pipeline(picture, number / 30)
        times.append(monotonic())
    steps = [after - before for before, after in pairwise(times)]
    return pipeline, steps[0], median(steps[1:])


def resident() -> float:
    """Megabytes of memory that this process holds, those that the C library keeps for later given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def drawn(size: Size) -> list[Picture]:
    """Somebody in a room."""
    from transforms.sample import SampleCaller

    caller = SampleCaller(size, screen=None)
    return [Picture.of(caller.frame(number)[0]) for number in range(PICTURES)]


def warm(matting: str, size: Size) -> str:
    """Told of one matting in this process."""
    from transforms import catalog

    catalog.warm_up()
    pictures = drawn(size)
    kept = [begun(matting, pictures)]
    before = resident()
    kept += [begun(matting, pictures) for _ in range(SESSIONS)]
    each = (resident() - before) / SESSIONS
    first, other = median(one[1] for one in kept), median(one[2] for one in kept)
    return f"{size.width}x{size.height} first {1e3 * first:.0f} ms, others {1e3 * other:.1f} ms, {each:.1f} MB"


def main() -> None:
    """Print a line for each matting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mattings", default=",".join(MATTINGS))
    parser.add_argument("--only", help=argparse.SUPPRESS)
    words = parser.parse_args()
    match words.only and words.only.split(":"):
        case ["cold", matting]:
            begun(matting, [Picture.blank(SIZES[-1], matrix=Matrix.BT709, full_range=False)] * 2)
        case ["warm", matting, size]:
            print(warm(matting, SIZES[int(size)]))
        case _:
            for matting in words.mattings.split(","):
                clocks, cores = zip(*(cold(matting) for _ in range(3)), strict=True)
                told = "; ".join(_apart(f"warm:{matting}:{size}") for size in range(len(SIZES)))
                print(f"{matting}: cold {min(clocks):.2f} s, {min(cores):.2f} of a core; warm {told}", flush=True)


def cold(matting: str) -> tuple[float, float]:
    """Seconds that a new process takes, and those of them that it has a core."""
    started, before = monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    _apart(f"cold:{matting}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return monotonic() - started, worked


def _apart(only: str) -> str:
    """What the benchmark prints of it in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.sessions", "--only", only]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
