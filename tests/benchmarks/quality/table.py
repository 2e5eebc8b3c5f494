"""The figures as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from math import isnan

from tests.benchmarks.quality.composites import Fringe
from tests.benchmarks.quality.metrics import Errors, mean
from tests.benchmarks.quality.score import Score, Stillness, mean_fringe

NAME = 29
"""Columns for a method's name."""
_GROUPS = f"{'':{NAME}}{'  over the frame':38}{'  in the trimap band':38}{'  composite, levels':24}"
_HEADS = ("MAD", "MSE", "Grad", "Conn", "dtSSD") * 2 + ("red", "grey", "white", "key %")
_LAST = f"{'worst':>12}{'conf.':>12}{'unsure':>8}  setting"


def heading() -> str:
    """Two lines above the figures."""
    return f"{_GROUPS}\n{'':{NAME}}{_columns(_HEADS)}{_LAST}"


def row(score: Score) -> str:
    """One method's figures on one clip."""
    worst = f"{score.worst_mad:.1f} @{score.worst}"
    sure = "" if isnan(score.confidence_median) else f"{score.confidence_least:.2f}/{score.confidence_median:.2f}"
    unsure = f"{100 * score.unsure:.0f} %" if score.unsure else ""
    return f"{score.method:{NAME}}{_figures(score)}{worst:>12}{sure:>12}{unsure:>8}  {score.setting}".rstrip()


def means(scores: Iterable[Score]) -> list[str]:
    """A line for each method: the means over the clips. A clip counts once, whatever its length."""
    return [row(average) for average in averages(scores).values()]


def refused(scores: Iterable[Score], method: str) -> list[str]:
    """Clips most of whose frames the method would not have shown: what its mattes are there is nobody's loss."""
    return [score.clip for score in scores if score.method == method and score.unsure > 0.5]


def averages(scores: Iterable[Score]) -> dict[str, Score]:
    """By method, the means over its clips, its largest worst MAD and its least confidence."""
    by_method: dict[str, list[Score]] = {}
    for score in scores:
        by_method.setdefault(score.method, []).append(score)
    return {method: _average(several) for method, several in by_method.items()}


def _average(several: list[Score]) -> Score:
    worst = max(several, key=lambda score: score.worst_mad)
    return Score(
        clip=f"{len(several)} clips",
        method=several[0].method,
        setting=f"worst on {worst.clip}",
        frame=Errors.mean([score.frame for score in several]),
        band=Errors.mean([score.band for score in several]),
        fringe=mean_fringe([score.fringe for score in several]),
        worst=worst.worst,
        worst_mad=worst.worst_mad,
        confidence_least=min(score.confidence_least for score in several),
        confidence_median=mean([score.confidence_median for score in several]),
        unsure=mean([score.unsure for score in several]),
        stillness=None,
    )


def holds(scores: Iterable[Score]) -> list[str]:
    """How still each method is where nothing moves."""
    lines = [
        f"{score.clip + ': ' + score.method:{NAME + 18}}{_still(score.stillness)}"
        for score in scores
        if score.stillness
    ]
    head = f"{'':{NAME + 18}}{'outside':>9}{'99.9 %':>9}{'inside':>9}{'pulse':>9}"
    return [
        "Alpha while nothing moves: standard deviation over time in levels; change at key frames / at others",
        head,
        *lines,
    ]


def _still(still: Stillness) -> str:
    pulse = "-" if isnan(still.pulse) else f"{still.pulse:.2f}"
    return f"{still.outside:9.3f}{still.worst_outside:9.2f}{still.inside:9.2f}{pulse:>9}"


def _figures(score: Score) -> str:
    errors = [getattr(part, field.name) for part in (score.frame, score.band) for field in fields(Errors)]
    fringe = [getattr(score.fringe, field.name) for field in fields(Fringe)]
    return _columns(_number(value) for value in (*errors, *fringe))


def _columns(texts: Iterable[str]) -> str:
    """Groups of five, five and four."""
    return "".join(f"{text:>7}" + "   " * (place in (4, 9)) for place, text in enumerate(texts))


def _number(value: float) -> str:
    return "-" if isnan(value) else f"{value:.1f}" if value >= 100 else f"{value:.2f}"
