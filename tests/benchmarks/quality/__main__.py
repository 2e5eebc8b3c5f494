"""How good the mattes are, ours and our peers', on clips whose truth is known.

    python -m tests.benchmarks.quality [--clips 'ck_*'] [--quick] [--bench] [--json FILE] [--sheet FILE]

Needs the program ffmpeg and nothing else: the clips are drawn, coded as a call codes them, matted by everybody and
compared with the alpha they were drawn with. Lower is better everywhere. CONTRIBUTING.md says how to read the table.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import sys
import tempfile
from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Any

from tests.benchmarks.quality import clips, methods, sheet, table, timing
from tests.benchmarks.quality.judge import Task, verdicts
from tests.benchmarks.quality.score import Score

JOBS = 2
"""Clips at a time unless told otherwise: each holds its pictures and everybody's mattes in memory."""


def main() -> None:
    """Judge the clips and print the tables."""
    words = _parsed()
    chosen = [name for name in clips.names(clips.BENCH if words.bench else None) if fnmatch.fnmatch(name, words.clips)]
    if not chosen:
        sys.exit(f"quality: no clip is called {words.clips!r}; there are {', '.join(clips.names(clips.BENCH))}")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the processes are as many as the cores already
    scores, rows = [], []
    with tempfile.TemporaryDirectory() as directory:
        tasks = [Task(name, Path(directory), words.quick, words.only) for name in chosen]
        print(table.heading())
        for task, verdict in zip(tasks, verdicts(tasks, words.jobs), strict=True):
            print(f"\n{task.clip}", *map(table.row, verdict.scores), *verdict.absent, sep="\n", flush=True)
            scores += verdict.scores
            rows += [verdict.row] if verdict.row else []
        _print_means(scores)
        times = [] if words.no_timing else timing.measured(Path(directory))
    print("", *timing.lines(times), sep="\n") if times else None
    if words.json:
        words.json.write_text(
            json.dumps(
                {"scores": [_plain(asdict(score)) for score in scores], "times": [asdict(time) for time in times]},
                indent=1,
            )
        )
    if words.sheet and rows:
        sheet.sheet(rows).save(words.sheet)


def _print_means(scores: list[Score]) -> None:
    """For each kind of clip, over those that we did not refuse: everybody is compared on the same clips."""
    for title, kind, ours in (("screens", "ck_", methods.SCREEN[0].name), ("plates", "df_", methods.PLATE[0].name)):
        for words, is_bench in (("drawn", False), ("recorded", True)):
            some = [score for score in scores if kind in score.clip and score.clip.startswith("bench:") == is_bench]
            out = table.refused(some, ours)
            kept = [score for score in some if score.clip not in out]
            if kept:
                without = f", without {' and '.join(out)}, refused by {ours}" if out else ""
                count = len({score.clip for score in kept})
                print(f"\nMean over {count} {words} {title}{without}", *table.means(kept), sep="\n")
    if any(score.stillness for score in scores):
        print("", *table.holds(scores), sep="\n")


def _plain(value: Any) -> Any:
    """With null for what is not known, as JSON has no NaN."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return None if isinstance(value, float) and isnan(value) else value


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clips", default="*", help="names to take, with * and ?")
    parser.add_argument("--only", default="", help="methods whose name holds this")
    parser.add_argument("--quick", action="store_true", help=f"{clips.QUICK} frames of each clip")
    parser.add_argument(
        "--bench", action="store_true", help="also the recorded clips in the shared folder beside the checkout"
    )
    parser.add_argument("--json", type=Path, help="write every figure there")
    parser.add_argument("--sheet", type=Path, help="draw a contact sheet (PNG) there")
    parser.add_argument("--jobs", type=int, default=min(JOBS, os.cpu_count() or 1), help="clips at a time")
    parser.add_argument("--no-timing", action="store_true", help="leave processor times out")
    return parser.parse_args()


if __name__ == "__main__":
    main()
