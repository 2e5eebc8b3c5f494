"""Whether the screen matting knows when it is wrong: each picture's confidence beside its true error.

`python -m tests.benchmarks.confidence`. The situations of `tests.situations` before three screens; with
`../shared/bench` beside the checkout its clips, too. A matte that is sure looks right (mean error under WRONG), one
that is not does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from tests.screens import BLUE, GREEN, TEAL
from tests.situations import ALL, Alpha, pictures
from transforms.picture import Picture
from transforms.screen import ScreenKeyer

WRONG = 25.0
"""Thousandths of mean error from which a picture looks wrong."""

BENCH = Path(__file__).parents[3] / "shared" / "bench"


class Judged(NamedTuple):
    """One picture: what was said of it, and how far it is from the truth, in thousandths."""

    confidence: float
    is_sure: bool
    error: float


def judged(shown: Iterable[tuple[float, Picture, Alpha]]) -> list[Judged]:
    """What the screen matting says of a stream, its colour found."""
    keyer, found = ScreenKeyer(None), []
    for time, picture, alpha in shown:
        matte = keyer.matte(picture, time)
        whole = matte.alpha if matte.alpha.shape == alpha.shape else np.full_like(alpha, 255)
        error = float(np.abs(whole.astype(int) - alpha).mean() / 255 * 1e3)
        found.append(Judged(matte.confidence, matte.is_sure, error))
    return found


def clip(folder: Path) -> Iterator[tuple[float, Picture, Alpha]]:
    """The pictures of a clip of the bench, and their truth."""
    with av.open(str(folder / "in.mp4")) as shown, av.open(str(folder / "alpha.mkv")) as truths:
        for number, (frame, truth) in enumerate(zip(shown.decode(video=0), truths.decode(video=0), strict=True)):
            yield number / 25, Picture.of(frame), truth.to_ndarray(format="gray").astype(np.uint8)


def table() -> Iterator[tuple[str, list[Judged]]]:
    """Each row's name and what was judged in it."""
    for name in ALL:
        yield name, [row for screen in (GREEN, BLUE, TEAL) for row in judged(pictures(name, screen))]
    for folder in sorted(BENCH.glob("ck_*")):
        yield folder.name, judged(clip(folder))


def line(name: str, rows: list[Judged]) -> str:
    """One row: pictures, how many good ones were refused, how many bad ones taken, confidence, the worst taken."""
    good = [row for row in rows if row.error < WRONG]
    refused = sum(not row.is_sure for row in good)
    taken = sum(row.is_sure for row in rows) - (len(good) - refused)
    worst = max((row.error for row in rows if row.is_sure), default=0.0)
    confidences = [row.confidence for row in rows]
    return (
        f"{name:16} {len(rows):5} {refused:5}/{len(good):<5} {taken:5}/{len(rows) - len(good):<5} "
        f"{np.mean(confidences):6.2f} {min(confidences):6.2f} {worst:8.1f}"
    )


def rank_correlation(rows: list[Judged]) -> float:
    """Spearman's, of confidence and error; ties share their mean rank."""
    ranks = []
    for values in (np.array([row.confidence for row in rows]), np.array([row.error for row in rows])):
        _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(counts) - (counts - 1) / 2)[places])
    mine, theirs = (rank - rank.mean() for rank in ranks)
    return float(mine @ theirs / np.sqrt((mine @ mine) * (theirs @ theirs)))


def main() -> None:
    """Print the table."""
    print("situation        shown  good refused   bad taken   mean    min    worst taken")
    everything: list[Judged] = []
    for name, rows in table():
        print(line(name, rows), flush=True)
        everything += rows
    print(line("all", everything))
    print(f"rank correlation of confidence and error {rank_correlation(everything):.2f}")


if __name__ == "__main__":
    main()
