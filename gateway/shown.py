"""What a stream's pictures show, as news for whoever runs it: each change of it and why, and what the matting found.

And figures of its mattes: how sure they were, and how good they look.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transforms.pipeline import Rendered, Shown

AGAIN = 5.0
"""Seconds of the stream until another reason for the same is news, then twice as long, and so on: learning goes on for
a while, by percents, and an empty studio for days."""

GRAINS = 100
"""Steps of a confidence between 0 and 1 that are told apart."""

RECENT = 256
"""Pictures whose quality is summed up: the last eight seconds at 30 a second."""


@dataclass(frozen=True, slots=True)
class ShownChanged:
    """From this frame on something else is shown, or for another reason.

    `reason`: why, where it is no composite; `time`: stream seconds.
    """

    shown: Shown
    reason: str | None
    time: float


@dataclass(frozen=True, slots=True)
class Noted:
    """What the matting has found out with this frame, in a few words. `time`: stream seconds."""

    note: str
    time: float


@dataclass(frozen=True, slots=True)
class PaceChanged:
    """From this frame on the matting's network looks at one picture in `every`. `time`: stream seconds."""

    every: int
    time: float


@dataclass(frozen=True, slots=True)
class BackgroundLost:
    """From this frame on the background's last picture stands still.

    `reason`: why, in a few words; `time`: stream seconds.
    """

    reason: str
    time: float


ShownEvent = ShownChanged | Noted | PaceChanged | BackgroundLost


@dataclass(frozen=True, slots=True)
class Confidence:
    """Of all the mattes of a stream, 0..1; where there was none it counts as 0."""

    lowest: float
    median: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How good the mattes look by themselves, 0..1 (`transforms.quality`); where there was none it counts as 0.

    `p50`, `p05`: of the last RECENT, what the better half and all but the worst twentieth reached. `latest`: the last.
    `median`: of all so far.
    """

    p50: float
    p05: float
    latest: float
    median: float


class ShownWatch:
    """Looks at each rendered picture of one stream, in order. `shown`: what its pipeline shows while all is well.

    `latest_confidence`: the last matte's, 0 where there was none; None before the first. `every`: of how many pictures
    the matting's network looks at one; None where it has none. `background_failures`: how often a background failed.
    """

    def __init__(self, shown: Shown) -> None:
        self._shown: Shown = shown
        self._reason: str | None = None
        self._told, self._wait = 0.0, AGAIN
        self._counts: Counter[Shown] = Counter()
        self._confidences: Counter[int] = Counter()
        self._recent_qualities: deque[float] = deque(maxlen=RECENT)
        self._qualities: Counter[int] = Counter()
        self.latest_confidence: float | None = None
        self.every: int | None = None
        self.background_failures = 0

    @property
    def counts(self) -> dict[Shown, int]:
        """How many of each there were."""
        return dict(self._counts)

    @property
    def held(self) -> int:
        """How many were the last good composite, once more."""
        return self._counts["held"]

    @property
    def covered(self) -> int:
        """How many were the background alone."""
        return self._counts["cover"]

    @property
    def confidence(self) -> Confidence | None:
        """Of the mattes so far; None where nothing was matted."""
        if not self._confidences:
            return None
        return Confidence(min(self._confidences) / GRAINS, _median(self._confidences))

    @property
    def quality(self) -> Quality | None:
        """Of the mattes as of late; None where nothing was matted."""
        recent = self._recent_qualities.copy()
        if not recent:
            return None
        ordered = sorted(recent, reverse=True)
        p50, p05 = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.95))
        return Quality(p50, p05, recent[-1], _median(self._qualities))

    def look(self, rendered: Rendered, time: float) -> list[ShownEvent]:
        """What is new with this picture. `time`: stream seconds."""
        self._counts[rendered.shown] += 1
        if rendered.shown != "passthrough":
            self.latest_confidence = rendered.confidence
            self._confidences[_grain(rendered.confidence)] += 1
        if rendered.quality is not None:
            self._recent_qualities.append(rendered.quality)
            self._qualities[_grain(rendered.quality)] += 1
        news: list[ShownEvent] = [Noted(rendered.note, time)] if rendered.note else []
        if rendered.background_failed is not None:
            self.background_failures += 1
            news.append(BackgroundLost(rendered.background_failed, time))
        if (rendered.every or 1) != (self.every or 1):
            news.append(PaceChanged(rendered.every or 1, time))
        self.every = rendered.every
        has_changed = rendered.shown != self._shown
        if has_changed or (rendered.reason != self._reason and time >= self._told + self._wait):
            self._shown, self._reason, self._told = rendered.shown, rendered.reason, time
            self._wait = AGAIN if has_changed else 2 * self._wait
            news.append(ShownChanged(rendered.shown, rendered.reason, time))
        return news


def _grain(value: float) -> int:
    """The step nearest to a value that should lie in 0..1; what is no number counts as 0."""
    return round(min(max(0.0, value), 1.0) * GRAINS)


def _median(counts: Counter[int]) -> float:
    """Of values counted by their grain."""
    half, seen, grain = counts.total() / 2, 0, 0
    for grain in sorted(counts):
        seen += counts[grain]
        if seen >= half:
            break
    return grain / GRAINS
