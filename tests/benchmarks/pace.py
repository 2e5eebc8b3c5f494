"""What it costs in error, and spares in time, that a network looks at one picture in two, three or four.

    python -m tests.benchmarks.pace [--clips 'df_*'] [--matting selfie]

By clip: the mean error of alpha in thousandths, how much the matte strays from that of a network which sees every
picture, and the milliseconds of processor time a picture takes.
"""

from __future__ import annotations

import argparse
import fnmatch
import tempfile
from pathlib import Path
from time import process_time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.quality import clips
from tests.benchmarks.quality.clips import Clip
from tests.benchmarks.quality.methods import BLACK
from tests.benchmarks.quality.studio import FRAME_RATE
from transforms import catalog, effect
from transforms.effect import Effect, Matting
from transforms.matting import SLOWEST_PACE, set_pace

MATTINGS: dict[str, Matting] = {"selfie": effect.SelfieKey(), "auto": effect.AutoKey()}

Alphas = list[NDArray[np.uint8]]


class Paced(NamedTuple):
    """The mattes of the pictures that count, and milliseconds a picture."""

    alphas: Alphas
    cost: float


def paced(clip: Clip, kind: Matting, every: int) -> Paced:
    """A clip matted at this pace, after its first picture."""
    matting, alphas, begun = catalog.matting(Effect(kind, BLACK)), [], process_time()
    try:
        for number, picture in enumerate(clip.pictures):
            matte = matting.matte(picture, number / FRAME_RATE)
            set_pace(matting, every)
            alphas.append(matte.alpha.copy())
    finally:
        matting.close()
    cost = 1e3 * (process_time() - begun) / len(clip.pictures)
    return Paced([alphas[number] for number in clip.scored], cost)


def apart(one: Alphas, other: Alphas) -> float:
    """The mean difference in thousandths."""
    return float(np.mean([np.abs(a.astype(int) - b).mean() / 255 * 1e3 for a, b in zip(one, other, strict=True)]))


def main() -> None:
    """Print a line for each clip, and the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", default="*df_*", help="those whose names match")
    parser.add_argument("--matting", choices=MATTINGS, default="selfie")
    words = parser.parse_args()
    chosen = [name for name in clips.names(clips.BENCH) if fnmatch.fnmatch(name, words.clips)]
    totals = []
    print("clip                 one look in: error/strayed/ms")
    with tempfile.TemporaryDirectory() as directory:
        for name in chosen:
            clip = clips.make(name, Path(directory))
            truth = [clip.truth[number] for number in clip.scored]
            found = [paced(clip, MATTINGS[words.matting], every) for every in range(1, SLOWEST_PACE + 1)]
            row = [(apart(one.alphas, truth), apart(one.alphas, found[0].alphas), one.cost) for one in found]
            totals.append(row)
            print(f"{name:20} {_told(row)}", flush=True)
    print(f"{'mean':20} {_told(np.mean(totals, axis=0).tolist())}")


def _told(row: list[tuple[float, float, float]]) -> str:
    return "  ".join(f"{every}: {e:5.1f}/{s:4.1f}/{ms:4.1f}" for every, (e, s, ms) in enumerate(row, 1))


if __name__ == "__main__":
    main()
