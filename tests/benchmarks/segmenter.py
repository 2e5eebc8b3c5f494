"""How near the chances of people come to the truth before anything draws their edge, and what that costs.

`python -m tests.benchmarks.segmenter`. The drawn caller in her room; with `../shared/bench` beside the checkout its
clips of rooms, too: with the empty room first, and without it. Chances are stretched bilinearly over the picture; MAD
in thousandths, CPU time in milliseconds a picture. Beside each, the embedded models by themselves.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from transforms.person.sampling import Box, Sampler
from transforms.person.segmenter import Segmentation, Segmenter
from transforms.person.selfie import SelfieSegmenter, selfie_network
from transforms.picture import Picture, Size
from transforms.runtime.network import Network
from transforms.sample import SampleCaller

BENCH = Path(__file__).parents[3] / "shared" / "bench"
EMPTY = 12
"""Frames at the beginning of a bench clip that show the room alone."""

RATE = 25
Shown = list[tuple[Picture, NDArray[np.uint8]]]


class Plain:
    """An embedded model by itself, stretched over the picture."""

    def __init__(self, network: Network) -> None:
        self._network, self._sampler = network, Sampler(network.size)

    def segment(self, picture: Picture, time: float) -> Segmentation:
        chance = self._network.run(self._sampler.rgb(picture, Box.whole(picture.size)))
        return Segmentation((255 * chance + 0.5).astype(np.uint8))

    def close(self) -> None:
        self._network.close()


WAYS: dict[str, Callable[[], Segmenter]] = {
    "landscape model": lambda: Plain(selfie_network("landscape")),
    "general model": lambda: Plain(selfie_network("general")),
    "segmenter": SelfieSegmenter,
}


class Figures(NamedTuple):
    """Means over a clip: error in thousandths, of pictures whose truth counts, and milliseconds of the processor's."""

    error: float
    cost: float


def judged(segmenter: Segmenter, shown: Shown, *, skip: int = 0) -> Figures:
    """What a segmenter makes of a stream; the first `skip` pictures are shown but do not count."""
    errors, costs = [], []
    for number, (picture, truth) in enumerate(shown):
        begun = time.thread_time()
        chance = segmenter.segment(picture, number / RATE).chance
        costs.append(1e3 * (time.thread_time() - begun))
        if number >= skip:
            stretched = np.asarray(Image.fromarray(chance).resize(truth.shape[::-1], Image.Resampling.BILINEAR))
            errors.append(float(np.abs(stretched.astype(int) - truth).mean() / 255 * 1e3))
    return Figures(statistics.mean(errors), statistics.median(costs))


def clip(folder: Path) -> Shown:
    """The pictures of a clip of the bench, and their truth."""
    with av.open(str(folder / "in.mp4")) as shown, av.open(str(folder / "alpha.mkv")) as truths:
        pairs = zip(shown.decode(video=0), truths.decode(video=0), strict=True)
        return [(Picture.of(frame), truth.to_ndarray(format="gray").astype(np.uint8)) for frame, truth in pairs]


def drawn(size: Size) -> Shown:
    """The caller in her room."""
    caller = SampleCaller(size, screen=None)
    return [(Picture.of(frame), alpha) for frame, alpha in map(caller.frame, range(12))]


def rows() -> Iterator[tuple[str, Shown, int]]:
    """Each row's name, what is shown in it, and how many pictures of that do not count."""
    yield "drawn caller, wide", drawn(Size(960, 540)), 0
    yield "drawn caller, tall", drawn(Size(720, 1280)), 0
    for folder in sorted(BENCH.glob("df_*")):
        shown = clip(folder)
        yield folder.name, shown, EMPTY
        yield f"{folder.name}, no empty room", shown[EMPTY:], 0


def main() -> None:
    """Print a table."""
    print(f"{'MAD / ms':32}", *(f"{name:>18}" for name in WAYS))
    for name, shown, skip in rows():
        cells = []
        for make in WAYS.values():
            segmenter = make()
            figures = judged(segmenter, shown, skip=skip)
            segmenter.close()
            cells.append(f"{figures.error:10.1f} / {figures.cost:5.1f}")
        print(f"{name:32}", *cells, flush=True)


if __name__ == "__main__":
    main()
