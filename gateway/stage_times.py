"""How long each stage of the pipeline takes: on the whole, and percentiles of the last few seconds, in little room."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

RECENT = 256
"""Frames: the last eight seconds at 30 a second. A change of effect or load shows within them."""

MOST_STAGES = 16
"""Names that are kept apart: a pipeline has five."""


@dataclass(frozen=True, slots=True)
class StageTime:
    """Seconds that one stage takes of a frame.

    `mean`: of all frames since the start. `p50`, `p95`: what that share of the last RECENT frames did not exceed.
    """

    mean: float
    p50: float
    p95: float


class StageTimes:
    """Written by the thread that renders; another may read."""

    def __init__(self) -> None:
        self._stages: dict[str, _Stage] = {}

    def add(self, timings: Mapping[str, float]) -> None:
        """One frame's seconds by stage. More than MOST_STAGES names are not kept."""
        for name, seconds in timings.items():
            stage = self._stages.get(name)
            if stage is None:
                if len(self._stages) == MOST_STAGES:
                    continue
                stage = self._stages[name] = _Stage()
            stage.add(seconds)

    def now(self) -> dict[str, StageTime]:
        """By stage, in the order in which they were first seen."""
        return {name: stage.now() for name, stage in self._stages.copy().items()}


class _Stage:
    def __init__(self) -> None:
        self._count = 0
        self._total = 0.0
        self._recent: deque[float] = deque(maxlen=RECENT)

    def add(self, seconds: float) -> None:
        self._recent.append(seconds)
        self._total += seconds
        self._count += 1

    def now(self) -> StageTime:
        ordered = sorted(self._recent.copy())
        p50, p95 = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.95))
        return StageTime(self._total / self._count, p50, p95)
