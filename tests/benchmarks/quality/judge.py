"""A clip and everybody on it, in a process of its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.benchmarks.quality import clips, methods, sheet
from tests.benchmarks.quality.score import Score, Truths, judged
from transforms.effect import EffectError


@dataclass(frozen=True, slots=True)
class Task:
    """A clip to be judged in a process of its own."""

    clip: str
    directory: Path
    is_quick: bool
    only: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All methods on one clip; `row` of the contact sheet; `absent`: who could not take part, and why."""

    scores: list[Score]
    row: Image.Image | None
    absent: list[str]


def judge(task: Task) -> Verdict:
    """Make the clip, let everybody matte it, compare."""
    clip = clips.make(task.clip, task.directory, is_quick=task.is_quick)
    truths = Truths(clip)
    done, absent = {}, []
    for method in methods.of(clip):
        if task.only not in method.name:
            continue
        try:
            done[method.name] = judged(clip, method, truths)
        except EffectError as error:
            absent.append(f"{method.name}: {error}")
    ours = next((done[method.name] for method in methods.of(clip) if method.is_ours and method.name in done), None)
    rival = next((done[name] for name in methods.RIVALS if name in done), None)
    row = sheet.row(clip, ours, rival) if ours else None
    return Verdict([score for score, _ in done.values()], row, absent)


def verdicts(tasks: list[Task], jobs: int) -> Iterator[Verdict]:
    """In the tasks' order, so many at a time."""
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(judge, tasks)
