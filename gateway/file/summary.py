"""What became of a file's pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter

from gateway.shown import Confidence, Quality


@dataclass(slots=True)
class FileSummary:
    """What became of the pictures so far. `held` and `covered` are among those out; `damaged` counts what gave none.

    `time`: seconds of the stream that the latest picture begins at. `total`: about how many pictures there are, and
    `duration`, in seconds, how long they last, None where nothing says so. `confidence`, `quality`: of the mattes, None
    where there are none.
    """

    frames_in: int = 0
    frames_out: int = 0
    dropped: int = 0
    held: int = 0
    covered: int = 0
    damaged: int = 0
    confidence: Confidence | None = None
    quality: Quality | None = None
    total: int | None = None
    started: float = field(default_factory=perf_counter)

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return perf_counter() - self.started
