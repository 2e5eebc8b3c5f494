"""Milliseconds per picture of keys, edges, backgrounds and the composite, beside a loop that moves the same memory.

    python -m tests.benchmarks.kernels [--size 720x1280] [--rounds 400]

A ring of eight drawn pictures of a person before a screen, one core. The loop reads the picture and the background and
writes the output, no more; everything is told as a multiple of it. Rounds alternate, so that what else the machine does
falls on all alike.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numba
import numpy as np
from PIL import Image

from transforms.background import color_background
from transforms.blur import blur_background
from transforms.compositor import composite
from transforms.edge import EdgeControls
from transforms.effect import BLACK, Color, Edge
from transforms.fading import Fade, Frozen
from transforms.ffmpeg_key import FfmpegKeyer
from transforms.finish import Finish
from transforms.fitting import COVER
from transforms.kernels.compile import READ, WRITE, Samples
from transforms.matting import Matte, Matting, ScreenColor
from transforms.picture import FramePool, Look, Picture, Size
from transforms.relative_key import RelativeKeyer
from transforms.sample import SampleCaller
from transforms.screen import ScreenKeyer
from transforms.small_copy import SmallCopy

TEAL = Color.parse("2a6a84")
RING = 8
"""Pictures: 11 MB at 720x1280, more than the caches nearest the core hold."""


@numba.njit(numba.void(READ, READ, WRITE), nogil=True, fastmath=True)
def move(picture: Samples, background: Samples, out: Samples) -> None:
    """Read two planes, write one."""
    for x in range(out.size):
        out[x] = (picture[x] >> 1) + (background[x] >> 1)


class Bench:
    """The ring, a background as large as a moving one would be, and a pool as the pipeline has."""

    def __init__(self, size: Size) -> None:
        caller = SampleCaller(size)
        drawn = [caller.frame(number) for number in range(RING)]
        self.ring = [Picture.of(frame) for frame, _ in drawn]
        coarse = ScreenColor(np.full((3, 64, 36), 120, np.float32))
        self.mattes = [Matte(alpha, coarse) for _, alpha in drawn]
        fixed = color_background(Color.parse("c0a080"))
        self.backgrounds = []
        for picture in self.ring:
            copy = Picture.blank(size, matrix=picture.matrix, full_range=picture.full_range)
            copy.copy_from(fixed.picture(picture, None, 0.0))
            self.backgrounds.append(copy)
        self.blurred = blur_background(0.5)
        self.fading = Fade(Frozen(self.backgrounds[0]), begun=0.0, lasts=1.0)
        self.photograph = SmallCopy(np.full((1080, 1920, 3), 99, np.uint8), Size(1920, 1080))
        self.pool = FramePool(capacity=RING)
        self.outs = [self.lease() for _ in range(RING)]

    def lease(self) -> Picture:
        """A picture to write into."""
        like = self.ring[0]
        return self.pool.lease(like.size, matrix=like.matrix, full_range=like.full_range)

    def move(self, number: int) -> None:
        """The yardstick."""
        at = number % RING
        for picture, background, out in zip(
            self.ring[at].planes, self.backgrounds[at].planes, self.outs[at].planes, strict=True
        ):
            count = out.width * out.height
            move(picture.samples[:count], background.samples[:count], out.samples[:count])

    def key(self, matting: Matting) -> Callable[[int], None]:
        """The matte alone."""

        def run(number: int) -> None:
            matting.matte(self.ring[number % RING], number / 30)

        return run

    def all(self, matting: Matting) -> Callable[[int], None]:
        """Matte, despill and composite."""

        def run(number: int) -> None:
            at = number % RING
            matte = matting.matte(self.ring[at], number / 30)
            composite(self.ring[at], self.backgrounds[at], matte, self.outs[at])

        return run

    def controls(self, edge: Edge) -> Callable[[int], None]:
        """The edge alone, of the drawn mattes."""
        controls = EdgeControls(edge)

        def run(number: int) -> None:
            controls.edged(self.ring[number % RING], self.mattes[number % RING])

        return run

    def blur(self, number: int) -> None:
        """The caller's own room as the background, of the drawn mattes."""
        self.blurred.picture(self.ring[number % RING], self.mattes[number % RING], number / 30)

    def fade(self, number: int) -> None:
        """One background half way to another, of pictures as large as a moving one's."""
        self.fading.mixed(self.ring[number % RING], self.mattes[number % RING], self.backgrounds[number % RING], 0.5)

    def image(self, number: int) -> None:
        """A photograph laid under pictures of a size that it was never laid under before."""
        self.photograph.fit(Look.of(self.ring[0]), placement=COVER, color=BLACK)

    def finish(self, light_wrap: float, color_match: float) -> Callable[[int], None]:
        """The finish alone, of composites that are finished again and again."""
        finish = Finish(light_wrap, color_match)

        def run(number: int) -> None:
            at = number % RING
            finish(self.ring[at], self.backgrounds[at], self.mattes[at], number / 30, self.outs[at])

        return run

    def composite(self, *, edge: Edge | None = None, by_sample: bool = False) -> Callable[[int], None]:
        """The composite alone, of the drawn mattes, their edges worked out once."""

        def run(number: int) -> None:
            at = number % RING
            matte = replace(self.mattes[at], screen=self.backgrounds[-at]) if by_sample else self.mattes[at]
            composite(self.ring[at], self.backgrounds[at], matte, self.outs[at], edged=edged[at])

        ring = zip(self.ring, self.mattes, strict=True)
        edged = [None if edge is None else EdgeControls(edge).edged(picture, matte) for picture, matte in ring]
        return run


def drawn_mask(path: Path, size: Size, part: tuple[slice, slice]) -> Path:
    """A mask as people draw them: white in one part of the frame."""
    pixels = np.zeros((size.height, size.width), np.uint8)
    pixels[part] = 255
    Image.fromarray(pixels).save(path)
    return path


def edges(folder: Path, size: Size) -> dict[str, Edge]:
    """Settings that people use, each alone and all at once."""
    left, low = slice(0, size.width // 8), slice(size.height * 3 // 4, size.height)
    garbage = drawn_mask(folder / "garbage.png", size, (slice(None), left))
    holdout = drawn_mask(folder / "holdout.png", size, (low, slice(size.width // 4, size.width * 3 // 4)))
    return {
        "clip": Edge(clip=(0.05, 0.95)),
        "shrink 1.5": Edge(shrink=1.5),
        "feather 2": Edge(feather=2),
        "masks": Edge(garbage=garbage, holdout=holdout),
        "all": Edge((0.05, 0.95), 1.5, 2, 0.5, garbage, holdout),
        "shrink 20": Edge(shrink=20),
        "feather 20": Edge(feather=20),
    }


def measured(jobs: dict[str, Callable[[int], None]], rounds: int) -> dict[str, np.ndarray]:
    """Milliseconds of each round of each job, the jobs taking turns."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(rounds):
        for name, job in jobs.items():
            started = perf_counter()
            job(number)
            times[name].append(perf_counter() - started)
    return {name: np.array(values[len(values) // 10 :]) * 1e3 for name, values in times.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="720x1280")
    parser.add_argument("--rounds", type=int, default=400)
    arguments = parser.parse_args()
    bench = Bench(Size(*map(int, arguments.size.split("x"))))
    jobs: dict[str, Callable[[int], None]] = {"move memory": bench.move}
    jobs["relative key"] = bench.key(RelativeKeyer(TEAL))
    jobs["relative key + composite"] = bench.all(RelativeKeyer(TEAL))
    jobs["screen (best)"] = bench.key(ScreenKeyer(TEAL))
    jobs["screen (best) + composite"] = bench.all(ScreenKeyer(TEAL))
    jobs["composite"] = bench.composite()
    jobs["composite, screen by sample"] = bench.composite(by_sample=True)
    jobs["background: blur"] = bench.blur
    jobs["background: fade"] = bench.fade
    jobs["background: an image, at once"] = bench.image
    jobs["light wrap"] = bench.finish(0.5, 0.0)
    jobs["colour match"] = bench.finish(0.0, 0.5)
    jobs["light wrap and colour match"] = bench.finish(0.5, 0.5)
    with TemporaryDirectory() as folder:
        for name, edge in edges(Path(folder), bench.ring[0].size).items():
            jobs[f"edge: {name}"] = bench.controls(edge)
            if name in ("shrink 1.5", "all"):
                jobs[f"composite of that, {name}"] = bench.composite(edge=edge)
    jobs["ffmpeg's key"] = bench.key(FfmpegKeyer(TEAL, similarity=0.1, blend=0.1))
    jobs["ffmpeg's key + composite"] = bench.all(FfmpegKeyer(TEAL, similarity=0.1, blend=0.1))
    times = measured(jobs, arguments.rounds)
    yardstick = np.median(times["move memory"])
    print(f"{'ms per picture of ' + arguments.size:32}{'median':>9}{'p95':>9}{'x memory':>10}")
    for name, values in times.items():
        median, late = np.median(values), np.percentile(values, 95)
        print(f"{name:32}{median:9.3f}{late:9.3f}{median / yardstick:10.1f}")


if __name__ == "__main__":
    main()
