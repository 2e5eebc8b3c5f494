"""What a stream's pictures show, as news for whoever runs it: each change of it and why, and what the matting found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transforms.pipeline import Rendered, Shown

AGAIN = 5.0
"""Seconds of the stream until another reason for the same is news, then twice as long, and so on: learning goes on for
a while, by percents, and an empty studio for days."""

GRAINS = 100
"""Steps of a confidence between 0 and 1 that are told apart."""


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


ShownEvent = ShownChanged | Noted


@dataclass(frozen=True, slots=True)
class Confidence:
    """Of all the mattes of a stream, 0..1; where there was none it counts as 0."""

    lowest: float
    median: float


class ShownWatch:
    """Looks at each rendered picture of one stream, in order. `shown`: what its pipeline shows while all is well.

    `latest_confidence`: the last matte's, 0 where there was none; None before the first.
    """

    def __init__(self, shown: Shown) -> None:
        self._shown: Shown = shown
        self._reason: str | None = None
        self._told, self._wait = 0.0, AGAIN
        self._counts: Counter[Shown] = Counter()
        self._confidences: Counter[int] = Counter()
        self.latest_confidence: float | None = None

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
        grains = sorted(self._confidences)
        half, seen = self._confidences.total() / 2, 0
        for grain in grains:
            seen += self._confidences[grain]
            if seen >= half:
                break
        return Confidence(grains[0] / GRAINS, grain / GRAINS)

    def look(self, rendered: Rendered, time: float) -> list[ShownEvent]:
        """What is new with this picture. `time`: stream seconds."""
        self._counts[rendered.shown] += 1
        if rendered.shown != "passthrough":
            self.latest_confidence = rendered.confidence
            self._confidences[round(min(max(0.0, rendered.confidence), 1.0) * GRAINS)] += 1
        news: list[ShownEvent] = [Noted(rendered.note, time)] if rendered.note else []
        has_changed = rendered.shown != self._shown
        if has_changed or (rendered.reason != self._reason and time >= self._told + self._wait):
            self._shown, self._reason, self._told = rendered.shown, rendered.reason, time
            self._wait = AGAIN if has_changed else 2 * self._wait
            news.append(ShownChanged(rendered.shown, rendered.reason, time))
        return news
