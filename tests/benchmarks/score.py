"""Whether the score of a matte tells how good it is: each picture's quality beside its true error.

    python -m tests.benchmarks.score [--clips 'bench:*']

Our mattings, and ffmpeg's `chromakey` at a common setting, on the drawn clips of `tests.benchmarks.quality` and, where
they lie beside the checkout, the recorded ones. Spearman's rank correlation of score and mean error, which is negated:
1 is a score that never errs. The score's cost per picture is measured on the way.
"""

from __future__ import annotations

import argparse
import fnmatch
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np

from tests.benchmarks.confidence import Judged, rank_correlation
from tests.benchmarks.quality import clips
from tests.benchmarks.quality.clips import Clip
from tests.benchmarks.quality.methods import BLACK
from tests.benchmarks.quality.studio import FRAME_RATE
from transforms import catalog, effect
from transforms.compositor import draw_alpha
from transforms.effect import Effect, Matting
from transforms.matting import NotReady
from transforms.picture import Picture
from transforms.quality import QualityMeter

ALIKE = 24
"""Pictures of a clip and matting that count: those of a longer one are much alike."""


class Scored(NamedTuple):
    """One picture: `score` 0..1, `error` the mean of alpha's in thousandths, `seconds` that the score took."""

    score: float
    error: float
    seconds: float


def mattings(clip: Clip) -> Iterator[tuple[str, Effect]]:
    """Those who can matte this clip."""
    kinds: list[tuple[str, Matting]] = [("selfie", effect.SelfieKey()), ("auto", effect.AutoKey())]
    if clip.color is None:
        first = effect.FirstFrames(clip.plate)
        kinds += [("plate", effect.PlateKey(first)), ("selfie, plate", effect.SelfieKey(first))]
    else:
        kinds += [("screen", effect.ScreenKey()), ("ffmpeg", effect.FfmpegKey(clip.color, 0.1, 0.05))]
        yield "fast", Effect(effect.ScreenKey(), BLACK, "fast")
    for name, kind in kinds:
        yield name, Effect(kind, BLACK)


def scored(clip: Clip, wanted: Effect) -> Iterator[Scored]:
    """The pictures that a matting of the effect was sure of."""
    matting, meter = catalog.matting(wanted), QualityMeter()
    full = Picture.blank(clip.size, matrix=clip.pictures[0].matrix, full_range=True)
    try:
        for number, picture in enumerate(clip.pictures):
            try:
                matte = matting.matte(picture, number / FRAME_RATE)
            except NotReady:
                continue
            if not matte.is_sure:
                continue
            begun = perf_counter()
            score = meter.score(picture, matte)
            seconds = perf_counter() - begun
            if number in clip.scored:
                draw_alpha(matte, full)
                error = float(np.abs(full.y.rows.astype(int) - clip.truth[number]).mean() / 255 * 1e3)
                yield Scored(score, error, seconds)
    finally:
        matting.close()


def correlation(rows: list[Scored]) -> float:
    """Spearman's, negated."""
    return -rank_correlation([Judged(row.score, True, row.error) for row in rows])


def row(name: str, rows: list[Scored]) -> str:
    """One line of the table."""
    scores, errors = (np.array(values) for values in (([r.score for r in rows]), [r.error for r in rows]))
    return f"{name:34} {len(rows):5} {scores.mean():8.2f} {scores.min():8.2f} {errors.mean():8.1f} {errors.max():8.1f}"


def _print_correlations(found: dict[tuple[str, str], list[Scored]]) -> None:
    ours = {key: rows for key, rows in found.items() if key[1] != "ffmpeg"}
    for title, some in (("all", found), ("ours", ours)):
        for place in ("", "bench:"):
            chosen = [rows for (clip, _), rows in some.items() if clip.startswith("bench:") == bool(place) and rows]
            if chosen:
                means = [Scored(*map(float, np.mean(rows, axis=0))) for rows in chosen]
                pictures = [r for rows in chosen for r in rows[:: max(1, len(rows) // ALIKE)]]
                told = f"{correlation(pictures):.2f} of pictures, {correlation(means):.2f} of clips and mattings"
                print(f"rank correlation, {title}, {'recorded' if place else 'drawn'}: {told}")
    costs = [r.seconds for rows in found.values() for r in rows]
    print(f"cost of a score: {1e3 * np.median(costs):.2f} ms in the median, {1e3 * np.percentile(costs, 95):.2f} p95")


def main() -> None:
    """Print the table, and the correlations."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", default="*", help="those whose names match")
    words = parser.parse_args()
    found: dict[tuple[str, str], list[Scored]] = {}
    print(f"{'clip and matting':34} shown    score    least    error    worst")
    with tempfile.TemporaryDirectory() as directory:
        for name in clips.names(clips.BENCH):
            if fnmatch.fnmatch(name, words.clips):
                clip = clips.make(name, Path(directory))
                for kind, wanted in mattings(clip):
                    rows = found[name, kind] = list(scored(clip, wanted))
                    print(row(f"{name} {kind}", rows) if rows else f"{name} {kind}: no matte it is sure of", flush=True)
    _print_correlations(found)


if __name__ == "__main__":
    main()
